"""Findings against labelled spans: which span was found, and which finding was right. Rules 2 to 4 of the package.

Cost: sorted once, then linear in spans and findings unless very long findings cover many spans.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.evaluate.intervals import Share
from pipeline.evaluate.records import LabelledSpan, Record
from policies.assessment import Finding

NOT_FOUND: Final = -1.0
"""Stands for the score of a finding that does not exist: below every threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSpan:
    """A labelled span, and how it was found."""

    span: LabelledSpan
    score: float
    """The best score of a finding of its entity that meets it; `NOT_FOUND` without one."""
    is_found_any: bool
    is_found_exactly: bool
    is_found_by_policy: bool

    @property
    def is_found(self) -> bool:
        """Whether a finding of the right entity meets it."""
        return self.score > NOT_FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFinding:
    """A finding of an entity that the set labels, and whether it is right."""

    entity: str
    start: int
    end: int
    score: float
    is_right: bool
    is_exact: bool
    is_by_policy: bool
    """Whether its score reaches the policy's threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRecord:
    """What the findings in one document are worth."""

    spans: tuple[JudgedSpan, ...]
    findings: tuple[JudgedFinding, ...]


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was counted for one entity: of spans, of findings, and of documents."""

    labelled: int = 0
    found: int = 0
    found_any: int = 0
    found_exactly: int = 0
    found_by_policy: int = 0
    findings: int = 0
    right: int = 0
    right_exactly: int = 0
    findings_by_policy: int = 0
    right_by_policy: int = 0
    documents_labelled: int = 0
    """Documents with a labelled span of the entity."""
    documents_found: int = 0
    """Of those: at least one finding of the entity meets one of them."""
    documents_complete: int = 0
    """Of those: every span was found."""
    documents_with_finding: int = 0
    documents_right: int = 0
    """Documents with a finding of the entity, and a labelled span of it anywhere."""

    def shares(self) -> dict[str, Share]:
        """Return recall and precision, of spans and of documents, by name."""
        return {
            "recall": Share(hits=self.found, total=self.labelled),
            "recall_any": Share(hits=self.found_any, total=self.labelled),
            "recall_by_policy": Share(hits=self.found_by_policy, total=self.labelled),
            "recall_exact": Share(hits=self.found_exactly, total=self.labelled),
            "precision": Share(hits=self.right, total=self.findings),
            "precision_by_policy": Share(hits=self.right_by_policy, total=self.findings_by_policy),
            "precision_exact": Share(hits=self.right_exactly, total=self.findings),
            "document_recall": Share(hits=self.documents_found, total=self.documents_labelled),
            "document_recall_complete": Share(hits=self.documents_complete, total=self.documents_labelled),
            "document_precision": Share(hits=self.documents_right, total=self.documents_with_finding),
        }

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {name: share.as_json() for name, share in self.shares().items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is judged, and how strictly."""

    entities: AbstractSet[str]
    """The entities that the set labels."""
    also: Mapping[str, str]
    """For a finding's entity, the wider one that it counts for as well."""
    threshold: Callable[[str], float]
    """The policy's threshold of an entity."""


@dataclass(slots=True, kw_only=True)
class _Places:
    """Findings ordered by place, so that those which meet a span are looked up."""

    ordered: Sequence[Finding]
    starts: list[int] = field(init=False)
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [finding.start for finding in self.ordered]
        self.longest = max((finding.end - finding.start for finding in self.ordered), default=0)

    def meeting(self, start: int, end: int) -> Iterable[Finding]:
        first = bisect_left(self.starts, start - self.longest)
        last = bisect_left(self.starts, end)
        return (one for one in self.ordered[first:last] if one.end > start)


def judge(record: Record, findings: Iterable[Finding], rules: Rules) -> JudgedRecord:
    """Return which labelled spans of `record` were found and which findings are right."""
    told = sorted(
        finding
        for finding in findings
        if finding.start < finding.end
        and not any(finding.start < end and start < finding.end for start, end in record.unsaid)
    )
    places = _Places(ordered=told)
    spans = tuple(_judge_span(span, places.meeting(span.start, span.end), rules) for span in record.spans)
    return JudgedRecord(spans=spans, findings=tuple(_judge_findings(record, told, rules)))


def count(judged: Iterable[JudgedRecord]) -> dict[str, Counts]:
    """Return what was counted for each entity over documents, by name."""
    counts: dict[str, Counts] = {}
    for record in judged:
        _count_record(counts, record)
    return dict(sorted(counts.items()))


def _judge_span(span: LabelledSpan, meeting: Iterable[Finding], rules: Rules) -> JudgedSpan:
    met = list(meeting)
    same = [one for one in met if span.entity in _counts_for(one.entity, rules)]
    return JudgedSpan(
        span=span,
        score=max((one.score for one in same), default=NOT_FOUND),
        is_found_any=bool(met),
        is_found_exactly=any((one.start, one.end) == (span.start, span.end) for one in same),
        is_found_by_policy=any(one.score >= rules.threshold(one.entity) for one in same),
    )


def _judge_findings(record: Record, findings: Iterable[Finding], rules: Rules) -> Iterable[JudgedFinding]:
    labelled = _Places(
        ordered=[
            Finding(start=span.start, end=span.end, entity=span.entity, score=1.0, recogniser="")
            for span in record.spans
        ]
    )
    for one in findings:
        if one.entity not in rules.entities:
            continue
        wider = _counts_for(one.entity, rules)
        met = [
            span
            for span in labelled.meeting(one.start, one.end)
            if span.entity in wider or rules.also.get(span.entity) == one.entity
        ]
        yield JudgedFinding(
            entity=one.entity,
            start=one.start,
            end=one.end,
            score=one.score,
            is_right=bool(met),
            is_exact=any((span.start, span.end) == (one.start, one.end) for span in met),
            is_by_policy=one.score >= rules.threshold(one.entity),
        )


def _counts_for(entity: str, rules: Rules) -> tuple[str, ...]:
    return (entity, rules.also[entity]) if entity in rules.also else (entity,)


def _count_record(counts: dict[str, Counts], record: JudgedRecord) -> None:
    for judged in record.spans:
        row = counts.setdefault(judged.span.entity, Counts())
        row.labelled += 1
        row.found += judged.is_found
        row.found_any += judged.is_found_any
        row.found_exactly += judged.is_found_exactly
        row.found_by_policy += judged.is_found_by_policy
    for finding in record.findings:
        row = counts.setdefault(finding.entity, Counts())
        row.findings += 1
        row.right += finding.is_right
        row.right_exactly += finding.is_exact
        row.findings_by_policy += finding.is_by_policy
        row.right_by_policy += finding.is_right and finding.is_by_policy
    labelled = {judged.span.entity for judged in record.spans}
    for entity in labelled:
        spans = [judged.is_found for judged in record.spans if judged.span.entity == entity]
        counts[entity].documents_labelled += 1
        counts[entity].documents_found += any(spans)
        counts[entity].documents_complete += all(spans)
    for entity in {finding.entity for finding in record.findings}:
        counts[entity].documents_with_finding += 1
        counts[entity].documents_right += entity in labelled
