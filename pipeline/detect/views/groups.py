"""Numbers and codes whose groups are kept apart by anything at all.

Whoever types a number may part its digits by dots, slashes, bars, cells of a table or
nothing. A run of groups is shown again with one hyphen, with one dot and with nothing
between its groups; what is found that way and scores low is chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Final

from pipeline.detect.views.ciphers import CIPHERS
from pipeline.detect.views.reading import Piece
from pipeline.detect.views.worth import (
    FEWEST_DIGITS,
    MOST_DIGITS,
    is_code,
    is_labelled,
    is_number,
    is_odd,
    is_settled,
)

_SEPARATOR: Final = r"(?:[^\w\n]|_){1,6}"
"""Within a line; what the end of a line parts is put together before."""
_NUMBERS: Final = re.compile(rf"\d{{1,19}}(?:{_SEPARATOR}\d{{1,19}}){{1,40}}(?!\d)")
# Capitals and digits in groups, as codes are written; small letters only one or two at a time. A label and its
# value are parted too, but by one sign that says so.
_GROUP: Final = r"(?:[A-Z]{1,4}|[a-z]{1,2}|[A-Za-z]{0,6}\d[A-Za-z\d]{0,12})(?![^\W_])"
_CODES: Final = re.compile(
    rf"\b{_GROUP}(?:(?:[^\w#:=\n]{{1,8}}|_{{1,3}}){_GROUP}){{1,40}}|\b[A-Z0-9lo|]{{8,40}}\b"
)
_LIKE_DIGITS: Final = str.maketrans("OoQDIl|ZSB", "0000111258")
_ORDINAL: Final = re.compile(
    r"(?:[^\w\n]{0,3}\b(?:first|second|third|fourth|fifth|sixth|next|last|final|then|part|parts|block|group|piece|followed"
    r"|by|and|area|serial|number|digits|erste[rs]?|zweite[rs]?|dritte[rs]?|teil|partie|parte"
    r"|dash|hyphen|minus|space|blank|slash|strich|leerzeichen|tiret|espace|guion|espacio|trattino|spazio)\b[^\w\n]{1,3}){1,5}",
    re.IGNORECASE,
)
_SPOKEN: Final = re.compile(
    rf"(?:{_ORDINAL.pattern}[A-Za-z0-9 \-./]{{1,12}}[,;.]{{0,1}}){{2,8}}", re.IGNORECASE
)
_NUMBERS_PARTS: Final = frozenset(
    [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "next",
        "last",
        "final",
        "then",
        "part",
        "parts",
        "block",
        "group",
        "piece",
        "followed",
        "by",
        "and",
        "area",
        "serial",
        "number",
        "digits",
        "erste",
        "erster",
        "erstes",
        "zweite",
        "zweiter",
        "zweites",
        "dritte",
        "dritter",
        "drittes",
        "teil",
        "partie",
        "parte",
        "dash",
        "hyphen",
        "minus",
        "space",
        "blank",
        "slash",
        "strich",
        "leerzeichen",
        "tiret",
        "espace",
        "guion",
        "espacio",
        "trattino",
        "spazio",
    ]
)
_ANY_WORD: Final = re.compile(r"\w+")
_PART_REACH: Final = 19
"""Code points between two words that number: signs, a part of twelve, a comma, signs."""
_SMALL_WORD: Final = re.compile("[a-z]+")
_WORD_REACH: Final = 24
_BETWEEN: Final = re.compile(r"[\W_]+")
_PLAIN: Final = frozenset({"-", " ", "."})
_ORDINARY: Final = frozenset(" \t-.,:;/|()'\"=+[]{}<>*")
_SSN_LABEL: Final = re.compile(r"ssn|soc(?:ial)?[ _-]?sec", re.IGNORECASE)
_ADDRESS_LABEL: Final = re.compile(r"\b(?:ip|addr(?:ess)?|host|server|logged|login|client)\b", re.IGNORECASE)
_LABEL_REACH: Final = 48
_SSN_DIGITS: Final = 9
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
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d ?T?|\d\d:\d\d:\d\d|\b\d\d?/\d\d?/(?:\d\d|\d{4})\b")
_FEW_DIGITS: Final = 5
_DIGITS: Final = re.compile(r"\d+")
_CODE_REACH: Final = 40
_CAPITAL: Final = re.compile("[A-Z](?![a-z])")
_FEWEST_IN_CODE: Final = 3
_ACCOUNT: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def may_hold(text: str) -> bool:
    """Return whether some run of digits could be an identifier whose groups are kept apart oddly."""
    for match in _NUMBERS.finditer(text):
        digits = sum(map(str.isdigit, match.group()))
        if FEWEST_DIGITS <= digits <= MOST_DIGITS and not is_settled(text, *match.span()):
            gaps = _BETWEEN.findall(match.group())
            if is_number(text, *match.span()) or (any(map(_is_odd, gaps)) and is_odd(match.group())):
                return True
        if len(_GROUPS.findall(match.group())) == _OCTETS:
            before = text[max(0, match.start() - _LABEL_REACH) : match.start()]
            if _is_address(_BETWEEN.findall(match.group()), before):
                return True
    return False


def hyphened(text: str) -> Iterator[Piece]:
    """Yield separators of numbers that nothing ordinary has, as one hyphen."""
    return _between(text, "-", lambda run, gaps: any(map(_is_odd, gaps)) and is_odd(run.group()))


def hyphened_anyway(text: str) -> Iterator[Piece]:
    """Yield mixed separators of numbers, as one hyphen."""
    return _between(
        text,
        "-",
        lambda run, gaps: (len(set(gaps)) > 1 or gaps[0] not in _PLAIN) and is_number(text, *run.span()),
    )


def dotted(text: str) -> Iterator[Piece]:
    """Yield separators of four short groups, as the dots of a network address, if odd or so named."""
    return _between(
        text, ".", lambda run, gaps: _is_address(gaps, text[max(0, run.start() - _LABEL_REACH) : run.start()])
    )


def joined(text: str) -> Iterator[Piece]:
    """Yield all separators of numbers, as nothing; nine digits that are so named in their usual shape."""
    for match in _NUMBERS.finditer(text):
        digits = "".join(filter(str.isdigit, match.group()))
        if len(digits) == _SSN_DIGITS and _SSN_LABEL.search(
            text, max(0, match.start() - _LABEL_REACH), match.start()
        ):
            yield Piece(*match.span(), f"{digits[:3]}-{digits[3:5]}-{digits[5:]}")
        elif not is_settled(text, *match.span()) and is_number(text, *match.span()):
            yield from _edge(text, match.start())
            yield from (Piece(*gap.span(), "") for gap in _BETWEEN.finditer(text, *match.span()))
            yield from _edge(text, match.end())


def codes(text: str) -> Iterator[Piece]:
    """Yield codes of capitals and digits, as everything that they may be meant for.

    Joined, with and without a short word before or after, backwards, and with letters read as digits.
    """
    spans = (span for span in _near_digits(text) if _CAPITAL.search(text, *span))
    for match in chain.from_iterable(_CODES.finditer(text, *span) for span in spans):
        groups = _without_words(list(_GROUPS.finditer(match.group())))
        code = "".join(one.group() for one in groups)
        if len(code) < _SHORTEST_CODE or not _FEWEST_IN_CODE <= sum(map(str.isdigit, code)) < len(code):
            continue
        if _STAMP.search(match.group()):
            continue
        start, end = match.start() + groups[0].start(), match.start() + groups[-1].end()
        says = dict.fromkeys(one for whole in _wholes(groups) for one in _meant(whole.upper()))
        digits = sum(map(str.isdigit, code))
        if not (digits >= _FEW_DIGITS or digits * 2 >= len(code)) or not is_labelled(text, start, end):
            says = dict.fromkeys(filter(is_code, says))
        if len(groups) > 1 and says:
            says["-".join(one.group().upper() for one in groups)] = None
        says.pop(text[start:end], None)
        if says:
            yield Piece(start, end, " ".join(says))


def _near_digits(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `text` with digits, and room around them for the rest of a code."""
    start = end = -1
    for match in _DIGITS.finditer(text):
        first, last = match.start() - _CODE_REACH, match.end() + _CODE_REACH
        if first > end >= 0:
            yield max(0, start), end
            start = first
        elif end < 0:
            start = first
        end = last
    if end >= 0:
        yield max(0, start), min(end, len(text))


