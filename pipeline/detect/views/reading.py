"""A text read in another way, with the place in the original of everything in it.

Rules
1. What a rewriting leaves alone is mapped code point by code point; so is a replacement
   as long as what it replaces. Any other replacement stands for the whole of it.
2. A reading of a reading maps through both, so rewritings can follow each other.
3. Cost is linear in the text; a span costs one binary search for each rewriting.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from policies.assessment import Gap

SURROUNDINGS: Final = 160
"""Code points kept on each side of a change: room for the longest identifier and its context words."""
_WALL: Final = "\n" + ". " * 10 + "\n"
"""Stands between two excerpts: more tokens than a recogniser looks for context words."""


class Piece(NamedTuple):
    """A place of a text, half-open, and what it says."""

    start: int
    end: int
    says: str


Span = tuple[int, int]


class _Stretch(NamedTuple):
    start: int
    """Where it begins in the reading."""
    source: int
    source_end: int
    is_copy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text, and how its places are those of the text that it was made from."""

    text: str = field(repr=False)
    _base: Reading | None = field(default=None, repr=False)
    _stretches: Sequence[_Stretch] = field(default=(), repr=False)
    _starts: Sequence[int] = field(default=(), repr=False)

    def span(self, start: int, end: int) -> Span:
        """Return the original's span for the half-open [start, end) of this reading."""
        if self._base is None:
            return start, end
        if not self._stretches:
            return self._base.span(0, 0)
        first = self._stretches[max(bisect_right(self._starts, start) - 1, 0)]
        source = first.source + (start - first.start) * first.is_copy
        if end <= start:
            return self._base.span(source, source)
        last = self._stretches[max(bisect_right(self._starts, end - 1) - 1, 0)]
        source_end = last.source + (end - last.start) if last.is_copy else last.source_end
        return self._base.span(source, max(source, source_end))


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Reading):
    """An excerpt of a reading that is worth a second look."""

    name: str
    floor: float = 0.0
    """A finding that scores less is chance: digits that happen to follow each other."""
    for_names: bool = False
    """Whether a name may have become readable."""
    gap: Gap | None = None
    """What having to read the text like this says about it."""
    _changes: Sequence[Span] = field(default=(), repr=False)

    def changed(self, start: int, end: int) -> bool:
        """Return whether [start, end) touches something that the rewriting changed."""
        at = bisect_right(self._changes, (end, -1)) - 1
        return at >= 0 and self._changes[at][1] >= start


def rewrite(reading: Reading, pieces: Iterable[Piece]) -> tuple[Reading, list[Span]]:
    """Return `reading` with ascending `pieces` in place, and where they stand in the result."""
    shown: list[str] = []
    stretches: list[_Stretch] = []
    changes: list[Span] = []
    at = length = 0
    for start, end, says in pieces:
        if start < at:
            continue
        if start > at:
            stretches.append(_Stretch(length, at, start, True))
            shown.append(reading.text[at:start])
            length += start - at
        if says:
            stretches.append(_Stretch(length, start, end, len(says) == end - start))
            shown.append(says)
        changes.append((length, length + len(says)))
        length += len(says)
        at = end
    if at < len(reading.text):
        stretches.append(_Stretch(length, at, len(reading.text), True))
        shown.append(reading.text[at:])
    return _made(reading, "".join(shown), stretches), changes


def _made(base: Reading, text: str, stretches: list[_Stretch]) -> Reading:
    return Reading(text=text, _base=base, _stretches=stretches, _starts=[one.start for one in stretches])


def excerpt(
    reading: Reading,
    changes: Sequence[Span],
    *,
    name: str,
    floor: float = 0.0,
    for_names: bool = False,
    gap: Gap | None = None,
) -> View:
    """Return the surroundings of ascending `changes`, one after the other behind walls."""
    shown: list[str] = []
    stretches: list[_Stretch] = []
    moved: list[Span] = []
    length = 0
    for start, end, inside in _regions(reading.text, changes):
        if length:
            stretches.append(_Stretch(length, start, start, False))
            shown.append(_WALL)
            length += len(_WALL)
        stretches.append(_Stretch(length, start, end, True))
        shown.append(reading.text[start:end])
        moved += [(first - start + length, last - start + length) for first, last in inside]
        length += end - start
    return View(
        text="".join(shown),
        _base=reading,
        _stretches=stretches,
        _starts=[one.start for one in stretches],
        _changes=moved,
        name=name,
        floor=floor,
        for_names=for_names,
        gap=gap,
    )


def _regions(text: str, changes: Sequence[Span]) -> Iterator[tuple[int, int, list[Span]]]:
    """Yield the merged surroundings of `changes`, cut at white space, each with its changes."""
    inside: list[Span] = []
    start = end = -1
    for change in changes:
        first, last = _cut(text, *change)
        if inside and first <= end:
            end = max(end, last)
        else:
            if inside:
                yield start, end, inside
            start, end, inside = first, last, []
        inside.append(change)
    if inside:
        yield start, end, inside


_SPACE: Final = re.compile(r"\s")


def _cut(text: str, start: int, end: int) -> Span:
    """Return [start, end) with its surroundings, which end at white space where some is near."""
    first, last = max(0, start - SURROUNDINGS), min(len(text), end + SURROUNDINGS)
    reach = max(0, first - SURROUNDINGS)
    if first > 0:
        found = max(text.rfind(" ", reach, first), text.rfind("\n", reach, first))
        first = found + 1 if found >= 0 else reach
    if last < len(text):
        far = min(len(text), last + SURROUNDINGS)
        match = _SPACE.search(text, last, far)
        last = match.start() if match else far
    return first, last
