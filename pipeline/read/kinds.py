"""Kinds of file: by suffix, and by the first bytes that must agree with it."""

from __future__ import annotations

from pathlib import PurePath

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused

_SUFFIXES = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".log": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".pdf": Format.PDF,
    ".docx": Format.DOCX,
    ".docm": Format.DOCX,
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".eml": Format.EML,
}
TABLES = frozenset({Format.JSONL, Format.CSV, Format.PARQUET})
"""Kinds that hold many documents in one file."""
PACKAGES = frozenset({Format.DOCX, Format.XLSX})
"""Kinds that are zip archives of XML."""

_PDF = b"%PDF-"
_PDF_WITHIN_BYTES = 1024
"""Readers accept a header a little way into the file, so scanners write it there."""
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_NOT_TEXT = (
    _PDF, _ZIP, _OLE, _PARQUET, b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF",
    b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!", b"\x7fELF", b"{\\rtf",
)  # fmt: skip


def format_of(name: str) -> Format | None:
    """Return the kind of file that the suffix of `name` promises, or None if it is not read."""
    return _SUFFIXES.get(PurePath(name).suffix.lower())


def check_start(start: bytes, kind: Format) -> None:
    """Refuse a table or text whose first bytes are those of something else.

    Raises:
        Refused: wrong_content.
    """
    is_columns = start.startswith(_PARQUET)
    if is_columns is not (kind is Format.PARQUET) or (not is_columns and start.startswith(_NOT_TEXT)):
        raise Refused(UnreadableReason.WRONG_CONTENT)


def check_whole(raw: bytes, kind: Format) -> None:
    """Refuse a file of one document whose bytes are not of its kind.

    Raises:
        Refused: wrong_content; encrypted for an office file under a password.
    """
    if kind in PACKAGES and raw.startswith(_OLE) and _ENCRYPTED_STREAM in raw:
        raise Refused(UnreadableReason.ENCRYPTED)
    if kind is Format.PDF:
        matches = _PDF in raw[:_PDF_WITHIN_BYTES]
    elif kind in PACKAGES:
        matches = raw.startswith(_ZIP)
    else:
        matches = not raw.startswith(_NOT_TEXT)
    if not matches:
        raise Refused(UnreadableReason.WRONG_CONTENT if raw else UnreadableReason.DAMAGED)
