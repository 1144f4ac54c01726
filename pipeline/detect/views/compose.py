"""Which rewritings a text gets, in which order, and which places are worth a second look.

Rules
1. Rewritings that only make plainer follow each other, a few rounds long: what one uncovers
   the next can read. Each shows the surroundings of what it changed.
2. Rewritings that guess (separators dropped, letters read as digits) come last, each on its
   own, and what they show must score more than chance.
3. A cipher is undone only where its traces are seen, and what it hid is then read like any text.
4. All together show no more than a fixed multiple of the text, and nothing is unpacked to more than a multiple
   of itself; more is a gap, not a skip.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.detect.views import (
    accounts,
    addresses,
    ciphers,
    codes,
    encodings,
    folding,
    gates,
    groups,
    leet,
    notation,
    numbers,
    rot47,
    spacing,
    uuencoding,
)
from pipeline.detect.views.packed import TooMuchError
from pipeline.detect.views.reading import Piece, Reading, Span, View, excerpt, rewrite
from pipeline.detect.views.sheet import Sheet
from policies.assessment import Gap, GapReason

VERSION: Final = 9
"""Part of the detector's digest: raise it with every change of what a view shows."""

_ROUNDS: Final = 4
"""Encodings within encodings that are undone."""
_MOST_SHOWN: Final = 16
"""Views show at most so many times the text, and `_ALWAYS_SHOWN` code points."""
_ALWAYS_SHOWN: Final = 50_000
_NEAR: Final = 64
"""A change farther from every digit, address and secret word than this is no part of an identifier."""
_TELLING: Final = re.compile(
    r"[0-9@]|pass|pwd|secret|key|token|login|credential|kennwort|contrase|mot de|cod[ei]", re.IGNORECASE
)
_NAME_LETTERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A rewriting, and how far what it shows is trusted."""

    view: str
    """Name of the view that it belongs to."""
    find: Callable[[str], Iterable[Piece]]
    may: Callable[[Sheet], bool]
    """Whether a glance says that there is something to find."""
    floor: float = 0.0
    names: bool = False
    """Whether it can uncover a name."""
    gap: str = ""
    """Detail of the gap that having to do this means."""


# Below, what appears is digits that happen to follow each other.
_CHANCE: Final = 0.4
_CONTEXT: Final = 0.45
"""Only what is valid, or has a word beside it that says what it is: a bare telephone number scores 0.4."""

_MAKE_PLAINER: Final = (
    _Step(view="decoded", find=codes.braille, may=gates.braille, names=True, gap="braille"),
    _Step(view="folded", find=folding.fold, may=gates.fold, names=True),
    _Step(view="decoded", find=encodings.old_encodings, may=gates.old_encodings, names=True, gap="encoded"),
    _Step(view="decoded", find=uuencoding.lines, may=gates.uu_lines, names=True, gap="encoded"),
    _Step(view="decoded", find=encodings.odd_words, may=gates.odd_words, names=True, gap="encoded"),
    _Step(view="decoded", find=notation.mail_words, may=gates.mail_words, names=True),
    _Step(view="decoded", find=notation.plain_mail_words, may=gates.mail_words, names=True, gap="encoded"),
    _Step(view="decoded", find=notation.escaped, may=gates.escaped, names=True),
    _Step(view="joined", find=notation.soft_breaks, may=gates.soft_breaks, names=True),
    _Step(view="joined", find=notation.tags, may=gates.tags, names=True),
    _Step(view="joined", find=notation.empty, may=gates.empty, names=True),
    _Step(view="joined", find=notation.concatenated, may=gates.concatenated, names=True),
    _Step(view="decoded", find=notation.utf7, may=gates.utf7, names=True, gap="encoded"),
    _Step(view="decoded", find=encodings.encoded, may=gates.encoded, names=True, gap="encoded"),
    _Step(view="decoded", find=encodings.grouped_blocks, may=gates.grouped_blocks, names=True, gap="encoded"),
    _Step(view="decoded", find=encodings.byte_lists, may=gates.byte_lists, names=True, gap="encoded"),
    _Step(view="decoded", find=codes.morse, may=gates.morse, names=True, gap="morse"),
    _Step(view="decoded", find=codes.bits, may=gates.bits, names=True, gap="bits"),
    _Step(view="decoded", find=codes.decimals, may=gates.decimals, names=True, gap="encoded"),
    _Step(view="joined", find=groups.spoken, may=gates.spoken, floor=_CHANCE),
    _Step(view="joined", find=spacing.numbered, may=gates.numbered, floor=_CHANCE, gap="numbered_parts"),
    _Step(view="joined", find=spacing.letters, may=gates.letters, names=True),
    _Step(view="addresses", find=addresses.addresses, may=gates.addresses),
    _Step(view="addresses", find=addresses.hosts, may=gates.hosts),
    _Step(view="spelled", find=numbers.nato, may=gates.nato, names=True, gap="spelled_letters"),
    _Step(view="spelled", find=numbers.spelled, may=gates.spelled, gap="spelled_digits"),
    _Step(view="spelled", find=numbers.digit_words, may=gates.digit_words, gap="spelled_digits"),
    _Step(view="joined", find=spacing.wrapped, may=gates.wrapped, floor=_CONTEXT, names=True),
    _Step(view="joined", find=spacing.glued, may=gates.glued, floor=_CHANCE),
)
_HIDDEN_47: Final = _Step(view="deciphered", find=rot47.hidden, may=gates.rot47_hidden, gap="cipher")
_GUESS: Final = (
    _Step(view="separated", find=groups.hyphened, may=gates.separated, floor=_CONTEXT),
    _Step(view="separated", find=groups.hyphened_anyway, may=gates.separated, floor=_CONTEXT),
    _Step(view="separated", find=groups.dotted, may=gates.separated, floor=_CONTEXT),
    _Step(view="separated", find=groups.joined, may=gates.separated, floor=_CONTEXT),
    _Step(view="separated", find=accounts.accounts, may=gates.accounts),
    _Step(view="separated", find=groups.codes, may=gates.codes, floor=_CONTEXT),
    _Step(view="joined", find=spacing.unbroken, may=gates.unbroken, floor=_CONTEXT),
    _Step(view="leet", find=leet.leet_words, may=gates.leet_words, floor=_CHANCE, names=True),
    _Step(view="leet", find=leet.odd_case, may=gates.odd_case, floor=_CHANCE, names=True),
    _Step(view="deciphered", find=encodings.rot47_words, may=gates.rot47_words, floor=_CHANCE),
    _HIDDEN_47,
    _Step(view="deciphered", find=ciphers.tokens, may=gates.tokens, gap="cipher"),
    _Step(view="turned", find=ciphers.turned, may=gates.turned, floor=0.5, names=True),
)
_SEPARATORS: Final = 6
"""So many of the guesses."""
_LEET: Final = (_Step(view="leet", find=leet.leet_digits, may=gates.leet_digits, floor=_CHANCE),)

VIEWS: Final = (
    "folded",
    "decoded",
    "joined",
    "addresses",
    "spelled",
    "separated",
    "leet",
    "turned",
    "deciphered",
)
"""The views by name; each is made for every text, and most show nothing."""


@dataclass(slots=True, kw_only=True)
class _Looked:
    """What was shown of one text so far."""

    left: int
    check: Callable[[], None]
    holds_more: bool = False
    """Whether something is compressed that holds too much to be looked at."""
    changes: Sequence[Span] = ()
    """What the last rewriting that did something changed."""
    sheets: dict[str, Sheet] = field(default_factory=dict, repr=False)
    seen: set[tuple[float, str]] = field(default_factory=set, repr=False)

    def sheet(self, text: str) -> Sheet:
        """Return what a glance at `text` tells; nobody glances twice."""
        if text not in self.sheets:
            self.sheets[text] = Sheet(text)
        return self.sheets[text]


def views(text: str, *, check: Callable[[], None] = lambda: None) -> Iterator[View]:
    """Yield the excerpts of `text` worth a second look; none for a plain text.

    `check` is called before each step and may raise. Cost: linear in `text`. What they show in all is
    bounded (rule 4).
    """
    looked = _Looked(left=_MOST_SHOWN * len(text) + _ALWAYS_SHOWN, check=check)
    for view in _all(Reading(text=text), looked):
        looked.left -= len(view.text)
        if looked.left < 0:
            yield _nothing(text, "too_many_readings")
            return
        yield view
    if looked.holds_more:
        yield _nothing(text, "too_much_compressed")


def _nothing(text: str, detail: str) -> View:
    """Return a view that shows nothing of `text` and says why."""
    gap = Gap(reason=GapReason.HIDDEN_TEXT, detail=detail)
    return excerpt(Reading(text=text), (), name="raw", gap=gap)


def _all(reading: Reading, looked: _Looked) -> Iterator[View]:
    yield from _apply(_HIDDEN_47, reading, looked)  # before its marks are taken for emphasis
    plainer = yield from _read(reading, looked)
    for cipher in ciphers.ciphers_of(plainer.text, looked.sheet(plainer.text).words):
        step = _Step(view="deciphered", find=_undo(cipher), may=lambda _: True, names=True, gap="cipher")
        undone = yield from _apply(step, plainer, looked)
        yield from _read(undone, looked)
    undone = yield from _apply(
        _Step(view="deciphered", find=ciphers.rot47, may=gates.rot47, names=True, gap="cipher"),
        reading,
        looked,
    )
    if undone is not reading:
        yield from _read(undone, looked)


def _undo(cipher: str) -> Callable[[str], Iterable[Piece]]:
    return lambda text: ciphers.deciphered(text, cipher)


def _read(reading: Reading, looked: _Looked) -> Generator[View, None, Reading]:
    """Yield the views of `reading`; return it as plain as it gets."""
    for _ in range(_ROUNDS):
        before = reading
        for step in _MAKE_PLAINER:
            reading = yield from _apply(step, reading, looked)
        if reading is before:
            break
    for step in _GUESS:
        guess = yield from _apply(step, reading, looked)
        if step.find is spacing.unbroken and guess is not reading:
            yield from _separate(guess, looked.changes, looked)
    for step in _LEET:
        guess = yield from _apply(step, reading, looked)
        if guess is not reading:
            yield from _separate(guess, looked.changes, looked)
    return reading


def _separate(reading: Reading, changes: Sequence[Span], looked: _Looked) -> Iterator[View]:
    """Yield the views of `reading` with the separators of the numbers beside `changes` changed."""
    for step in _GUESS[:_SEPARATORS]:
        yield from _apply(step, reading, looked, beside=changes)


def _apply(
    step: _Step, reading: Reading, looked: _Looked, *, beside: Sequence[Span] | None = None
) -> Generator[View, None, Reading]:
    """Yield what `step` shows of `reading`, if anything; return the reading after it."""
    looked.check()
    if not step.may(looked.sheet(reading.text)):
        return reading
    pieces = _checked(step.find(reading.text), looked)
    if beside is not None:
        pieces = (piece for piece in pieces if _is_beside(piece, beside))
    after, changes = rewrite(reading, pieces)
    if after.text == reading.text:
        return reading
    looked.changes = changes
    yield from _show(step, after, changes, looked)
    return after


def _checked(pieces: Iterable[Piece], looked: _Looked) -> Iterator[Piece]:
    try:
        for piece in pieces:
            looked.check()
            yield piece
    except TooMuchError:
        looked.holds_more = True


def _show(step: _Step, reading: Reading, changes: Sequence[Span], looked: _Looked) -> Iterator[View]:
    wanted: list[Span] = []
    has_names = False
    telling = _Telling(reading.text)
    for change in changes:
        tells = telling.is_near(change)
        uncovers = step.names and not (tells and has_names) and _uncovers_name(reading.text, change)
        has_names |= uncovers
        if uncovers or tells:
            wanted.append(change)
    if not wanted:
        return
    gap = Gap(reason=GapReason.HIDDEN_TEXT, detail=step.gap) if step.gap else None
    view = excerpt(reading, wanted, name=step.view, floor=step.floor, for_names=has_names, gap=gap)
    key = (step.floor, view.text)
    if key not in looked.seen:
        looked.seen.add(key)
        yield view


def _is_beside(piece: Piece, changes: Sequence[Span]) -> bool:
    """Return whether `piece` is at most a number's length away from one of the ascending `changes`."""
    at = bisect_right(changes, (piece.end + _NUMBER, -1))
    return at > 0 and max(end for _, end in changes[max(0, at - 3) : at]) >= piece.start - _NUMBER


class _Telling:
    """The next telling sign from a place on; asked with ascending places, it reads the text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._end = -1

    def is_near(self, change: Span) -> bool:
        """Return whether a telling sign stands near `change`."""
        since = max(0, change[0] - _NEAR)
        if self._start < since:
            match = _TELLING.search(self._text, since)
            self._start, self._end = match.span() if match else (len(self._text), len(self._text) + _NEAR + 1)
        return self._end <= change[1] + _NEAR


def _uncovers_name(text: str, change: Span) -> bool:
    """Return whether `change` shows letters, or stands between letters."""
    start, end = change
    if start == end:
        return text[start - 1 : start].isalpha() and text[end : end + 1].isalpha()
    return sum(map(str.isalpha, text[start : min(end, start + _SAMPLE)])) >= _NAME_LETTERS or (
        text[start:end].isalpha() and (text[start - 1 : start].isalpha() or text[end : end + 1].isalpha())
    )


_NUMBER: Final = 40
"""Code points of a number in groups."""
_SAMPLE: Final = 200
"""Code points of a change by which it is judged."""
