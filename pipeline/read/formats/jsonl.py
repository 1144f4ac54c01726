"""JSONL: one record a line. Blank lines are no records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Record
from pipeline.read.formats.fields import make_record, parse_json
from pipeline.read.formats.files import open_table
from pipeline.read.formats.lines import Line, lines
from pipeline.read.formats.runs import Marker, unchanged
from pipeline.read.limits import ReadLimits
from pipeline.read.request import Request, Run


def plan(request: Request, limits: ReadLimits) -> Iterator[Run]:
    """Yield runs of lines in one pass over the file's bytes."""
    with open_table(request.path, Format.JSONL) as stream:
        marker = Marker(request)
        for line in _filled(stream, 0, limits):
            if (run := marker.take(line.start, line.end)) is not None:
                yield run
        yield from marker.rest()


def records(request: Request, limits: ReadLimits) -> Iterator[Record | UnreadableReason]:
    """Yield the records of a segment; if its lines are no longer what was planned, none.

    Raises:
        Refused: the file as a whole cannot be read, or has changed.
    """
    with open_table(request.path, Format.JSONL) as stream:
        spans = ((line.start, line.end) for line in _filled(stream, request.offset, limits))
        if not unchanged(stream, request, spans):
            raise Refused(UnreadableReason.CHANGED)
        for ordinal, line in enumerate(_filled(stream, request.offset, limits)):
            if ordinal == request.count:
                return
            if ordinal >= request.skip:
                yield _record(line)


def _filled(stream: BinaryIO, start: int, limits: ReadLimits) -> Iterator[Line]:
    for line in lines(stream, start=start, most_bytes=limits.record_bytes):
        if line.raw is None or not line.raw.isspace():
            yield line


def _record(line: Line) -> Record | UnreadableReason:
    if line.raw is None:
        return UnreadableReason.TOO_LARGE
    try:
        text = line.raw.decode("utf-8")
    except UnicodeDecodeError:
        return UnreadableReason.NOT_UTF8
    try:
        fields = parse_json(text)
        if not isinstance(fields, dict):
            return UnreadableReason.BAD_RECORD
        return make_record(text=fields.get("text"), raw_id=fields.get("id"), metadata=fields.get("metadata"))
    except Refused as refusal:
        return refusal.reason
