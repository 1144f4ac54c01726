r"""Text that was written so that programs do not read it, told by its form alone, whatever it says.

Rules
1. Nobody escapes letters and digits: six escapes in a row (`\x41`, `%41`, `&#65;`, `U+0041`, `0x41`) are
   a gap, unless they stand for letters that Latin has not, as those of other scripts in links do.
2. Lists of character codes in a call that makes text of them (`CHAR(52, 53)`) are a gap.
3. So are twelve signs in a row that stand apart, where digits or marks are among them.
4. And characters that no document needs: anchors of annotations, invisible operators, fillers, the
   selectors of variants; and digits of other scripts than Latin.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from policies.assessment import Gap, GapReason

_ESCAPE: Final = re.compile(
    r";[0-9A-Fa-fxX]{2,6}#&|\}[0-9A-Fa-f]{1,6}\{[uU]\\"  # backwards
    r"|\\x[0-9A-Fa-f]{2}|\\[xu]\{[0-9A-Fa-f]{1,6}\}|\\[uU][0-9A-Fa-f]{4,8}|\\[0-7]{3}|\\[0-9A-Fa-f]{2,6}(?![0-9A-Za-z])"
    r"|%(?:25)*[0-9A-Fa-f]{2}|=[0-9A-F]{2}|&(?:amp;)*#[xX]?[0-9A-Fa-f]{2,7};?|U\+[0-9A-Fa-f]{4,6}|0[xX][0-9a-fA-F]{2}(?![0-9a-fA-F])"
)
_MARKS: Final = ("\\", "%", "=", "#&", "&#", "&amp;#", "U+", "0x", "0X")
_APART: Final = 5
"""Code points between two escapes of one run: a space, a break, a mark of quotation."""
_FEWEST: Final = 6
_DIGITS: Final = re.compile(r"[0-9A-Fa-f]{2,8}")
_OCTAL: Final = re.compile(r"\\[0-7]{3}")
_OF_A_BYTE: Final = 2
_OCTAL_DIGITS: Final = 3
_LAST: Final = 0x10FFFF
_CODES: Final = re.compile(
    r"(?<![A-Za-z])(?:fromCharCode|fromCodePoint|CHAR|Char|char|CHR|Chr|chr)\s{0,3}[(/–-]\s{0,3}(?:[0-9A-Zlg]{1,6}[^\w)]{1,4}){4}"  # noqa: RUF001
)
_SURE_CALLS: Final = ("fromCharCode", "fromCodePoint", "edoCrahCmorf", "(RAHC")
_DATA_URI: Final = re.compile(r"data:text[^,\n]{0,60};\s{0,2}base64")
_CALLS: Final = ("CharCode", "CodePoint", "CHAR", "har(", "har (", "chr", "CHR", "Chr")
_SINGLES: Final = re.compile(r"(?:\A|[\s|,])[^\s|,](?=[\s|,])(?:[\s|,]{1,5}+[^\s|,](?![^\s|,])){11,400}+")
_SEEN: Final = bytes(
    ord(" ") if chr(code).isspace() or chr(code) in "|," else ord("x") for code in range(256)
)
_BEADS: Final = b" x" * 10
_ORDINARY_APART: Final = re.compile(r"[A-Za-z\s|,]+|[0-9\s|,./()–-]+")  # noqa: RUF001 - a dash as written
_FEW_KINDS: Final = 5
_FEW_SIGNS: Final = 6
"""Letters and digits among them: a drawn line has none."""
_ASCII85: Final = re.compile(r"<~[^~]{8,4000}~")
_AS_IN: Final = re.compile(
    r"(?<![^\W_])([A-Za-z]) (?:as in|wie) \1[A-Za-z]|([A-Za-z]) ni sa \2(?![^\W_])", re.IGNORECASE
)
_AS: Final = (" as in ", " wie ", " ni sa ")
_FEW_NAMES: Final = 2
# Upside down: letters that no language of these scripts uses beside Latin ones; not those of phonetics.
_FLIPPED: Final = re.compile("[\u3125\u3123\u1105\u21c2\u0190\u03db\u01dd\u0183\u0287\u029e]")
_LIST: Final = re.compile(r"(?<![\w.])(?:[0-9]{2,6}+[^\w\n]{1,4}+){8,400}+(?:[0-9]{2,6})?")
_NUMBERS: Final = re.compile("[0-9]+")
_NO_DIGITS: Final = bytes(code for code in range(256) if chr(code) not in "0123456789")
_FEWEST_IN_LISTS: Final = 18
"""Digits of nine numbers."""
_UNSEEN: Final = re.compile(
    "[\ufff9-\ufffb\u2061-\u2064\u17b4\u17b5\u180e\u115f\u1160\u3164\uffa0\U000e0100-\U000e01ef]"
)
_FEW_UNSEEN: Final = 2
_FOREIGN_DIGIT: Final = re.compile(r"(?![0-9])\d")
_FEW_DIGITS: Final = 3


def disguise_gaps(text: str, *, check: Callable[[], None] = lambda: None) -> list[Gap]:
    """Return the gaps for what in `text` is written for nobody to read it by a program.

    `check` is called for every escape and may raise. Cost: one pass for each form whose marks are there.
    """
    counts = {
        "escapes": _count_escapes(text, check),
        "character_codes": _count_codes(text),
        "data_uri": len(_DATA_URI.findall(text)) if "data:text" in text else 0,
        "signs_apart": _count_apart(text),
        "ascii85": len(_ASCII85.findall(text)) if "<~" in text else 0,
        "letters_by_name": _count_names(text),
        "code_list": _count_lists(text),
        "flipped": 0 if text.isascii() else len(_FLIPPED.findall(text)),
        "unseen": 0 if text.isascii() else len(_UNSEEN.findall(text)),
        "foreign_digits": 0 if text.isascii() else len(_FOREIGN_DIGIT.findall(text)),
    }
    least = {
        "unseen": _FEW_UNSEEN,
        "foreign_digits": _FEW_DIGITS,
        "letters_by_name": _FEW_NAMES,
        "flipped": _FEW_UNSEEN,
    }
    return [
        Gap(reason=GapReason.HIDDEN_TEXT, count=count, detail=detail)
        for detail, count in counts.items()
        if count >= least.get(detail, 1)
    ]


def _count_escapes(text: str, check: Callable[[], None]) -> int:
    """Return how many runs of escapes there are."""
    if sum(map(text.count, _MARKS)) < _FEWEST:
        return 0
    count, run = 0, list[str]()
    end = -_APART
    for match in _ESCAPE.finditer(text):
        check()
        if match.start() - end > _APART:
            count += _is_disguise(run)
            run = []
        run.append(match.group())
        end = match.end()
    return count + _is_disguise(run)


def _is_disguise(run: list[str]) -> bool:
    return len(run) >= _FEWEST and not _is_foreign(b"".join(map(_said, run)))


def _said(escape: str) -> bytes:
    """Return the byte, or the bytes in UTF-8 of the code point, that `escape` stands for."""
    digits = next(reversed(_DIGITS.findall(escape)), "41")
    if escape[0] == "&" and "x" not in escape.lower():
        code = int(digits) if digits.isdigit() else 0
    else:
        code = int(digits, 8 if _OCTAL.fullmatch(escape) else 16)
    if len(digits) == _OF_A_BYTE or _OCTAL.fullmatch(escape):
        return bytes([code & 0xFF])
    return chr(min(code, _LAST)).encode("utf-8", "replace")


def _is_foreign(shown: bytes) -> bool:
    """Return whether the escapes stand for letters that Latin has not."""
    says = shown.decode("utf-8", "replace")
    return all(letter.isalpha() and not unicodedata.normalize("NFKC", letter).isascii() for letter in says)


def _count_codes(text: str) -> int:
    """Return how many calls make text of character codes."""
    sure = sum(map(text.count, _SURE_CALLS))
    return sure + (len(_CODES.findall(text)) if any(one in text for one in _CALLS) else 0)


def _count_apart(text: str) -> int:
    """Return how many runs of signs stand apart; a glance tells that most texts have none."""
    if _BEADS not in b" ".join(text.encode("ascii", "replace").translate(_SEEN).split()):
        return 0
    return sum(map(_is_hidden, _SINGLES.findall(text)))


def _count_names(text: str) -> int:
    """Return how many letters are said with a word that begins with them."""
    return len(_AS_IN.findall(text)) if any(one in text for one in _AS) else 0


def _count_lists(text: str) -> int:
    """Return how many lists of numbers are character codes, decimal or octal."""
    if len(text.encode("ascii", "replace").translate(None, _NO_DIGITS)) < _FEWEST_IN_LISTS:
        return 0
    return sum(_is_list(_NUMBERS.findall(found)) for found in _LIST.findall(text))


def _is_list(numbers: list[str]) -> bool:
    is_octal = sum(one[0] == "0" and len(one) == _OCTAL_DIGITS for one in numbers) * 8 > len(numbers)
    if is_octal and all(set(one) <= set("01234567") for one in numbers):
        return True
    shown = [chr(min(int(one), _LAST)) for one in numbers]
    odd = sum(not letter.isascii() and _is_text(letter) for letter in shown)
    plain = sum(letter.isascii() and (letter.isalnum() or letter in " -./:@_,()") for letter in shown)
    figures = sum(letter.isascii() and letter.isdigit() for letter in shown)
    all_text = (odd + plain) * 10 >= 9 * len(shown)
    return all_text and (odd * 3 >= len(shown) or (odd > 0 and plain > 0) or figures * 5 >= 2 * len(shown))


def _is_text(letter: str) -> bool:
    """Return whether a letter beyond ASCII is another form of one within, or is not seen."""
    return unicodedata.normalize("NFKC", letter).isascii() or unicodedata.category(letter) in ("Cf", "Mn")


def _is_hidden(run: str) -> bool:
    """Return whether signs that stand apart are more than a title or a row of figures."""
    signs = run.replace("|", " ").replace(",", " ").split()
    if len(set(signs)) < _FEW_KINDS or _ORDINARY_APART.fullmatch(run):
        return False
    return sum(map(str.isalnum, signs)) >= _FEW_SIGNS
