"""Text as a list of signs or numbers: Morse, Braille, bits, decimal and octal codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipeline.detect.views.packed import as_text
from pipeline.detect.views.reading import Piece

_MORSE_LETTERS: Final = (
    "a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- u..- v...- "
    "w.-- x-..- y-.-- z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----. "
    "..-.-.- ,--..-- ?..--.. '.----. !-.-.-- /-..-. (-.--. )-.--.- &.-... :---... ;-.-.-. =-...- +.-.-. --....- "
    '_..--.- ".-..-. $...-..- @.--.-.'
)
_MORSE: Final = {one[1:]: one[0].upper() for one in _MORSE_LETTERS.split()}
_MORSE_RUN: Final = re.compile(r"(?<!\S)[.\-·•*–—−]{1,7}(?:[ \t\n/|]{1,5}[.\-·•*–—−]{1,7}){4,}(?!\S)")  # noqa: RUF001
_MORSE_SIGNS: Final = str.maketrans("·•*–—−", "...---")  # noqa: RUF001
_MORSE_WORD: Final = re.compile(r"\s{2,}|\s?[/|]+\s?")
_FEWEST_KINDS: Final = 3
"""Different letters in a run; a ruled line has one."""
_BITS: Final = re.compile(r"(?<![\w.])(?:(?:0b)?[01]{7,8}[\s,._|-]{0,2}){5,}(?![\w])")
_OCTET: Final = re.compile(r"[01]{7,8}")
_STREAM: Final = re.compile(r"[01]{40,}")
_NUMBERS: Final = re.compile(r"(?<![\w.])(?:\d{2,3}(?:[\s,;|/_.:-]{1,3})){5,}\d{2,3}(?![\w])")
_NUMBER: Final = re.compile(r"\d+")
_FIRST_PRINTABLE, _LAST_PRINTABLE = 32, 126
_BRAILLE: Final = re.compile("[\u2801-\u28ff](?:[\u2800-\u28ff ]*[\u2801-\u28ff])?")
_BRAILLE_LETTERS: Final = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
_BRAILLE_SIGNS: Final = dict(zip(_BRAILLE_LETTERS, "abcdefghijklmnopqrstuvwxyz", strict=True)) | {
    "⠤": "-",
    "⠲": ".",
    "⠂": ",",
    "⠒": ":",
    "⠈": "@",
    "⠸": "_",
    "⠌": "/",
}
_BRAILLE_NUMBER, _BRAILLE_CAPITAL, _BRAILLE_LETTER = "⠼", "⠠", "⠰"
_BRAILLE_DIGITS: Final = dict(zip("abcdefghij", "1234567890", strict=True))


def morse(text: str) -> Iterator[Piece]:
    """Yield runs of Morse code, in capitals."""
    for match in _MORSE_RUN.finditer(text):
        shown = match.group().translate(_MORSE_SIGNS)
        if shown.rsplit(None, 1)[-1] not in _MORSE and shown.endswith("."):  # the end of the sentence
            shown = shown[:-1]
        words = [
            "".join(_MORSE.get(one, "\ufffd") for one in word.split()) for word in _MORSE_WORD.split(shown)
        ]
        says = " ".join(filter(None, words))
        if "\ufffd" not in says and len(set(says)) >= _FEWEST_KINDS:
            yield Piece(match.start(), match.end(), says)


def bits(text: str) -> Iterator[Piece]:
    """Yield bytes written in bits."""
    if "0" not in text or "1" not in text:
        return
    for match in _BITS.finditer(text):
        octets = _OCTET.findall(match.group())
        if _STREAM.fullmatch(match.group()):
            octets = [match.group()[at : at + 8] for at in range(0, len(match.group()), 8)]
        says = as_text(bytes(int(one, 2) for one in octets))
        if says is not None:
            yield Piece(match.start(), match.end(), says)


def decimals(text: str) -> Iterator[Piece]:
    """Yield lists of decimal or octal character codes, read both ways where both are possible."""
    for match in _NUMBERS.finditer(text):
        numbers = _NUMBER.findall(match.group())
        readings = (_characters(numbers, 10), _characters(numbers, 8))
        if says := " ".join(filter(None, readings)):
            yield Piece(match.start(), match.end(), says)


def _characters(numbers: list[str], base: int) -> str:
    if base == 8 and any("8" in one or "9" in one for one in numbers):  # noqa: PLR2004 - octal
        return ""
    codes = [int(one, base) for one in numbers]
    if not all(_FIRST_PRINTABLE <= code <= _LAST_PRINTABLE for code in codes):
        return ""
    says = "".join(map(chr, codes))
    return says if sum(map(str.isalnum, says)) * 3 > len(says) * 2 else ""


def braille(text: str) -> Iterator[Piece]:
    """Yield Braille in grade 1, as letters and digits."""
    if text.isascii():
        return
    for match in _BRAILLE.finditer(text):
        yield Piece(match.start(), match.end(), _braille(match.group()))


def _braille(cells: str) -> str:
    shown: list[str] = []
    is_number = is_capital = False
    for cell in cells:
        letter = _BRAILLE_SIGNS.get(cell, " " if cell in " \u2800" else "")
        if cell == _BRAILLE_NUMBER:
            is_number = True
        elif cell == _BRAILLE_LETTER:
            is_number = False
        elif cell == _BRAILLE_CAPITAL:
            is_capital = True
        elif is_number and letter in _BRAILLE_DIGITS:
            shown.append(_BRAILLE_DIGITS[letter])
        else:
            is_number = is_number and not letter.isspace() and not letter.isalpha()
            shown.append(letter.upper() if is_capital else letter)
            is_capital = False
    return "".join(shown)
