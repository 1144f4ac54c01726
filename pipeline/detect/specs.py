"""Recogniser files: what a person writes in YAML, read and checked.

`presidio.yaml` lists the recognisers that Presidio brings and how far each is
trusted; every other file in a recogniser folder describes recognisers of our own.
An unknown key is an error, because a misspelt one would silently detect nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import regex
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.detect.checksums import CHECKSUMS
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
        try:
            regex.compile(self.regex)
        except regex.error:
            raise ValueError("the pattern is not a regular expression") from None
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
        if self.checksum is not None and self.checksum not in CHECKSUMS:
            raise ValueError(f"unknown checksum; allowed: {', '.join(sorted(CHECKSUMS))}")
        return self


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


class RecogniserFile(BaseModel):
    """A file of our own recognisers."""

    model_config = _STRICT

    recognisers: tuple[RecogniserSpec, ...] = Field(min_length=1)


def read_presidio() -> PresidioFile:
    """Return the shipped list of Presidio's recognisers."""
    return _read(SHIPPED_RECOGNISERS / _PRESIDIO, PresidioFile)


def read_recognisers(folder: str | None) -> tuple[RecogniserSpec, ...]:
    """Return our own recognisers, shipped ones first, then those of the user's `folder`.

    Raises:
        DetectorUnavailable: a file cannot be read or is wrong, or two recognisers share a name.
    """
    folders = [SHIPPED_RECOGNISERS, *([Path(folder)] if folder else [])]
    specs: list[RecogniserSpec] = []
    for place in folders:
        files = sorted(path for path in place.glob("*.yaml") if path.name != _PRESIDIO)
        if not files:
            raise DetectorUnavailable("recogniser_folder_empty")
        for path in files:
            specs.extend(_read(path, RecogniserFile).recognisers)
    if len({spec.name for spec in specs}) != len(specs):
        raise DetectorUnavailable("recogniser_name_twice")
    return tuple(specs)


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DetectorUnavailable(f"recogniser_file_unreadable:{path.name}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DetectorUnavailable(f"recogniser_file_wrong:{path.name}:{place}:{first['type']}") from None
