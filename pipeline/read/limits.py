"""How much one record may cost the machine that reads it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """Bounds on reading. Passing one quarantines the record, never the run."""

    memory_bytes: int = 768 * _MIB
    """Address space of the reader process; Arrow alone maps 290 MB before it reads."""
    cpu_seconds: int = 10
    """Processor time between two signs of progress."""
    wall_seconds: float = 30.0
    """Time between two signs of progress; then the reader process is killed."""
    file_bytes: int = 64 * _MIB
    """A file of one document, or an attachment: it is held in memory as a whole."""
    record_bytes: int = 16 * _MIB
    """One line of JSONL, one row of CSV or Parquet."""
    text_characters: int = 5_000_000
    """One document: about 2,000 pages. The frame that carries it may be six times as long."""
    metadata_characters: int = 64 * 1024
    """Metadata of one record, as JSON."""
    columns: int = 10_000
    """Cells of a row of CSV, columns of a Parquet file."""
    members: int = 5_000
    """Parts of a zip-based file."""
    unpacked_bytes: int = 128 * _MIB
    """All parts of a zip-based file together."""
    compression_ratio: int = 200
    """Unpacked bytes to packed ones, for any part of more than a mebibyte."""
    pages: int = 5_000
    """Pages of a PDF, sheets of a workbook."""
    attachments: int = 200
    """Parts of an e-mail, those of messages within it included."""
    depth: int = 3
    """Messages within messages."""

    def to_json(self) -> dict[str, float]:
        """Return the limits as the reader process receives them."""
        return asdict(self)
