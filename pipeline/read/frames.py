"""Frames: what the two processes say to each other. Four bytes of length, then JSON.

JSON is escaped to ASCII, so that file names and damaged text pass unchanged, and is
never able to run code in the process that reads it (pickle is).
"""

from __future__ import annotations

import json
import struct
from typing import BinaryIO

_LENGTH = struct.Struct(">I")
HEADER_BYTES = _LENGTH.size
OUT_OF_MEMORY = 77
"""Exit status of a reader process that asked for more memory than it may have."""


def encode(value: object) -> bytes:
    """Return `value` as one frame."""
    body = json.dumps(value, separators=(",", ":")).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def body_bytes(header: bytes) -> int:
    """Return how many bytes follow `header`."""
    length: int = _LENGTH.unpack(header)[0]
    return length


def read(stream: BinaryIO) -> object | None:
    """Return the next frame of a blocking stream, or None at its end."""
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    value: object = json.loads(stream.read(body_bytes(header)))
    return value
