"""Lines of a file with their byte offsets, never more of a line than a limit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line, with its newline; a named tuple because there are millions."""

    start: int
    end: int
    raw: bytes | None
    """None if the line is longer than the limit; all of it was passed over."""


def lines(stream: BinaryIO, *, start: int, most_bytes: int) -> Iterator[Line]:
    """Yield the lines of `stream` from byte `start`, a byte order mark at 0 left out."""
    if start == 0 and stream.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK:
        start = len(BYTE_ORDER_MARK)
    stream.seek(start)
    while raw := stream.readline(most_bytes + 1):
        end = start + len(raw)
        if len(raw) <= most_bytes:
            yield Line(start, end, raw)
        else:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(most_bytes)
                end += len(raw)
            yield Line(start, end, None)
        start = end
