"""Letters for digits, digits for letters, and capitals in odd places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipeline.detect.views.reading import Piece
from pipeline.detect.views.worth import is_number

_AS_DIGIT: Final = str.maketrans("OoDQIl|!iZzSs$BGbqgEATY", "00001111122555866993477")
_LETTERS: Final = r"OoDQIl|!iZzSs$BGbqgEATY"
_AS_LETTER: Final = str.maketrans("01345789@$!|+", "oieastbgasiit")
# Digits, and what is drawn like a digit, in groups.
_NUMBER: Final = re.compile(
    rf"(?<![A-Za-z0-9])[\d{_LETTERS}]{{1,19}}(?:\)?[ \-./+~]{{1,3}}[\d{_LETTERS}]{{1,12}}){{0,7}}(?![A-Za-z0-9])"
)
_DRAWN: Final = "[OQIlZSBEATGgqob]"
_ALL_LETTERS: Final = re.compile(
    rf"\b{_DRAWN}{{3}}[-. +~]{{1,3}}{_DRAWN}{{2}}[-. +~]{{1,3}}{_DRAWN}{{4}}\b|\b{_DRAWN}{{4}}(?:[-. +~]{{1,3}}{_DRAWN}{{4}}){{3}}\b"
    rf"|\b{_DRAWN}{{3}}\)?[-. ]{{1,2}}{_DRAWN}{{3}}[-. ]{_DRAWN}{{4}}\b"
)
_DIGIT_RUN: Final = re.compile(rf"[{_LETTERS}]+")
_FEWEST, _MOST = 7, 19
_FEWEST_REAL: Final = 3
_CARD: Final = 13
"""Digits of the shortest card number: one real digit is enough where the check digit tells chance."""
_WORD: Final = re.compile(r"(?<![\w@.])[A-Za-z013457@$!]{4,24}(?![\w@])")
_INSIDE: Final = re.compile(r"[A-Za-z][013457@$!]{1,2}[a-z]|[A-Z][013457@$][a-z]|\A[1345@$][a-z]{2,}")
# An ordinal, an amount, a decorator of a program.
_ORDINARY: Final = re.compile(r"\d+[a-z]{1,3}|@\w+")
_ODD_CASE: Final = re.compile(
    r"(?<![\w])(?=[A-Za-z]{0,20}[a-z][A-Z])[A-Za-z]{3,24}(?:[ \-][A-Za-z]{2,24}){1,4}"
)
_JUMP: Final = re.compile(r"[a-z][A-Z]|[A-Z][a-z](?=[A-Z])")


def leet_digits(text: str) -> Iterator[Piece]:
    """Yield letters in numbers that are drawn like digits, as those digits."""
    for match in _NUMBER.finditer(text):
        shown = match.group()
        signs = [one for one in shown if one not in " -./+~)"]
        real = sum(map(str.isdigit, signs))
        if not real and _ALL_LETTERS.fullmatch(shown):
            real = fewest = 0
        else:
            fewest = 1 if len(signs) >= _CARD else _FEWEST_REAL
        if (
            _FEWEST <= len(signs) <= _MOST
            and fewest <= real < len(signs)
            and is_number(text, *match.span(), shown.strip(" |!").translate(_AS_DIGIT))
        ):
            for run in _DIGIT_RUN.finditer(text, match.start(), match.end()):
                yield Piece(*run.span(), run.group().translate(_AS_DIGIT))


def may_be_all_letters(text: str) -> bool:
    """Return whether `text` holds letters in the groups of a number, each drawn like a digit."""
    return _ALL_LETTERS.search(text) is not None


def leet_words(text: str) -> Iterator[Piece]:
    """Yield words with digits for letters, as letters."""
    for match in _WORD.finditer(text):
        shown = match.group()
        if (
            not shown.isalpha()
            and not _ORDINARY.fullmatch(shown)
            and not ("@" in shown and text[match.end() : match.end() + 1] == ".")
            and _INSIDE.search(shown)
            and shown.translate(_AS_LETTER).isalpha()
        ):
            says = shown.translate(_AS_LETTER)
            yield Piece(*match.span(), says.capitalize() if not shown.isupper() else says)


def odd_case(text: str) -> Iterator[Piece]:
    """Yield two words or more whose capitals jump, with capitals where names have them."""
    for match in _ODD_CASE.finditer(text):
        words = match.group()
        if len(_JUMP.findall(words)) * 4 >= sum(map(str.isalpha, words)):
            yield Piece(*match.span(), words.title())
