"""Whether letters and signs could be words: of English, of 33 other languages, of names and programs.

Rules
1. A word is known from the topics' vocabulary and the frequent words, or its letters follow each other
   as in those: more than three in five of its three-letter pieces occur in two known words.
2. A token of words and marks, as paths, calls and options are, is plain if most of it is such words.
3. Numbers, amounts, days, times, versions and links are plain.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Final, NamedTuple

from pipeline.detect.frequent_words import FREQUENT_WORDS
from pipeline.detect.topics import read_model

EDGES: Final = ".,;:!?()[]{}\"'“”‘’*_|–—-…<>`"  # noqa: RUF001 - quotes and dashes as written
_PIECE: Final = 3
_RUN: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_PLAIN: Final = re.compile(
    r"\d{1,4}|\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|\d+[.,]\d{1,2}%?|[$€£]\d[\d,.]*|\d{1,2}(?:st|nd|rd|th)|\d+%"
    r"|(?:https?://|www\.)\S*|&\w+;|v?\d{1,2}(?:\.\d{1,2}){1,2}|\d{1,2}:\d\d(?:[ap]m)?"
    r"|[12]\d{3}-\d\d?-\d\d?|\d{1,2}[/.]\d{1,2}[/.](?:\d\d|\d{4})",
    re.IGNORECASE,
)
_FEW_DIGITS: Final = 4


class _Letters(NamedTuple):
    words: frozenset[str]
    pieces: frozenset[str]


@cache
def _letters() -> _Letters:
    """Return the known words and the pieces of at least two of them; takes 40 ms, once."""
    words = {word for word in read_model().numbers if word.isalpha()}.union(*FREQUENT_WORDS.values())
    counts = Counter(piece for word in words for piece in set(_pieces(word)))
    return _Letters(frozenset(words), frozenset(piece for piece, count in counts.items() if count > 1))


def _pieces(word: str) -> list[str]:
    edged = f" {word} "
    return [edged[at : at + _PIECE] for at in range(len(word))]


def is_word(letters: str) -> bool:
    """Return whether `letters`, of any case, are a word or could be one (rule 1)."""
    small = letters.lower()
    known = _letters()
    if small in known.words:
        return True
    unseen = sum(piece not in known.pieces for piece in _pieces(small))
    return len(small) >= _PIECE and unseen * 5 < 2 * len(small)


def is_plain(bare: str) -> bool:
    """Return whether a token without the marks at its edges is a number, an amount, a day or a link (rule 3)."""
    return _PLAIN.fullmatch(bare) is not None


def count_odd(bare: str) -> int:
    """Return how many characters of a token are of no word and nothing else that is ordinary: all or none."""
    if not bare or is_plain(bare):
        return 0
    if bare.isalpha():
        if len(bare) == 1:
            return 0 if bare in "aAI" else 1
        return 0 if is_word(bare) or _is_camel(bare) else len(bare)
    good = sum(len(run) for run in _RUN.findall(bare) if len(run) >= _PIECE and is_word(run))
    is_name = good * 2 >= len(bare) and sum(map(str.isdigit, bare)) < _FEW_DIGITS
    return 0 if is_name else len(bare)


def _is_camel(letters: str) -> bool:
    """Return whether `letters` are words put together by their capitals, as names in programs are."""
    runs = [run for run in _RUN.findall(letters) if len(run) >= _PIECE]
    return sum(map(len, runs)) * 5 >= 3 * len(letters) and all(map(is_word, runs))
