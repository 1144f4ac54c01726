"""How a value is written: grouped, wrapped, in odd dashes and spaces, full width, spelled out, encoded.

These are the ways in which people, word processors, mail programs and scanners write. They are written down
apart from what the detector's views undo, and every one of them must be found in every entity that lists it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pipeline.canaries.draw import Draw

_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FULL_WIDTH: Final = ord("\uff01") - ord("!")

Write = Callable[[Sequence[str]], str]
"""Writes the groups of a value."""


def _full_width(groups: Sequence[str]) -> str:
    return "".join(chr(ord(sign) + _FULL_WIDTH) for sign in "".join(groups))


def _wrapped(groups: Sequence[str]) -> str:
    """Break the line after the first half, as a mail program does at column 72."""
    half = len(groups) // 2
    return "-".join(groups[:half]) + "-\n" + "-".join(groups[half:])


def _spelled(groups: Sequence[str]) -> str:
    return " ".join(_WORDS[int(digit)] for digit in "".join(groups))


def _encoded(groups: Sequence[str]) -> str:
    return base64.b64encode(("number " + "-".join(groups)).encode()).decode()


WRITINGS: Final[Mapping[str, Write]] = MappingProxyType(
    {
        "solid": "".join,
        "hyphens": "-".join,
        "spaces": " ".join,
        "dots": ".".join,
        "en dashes": "\u2013".join,
        "hyphens that do not break": "\u2011".join,
        "spaces that do not break": "\u00a0".join,
        "thin spaces": "\u2009".join,
        "zero width": "\u200b-".join,
        "escaped": "&#45;".join,
        "full width": _full_width,
        "wrapped": _wrapped,
        "spelled": _spelled,
        "base64": _encoded,
        "upper case": lambda groups: "".join(groups).upper(),
        "at and dot": lambda groups: "".join(groups).replace("@", " (at) ").replace(".", " (dot) "),
    }
)
_OF_DIGITS: Final = tuple(name for name in WRITINGS if name not in {"upper case", "at and dot"})
_OF_SPACES: Final = ("solid", "spaces", "spaces that do not break", "thin spaces", "full width")

_NAMES: Final = 40
_CAPITALS: Final = 4
"""Of 40 names four stand in capitals, one has none and one is misread: a model that reads neither of the last two
and all others is at 0.95, the floor of the shipped policies, and not below it."""

_HABITS: Final[Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]]] = MappingProxyType(
    {
        "CREDIT_CARD": ((4, 4, 4, 4), _OF_DIGITS),
        "EMAIL_ADDRESS": ((), ("solid", "upper case")),
        "IBAN_CODE": ((4,) * 7, _OF_SPACES),
        "UK_NHS": ((3, 3, 4), _OF_SPACES),
        "UK_NINO": ((2, 2, 2, 2, 1), _OF_SPACES),
        "US_ITIN": ((3, 2, 4), ("hyphens", "spaces", "en dashes", "spaces that do not break", "full width")),
        "US_SSN": ((3, 2, 4), _OF_DIGITS),
    }
)
"""The lengths of an entity's groups, and the ways of writing it; what is not here is written as it was drawn."""


def write(entity: str, value: str, draw: Draw) -> str:
    """Return `value` as somebody might write it."""
    lengths, names = _HABITS.get(entity, ((), ("solid",)))
    return WRITINGS[draw.choice(names)](_cut(value, lengths))


def write_name(name: str, draw: Draw) -> str:
    """Return a person's name as it is mostly written, or in capitals, without any, or as a scanner misreads it."""
    drawn = draw.below(_NAMES)
    if drawn < _CAPITALS:
        return name.upper()
    if drawn == _CAPITALS:
        return name.lower()
    if drawn == _CAPITALS + 1:
        return name.replace("l", "1", 1) if "l" in name else name.replace("o", "0", 1)
    return name


def _cut(value: str, lengths: Sequence[int]) -> list[str]:
    groups: list[str] = []
    for length in lengths:
        groups.append(value[:length])
        value = value[length:]
    return [group for group in (*groups, value) if group]
