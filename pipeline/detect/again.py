"""A second look at a window, in its other views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.detect.engine import Engine
from pipeline.detect.looked import Looked, at, moved, within
from pipeline.detect.names import Names, Reading
from pipeline.detect.search import Budget
from pipeline.detect.views import VIEWS, View, views
from policies.assessment import Finding, Gap, GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherViews:
    """The parts of a detector that look at views."""

    engine: Engine
    names: Names
    cut: Callable[[str], Iterator[tuple[int, int]]]
    """Yields the windows of a text."""

    def look(self, one: Looked, offset: int, text: str, budget: Budget, checked: Sequence[Finding]) -> None:
        """Add to `one` what only the other views of the window `text` show, at its place.

        A view knows its places less exactly: what it shows around a finding that passed its check is that one.
        """
        try:
            for view in views(text, check=budget.check):
                budget.check()
                found = self._look_at(one, view, budget)
                new = [finding for finding in found if not any(within(known, finding) for known in checked)]
                one.findings.extend(moved(new, offset))
        except TimeoutError:
            one.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail="views"))
            return
        except Exception:  # noqa: BLE001 - a view that cannot be made costs this document its clearance
            one.gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail="views"))
            return
        for name in VIEWS:
            one.tally.saw_view(name)

    def _look_at(self, one: Looked, view: View, budget: Budget) -> Iterator[Finding]:
        if view.gap:
            one.gaps.append(view.gap)
        readings = list(self._read(view, budget)) if view.for_names else []
        words = readings[0][1].words if len(readings) == 1 else partial(self.names.words, view.text)
        sight = self.engine.look(view.text, words, budget=budget)
        one.tally.saw_excerpt(view.name, len(view.text), sight.looked)
        one.gaps.extend((*sight.gaps, *(gap for _, reading in readings for gap in reading.gaps)))
        found = [finding for finding in sight.findings if finding.score >= view.floor]
        # Names beside what changed were found in the text as it stands.
        named = (finding for start, reading in readings for finding in moved(reading.findings, start))
        found += [finding for finding in named if view.changed(finding.start, finding.end)]
        for finding in found:
            yield at(finding, *view.span(finding.start, finding.end))

    def _read(self, view: View, budget: Budget) -> Iterator[tuple[int, Reading]]:
        """Yield where each window of a view begins, and what the model reads in it."""
        for start, end in self.cut(view.text):
            budget.check()
            yield start, next(iter(self.names.read([view.text[start:end]])))
