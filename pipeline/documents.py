"""Documents and where they come from.

Text lives in a `Document` only while its chunk is processed, and no `repr` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from policies.assessment import Gap
from policies.proof import Coverage


class Format(StrEnum):
    """The kinds of file that can be read."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    TEXT = "text"
    MARKDOWN = "markdown"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    HTML = "html"
    EML = "eml"


class UnreadableReason(StrEnum):
    """Why a file or record went to quarantine."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    NOT_UTF8 = "not_utf8"
    BAD_RECORD = "bad_record"
    MISSING_TEXT = "missing_text"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    COMPRESSION_RATIO = "compression_ratio"
    UNSUPPORTED_FORMAT = "unsupported_format"
    WRONG_CONTENT = "wrong_content"
    NOT_FOUND = "not_found"
    CHANGED = "changed"
    READER_CRASHED = "reader_crashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of consecutive records of one file: what a chunk is made of.

    A file of one document (PDF, e-mail, …) is a segment with `first=0, count=1`.
    """

    path: str = field(repr=False)
    """Absolute path."""
    name: str = field(repr=False)
    """Path relative to the source, with forward slashes; the stem of derived refs."""
    format: Format
    first: int
    """Ordinal of the first record in the file, from 0."""
    count: int
    offset: int = 0
    """Byte (JSONL, CSV) or row group (Parquet) where the first record starts."""
    length: int = 0
    """Bytes of the segment, for JSONL and CSV; size of the file otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Canonical text and a derived id."""

    id: str
    """32 hex digits: HMAC of reference and text under the installation's id key."""
    ref: str = field(repr=False)
    """The record's own id, or `name#ordinal` (`name` alone for a file of one document)."""
    text: str = field(repr=False)
    """Unicode, newlines as `\\n`, exactly what is assessed and, if cleared, sent."""
    source: str = field(default="", repr=False)
    """Absolute path of the file it came from: what a policy's source rules look at."""
    gaps: tuple[Gap, ...] = ()
    """What the reader could not see."""
    coverage: tuple[Coverage, ...] = ()
    """How much of a file became text; empty where the record is text already."""
    metadata: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record that could not be read; it is quarantined under a derived id."""

    id: str
    ref: str = field(repr=False)
    reason: UnreadableReason
