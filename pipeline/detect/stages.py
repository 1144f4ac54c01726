"""Looking at a document in stages, so that it can end where a policy has its answer.

Rules
1. The stages do what looking at a whole batch does, in another order: of a document that goes through all
   of them within its time the assessment is the same. What costs least and settles most comes first: topics
   settled what patterns would have, at half the cost; views settle next to nothing.
2. Who says that a document is settled never sees its text, and looking knows nothing of levels and routes.
3. What was not gone into is named; nothing of it counts as seen.
4. All stages together keep to the time of the document; what is left when it is spent is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.detect.again import OtherViews
from pipeline.detect.disguise import disguise_gaps
from pipeline.detect.engine import Engine
from pipeline.detect.language import NOT_JUDGED, judge_language
from pipeline.detect.looked import Looked, moved, sure
from pipeline.detect.names import Names
from pipeline.detect.script import character_gaps
from pipeline.detect.search import Budget
from pipeline.detect.topics import Topics
from pipeline.detect.unread import unread_values
from pipeline.detect.views import plain
from policies.assessment import Gap
from policies.proof import STAGES
from policies.settled import Known, Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The parts of a detector, each as one stage."""

    engine: Engine
    names: Names
    topics: Topics
    views: OtherViews
    cut: Callable[[str], Iterator[tuple[int, int]]]
    """Yields the windows of a text."""

    def look(self, one: Looked, reader_gaps: Sequence[Gap], settled: Settled | None) -> None:
        """Go through the stages until `settled` says that the rest cannot matter; None goes through all.

        Call inside `Names.zone`.
        """
        self.read_characters(one)
        work = (self.judge, self._raw, self._names, self._views)
        asked: object = None
        for place, look in enumerate(work):
            learnt = (len(one.findings), len(one.gaps), one.topics)
            if settled is not None and learnt != asked and settled(_known(one, reader_gaps)):
                one.skipped = STAGES[place:]
                return
            asked = learnt  # the answer depends on nothing else, and costs as much as a glance at a page
            look(one)
        self.tell_unread(one)

    def read_characters(self, one: Looked) -> None:
        """Tell what the characters themselves say against a look at them."""
        one.gaps.extend(
            one.within("characters", lambda budget: character_gaps(one.text, check=budget.check)) or ()
        )
        one.gaps.extend(
            one.within("disguise", lambda budget: disguise_gaps(one.text, check=budget.check)) or ()
        )

    def tell_unread(self, one: Looked) -> None:
        """Tell the announced values in which nobody found anything; call last."""
        found = one.findings
        one.gaps.extend(
            one.within("unread", lambda budget: unread_values(one.text, found, check=budget.check)) or ()
        )

    def judge(self, one: Looked) -> None:
        """Tell the languages and topics."""
        supported = self.names.languages
        language = one.within(
            "language", lambda budget: judge_language(one.text, supported=supported, check=budget.check)
        )
        one.language = language or NOT_JUDGED
        passages = dict(one.language.passages)
        one.topics = one.within("topics", lambda _: self.topics.judge(one.text, passages)) or ()
        one.gaps.extend(one.language.gaps)

    def _raw(self, one: Looked) -> None:
        for start, text, budget in self._windows(one):
            sight = self.engine.look(text, partial(self.names.words, text), budget=budget)
            one.tally.saw_window(start, start + len(text), sight.looked)
            one.findings.extend(moved(sight.findings, start))
            one.gaps.extend(sight.gaps)
            one.checked.append(sure(sight.findings))

    def _views(self, one: Looked) -> None:
        for place, (start, text, budget) in enumerate(self._windows(one)):
            self.views.look(one, start, text, budget, one.checked[place])

    def _names(self, one: Looked) -> None:
        for start, text, _ in self._windows(one):
            (reading,) = self.names.read([plain(text)])
            one.tally.read(start, start + reading.read_to)
            one.findings.extend(moved(reading.findings, start))
            one.gaps.extend(reading.gaps)

    def _windows(self, one: Looked) -> Iterator[tuple[int, str, Budget]]:
        """Yield where each window begins, what it says and the time left for it, while there is any."""
        for start, end in self.cut(one.text):
            budget = Budget.of(one.seconds)
            if one.timed_out("windows", budget):
                return
            yield start, one.text[start:end], budget
            one.seconds = budget.left()


def _known(one: Looked, reader_gaps: Sequence[Gap]) -> Known:
    return Known(findings=tuple(one.findings), topics=one.topics, gaps=(*reader_gaps, *one.gaps))
