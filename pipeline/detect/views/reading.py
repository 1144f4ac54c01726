"""A text read in another way, with the place in the original of everything in it.

Rules
1. What a rewriting leaves alone is mapped code point by code point; so is a replacement
   as long as what it replaces. Any other replacement stands for the whole of it.
2. A reading of a reading maps through both, so rewritings can follow each other.
3. Cost is linear in the text; a span costs one binary search for each rewriting.
"""

from __future__ import annotations

import re
from array import array
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text, and how its places are those of the text that it was made from.

    It is made of stretches, of which each is a copy, code point by code point, or stands for a whole. Three
    columns of numbers, not objects: there may be one for each code point, and the collector of garbage
    looks at objects again and again.
    """

    text: str = field(repr=False)
    _base: Reading | None = field(default=None, repr=False)
    _starts: Sequence[int] = field(default=(), repr=False)
    """Where each stretch begins in the reading."""
    _sources: Sequence[int] = field(default=(), repr=False)
    """Where it begins in the base, and where it ends there: a copy is as long as its source."""
    _source_ends: Sequence[int] = field(default=(), repr=False)

    def span(self, start: int, end: int) -> Span:
        """Return the original's span for the half-open [start, end) of this reading."""
        if self._base is None:
            return start, end
        if not self._starts:
            return self._base.span(0, 0)
        at = max(bisect_right(self._starts, start) - 1, 0)
        source = self._sources[at] + (start - self._starts[at]) * self._is_copy(at)
        if end <= start:
            return self._base.span(source, source)
        at = max(bisect_right(self._starts, end - 1) - 1, 0)
        is_copy = self._is_copy(at)
        source_end = self._sources[at] + (end - self._starts[at]) if is_copy else self._source_ends[at]
        return self._base.span(source, max(source, source_end))

    def _is_copy(self, at: int) -> bool:
        ends = self._starts[at + 1] if at + 1 < len(self._starts) else len(self.text)
        return ends - self._starts[at] == self._source_ends[at] - self._sources[at]


class _Draft:
    """A reading in the making."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.length = 0
        self.starts, self.sources, self.source_ends = array("q"), array("q"), array("q")
        self._was_copy = False

    def add(self, says: str, source: int, source_end: int) -> None:
        """Go on with what [source, source_end) of the base says; copies that follow each other are one."""
        is_copy = len(says) == source_end - source
        if is_copy and self._was_copy and self.source_ends[-1] == source:
            self.source_ends[-1] = source_end
        else:
            self.starts.append(self.length)
            self.sources.append(source)
            self.source_ends.append(source_end)
        self._was_copy = is_copy
        self.shown.append(says)
        self.length += len(says)

    @property
    def text(self) -> str:
        """All that it says."""
        return "".join(self.shown)


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
    draft, changes, at = _Draft(), [], 0
    for start, end, says in pieces:
        if start < at:
            continue
        if start > at:
            draft.add(reading.text[at:start], at, start)
        changes.append((draft.length, draft.length + len(says)))
        if says:
            draft.add(says, start, end)
        at = end
    if not changes:
        return reading, changes
    if at < len(reading.text):
        draft.add(reading.text[at:], at, len(reading.text))
    after = Reading(
        text=draft.text,
        _base=reading,
        _starts=draft.starts,
        _sources=draft.sources,
        _source_ends=draft.source_ends,
    )
    return after, changes


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
    draft, moved = _Draft(), list[Span]()
    for start, end, inside in _regions(reading.text, changes):
        if draft.length:
            draft.add(_WALL, start, start)
        by = draft.length - start
        draft.add(reading.text[start:end], start, end)
        moved += [(first + by, last + by) for first, last in inside]
    return View(
        text=draft.text,
        _base=reading,
        _starts=draft.starts,
        _sources=draft.sources,
        _source_ends=draft.source_ends,
        _changes=moved,
        name=name,
        floor=floor,
        for_names=for_names,
        gap=gap,
    )


def _regions(text: str, changes: Sequence[Span]) -> Iterator[tuple[int, int, list[Span]]]:
    """Yield the merged surroundings of `changes`, cut at white space, each with its changes."""
    inside: list[Span] = []
    start = 0
    for change in changes:
        # Surroundings that are sure to touch need no look at where each of them ends.
        if not inside or change[0] - inside[-1][1] > 2 * SURROUNDINGS:
            first = _first(text, change[0])
            if inside and first > (end := _last(text, inside[-1][1])):
                yield start, end, inside
                inside = []
            start = start if inside else first
        inside.append(change)
    if inside:
        yield start, _last(text, inside[-1][1]), inside


_SPACE: Final = re.compile(r"\s")


def _first(text: str, start: int) -> int:
    """Return where the surroundings of what begins at `start` begin: after white space where some is near."""
    first = max(0, start - SURROUNDINGS)
    if first == 0:
        return first
    reach = max(0, first - SURROUNDINGS)
    found = max(text.rfind(" ", reach, first), text.rfind("\n", reach, first))
    return found + 1 if found >= 0 else reach


def _last(text: str, end: int) -> int:
    """Return where the surroundings of what ends at `end` end: at white space where some is near."""
    last = min(len(text), end + SURROUNDINGS)
    if last == len(text):
        return last
    far = min(len(text), last + SURROUNDINGS)
    match = _SPACE.search(text, last, far)
    return match.start() if match else far
