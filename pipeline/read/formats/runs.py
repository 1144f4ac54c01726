"""Runs of records: where they end when planned, and whether they still stand when read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pipeline.read.request import Request, Run


class Marker:
    """Cuts a stream of record spans into runs."""

    def __init__(self, request: Request) -> None:
        self._most_documents = request.most_documents
        self._most_bytes = request.most_bytes
        self._first = self._count = self._start = self._end = 0

    def take(self, start: int, end: int) -> Run | None:
        """Add the record at bytes [start, end); return the run that it would overfill, if any."""
        run = None
        if self._count and (self._count >= self._most_documents or end - self._start > self._most_bytes):
            run = self._run()
            self._first += self._count
            self._count = 0
        if not self._count:
            self._start = start
        self._count += 1
        self._end = end
        return run

    def rest(self) -> Iterator[Run]:
        """Yield the last run, unless there was no record."""
        if self._count:
            yield self._run()

    def _run(self) -> Run:
        length = self._end - self._start
        return Run(first=self._first, count=self._count, offset=self._start, length=length, weight=length)


def unchanged(stream: BinaryIO, request: Request, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether `request.count` records still fill the planned bytes exactly.

    A record that was edited in place is read as it is now; one that moved is not, for its
    ordinal would name another document.
    """
    if request.offset > 0:
        stream.seek(request.offset - 1)
        before = stream.read(1)
        if before != b"\n" and not _is_after_mark(stream, request.offset):
            return False
    for ordinal, (start, end) in enumerate(spans, start=1):
        if ordinal == 1 and start != request.offset:
            return False
        if ordinal == request.count:
            return end == request.offset + request.length
    return False


def _is_after_mark(stream: BinaryIO, offset: int) -> bool:
    stream.seek(0)
    return offset == len(b"\xef\xbb\xbf") and stream.read(offset) == b"\xef\xbb\xbf"
