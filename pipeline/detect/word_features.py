"""What the model of names sees of a word: its pieces, its form, its ends, and the lists that hold it.

The recipe that trains the model (`models/ner/recipe`) imports this module, so that training and
use cannot drift apart. A word's features depend on the word alone.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

WORD: Final = re.compile(r"\n+|[ \t]{2,}|[^\W\d_]+|\d+|\S")
"""Runs of letters, runs of digits, single marks; line ends and wide gaps, which tell layout."""

MOST_PIECES: Final = 5
END_ROWS: Final = 4096
"""Rows of the hashed tables of a word's first and last three letters."""
_END_LETTERS: Final = 3
_LINE_END, _WIDE_GAP, _UNKNOWN = 1, 2, 100
"""Rows of the vocabulary: two that its makers left free, and the one for a word without known pieces."""
_LONGEST_WORD: Final = 200
"""Code points of a word that are looked at: no name is longer, and a megabyte without a space is a word too."""

# The forms of a word; the last is no word at all, what stands before and after a text.
OTHER, LINE_END, WIDE_GAP, NUMBER, MARK, LOWER, INITIAL, CAPITALS, TITLE, OUTSIDE = range(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """One word as rows of the model's tables."""

    pieces: tuple[int, ...]
    form: int
    start: int
    end: int
    lists: tuple[int, ...]
    """1 for each list of names that holds the word, in the order of the lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The pieces that words are made of, and the lists of names."""

    pieces: Mapping[str, int]
    """Row by piece; a piece that continues a word begins with `##` (WordPiece, Wu et al. 2016)."""
    lists: Mapping[str, int]
    """Bits of the lists that hold a bare word."""
    count: int
    """How many lists there are."""
    longest: int
    """Code points of the longest piece."""

    def features(self, word: str) -> Features:
        """Return the features of a match of `WORD`."""
        word = word[:_LONGEST_WORD]
        bare = strip(word)
        known = self.lists.get(bare, 0) if word[0].isalpha() else 0
        ends = bare if word[0].isalnum() else word[0]
        return Features(
            pieces=self._pieces(word, bare),
            form=form(word),
            start=_row(f"p{ends[:_END_LETTERS]}"),
            end=_row(f"s{ends[-_END_LETTERS:]}"),
            lists=tuple(known >> bit & 1 for bit in range(self.count)),
        )

    def _pieces(self, word: str, bare: str) -> tuple[int, ...]:
        if word[0] == "\n":
            return (_LINE_END,)
        if word.isspace():
            return (_WIDE_GAP,)
        return tuple(self._cut(bare)) or (_UNKNOWN,)

    def _cut(self, bare: str) -> Iterator[int]:
        """Yield the longest known pieces from the left; nothing further once there is none."""
        rows: list[int] = []
        at = 0
        while at < len(bare) and len(rows) < MOST_PIECES:
            for end in range(min(len(bare), at + self.longest), at, -1):
                row = self.pieces.get(("##" if at else "") + bare[at:end])
                if row is not None:
                    break
            else:
                return iter(())
            rows.append(row)
            at = end
        return iter(rows)


def strip(word: str) -> str:
    """Return a word in lower case and without accents."""
    word = word.lower()
    if word.isascii():
        return word
    return "".join(one for one in unicodedata.normalize("NFD", word) if unicodedata.category(one) != "Mn")


def form(word: str) -> int:
    """Return the form of a word: its case, or what kind of mark it is."""
    first = word[0]
    if first.isspace():
        return LINE_END if first == "\n" else WIDE_GAP
    if not first.isalpha():
        return NUMBER if first.isdigit() else MARK
    if word.islower():
        return LOWER
    if len(word) == 1:
        return INITIAL
    if word.isupper():
        return CAPITALS
    return TITLE if first.isupper() and word[1:].islower() else OTHER


def _row(key: str) -> int:
    """Return the row of a hashed table; row 0 is for what is no word."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % (END_ROWS - 1) + 1
