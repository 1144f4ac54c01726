"""Other ways to read a text: folded characters, digit groups joined across lines.

A number written with an en dash, a no-break space, full-width digits or a line wrap is
the same number. A view is a rewritten excerpt and, for each of its code points, where it
stands in the original, so that what is found there can be reported at its true place.
Only the surroundings of what a rewriting changed are looked at again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pipeline.detect.views import encodings as decoded
from pipeline.detect.views.encodings import Piece

VERSION: Final = 2
"""Part of the detector's digest: raise it with every change of what a view shows."""

_SURROUNDINGS: Final = 160
"""Code points kept on each side of a change: room for the longest identifier and its context words."""

_DASHES: Final = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d\u02d7\u2043"
_SPACES: Final = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_QUOTES: Final = {"\u2018": "'", "\u2019": "'", "\u201b": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"'}
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u0335-\u0338\u20d0-\u20ff\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
# Cyrillic and Greek letters that are drawn like Latin ones.
_LOOKALIKES: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ",  # noqa: RUF001 - these are the look-alikes
        "ABESIJKMHOPCTYXaesijopcyxdhqwABEZHIKMNOPTYXovp",
        strict=True,
    )
)


def _one_to_one() -> dict[int, str]:
    table = {ord(dash): "-" for dash in _DASHES}
    table |= {ord(space): " " for space in _SPACES}
    table |= {ord(quote): plain for quote, plain in _QUOTES.items()}
    table |= {ord(letter): latin for letter, latin in _LOOKALIKES.items()}
    for code in range(
        0x80, 0x10000
    ):  # full-width forms, digits of other scripts, ligature-free compatibility
        plain = unicodedata.normalize("NFKC", chr(code))
        if code not in table and len(plain) == 1 and plain.isascii() and plain.isprintable():
            table[code] = plain
        elif code not in table and (digit := unicodedata.decimal(chr(code), None)) is not None:
            table[code] = str(digit)
    for code in range(0x1D7CE, 0x1D800):  # mathematical digits
        table[code] = str((code - 0x1D7CE) % 10)
    for code in range(0x1D400, 0x1D6A4):  # mathematical letters
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1 and plain.isascii():
            table[code] = plain
    return table


_PLAIN: Final = _one_to_one()
_RARE: Final = re.compile("[^\\x00-\\x7f]")
_NOT_WORTH: Final = frozenset(ord(quote) for quote in _QUOTES)
# A digit group that ends a line and one that begins the next, indented or quoted or not.
_WRAP: Final = re.compile("(?<=\\d)([-.\u2013]?)[ \\t]*\\n[ \\t>]*(?=[-.\u2013]?\\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A rewritten excerpt of a text."""

    name: str
    text: str = field(repr=False)
    offsets: tuple[int, ...] = field(repr=False)
    """Where each code point of `text` stands in the original; one more for the end."""
    ends: tuple[int, ...] = field(default=(), repr=False)
    """Where what each code point stands for ends in the original, if that is not one code point."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's span for [start, end) of this view."""
        if self.ends and end > start:
            return self.offsets[start], self.ends[end - 1]
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


def plain(text: str) -> str:
    """Return `text` with each odd dash, space, quote, digit and look-alike letter made plain.

    Every code point stays where it is, so spans need no translation.
    """
    return text if text.isascii() else text.translate(_PLAIN)


def views(text: str) -> Iterator[View]:
    """Yield the excerpts of `text` worth a second look; none for a plain text."""
    for show in VIEWS.values():
        yield from show(text)


def _rewritten(name: str, text: str, pieces: Iterable[Piece]) -> Iterator[View]:
    """Yield the surroundings of ascending `pieces`, with what they say in their place."""
    group: list[Piece] = []
    for piece in pieces:
        if group and piece.start > _cut(text, group[-1].end)[1]:
            yield _view(name, text, group)
            group = []
        group.append(piece)
    if group:
        yield _view(name, text, group)


def _view(name: str, text: str, pieces: list[Piece]) -> View:
    at, end = _cut(text, pieces[0].start)[0], _cut(text, pieces[-1].end)[1]
    shown: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    for piece in (*pieces, Piece(end, end, "")):
        shown += [text[at : piece.start], piece.says]
        offsets += [*range(at, piece.start), *[piece.start] * len(piece.says)]
        ends += [*range(at + 1, piece.start + 1), *[piece.end] * len(piece.says)]
        at = piece.end
    return View(name=name, text=plain("".join(shown)), offsets=(*offsets, end), ends=tuple(ends))


def _rewriting(find: Callable[[str], Iterable[Piece]]) -> Callable[[str], Iterator[View]]:
    return lambda text: _rewritten(find.__name__, text, find(text))


def _folded(text: str) -> Iterator[View]:
    if text.isascii():
        return
    changed = (
        match.start()
        for match in _RARE.finditer(text)
        if (code := ord(match.group())) not in _NOT_WORTH
        and (code in _PLAIN or _INVISIBLE.match(match.group()))
    )
    for start, end in _regions(text, changed):
        kept = [at for at in range(start, end) if not _INVISIBLE.match(text[at])]
        folded = "".join(text[at] for at in kept).translate(_PLAIN)
        if folded.strip():
            yield View(name="folded", text=folded, offsets=(*kept, end))


def _joined(text: str) -> Iterator[View]:
    wraps = [match.span() for match in _WRAP.finditer(text)]
    for start, end in _regions(text, (wrap[0] for wrap in wraps)):
        pieces: list[str] = []
        offsets: list[int] = []
        at = start
        for left, right in wraps:
            if left < start or right > end:
                continue
            pieces.append(text[at:left])
            offsets.extend(range(at, left))
            glue = plain(text[left : left + 1]) if text[left] in "-.–" else " "  # noqa: RUF001 - en dash
            if text[right : right + 1] in "-.":
                glue = ""
            pieces.append(glue)
            offsets.extend([left] * len(glue))
            at = right
        pieces.append(text[at:end])
        offsets.extend(range(at, end))
        yield View(name="joined", text="".join(pieces), offsets=(*offsets, end))


def _regions(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the merged surroundings of ascending `places`, cut at white space."""
    current: tuple[int, int] | None = None
    for place in places:
        start, end = _cut(text, place)
        if current and start <= current[1]:
            current = (current[0], max(end, current[1]))
            continue
        if current:
            yield current
        current = (start, end)
    if current:
        yield current


def _cut(text: str, place: int) -> tuple[int, int]:
    start, end = max(0, place - _SURROUNDINGS), min(len(text), place + _SURROUNDINGS)
    while start > 0 and place - start < 2 * _SURROUNDINGS and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and end - place < 2 * _SURROUNDINGS and not text[end].isspace():
        end += 1
    return start, end


VIEWS: Final[Mapping[str, Callable[[str], Iterator[View]]]] = MappingProxyType(
    {
        "folded": _folded,
        "joined": _joined,
        **{
            find.__name__: _rewriting(find)
            for find in (decoded.encoded, decoded.escaped, decoded.spelled, decoded.grouped)
        },
    }
)
"""Every view by its name. Each is gone through for every window, and yields the excerpts worth a look."""
