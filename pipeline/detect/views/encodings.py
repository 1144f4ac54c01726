"""What a text says in another notation: encoded, escaped, spelled out or oddly grouped.

Whoever can read base64 reads the number in it, and a model can. Each function finds the
places in a text that say something else than they show; `views` puts what they say in
their place, so that the recognisers see it in its context.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

MOST_OPAQUE: Final = 400
"""Encoded characters that may be no text (a digest, a signature); more is an object nobody looked into."""

# At least an SSN's worth; full lines of a wrapped block belong together.
_ENCODED: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{60,80}\r?\n)*[A-Za-z0-9+/_-]{15,}(?![A-Za-z0-9+/_-])={0,6}"
)
_ESCAPED: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|(?:=[0-9A-F]{2}){2,}|&#?[0-9A-Za-z]{2,8};|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}"
)
_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS: Final = {word: str(number) for number, word in enumerate(_WORDS)} | {"oh": "0"}
_NUMBER_WORD: Final = "|".join(_DIGITS)
_SPELLED: Final = re.compile(
    rf"\b(?:{_NUMBER_WORD})(?:[\s,.-]{{1,3}}(?:{_NUMBER_WORD})){{6,}}\b", re.IGNORECASE
)
_PART: Final = re.compile(rf"({_NUMBER_WORD})|[\s,.-]+", re.IGNORECASE)
# The shapes of an SSN and of a card number, whatever stands between their groups.
_GAP: Final = r"[^\w\n]{1,3}|_{1,3}|[^\S\n]?[^\w\n][^\S\n]?"
_GROUPED: Final = re.compile(
    rf"(?<![\d.])(?:\d{{3}}(?:{_GAP})\d{{2}}(?:{_GAP})\d{{4}}|\d{{4}}(?:(?:{_GAP})\d{{4}}){{3}})(?![\d.])"
)
# Nine or sixteen digits that stand alone, one by one.
_SPACED: Final = re.compile(r"(?<!\w)(?<!\d[ .-])\d(?:[ .-]\d){8}(?:(?:[ .-]\d){7})?(?![ .-]?\d)")
_NO_DIGITS: Final = re.compile(r"\D+")
_BAD_SHARE: Final = 64
"""One character in so many may be damaged: a window can cut an encoded block anywhere."""


class Piece(NamedTuple):
    """A place of the text, half-open, and what it says."""

    start: int
    end: int
    says: str


def encoded(text: str) -> Iterator[Piece]:
    """Yield blocks of base64, base32 or hexadecimal digits that hold text."""
    for match in _ENCODED.finditer(text):
        says = _decoded(match.group())
        if says is not None:
            yield Piece(match.start(), match.end(), says)


def count_opaque(text: str) -> int:
    """Count the long encoded blocks that hold no text, and so something that nobody has looked into."""
    return sum(
        len(match.group()) > MOST_OPAQUE and _decoded(match.group()) is None
        for match in _ENCODED.finditer(text)
    )


def escaped(text: str) -> Iterator[Piece]:
    """Yield escapes of URLs, mail, HTML and programs."""
    if not any(mark in text for mark in "%=&\\"):
        return
    for match in _ESCAPED.finditer(text):
        says = _unescaped(match.group())
        if says != match.group():
            yield Piece(match.start(), match.end(), says)


def spelled(text: str) -> Iterator[Piece]:
    """Yield the words of numbers that are spelled digit by digit, and what stands between them."""
    for match in _SPELLED.finditer(text):
        for part in _PART.finditer(text, match.start(), match.end()):
            yield Piece(part.start(), part.end(), _DIGITS.get((part[1] or "").lower(), ""))


def grouped(text: str) -> Iterator[Piece]:
    """Yield what stands between digits that have an identifier's shape: a hyphen, or nothing between each two."""
    for match in sorted((*_GROUPED.finditer(text), *_SPACED.finditer(text)), key=re.Match.start):
        is_spaced = match.re is _SPACED
        for between in _NO_DIGITS.finditer(text, match.start(), match.end()):
            if is_spaced or between.group() not in ("-", " "):
                yield Piece(between.start(), between.end(), "" if is_spaced else "-")


def _decoded(block: str) -> str | None:
    """Return the text that `block` encodes, through several layers, or None."""
    says: str | None = None
    for _ in range(3):
        inner = next(filter(None, map(_as_text, _readings(block))), None)
        if inner is None:
            break
        says = block = inner
        if not _ENCODED.fullmatch(block.strip()):
            break
    return says


def _readings(block: str) -> Iterator[bytes]:
    digits = "".join(block.split()).rstrip("=")
    if re.fullmatch("(?:[0-9A-Fa-f]{2})+", digits):
        yield bytes.fromhex(digits)
    if re.fullmatch("[A-Z2-7]+", digits):
        yield _unpadded(digits, 8, base64.b32decode)
    plain = digits.replace("-", "+").replace("_", "/")
    for start in range(4):  # a window may begin within a block
        yield _unpadded(plain[start:], 4, base64.b64decode)


def _unpadded(digits: str, group: int, decode: object) -> bytes:
    padded = digits + "=" * (-len(digits) % group)
    for candidate in (padded, digits[: len(digits) // group * group]):
        try:
            return bytes(decode(candidate))  # type: ignore[operator]
        except (binascii.Error, ValueError):
            continue
    return b""


def _as_text(raw: bytes) -> str | None:
    if len(raw) > 1 and not any(raw[1::2]):  # UTF-16, as some programs encode
        raw = raw[::2]
    text = raw.decode("utf-8", "replace")
    bad = sum(not (letter.isprintable() or letter.isspace()) or letter == "\ufffd" for letter in text)
    return text if text and bad <= len(text) // _BAD_SHARE else None


def _unescaped(escape: str) -> str:
    match escape[0]:
        case "&":
            return html.unescape(escape)
        case "\\":
            digits = escape[2:]
            return _letter(int(digits, 16))
        case mark:
            return unquote_to_bytes(escape.replace(mark, "%")).decode("utf-8", "replace")


def _letter(code: int) -> str:
    letter = chr(code)
    return letter if letter.isprintable() or letter.isspace() else "\ufffd"
