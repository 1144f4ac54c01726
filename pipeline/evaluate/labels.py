"""What foreign labels are called here, which domains tell a context, and what nobody marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.evaluate.errors import DataError

SHIPPED_LABELS: Final = Path(__file__).parent / "labels.yaml"
CONTEXTS: Final = ("health", "finance")
"""Where the name of a person is a direct identifier."""
ORDINARY: Final = "ordinary"

_Label = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_-]*$")]
_Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class LabelsFile(BaseModel):
    """A file in the form of `labels.yaml`; every part may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    entities: dict[_Label, _Entity] = {}
    also: dict[_Entity, _Entity] = {}
    unsaid: tuple[_Label, ...] = ()
    domains: dict[Annotated[str, Field(pattern="^(health|finance|ordinary)$")], tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels to entities, and domains to contexts."""

    entities: Mapping[str, str]
    also: Mapping[str, str]
    """For a finding's entity, the wider one that it counts for as well."""
    unsaid: frozenset[str]
    domains: Mapping[str, tuple[str, ...]]

    def entity(self, label: str) -> str:
        """Return the entity that `label` stands for; one that is not listed keeps its name in capitals."""
        plain = label.strip().upper().replace(" ", "_")
        return self.entities.get(plain, plain.replace("-", "_"))

    def is_unsaid(self, label: str) -> bool:
        """Return whether nobody marked anything inside a span with this label."""
        return label.strip().upper() in self.unsaid

    def context(self, domain: str) -> str:
        """Return the context that a domain tells of, or nothing."""
        return next((name for name in CONTEXTS if self._tells(domain, name)), "")

    def is_ordinary(self, domain: str) -> bool:
        """Return whether documents of this domain are non-sensitive."""
        return self._tells(domain, ORDINARY)

    def _tells(self, domain: str, name: str) -> bool:
        folded = domain.casefold()
        return any(folded == one or folded.startswith(f"{one}_") for one in self.domains.get(name, ()))


def read_labels(path: Path | None = None) -> Labels:
    """Return the shipped labels, those of `path` over them.

    Raises:
        DataError: a file cannot be read or has another form; names the place, quotes nothing.
    """
    files = [_read(SHIPPED_LABELS), *([_read(path)] if path else [])]
    entities: dict[str, str] = {}
    also: dict[str, str] = {}
    domains: dict[str, tuple[str, ...]] = {}
    for file in files:
        entities |= file.entities
        also |= file.also
        for name, places in file.domains.items():
            domains[name] = (*domains.get(name, ()), *(place.casefold() for place in places))
    unsaid = frozenset(label for file in files for label in file.unsaid)
    return Labels(entities=entities, also=also, unsaid=unsaid, domains=domains)


def _read(path: Path) -> LabelsFile:
    try:
        return LabelsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DataError(path.name, 0, "", "cannot be read as YAML") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise DataError(path.name, 0, field, f"has another form ({first['type']})") from None
