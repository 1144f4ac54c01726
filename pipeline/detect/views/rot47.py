"""What rot47 hid where no common word tells: numbers in groups, and encoded text.

Digits become the signs from the low line to `h`. A run of them is taken for a number only if the
number is one by its check digit, its groups or a word beside it; a long odd word only if what it
hid is itself encoded or escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from pipeline.detect.views.encodings import byte_lists, encoded, is_odd
from pipeline.detect.views.reading import Piece
from pipeline.detect.views.worth import is_number

# Digits, and between them what rot47 makes of a hyphen, a full stop, a slash and brackets.
_NUMBER: Final = re.compile(r"(?<!\S)[W\[]?[_-h]{1,19}(?:[\\\]^X~ ]{1,2}[_-h]{1,19}){0,7}(?![^\s.,;|)])")
_MARKS: Final = re.compile(r"[_`\\\]^]")
_FEWEST: Final = 7
_HOST: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_SHORTEST: Final = 16
_LONG: Final = re.compile(rf"(?<!\S)[!-~]{{{_SHORTEST},600}}(?!\S)")
_ESCAPES: Final = re.compile(r"%(?:25)*[0-9A-F]{2}|&(?:amp;)*#x?[0-9A-Fa-f]{2}|\\x[0-9a-f]{2}|\\u[0-9a-f{]")
_FEW_ESCAPES: Final = 4
_BLOCK: Final = re.compile(r"(?:data:[\w/;]{1,40},)?[A-Za-z0-9+/_:-]{16,}={0,6}")
_TABLE: Final = {code: chr(33 + (code - 33 + 47) % 94) for code in range(33, 127)}


def may_hide(text: str, tokens: frozenset[str]) -> bool:
    """Return whether signs are there that digits become, or words long enough for an encoding."""
    return any(sign in text for sign in "`\\_]") or any(len(one) >= _SHORTEST for one in tokens)


def hidden(text: str) -> Iterator[Piece]:
    """Yield numbers in groups and encoded words that rot47 hid."""
    yield from sorted({*_numbers(text), *_nested(text)})


def _numbers(text: str) -> Iterator[Piece]:
    for match in _NUMBER.finditer(text):
        says = match.group().translate(_TABLE)
        if not _MARKS.search(match.group()) or sum(map(str.isdigit, says)) < _FEWEST:
            continue
        if _HOST.fullmatch(says) or is_number(text, *match.span(), says):
            yield Piece(*match.span(), says)


def _nested(text: str) -> Iterator[Piece]:
    for match in _LONG.finditer(text):
        word = match.group()
        if not is_odd(word):
            continue
        says = word.translate(_TABLE)
        if len(_ESCAPES.findall(says)) >= _FEW_ESCAPES or (
            _BLOCK.fullmatch(says) and next(chain(encoded(says), byte_lists(says)), None) is not None
        ):
            yield Piece(*match.span(), says)
