"""Which runs of digits and which codes could be an identifier: by themselves, or by a word beside them.

A guess at other separators is scanned like any text, which costs far more than a look at the digits.
So a run is guessed at only if its check digit is right, its groups are an identifier's, or a word
near it says what it is. Moments, versions and columns of decimals are none of these.

`labels.txt` holds the words by which the shipped recognisers know their values, one a line; a test
compares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import phonenumbers
from stdnum import iban
from stdnum.ch import ssn as swiss
from stdnum.cn import ric as chinese
from stdnum.es import ccc as spanish
from stdnum.fr import nir as french
from stdnum.gb import nhs as british
from stdnum.no import fodselsnummer as norwegian

from pipeline.detect.checksums import luhn, vin

FEWEST_DIGITS, MOST_DIGITS = 7, 34
"""Digits in a number that is an identifier: a short telephone number, an IBAN."""
_BEFORE, _AFTER = 60, 30
"""Code points beside a value in which a word may say what it is."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_STEMS: Final = re.compile(
    r"n[uú]m(?:ber|mer|ero|éro)|ausweis|konto|steuer|versicher|insur|licen[cs]|passport|socia|s[ée]cur|fiscal|phone|telefon"
    r"|accoun|card|medic|health|patient|polic|routing|member|identi|passw|secret|social",
    re.IGNORECASE,
)
_DAY: Final = r"(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:[0-3]?\d)|[0-3]?\d[-/.][0-3]?\d[-/.](?:(?:19|20)\d\d|\d\d))"
_TIME: Final = r"[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?"
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_BIRTH: Final = re.compile(
    r"birth|born|\bdob\b|geb(?:oren|urt)|naiss|née? le|nacim|nacid|nascit|nato il", re.IGNORECASE
)
_DAY_DIGITS: Final = 8
_YEARS: Final = r"(?:18|19|20)\d\d"
_AMOUNT: Final = r"\d{1,3}(?:,\d{3}){1,4}\.\d{1,4}|\d{1,3},\d{3}|\d{1,12}[.,]\d{1,2}|\d[.,]\d{1,12}"
_VERSION: Final = r"\d{1,2}(?:\.\d{1,2}){2}"
_ORDINARY: Final = re.compile(rf"(?<![\d.,])(?:{_DAY}|{_TIME}|{_AMOUNT}|{_YEARS}|{_VERSION})(?!\d|[.,]\d)")
_MOMENT: Final = re.compile(
    rf"(?:{_DAY}|{_TIME}|{_YEARS})(?:[\W_]{{1,4}}(?:{_DAY}|{_TIME}|{_YEARS}|\d{{1,2}})){{0,20}}"
)
_GROUPS: Final = frozenset({(3, 2, 4), (3, 3, 4), (1, 3, 3, 4), (4, 4, 4, 4), (4, 6, 5)})
"""Of a social security, a telephone and a card number."""
_CARD_LENGTHS: Final = range(13, 20)
_CARD: Final = re.compile(r"3[04-9]|4|5[0-8]|6|2[2-7]|8[06]")
_CARD_GROUPS: Final = frozenset({(4, 4, 4, 4), (4, 6, 5)})
_IN_WORD: Final = re.compile(r"\w")
_ANY_DIGIT: Final = re.compile(r"\d")
_PLAINLY: Final = re.compile(
    r"(?<![\w.-])(?:(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}"  # of social security
    r"|(?:4[0-9]{3}|5[1-5][0-9]{2}|6[0-9]{3})(?P<gap>[ -]?)[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{4}"
    r"|\+[1-9][0-9]{0,2}(?:[ -]?[0-9]{2,12}){1,5})(?![\w-]|\.[0-9])"
)
_CHECKS: Final[Mapping[int, tuple[Callable[[str], bool], ...]]] = {
    10: (british.is_valid,),
    11: (norwegian.is_valid,),
    13: (swiss.is_valid,),
    15: (french.is_valid,),
    18: (chinese.is_valid,),
    20: (spanish.is_valid,),
}
"""Of the numbers that are known without a word beside them, by their length."""
_CODE: Final = re.compile(
    r"[A-Z]{2}\d{6}[A-D]"  # a British insurance number
    r"|\d[A-Z][A-Z0-9]\d[A-Z][A-Z0-9]\d[A-Z]{2}\d{2}"  # Medicare
    r"|[A-Z]{6}[0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]"  # Italy
    r"|[XYZ]?\d{7,8}[A-Z]|[STFGM]\d{7}[A-Z]|[A-Z]{4}\d{6}[A-Z]{6}[A-Z0-9]\d"  # Spain, Singapore, Mexico
)
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


