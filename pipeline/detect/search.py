"""Recognisers at work: what each of them finds in a text, with those left out that cannot find anything.

Presidio's pattern recognisers all do the same with their patterns, so it is done here for all of them
after one look at the text (`prefilter`), and without an explanation object for each candidate.
A recogniser with a procedure of its own is called; if it says what it cannot do without (`gates`),
only where that is there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import regex
from presidio_analyzer import EntityRecognizer, PatternRecognizer
from presidio_analyzer import predefined_recognizers as presidio

from pipeline.detect.ear import EAR
from pipeline.detect.phones import phone_spans
from pipeline.detect.prefilter import Pattern, Prefilter
from policies.assessment import GapReason

_Found = tuple[str, int, int, float]


@dataclass(slots=True)
class Hit:
    """A place that a recogniser marked; the score changes while more is learnt."""

    who: int
    """The recogniser's place in the list."""
    entity: str
    """As the recogniser calls it."""
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """A recogniser that did not look at all of the text."""

    who: int
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Budget:
    """Processor time that a document may still take; None without a limit.

    Asking for this thread's processor time takes longer than most patterns. No more of it can
    have gone by than time on the clock, so it is asked for only when that has run out.
    """

    until: float | None
    """In seconds of this thread's processor time."""
    surely_until: float = 0.0
    """In seconds on the clock."""

    @classmethod
    def of(cls, seconds: float) -> Budget:
        """Return a budget that begins now."""
        return cls(time.thread_time() + seconds, time.perf_counter() + seconds)

    def at_most(self, seconds: float) -> float:
        """Return `seconds`, or what is left if that is less.

        Raises:
            TimeoutError: nothing is left.
        """
        if self.until is None or self.surely_until - time.perf_counter() > seconds:
            return seconds
        left = self.left()
        if left <= 0:
            raise TimeoutError
        return min(seconds, left)

    def check(self) -> None:
        """Do nothing while something is left.

        Raises:
            TimeoutError: nothing is left.
        """
        if time.perf_counter() >= self.surely_until and self.left() <= 0:
            raise TimeoutError

    def left(self) -> float:
        """Return the seconds left; negative when more was spent."""
        return math.inf if self.until is None else self.until - time.thread_time()


ENDLESS: Final = Budget(None)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A pattern, its place in the prefilter, and the score of what it matches."""

    place: int
    pattern: regex.Pattern[str]
    score: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to ask one recogniser: by its patterns, as telephone numbers, or by its own procedure."""

    recogniser: Any
    patterns: tuple[_Compiled, ...] = ()
    is_phone: bool = False


@dataclass(frozen=True, slots=True)
class _Task:
    """One text, and which patterns can match it."""

    text: str
    words: Any
    possible: set[int]
    budget: Budget


class Search:
    """Recognisers, asked together."""

    def __init__(
        self,
        recognisers: Sequence[EntityRecognizer],
        *,
        pattern_seconds: float,
        folder: Path | None = None,
        fast: bool = True,
    ) -> None:
        self._pattern_seconds = pattern_seconds
        self._plans: list[_Plan] = []
        self._owners: list[int] = []
        patterns: list[Pattern] = []
        for who, one in enumerate(recognisers):
            gates = list(_gates(one))
            self._plans.append(_plan(one, len(patterns)))
            patterns += gates
            self._owners += [who] * len(gates)
        self._always = frozenset(range(len(recognisers))) - set(self._owners)
        self._prefilter = Prefilter(patterns, folder=folder, fast=fast)
        self.is_fast = self._prefilter.is_fast
        """Whether one pass over a text tells which patterns it can match."""

    def look(
        self, text: str, words: Any, *, skip: frozenset[int] = frozenset(), budget: Budget = ENDLESS
    ) -> tuple[list[Hit], list[Trouble]]:
        """Return what the recognisers outside `skip` find in `text`, and which of them had trouble; never raises.

        `words` goes to recognisers with a procedure of their own.
        """
        task = _Task(text, words, self._prefilter.possible(text), budget)
        asked = {self._owners[place] for place in task.possible} | self._always
        hits: list[Hit] = []
        troubles: list[Trouble] = []
        for who in sorted(asked - skip):
            EAR.listen()
            found, reasons = self._ask(who, task)
            hits += found
            troubles += [Trouble(who, reason) for reason in (*reasons, *EAR.reasons())]
        return hits, troubles

    def _ask(self, who: int, task: _Task) -> tuple[list[Hit], list[GapReason]]:
        plan = self._plans[who]
        hits: list[Hit] = []
        reasons: list[GapReason] = []
        for find in self._finders(plan, task):
            try:
                for found in find:
                    hits.append(Hit(who, *found))  # noqa: PERF401 - what was found before a failure counts
            except TimeoutError:
                reasons.append(GapReason.RECOGNISER_TIMED_OUT)
            except Exception:  # noqa: BLE001 - whatever a recogniser raises costs this document its clearance
                reasons.append(GapReason.RECOGNISER_FAILED)
        is_list = len(hits) > 1 and plan.patterns
        return without_contained(hits) if is_list else hits, reasons

    def _finders(self, plan: _Plan, task: _Task) -> Iterator[Iterator[_Found]]:
        if not plan.patterns:
            yield _phones(plan.recogniser, task) if plan.is_phone else _own(plan.recogniser, task)
        for one in plan.patterns:
            if one.place in task.possible:
                yield _matches(plan.recogniser, one, task, self._pattern_seconds)


