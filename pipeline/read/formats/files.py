"""Opening files that others put there."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.kinds import check_start
from pipeline.read.limits import ReadLimits
from pipeline.read.paths import local_path

_START_BYTES = 16


def open_regular(path: str) -> BinaryIO:
    """Open a regular file; a pipe or device would block or never end.

    Raises:
        Refused: not_found, unsupported_format.
    """
    try:
        descriptor = os.open(local_path(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        raise Refused(UnreadableReason.NOT_FOUND) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(UnreadableReason.UNSUPPORTED_FORMAT)
    return os.fdopen(descriptor, "rb", buffering=1 << 18)


def open_table(path: str, kind: Format) -> BinaryIO:
    """Open a file of records, at its first byte.

    Raises:
        Refused: not_found, unsupported_format, wrong_content.
    """
    stream = open_regular(path)
    try:
        check_start(stream.read(_START_BYTES), kind)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


def read_whole(path: str, *, planned_bytes: int, limits: ReadLimits) -> bytes:
    """Return the bytes of a file of one document.

    Raises:
        Refused: not_found, unsupported_format, too_large, changed.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limits.file_bytes:
            raise Refused(UnreadableReason.TOO_LARGE)
        raw = stream.read(planned_bytes + 1)
    if len(raw) != planned_bytes:
        raise Refused(UnreadableReason.CHANGED)
    return raw
