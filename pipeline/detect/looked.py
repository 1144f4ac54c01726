"""What is known of one text while it is looked at, and how findings are brought to their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pipeline.detect.language import NOT_JUDGED, LanguageVerdict
from pipeline.detect.search import Budget
from pipeline.detect.tally import Tally
from policies.assessment import Finding, Gap, GapReason, Topic

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Looked:
    """What is known so far about one text."""

    text: str = field(repr=False)
    characters: int
    """Code points of the whole text, with those beyond the limit."""
    tally: Tally
    seconds: float
    """Processor time that may still be spent on it."""
    closing_seconds: float
    """The same on top for what is cheap and needs no window: characters, language, topics."""
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    topics: tuple[Topic, ...] = ()
    language: LanguageVerdict = NOT_JUDGED
    checked: list[list[Finding]] = field(default_factory=list)
    """Of each window the findings that passed their check, where views wait for a later stage."""
    skipped: tuple[str, ...] = ()
    """Stages that were not gone into, because the decision was settled."""

    def within(self, name: str, work: Callable[[Budget], _T]) -> _T | None:
        """Return what `work` returns; None, and a gap, if the time is spent or it fails.

        It pays from what is meant for it first, then from the rest.
        """
        rest = max(self.seconds, 0.0)
        budget = Budget.of(self.closing_seconds + rest)
        try:
            budget.check()
            return work(budget)
        except TimeoutError:
            self.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail=name))
        except Exception:  # noqa: BLE001 - whatever it is costs this document its clearance, and no other
            self.gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail=name))
        finally:
            left = budget.left()
            self.closing_seconds = max(left - rest, 0.0)
            self.seconds = left - self.closing_seconds
        return None

    def timed_out(self, what: str, budget: Budget) -> bool:
        """Return whether nothing is left of `budget`, and note that `what` was not looked at for that."""
        if budget.left() > 0:
            return False
        self.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail=what))
        return True


def moved(findings: Iterable[Finding], offset: int) -> Iterator[Finding]:
    """Return the findings of a window where they are in the text."""
    return (at(finding, finding.start + offset, finding.end + offset) for finding in findings)


def at(finding: Finding, start: int, end: int) -> Finding:
    """Return the finding at another place."""
    return Finding(
        start=start, end=end, entity=finding.entity, score=finding.score, recogniser=finding.recogniser
    )


def sure(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that passed their check."""
    return [finding for finding in findings if finding.score >= 1]


def within(known: Finding, finding: Finding) -> bool:
    """Return whether `finding` is of the same entity as `known` and covers it."""
    return known.entity == finding.entity and finding.start <= known.start and known.end <= finding.end


def summed(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return one gap for each reason and detail, in a fixed order."""
    counts: Counter[tuple[GapReason, str]] = Counter()
    for gap in gaps:
        counts[gap.reason, gap.detail] += gap.count
    return tuple(
        Gap(reason=reason, detail=detail, count=counts[reason, detail]) for reason, detail in sorted(counts)
    )