def _without_words(groups: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return `groups` without labels before and words around."""
    for at, one in reversed(list(enumerate(groups))):
        # What stands before a label is no part of its value.
        if (
            at + 1 < len(groups)
            and one.group().isalpha()
            and len(one.group()) > len("DE")
            and not any(any(map(str.isdigit, before.group())) for before in groups[:at])
        ):
            groups = groups[at + 1 :]
            break
    while len(groups) > 1 and groups[0].group() in _WORDS:
        groups = groups[1:]
    while len(groups) > 1 and groups[-1].group() in _WORDS:
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


def spoken(text: str) -> Iterator[Piece]:
    """Yield the words that number the parts of a number or code, as a space."""
    for start, end in _numbering(text):
        for match in _SPOKEN.finditer(text, start, end):
            if sum(map(str.isdigit, match.group())) >= _FEWEST_IN_CODE:
                yield from (Piece(*word.span(), " ") for word in _ORDINAL.finditer(text, *match.span()))


def _numbering(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `text` where words that number follow each other with no more than a part between."""
    first = last = -1
    count = 0
    for match in _ANY_WORD.finditer(text):
        if match.group().lower() not in _NUMBERS_PARTS:
            continue
        if count and match.start() - last > _PART_REACH:
            if count > 1:
                yield max(0, first - _PART_REACH), last + _PART_REACH
            count = 0
        first = first if count else match.start()
        last = match.end()
        count += 1
    if count > 1:
        yield max(0, first - _PART_REACH), last + _PART_REACH


def may_speak(text: str) -> bool:
    """Return whether two words that number or part stand before digits."""
    before = (text[max(0, match.start() - _WORD_REACH) : match.start()] for match in _DIGITS.finditer(text))
    said = (one for one in before if not _NUMBERS_PARTS.isdisjoint(_SMALL_WORD.findall(one.lower())))
    return len(list(islice(said, 2))) > 1


def _between(text: str, says: str, is_wanted: Callable[[re.Match[str], list[str]], bool]) -> Iterator[Piece]:
    for match in _NUMBERS.finditer(text):
        start, end = match.span()
        if not FEWEST_DIGITS <= sum(map(str.isdigit, match.group())) <= MOST_DIGITS:
            continue
        gaps = list(_BETWEEN.finditer(text, start, end))
        if not is_settled(text, start, end) and is_wanted(match, [gap.group() for gap in gaps]):
            yield from _edge(text, start)
            yield from (Piece(*gap.span(), says) for gap in gaps if gap.group() != says)
            yield from _edge(text, end)


def _edge(text: str, at: int) -> Iterator[Piece]:
    """Yield a space where a run sticks to a letter or an underscore."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if before and after and (before == "_" or after == "_" or (before.isalnum() and after.isalnum())):
        yield Piece(at, at, " ")


def _is_odd(gap: str) -> bool:
    """Return whether `gap` stands between the groups of no ordinary numbers."""
    return not set(gap) <= _ORDINARY or (len(gap) > 1 and gap[0] == gap[1] != " ")


def _is_address(gaps: list[str], before: str) -> bool:
    if len(gaps) != _OCTETS - 1 or set(gaps) == {"."}:
        return False
    return (len(set(gaps)) == 1 and _is_odd(gaps[0])) or _ADDRESS_LABEL.search(before) is not None
