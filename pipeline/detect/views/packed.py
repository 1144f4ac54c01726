"""Bytes that an encoding hid: what text they are, compressed or not.

A block counts as text if nearly all of it is printable. What is compressed may hold a thousand times
its length, so it is unpacked to a multiple of it and no further; more is an object nobody looked into.
"""

from __future__ import annotations

import bz2
import lzma
import unicodedata
import zlib
from typing import Any, Final

_BAD_SHARE: Final = 64
"""One character in so many may be damaged: a window can cut an encoded block anywhere."""
_MOST_TIMES: Final = 30
"""Text is compressed to a third, logs and tables to a twentieth; to a thousandth, what was made to."""
_ALWAYS_UNPACKED: Final = 2_000
"""Bytes that the shortest block may hold."""
_SURE_BYTES: Final = 16
"""So many bytes of base64 or hexadecimal are not ASCII by chance."""
_PRINTABLE: Final = bytes(code for code in range(128) if chr(code).isprintable() or chr(code).isspace())


class TooMuchError(Exception):
    """A compressed block holds more than is looked at."""


def as_text(raw: bytes, *, share: int = _BAD_SHARE, with_marks: bool = False) -> str | None:
    """Return `raw` as text if nearly all of it is printable; `with_marks` half of ASCII may be marks of control."""
    if len(raw) > 1 and not any(raw[1::2]):  # UTF-16, as some programs encode
        raw = raw[::2]
    elif len(raw) > 1 and not any(raw[::2]):
        raw = raw[1::2]
    if raw.isascii():
        bad = len(raw.translate(None, _PRINTABLE))
        most = len(raw) // (2 if with_marks and len(raw) >= _SURE_BYTES else share)
        return raw.decode("ascii") if raw and bad <= most else None
    text = raw.decode("utf-8", "replace")
    most = len(text) // share
    if text.count("\ufffd") > most:
        return None
    return text if sum(map(_is_bad, text)) <= most else None


def _is_bad(letter: str) -> bool:
    """Return whether `letter` is in no text; what only is not seen may be."""
    if letter.isprintable() or letter.isspace():
        return letter == "\ufffd"
    return unicodedata.category(letter) != "Cf"


def unpacked(raw: bytes) -> bytes:
    """Return what `raw` holds if it is compressed; else `raw`.

    Raises:
        TooMuchError: it holds more than `_MOST_TIMES` its length.
    """
    most = _ALWAYS_UNPACKED + _MOST_TIMES * len(raw)
    try:
        unpacker = _unpacker(raw)
        says: bytes = unpacker.decompress(raw, most) if unpacker else raw
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        return raw
    if unpacker and len(says) >= most:
        raise TooMuchError
    return says


def _unpacker(raw: bytes) -> Any:
    if raw[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31)
    if raw[:1] == b"\x78" and len(raw) > 2 and int.from_bytes(raw[:2]) % 31 == 0:  # noqa: PLR2004 - RFC 1950
        return zlib.decompressobj()
    if raw[:3] == b"BZh":
        return bz2.BZ2Decompressor()
    if raw[:6] == b"\xfd7zXZ\x00":
        return lzma.LZMADecompressor(memlimit=1 << 26)
    return None