@cache
def labels() -> frozenset[str]:
    """Return the words, in small letters."""
    return frozenset((Path(__file__).parent / "labels.txt").read_text(encoding="utf-8").split())


def is_labelled(text: str, start: int, end: int) -> bool:
    """Return whether a word beside [start, end) says that it is an identifier."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    return any(
        _STEMS.search(one) or not labels().isdisjoint(_WORD.findall(one.lower())) for one in (before, after)
    )


def is_number(text: str, start: int, end: int, says: str | None = None) -> bool:
    """Return whether the groups of digits in [start, end), or in what it `says`, could be an identifier."""
    shown = text[start:end] if says is None else says
    groups = re.findall(r"\d+", shown)
    digits = "".join(groups)
    if says is not None and _ADDRESS.fullmatch(says):
        return True
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        return False
    if len(digits) <= _DAY_DIGITS and _BIRTH.search(text, max(0, start - _BEFORE), start):
        return True
    if _MOMENT.fullmatch(shown):
        return False
    if _has_groups(groups) or _is_valid(digits):
        return True
    return is_odd(shown) and is_labelled(text, start, end)


def is_settled(text: str, start: int, end: int) -> bool:
    """Return whether the digits in [start, end) are numbers that are found as they stand, and nothing else.

    A guess at other separators of a social security number, a card number or a telephone number with its
    country in the usual form shows nothing new.
    """
    if _IN_WORD.match(text[start - 1 : start]) or _IN_WORD.match(text[end : end + 1]):
        return False
    start -= text[start - 1 : start] == "+"
    return _ANY_DIGIT.search(_PLAINLY.sub(_left_over, text[start:end])) is None


def _left_over(match: re.Match[str]) -> str:
    """Return what `match` leaves to guess at: nothing, if it is as valid as its form says."""
    shown = match.group()
    if shown[0] == "+":
        return "" if _is_phone(shown) else shown
    digits = "".join(filter(str.isdigit, shown))
    return "" if len(digits) < _CARD_LENGTHS.start or (len(set(digits)) > 1 and luhn(digits)) else shown


def _is_phone(shown: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(shown))
    except phonenumbers.NumberParseException:
        return False


def is_moment(shown: str) -> bool:
    """Return whether `shown` is a day, a time of day, or several."""
    return _MOMENT.fullmatch(shown) is not None


def is_odd(shown: str) -> bool:
    """Return whether the run of digits `shown` is more than moments, versions and amounts."""
    return sum(map(str.isdigit, _ORDINARY.sub("", shown))) >= FEWEST_DIGITS


def _has_groups(groups: Sequence[str]) -> bool:
    lengths = tuple(map(len, groups))
    for size in (3, 4):
        for at in range(len(groups) - size + 1):
            these = lengths[at : at + size]
            if these in _CARD_GROUPS:
                if _is_valid("".join(groups[at : at + size])):
                    return True
            elif these in _GROUPS:
                return True
    return False


def _is_valid(digits: str) -> bool:
    """Return whether the check digit of `digits` is that of a number known without a word beside it."""
    if len(set(digits)) == 1:
        return False
    if len(digits) in _CARD_LENGTHS and _CARD.match(digits) and luhn(digits):
        return True
    return any(check(digits) for check in _CHECKS.get(len(digits), ()))


def is_known(whole: str) -> bool:
    """Return whether capitals and digits, put together, are known without a word beside them."""
    return is_code(whole) or (whole.isdigit() and _is_valid(whole))


def is_code(code: str) -> bool:
    """Return whether capitals and digits are a code that is known without a word beside it."""
    if _CODE.fullmatch(code):
        return True
    return bool(_IBAN.fullmatch(code) and iban.is_valid(code, check_country=False)) or vin(code)
