"""Odd characters made plain: what a reader takes them for, or nothing where none is seen.

The table `letters.tsv` comes from Unicode's confusables and character database by
`models/confusables/recipe.py`. Typographic characters (dashes, spaces, quotes) and accents
are ordinary: they are folded too, but are worth a second look only beside a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.detect.views.reading import Piece

_BESIDE: Final = 12
"""Code points between a typographic character and the number that it may belong to."""
_ORDINARY: Final = frozenset({"typographic", "accented"})
_DIGIT: Final = re.compile(r"\d")


def _read_table() -> Iterator[tuple[str, int, str]]:
    lines = (Path(__file__).parent / "letters.tsv").read_text(encoding="ascii").splitlines()
    for line in lines[1:]:
        kind, says, ranges = line.split("\t")
        for one in ranges.split():
            first, _, last = one.partition("-")
            for code in range(int(first, 16), int(last or first, 16) + 1):
                yield kind, code, says.encode("ascii").decode("unicode_escape")


_TABLE: Final = list(_read_table())
_READS: Final = {code: says for _, code, says in _TABLE}
_PLAIN: Final = {
    code: says
    for kind, code, says in _TABLE
    if len(says) == 1 and kind != "accented" and not 0xAA <= code <= 0xBA  # noqa: PLR2004 - superscripts of Latin-1
}


_KINDS: Final = {code: kind for kind, code, _ in _TABLE}
FOREIGN: Final = re.compile("[^\\x00-\\x7f]+")
_UNACCENTED: Final = {code: says for kind, code, says in _TABLE if kind == "accented"}


def unaccented(text: str) -> str:
    """Return `text` with its accented letters without accents, each in its place."""
    return text if text.isascii() else text.translate(_UNACCENTED)


def plain(text: str) -> str:
    """Return `text` with each odd dash, space, quote, digit and look-alike letter made plain.

    Every code point stays where it is, so spans need no translation. Accents stay.
    """
    return text if text.isascii() else text.translate(_PLAIN)


def fold(text: str) -> Iterator[Piece]:
    """Yield the odd characters of `text` and what they say; ordinary ones only beside a number."""
    if text.isascii():
        return
    for match in FOREIGN.finditer(text):
        start = match.start()
        for at, letter in enumerate(match.group(), start):
            kind = _KINDS.get(ord(letter))
            if kind is None or (kind in _ORDINARY and not _is_beside_digit(text, match)):
                continue
            yield Piece(at, at + 1, _READS[ord(letter)])


def _is_beside_digit(text: str, match: re.Match[str]) -> bool:
    """Return whether `match` may belong to a number, and is no ruled line."""
    start, end = match.span()
    return end - start <= _BESIDE and _DIGIT.search(text, max(0, start - _BESIDE), end + _BESIDE) is not None


def kind_of(letter: str) -> str:
    """Return the class of `letter` in the table, empty if it has none."""
    return _KINDS.get(ord(letter), "")
