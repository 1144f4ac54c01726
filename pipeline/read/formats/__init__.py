"""One module per kind of file. All of it runs in the reader process only.

A table module (`jsonl`, `table`, `columns`) has `plan(request, limits)`, which yields runs
of records, and `records(request, limits)`, which yields a `Record` or the reason against it.
The others have `read(raw, limits)`, which returns the `Extract` of a whole file.
Modules are imported at first use: a chunk of JSONL never pays for a PDF library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract
from pipeline.read.kinds import check_whole
from pipeline.read.limits import ReadLimits

_MODULES = {
    Format.JSONL: "jsonl",
    Format.CSV: "table",
    Format.PARQUET: "columns",
    Format.TEXT: "plain",
    Format.MARKDOWN: "plain",
    Format.PDF: "pdf",
    Format.DOCX: "docx",
    Format.XLSX: "xlsx",
    Format.HTML: "html",
    Format.EML: "mail",
}


def module_of(kind: Format) -> Any:
    """Return the module that reads `kind`."""
    return import_module(f"{__name__}.{_MODULES[kind]}")


def read_document(raw: bytes, kind: Format, limits: ReadLimits) -> Extract:
    """Return the text and gaps of a file of one document.

    Raises:
        Refused: it cannot be read.
    """
    check_whole(raw, kind)
    try:
        extract: Extract = module_of(kind).read(raw, limits)
    except RecursionError:
        raise Refused(UnreadableReason.DAMAGED) from None  # nested beyond all use
    return extract
