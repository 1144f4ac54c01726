"""Looking at a document in stages, so that it can end where a policy has its answer.

Rules
1. The stages do what looking at a whole batch does, in another order: of a document that goes through all
   of them the assessment is the same. Names come last, since they cost most and settle least.
2. Who says that a document is settled never sees its text, and looking knows nothing of levels and routes.
3. What was not gone into is named; nothing of it counts as seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from pipeline.detect.engine import Engine
from pipeline.detect.language import judge_language
from pipeline.detect.looked import Looked, moved, sure
from pipeline.detect.names import Names
from pipeline.detect.search import Budget
from pipeline.detect.topics import Topics
from pipeline.detect.views import plain
from policies.assessment import Finding, Gap
from policies.proof import STAGES
from policies.settled import Known, Settled


class LookAgain(Protocol):
    """Looks at the other views of the window `text` at `offset`."""

    def __call__(
        self, one: Looked, offset: int, text: str, budget: Budget, checked: Sequence[Finding]
    ) -> None:
        """Add what they show to `one`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The parts of a detector, each as one stage."""

    engine: Engine
    names: Names
    topics: Topics
    look_again: LookAgain
    cut: Callable[[str], Iterator[tuple[int, int]]]
    """Yields the windows of a text."""

    def look(self, one: Looked, reader_gaps: Sequence[Gap], settled: Settled | None) -> None:
        """Go through the stages until `settled` says that the rest cannot matter; None goes through all.

        Call inside `Names.zone`.
        """
        work = (self._raw, self.judge, self._views, self._names)
        for place, look in enumerate(work):
            if settled is not None and settled(_known(one, reader_gaps)):
                one.skipped = STAGES[place:]
                return
            look(one)

    def judge(self, one: Looked) -> None:
        """Tell the languages and topics."""
        one.language = judge_language(one.text, supported=self.names.languages)
        one.topics = self.topics.judge(one.text, dict(one.language.passages))
        one.gaps.extend(one.language.gaps)

    def _raw(self, one: Looked) -> None:
        for start, text in self._windows(one):
            budget = Budget.of(one.seconds)
            sight = self.engine.look(text, partial(self.names.words, text), budget=budget)
            one.tally.saw_window(start, start + len(text), sight.looked)
            one.findings.extend(moved(sight.findings, start))
            one.gaps.extend(sight.gaps)
            one.checked.append(sure(sight.findings))
            one.seconds = budget.left()

    def _views(self, one: Looked) -> None:
        for (start, text), checked in zip(self._windows(one), one.checked, strict=True):
            budget = Budget.of(one.seconds)
            self.look_again(one, start, text, budget, checked)
            one.seconds = budget.left()

    def _names(self, one: Looked) -> None:
        for start, text in self._windows(one):
            (reading,) = self.names.read([plain(text)])
            one.tally.read(start, start + reading.read_to)
            one.findings.extend(moved(reading.findings, start))
            one.gaps.extend(reading.gaps)

    def _windows(self, one: Looked) -> Iterator[tuple[int, str]]:
        return ((start, one.text[start:end]) for start, end in self.cut(one.text))


def _known(one: Looked, reader_gaps: Sequence[Gap]) -> Known:
    return Known(findings=tuple(one.findings), topics=one.topics, gaps=(*reader_gaps, *one.gaps))
