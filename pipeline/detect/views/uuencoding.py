"""Uuencoded lines that stand in a text without the frame that programs put around them.

A line begins with how many bytes it holds, so its length is known, and all of it must be text.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Final

from pipeline.detect.views.packed import as_text
from pipeline.detect.views.reading import Piece

_START: Final = re.compile(r"(?<!\S)[)-M](?=[ -`]{12})")
_FEWEST_BYTES: Final = 9
_TELLING: Final = re.compile(r"[0-9@_]")
_FIRST: Final = 32
"""The code that stands for no byte."""


def may_be_line(text: str) -> bool:
    """Return whether a token begins as a line does."""
    return _START.search(text) is not None


def lines(text: str) -> Iterator[Piece]:
    """Yield uuencoded lines that hold text with a digit, an `@` or a low line."""
    end = 0
    for match in _START.finditer(text):
        start = match.start()
        count = ord(match.group()) - _FIRST
        length = 1 + (count + 2) // 3 * 4
        if start < end or count < _FEWEST_BYTES:
            continue
        line = text[start : start + length]
        says = _decoded(line)
        if says is not None and _TELLING.search(says):
            end = start + len(line)
            yield Piece(start, end, says)


def _decoded(line: str) -> str | None:
    """Return what a line says; spaces at its end may be gone."""
    if "\n" in line.rstrip() or not line.isascii():
        return None
    try:
        return as_text(binascii.a2b_uu(line.rstrip("\n").encode()))
    except (binascii.Error, ValueError):
        return None
