"""CSV: a header, then one record a row; a quoted cell may span lines. Blank rows are no records."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Self

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Record
from pipeline.read.formats.fields import make_record, parse_json
from pipeline.read.formats.files import open_table
from pipeline.read.formats.lines import lines
from pipeline.read.formats.runs import Marker, unchanged
from pipeline.read.limits import ReadLimits
from pipeline.read.request import Request, Run

_DELIMITERS = (",", ";", "\t")
_WANTED = ("id", "text", "metadata")


class _Row(NamedTuple):
    start: int
    end: int
    cells: list[str] | UnreadableReason


class _Header(NamedTuple):
    delimiter: str
    columns: dict[str, int]
    width: int
    end: int


def plan(request: Request, limits: ReadLimits) -> Iterator[Run]:
    """Yield runs of rows in one pass; the rows' ends are known only by parsing them.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    with open_table(request.path, Format.CSV) as stream:
        header = _header(stream, limits)
        marker = Marker(request)
        for row in _rows(stream, header.end, header.delimiter, limits):
            if (run := marker.take(row.start, row.end)) is not None:
                yield run
        yield from marker.rest()


def records(request: Request, limits: ReadLimits) -> Iterator[Record | UnreadableReason]:
    """Yield the records of a segment.

    Raises:
        Refused: the file as a whole cannot be read, or has changed.
    """
    with open_table(request.path, Format.CSV) as stream:
        header = _header(stream, limits)
        rows = _rows(stream, request.offset, header.delimiter, limits)
        if not unchanged(stream, request, ((row.start, row.end) for row in rows)):
            raise Refused(UnreadableReason.CHANGED)
        for ordinal, row in enumerate(_rows(stream, request.offset, header.delimiter, limits)):
            if ordinal == request.count:
                return
            if ordinal >= request.skip:
                yield _record(row, header)


class _TooLong(Exception):  # noqa: N818 - caught where it is raised through the csv module
    """A row has more bytes than the limit."""


class _Lines:
    """Feeds the csv module line by line and knows where each ended.

    Bytes that are no UTF-8 travel as surrogates, so that they cost one record, not the file.
    """

    def __init__(self, stream: BinaryIO, start: int, limits: ReadLimits) -> None:
        self._lines = lines(stream, start=start, most_bytes=limits.record_bytes)
        self._most_bytes = limits.record_bytes
        self.start: int | None = None
        """First byte of the row being read; None before it."""
        self.end = start

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.start is None:
            self.start = line.start
        self.end = line.end
        if line.raw is None or line.end - self.start > self._most_bytes:
            raise _TooLong
        return line.raw.decode("utf-8", "surrogateescape")


def _rows(stream: BinaryIO, start: int, delimiter: str, limits: ReadLimits) -> Iterator[_Row]:
    csv.field_size_limit(limits.record_bytes)
    source = _Lines(stream, start, limits)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.start = None
        cells: list[str] | UnreadableReason
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # the reader forgets the row and goes on at the next line
            cells = UnreadableReason.BAD_RECORD
        except _TooLong:
            cells = UnreadableReason.TOO_LARGE
        if cells:
            yield _Row(source.start or 0, source.end, cells)


def _header(stream: BinaryIO, limits: ReadLimits) -> _Header:
    """Find the delimiter by which the first row has a column `text`.

    Raises:
        Refused: not_utf8, too_large, bad_record (a column named twice), missing_text.
    """
    for delimiter in _DELIMITERS:
        row = next(_rows(stream, 0, delimiter, limits), None)
        if row is None or isinstance(row.cells, UnreadableReason):
            continue
        names = [name.strip() for name in row.cells]
        if len(names) > limits.columns:
            raise Refused(UnreadableReason.TOO_LARGE)
        if any(names.count(wanted) > 1 for wanted in _WANTED):
            raise Refused(UnreadableReason.BAD_RECORD)
        if "text" in names:
            columns = {name: names.index(name) for name in _WANTED if name in names}
            return _Header(delimiter, columns, len(names), row.end)
    raise Refused(UnreadableReason.MISSING_TEXT)


def _record(row: _Row, header: _Header) -> Record | UnreadableReason:
    if isinstance(row.cells, UnreadableReason):
        return row.cells
    if len(row.cells) != header.width:
        return UnreadableReason.BAD_RECORD
    fields = {name: row.cells[column] for name, column in header.columns.items()}
    try:
        for value in fields.values():
            value.encode("utf-8")
    except UnicodeEncodeError:
        return UnreadableReason.NOT_UTF8
    try:
        raw_metadata = fields.get("metadata", "").strip()
        metadata = parse_json(raw_metadata) if raw_metadata else None
        return make_record(text=fields["text"], raw_id=fields.get("id"), metadata=metadata)
    except Refused as refusal:
        return refusal.reason
