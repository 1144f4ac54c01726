"""Labelled documents, as every format of them is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from policies.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LabelledSpan:
    """What people marked: a half-open span of code points and the entity that their label stands for."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One document with what is known about it."""

    id: str
    text: str = field(repr=False)
    spans: tuple[LabelledSpan, ...] = ()
    """Ordered by place; none of them touches an unsaid span."""
    unsaid: tuple[tuple[int, int], ...] = ()
    """Where nobody marked anything."""
    labelled: bool = True
    """Whether people looked: without, the absence of spans says nothing."""
    domain: str = ""
    context: str = ""
    """`health` or `finance` if the domain says so."""
    ordinary: bool = False
    """Whether the document is known to be non-sensitive."""
    level: Level | None = None
    """The level that people expect, if they said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """The records of one file."""

    name: str
    format: str
    digest: str
    """`sha256:<hex>` of the file's bytes."""
    records: tuple[Record, ...]

    @property
    def entities(self) -> frozenset[str]:
        """The entities that this set labels: what is judged."""
        return frozenset(span.entity for record in self.records for span in record.spans)
