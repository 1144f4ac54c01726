"""The pattern recognisers, held so that they cannot fail quietly.

Presidio skips a pattern that times out, drops a card number with one wrong digit, and
logs what it could not check. Here, what a recogniser cannot do becomes a gap of that document,
named by the recogniser, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import regex

from pipeline.detect.catalogue import Recogniser
from pipeline.detect.ear import EAR
from pipeline.detect.search import ENDLESS, Budget, Hit, Search
from pipeline.detect.words import as_words, configured_models, load_nlp_engine, words_of
from policies.assessment import Finding, Gap, GapReason

__all__ = ["Engine", "Sight", "configured_models", "load_nlp_engine", "words_of"]

_CONTEXT_BEFORE: Final = 6
_CONTEXT_AFTER: Final = 3
_CONTEXT_RAISES: Final = 0.35
_CONTEXT_AT_LEAST: Final = 0.4
"""Presidio's: what a supporting word adds to a score, and the least it is with one."""
_LONG_WORD: Final = 4
"""Context words from this length on also count inside a longer word (`card` in `cardholder`)."""
_APART: Final = "\0"
"""Between words that are searched together: in no context word."""
_DIGIT: Final = regex.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look at one window showed."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    looked: int
    """Bits, in the order of the roster, of who looked at all of it or needs something that it lacks."""


@dataclass(frozen=True, slots=True)
class _Context:
    """The words that support a recogniser's findings."""

    whole: frozenset[str]
    within: tuple[str, ...]

    @classmethod
    def of(cls, words: Sequence[str]) -> _Context:
        lowered = [word.strip().lower() for word in words]
        return cls(frozenset(lowered), tuple(word for word in lowered if len(word) >= _LONG_WORD))

    def supports(self, near: frozenset[str], joined: str) -> bool:
        """Return whether one of the words `near`, which are also given `joined`, supports a finding."""
        return not self.whole.isdisjoint(near) or any(word in joined for word in self.within)


class Engine:
    """The recognisers, ready to look at one window of text after the other."""

    def __init__(
        self,
        recognisers: Sequence[Recogniser],
        *,
        minimum_score: float,
        pattern_seconds: float = 2,
        folder: Path | None = None,
        fast: bool = True,
    ) -> None:
        self.recognisers = tuple(recognisers)
        self._minimum_score = minimum_score
        self._search = Search(
            [one.presidio for one in recognisers], pattern_seconds=pattern_seconds, folder=folder, fast=fast
        )
        self._contexts = [
            _Context.of(one.presidio.context) if one.presidio.context else None for one in recognisers
        ]
        self._need_digit = frozenset(place for place, one in enumerate(recognisers) if one.needs == "digit")
        self._need_at = frozenset(place for place, one in enumerate(recognisers) if one.needs == "@")
        self._everyone = (1 << len(self.recognisers)) - 1

    def look(self, text: str, words: Callable[[], Any], *, budget: Budget = ENDLESS) -> Sight:
        """Return what the pattern recognisers see in `text`; never raises.

        `words` gives the words of a text with the same offsets; it is called only if somebody asks for them.
        """
        asked = _Asked(words)
        skip = frozenset() if _DIGIT.search(text) else self._need_digit
        skip = skip if "@" in text else skip | self._need_at
        hits, troubles = self._search.look(text, asked, skip=skip, budget=budget)
        gaps = [Gap(reason=one.reason, detail=self.recognisers[one.who].name) for one in troubles]
        looked = self._everyone
        for one in troubles:
            looked &= ~(1 << one.who)
        for hit in hits:
            self._trust(hit)
        gaps.extend(self._enhance(hits, asked))
        return Sight(
            findings=tuple(self._finding(hit) for hit in hits if hit.score >= self._minimum_score),
            gaps=tuple(gaps),
            looked=looked,
        )

    def _trust(self, hit: Hit) -> None:
        one = self.recognisers[hit.who]
        passed = hit.score >= 1
        if passed and one.passed < 1:
            hit.score = one.passed
        else:
            hit.score = min(hit.score, max(one.cap, one.passed * passed))

    def _enhance(self, hits: Sequence[Hit], words: _Asked) -> list[Gap]:
        """Raise the scores of hits where words nearby support them; return what went wrong."""
        EAR.listen()
        known: dict[int, tuple[frozenset[str], str]] = {}
        try:
            for hit in hits:
                context = self._contexts[hit.who]
                if hit.score >= 1 or context is None:
                    continue
                if hit.start not in known:
                    near = words.get().around(hit.start, before=_CONTEXT_BEFORE, after=_CONTEXT_AFTER)
                    known[hit.start] = near, _APART.join(near)
                if context.supports(*known[hit.start]):
                    hit.score = min(max(hit.score + _CONTEXT_RAISES, _CONTEXT_AT_LEAST), 1.0)
        except Exception:  # noqa: BLE001 - as in `Search`: whatever it is costs this document its clearance
            return [Gap(reason=GapReason.RECOGNISER_FAILED, detail="context")]
        return [Gap(reason=reason, detail="context") for reason in EAR.reasons()]

    def _finding(self, hit: Hit) -> Finding:
        one = self.recognisers[hit.who]
        return Finding(
            start=hit.start,
            end=hit.end,
            entity=one.entity,
            score=round(float(hit.score), 3),
            recogniser=one.name,
        )


class _Asked:
    """Words that are worked out once, and only if they are asked for."""

    __slots__ = ("_found", "_words")

    def __init__(self, words: Callable[[], Any]) -> None:
        self._words = words
        self._found: Any = None

    def get(self) -> Any:
        if self._found is None:
            self._found = as_words(self._words())
        return self._found

    def __getattr__(self, name: str) -> Any:
        """Stand in for the words themselves, for recognisers that read them."""
        return getattr(self.get(), name)
