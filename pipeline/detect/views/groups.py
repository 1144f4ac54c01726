"""Numbers and codes whose groups are kept apart by anything at all.

Whoever types a number may part its digits by dots, slashes, bars, cells of a table or
nothing. A run of groups is shown again with one hyphen, with one dot and with nothing
between its groups; what is found that way and scores low is chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from pipeline.detect.views.ciphers import CIPHERS
from pipeline.detect.views.reading import Piece

_SEPARATOR: Final = r"[\W_]{1,6}"
_NUMBERS: Final = re.compile(rf"\d{{1,12}}(?:{_SEPARATOR}\d{{1,12}}){{1,40}}(?!\d)")
# Capitals and digits in groups, as codes are written; small letters only one or two at a time. A label and its
# value are parted too, but by one sign that says so.
_GROUP: Final = r"(?:[A-Z]{1,4}|[a-z]{1,2}|[A-Za-z]{0,6}\d[A-Za-z\d]{0,12})(?![^\W_])"
_CODES: Final = re.compile(
    rf"\b{_GROUP}(?:(?:[^\w#:=]{{1,8}}|_{{1,3}}){_GROUP}){{1,40}}|\b[A-Z0-9lo|]{{8,40}}\b"
)
_LIKE_DIGITS: Final = str.maketrans("OoQDIl|ZSB", "0000111258")
_BETWEEN: Final = re.compile(r"[\W_]+")
_PLAIN: Final = frozenset({"-", " ", "."})
_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 34
"""Digits in a number that is an identifier: a short telephone number, an IBAN."""
_OCTETS: Final = 4
_GROUPS: Final = re.compile(r"[^\W_]+")
_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "he",
        "i",
        "id",
        "if",
        "in",
        "is",
        "it",
        "my",
        "no",
        "nr",
        "of",
        "on",
        "or",
        "so",
        "the",
        "to",
        "us",
        "we",
    ]
)
_SHORTEST_CODE: Final = 8
_FEWEST_IN_CODE: Final = 3
_ACCOUNT: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def hyphened(text: str) -> Iterator[Piece]:
    """Yield odd separators of numbers, as one hyphen."""
    return _between(text, _NUMBERS, "-", _is_odd)


def dotted(text: str) -> Iterator[Piece]:
    """Yield odd separators of four short groups, as the dots of a network address."""
    return _between(text, _NUMBERS, ".", _is_address)


def joined(text: str) -> Iterator[Piece]:
    """Yield all separators of numbers, as nothing."""
    return _between(text, _NUMBERS, "", lambda _: True)


def codes(text: str) -> Iterator[Piece]:
    """Yield codes of capitals and digits, as everything that they may be meant for.

    Joined, with and without a short word before or after, backwards, and with letters read as digits.
    """
    for match in _CODES.finditer(text):
        groups = _without_words(list(_GROUPS.finditer(match.group())))
        code = "".join(one.group() for one in groups)
        if len(code) < _SHORTEST_CODE or not _FEWEST_IN_CODE <= sum(map(str.isdigit, code)) < len(code):
            continue
        start, end = match.start() + groups[0].start(), match.start() + groups[-1].end()
        says = dict.fromkeys(one for whole in _wholes(groups) for one in _meant(whole.upper()))
        says.pop(text[start:end], None)
        if says:
            yield Piece(start, end, " ".join(says))


def _without_words(groups: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return `groups` without labels before and words around."""
    while len(groups) > 1 and (
        groups[0].group().lower() in _WORDS
        or (groups[0].group().isalpha() and len(groups[0].group()) > len("DE"))
    ):
        groups = groups[1:]
    while len(groups) > 1 and groups[-1].group().lower() in _WORDS:
        groups = groups[:-1]
    return groups


def _wholes(groups: list[re.Match[str]]) -> Iterator[str]:
    """Yield `groups` joined, with and without letters before or after."""
    shown = [one.group() for one in groups]
    first = 1 if len(shown) > 1 and shown[0].isalpha() else 0
    last = len(shown) - (len(shown) > 1 and shown[-1].isalpha())
    for start, end in dict.fromkeys(((0, len(shown)), (first, len(shown)), (0, last), (first, last))):
        whole = "".join(shown[start:end])
        if len(whole) >= _SHORTEST_CODE:
            yield whole


def _meant(code: str) -> Iterator[str]:
    yield code
    yield code[::-1]
    yield code[:2] + code[2:].translate(_LIKE_DIGITS)
    yield code[:2] + code[2:-1].translate(_LIKE_DIGITS) + code[-1:]
    if _ACCOUNT.fullmatch(code):  # the country of an account, its letters shifted
        yield from (code.translate(table) for table in CIPHERS.values())


def _between(
    text: str, runs: re.Pattern[str], says: str, is_wanted: Callable[[list[str]], bool]
) -> Iterator[Piece]:
    for match in runs.finditer(text):
        start, end = match.span()
        if not _FEWEST_DIGITS <= sum(map(str.isdigit, match.group())) <= _MOST_DIGITS:
            continue
        gaps = list(_BETWEEN.finditer(text, start, end))
        if is_wanted([gap.group() for gap in gaps]):
            yield from _edge(text, start)
            yield from (Piece(*gap.span(), says) for gap in gaps if gap.group() != says)
            yield from _edge(text, end)


def _edge(text: str, at: int) -> Iterator[Piece]:
    """Yield a space where a run sticks to a letter or an underscore."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if before and after and (before == "_" or after == "_" or (before.isalnum() and after.isalnum())):
        yield Piece(at, at, " ")


def _is_odd(gaps: list[str]) -> bool:
    return any(gap not in _PLAIN for gap in gaps) or len(set(gaps)) > 1


def _is_address(gaps: list[str]) -> bool:
    return len(gaps) == _OCTETS - 1 and set(gaps) != {"."}
