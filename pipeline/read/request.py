"""What the reader process is asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from pipeline.documents import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Read a segment's records, or plan the segments of a file."""

    path: str = field(repr=False)
    format: Format
    first: int = 0
    count: int = 1
    offset: int = 0
    length: int = 0
    skip: int = 0
    """Records of the segment that were answered before."""
    careful: bool = False
    """Answer record by record, so that the one that kills the reader is known."""
    plan: bool = False
    most_documents: int = 0
    """Planning: records of a segment, at most."""
    most_bytes: int = 0
    """Planning: bytes of a segment, at most, unless one record alone has more."""

    def to_json(self) -> dict[str, object]:
        """Return the request as a frame carries it."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Any) -> Self:
        """Return the request that `to_json` gave; it comes from our own process."""
        return cls(**{**raw, "format": Format(raw["format"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive records of a file, as planned: a segment without its name."""

    first: int
    count: int
    offset: int
    length: int
    weight: int
    """Bytes of text in it, about: what fills a chunk."""
