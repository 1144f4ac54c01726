"""What is known of one text while it is looked at, and how findings are brought to their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.detect.language import LanguageVerdict
from pipeline.detect.script import character_gaps
from pipeline.detect.tally import Tally
from policies.assessment import Finding, Gap, GapReason, Topic


@dataclass(slots=True, kw_only=True)
class Looked:
    """What is known so far about one text."""

    text: str = field(repr=False)
    characters: int
    """Code points of the whole text, with those beyond the limit."""
    tally: Tally
    seconds: float
    """Processor time that may still be spent on it."""
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    topics: tuple[Topic, ...] = ()
    language: LanguageVerdict | None = None
    """None until topics and languages were judged."""
    checked: list[list[Finding]] = field(default_factory=list)
    """Of each window the findings that passed their check, where views wait for a later stage."""
    skipped: tuple[str, ...] = ()
    """Stages that were not gone into, because the decision was settled."""


def gaps_at_once(text: str, *, most: int, has_names: bool) -> list[Gap]:
    """Return what is known to be missing of `text` before it is looked at; beyond `most` code points it is cut off."""
    gaps = list(character_gaps(text[:most]))
    if len(text) > most:
        gaps.append(Gap(reason=GapReason.TOO_LONG, detail="detector"))
    if not has_names:
        gaps.append(Gap(reason=GapReason.NO_NER_MODEL))
    if not text[:most].strip():
        gaps.append(Gap(reason=GapReason.EMPTY_TEXT))
    return gaps


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
