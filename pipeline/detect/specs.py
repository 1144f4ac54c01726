"""Recogniser files: what a person writes in YAML, read and checked.

`presidio.yaml` lists the recognisers that Presidio brings and how far each is
trusted; every other file in a recogniser folder describes recognisers of our own.
An unknown key is an error, because a misspelt one would silently detect nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import regex
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.detect.borrowed import borrowed_patterns
from pipeline.detect.checksums import CHECKSUMS, checksum
from pipeline.detect.config import SHIPPED_RECOGNISERS, DetectorUnavailable

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
_PRESIDIO = "presidio.yaml"

_Model = TypeVar("_Model", bound=BaseModel)

Score = Annotated[float, Field(ge=0, le=1)]
Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$")]


class PatternSpec(BaseModel):
    r"""One regular expression; what follows `\K` is the finding, what stands before is only required."""

    model_config = _STRICT

    name: str
    regex: str
    score: Score

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        _compile(self.regex)
        return self


class RecogniserSpec(BaseModel):
    """A recogniser of our own: patterns for one entity, words that support it, a check digit."""

    model_config = _STRICT

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]+$")]
    entity: Entity
    patterns: tuple[PatternSpec, ...] = Field(min_length=1)
    context: tuple[str, ...] = ()
    """Words nearby that raise the score; case does not matter."""
    case_sensitive: bool = False
    checksum: str | None = None
    passed_score: Score = 1.0
    failed_score: Score = 0.0
    """Score of a finding whose check digit is wrong; 0 drops it."""
    needs: Literal["", "digit", "@"] = "digit"
    """What every match contains: texts without it are not searched."""

    @model_validator(mode="after")
    def _known_checksum(self) -> Self:
        if self.checksum is not None:
            _known(self.checksum)
        return self


class FormSpec(BaseModel):
    """One way in which an identifier is written, and what it is worth without a label."""

    model_config = _STRICT

    regex: str
    """The value alone, without its surroundings; it never begins or ends inside a run of digits."""
    bare: Score = 0.0
    """Score where no label stands before it and the check, if there is one, passes; 0 drops it."""
    failed: Score = 0.0
    """Score where no label stands before it and the check fails; 0 drops it."""

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        _compile(self.regex)
        return self


class IdentifierSpec(BaseModel):
    """A row of the table of identifiers: who gives it, how it is written, checked and labelled."""

    model_config = _STRICT

    entity: Entity
    name: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]+$")]
    """The recogniser's name; where it is not given, made from the entity."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166 code of who gives it."""
    forms: tuple[FormSpec, ...] = Field(min_length=1)
    digits: Annotated[int, Field(ge=5)] = 5
    """Digits that every value holds at least: places with fewer are not looked at."""
    check: str | None = None
    """A checksum of ours, or `stdnum:` and a module of python-stdnum."""
    labels: tuple[str, ...] = ()
    """Regular expressions of what stands right before a value, in every language that uses it."""
    labelled: Score = 0.85
    labelled_failed: Score = 0.6
    """Score behind a label where the check fails."""
    context: tuple[str, ...] = ()
    """Words nearby that raise the score."""
    case_sensitive: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for label in self.labels:
            _compile(label)
        if self.check is not None:
            _known(self.check)
        if not self.labels and not any(form.bare for form in self.forms):
            raise ValueError("nothing could ever be found: give labels, or a bare score")
        return self

    @model_validator(mode="before")
    @classmethod
    def _named(cls, row: Any) -> Any:
        if not isinstance(row, dict) or "name" in row or not isinstance(row.get("entity"), str):
            return row
        return {**row, "name": "".join(map(str.capitalize, row["entity"].split("_"))) + "Identifier"}