def _matches(one: Any, compiled: _Compiled, task: _Task, most_seconds: float) -> Iterator[_Found]:
    """Yield what Presidio's `PatternRecognizer` reports for one pattern."""
    text, entity = task.text, one.supported_entities[0]
    for match in compiled.pattern.finditer(text, timeout=task.budget.at_most(most_seconds)):
        start, end = match.span()
        shown = text[start:end]
        if not shown:
            continue
        valid = one.validate_result(shown)
        score = compiled.score if valid is None else 1.0 if valid else 0.0
        if score > 0 and not one.invalidate_result(shown):
            yield entity, start, end, score


def _phones(one: Any, task: _Task) -> Iterator[_Found]:
    for start, end in phone_spans(task.text, one.supported_regions, one.leniency, check=task.budget.check):
        yield one.supported_entities[0], start, end, one.SCORE


def _own(one: Any, task: _Task) -> Iterator[_Found]:
    task.budget.check()
    for found in one.analyze(task.text, one.supported_entities, task.words):
        yield found.entity_type, found.start, found.end, found.score


def without_contained(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits of one entity without those that lie in another of at least their score."""
    kept: list[Hit] = []
    active: list[Hit] = []
    seen: set[tuple[int, int, float]] = set()
    for hit in sorted(hits, key=lambda one: (one.start, -one.end, -one.score)):
        key = (hit.start, hit.end, hit.score)
        if key in seen:
            continue
        seen.add(key)
        active = [other for other in active if other.end >= hit.start]
        if not any(other.end >= hit.end and hit.score <= other.score for other in active):
            kept.append(hit)
            active.append(hit)
    return kept


def _is_native(one: EntityRecognizer) -> bool:
    return isinstance(one, PatternRecognizer) and type(one).analyze is PatternRecognizer.analyze


def _is_phone(one: EntityRecognizer) -> bool:
    return type(one).analyze is presidio.PhoneRecognizer.analyze


def _gates(one: Any) -> Iterator[Pattern]:
    """Yield patterns without a match of which the recogniser finds nothing; none if that is not known."""
    if _is_native(one) or type(one).analyze is presidio.IbanRecognizer.analyze:
        for pattern in one.patterns:
            yield pattern.regex, one.global_regex_flags
    elif _is_phone(one):
        yield r"\d", 0
    elif gates := getattr(one, "gates", ()):
        yield from gates
    elif gate := getattr(one, "gate", None):
        yield gate, 0


def _plan(one: Any, first: int) -> _Plan:
    """Return how to ask `one`, whose patterns stand in the prefilter from `first` on."""
    if not _is_native(one):
        return _Plan(one, is_phone=_is_phone(one))
    flags = one.global_regex_flags
    return _Plan(
        one,
        tuple(
            _Compiled(place, regex.compile(pattern.regex, flags), pattern.score)
            for place, pattern in enumerate(one.patterns, first)
        ),
    )