class PresidioSpec(BaseModel):
    """One of Presidio's recognisers, and how far it is trusted."""

    model_config = _STRICT

    recogniser: str = Field(alias="class")
    entity: Entity | None = None
    """Report findings under this name instead of Presidio's."""
    context: tuple[str, ...] = ()
    """Words in place of Presidio's own."""
    passed_score: Score = 1.0
    """Score of a passed check digit: below 1 where one number in ten passes by chance."""
    failed_score: Score = 0.0
    """Score of a number of the right form whose check fails; 0 drops it as Presidio does."""
    maximum_score: Score = 1.0
    """Cap before context, for patterns that match ordinary words."""
    needs: Literal["", "digit", "@"] = "digit"


class PresidioFile(BaseModel):
    """`presidio.yaml`: the recognisers, phone regions and entities that must be there."""

    model_config = _STRICT

    phone_regions: tuple[str, ...]
    phone_leniency: Annotated[int, Field(ge=0, le=3)]
    recognisers: tuple[PresidioSpec, ...]
    required_entities: tuple[Entity, ...]


AnySpec = RecogniserSpec | IdentifierSpec


class BorrowedSpec(BaseModel):
    """A rule set for one kind of secret, taken from the library that keeps it up to date."""

    model_config = _STRICT

    plugin: Annotated[str, Field(pattern=r"^[a-z_]+\.[A-Za-z]+$")]
    """Module and class under `detect_secrets.plugins`."""
    entity: Entity
    score: Score


class RecogniserFile(BaseModel):
    """A file of our own recognisers, of rows of the table of identifiers, of borrowed rules, or of all."""

    model_config = _STRICT

    recognisers: tuple[RecogniserSpec, ...] = ()
    identifiers: tuple[IdentifierSpec, ...] = ()
    borrowed: tuple[BorrowedSpec, ...] = ()

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not (self.recognisers or self.identifiers or self.borrowed):
            raise ValueError("nothing to look for")
        return self


def read_presidio() -> PresidioFile:
    """Return the shipped list of Presidio's recognisers."""
    return _read(SHIPPED_RECOGNISERS / _PRESIDIO, PresidioFile)


def read_recognisers(folder: str | None) -> tuple[AnySpec, ...]:
    """Return our own recognisers and identifiers, shipped ones first, then those of the user's `folder`.

    Raises:
        DetectorUnavailable: a file cannot be read or is wrong, or two recognisers share a name.
    """
    folders = [SHIPPED_RECOGNISERS, *([Path(folder)] if folder else [])]
    specs: list[AnySpec] = []
    for place in folders:
        files = sorted(path for path in place.glob("*.yaml") if path.name != _PRESIDIO)
        if not files:
            raise DetectorUnavailable("recogniser_folder_empty")
        for path in files:
            file = _read(path, RecogniserFile)
            specs.extend((*file.recognisers, *file.identifiers, *map(_borrow, file.borrowed)))
    if len({spec.name for spec in specs}) != len(specs):
        raise DetectorUnavailable("recogniser_name_twice")
    return tuple(specs)


def _borrow(spec: BorrowedSpec) -> RecogniserSpec:
    """Return a recogniser with the patterns of a plugin of detect-secrets."""
    name = spec.plugin.partition(".")[2]
    patterns = tuple(
        PatternSpec(name=f"{name} {place}", regex=pattern, score=spec.score)
        for place, pattern in enumerate(borrowed_patterns(spec.plugin), start=1)
    )
    return RecogniserSpec(name=name, entity=spec.entity, patterns=patterns, case_sensitive=True, needs="")


def _compile(pattern: str) -> None:
    try:
        regex.compile(pattern)
    except regex.error:
        raise ValueError("the pattern is not a regular expression") from None


def _known(name: str) -> None:
    try:
        checksum(name)
    except LookupError:
        ours = ", ".join(sorted(CHECKSUMS))
        raise ValueError(f"unknown checksum; allowed: {ours}, stdnum:MODULE") from None


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DetectorUnavailable(f"recogniser_file_unreadable:{path.name}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DetectorUnavailable(f"recogniser_file_wrong:{path.name}:{place}:{first['type']}") from None
