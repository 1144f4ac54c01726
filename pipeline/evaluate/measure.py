"""A detector over sets, and a policy over what it saw: everything that is counted comes from here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pipeline.documents import Document
from pipeline.evaluate.documents import (
    PERSON,
    Outcome,
    direct_identifiers,
    expected_level,
)
from pipeline.evaluate.labels import CONTEXTS
from pipeline.evaluate.records import DataSet, LabelledSpan, Record
from pipeline.evaluate.sending import Left, look_at_what_leaves
from pipeline.evaluate.spans import JudgedRecord, Rules, judge
from policies.assessment import Assessment
from policies.decide import decide
from policies.levels import Route
from policies.policy import Policy
from policies.rules import reaches

_BATCH: Final = 64
"""Documents a look; also how often progress is told."""


class Looks(Protocol):
    """What is measured: anything that assesses as the detector does."""

    @property
    def digest(self) -> str:
        """Names what it is made of."""

    @property
    def entities(self) -> frozenset[str]:
        """Every entity that it can find."""

    def assess(self, documents: Sequence[Document]) -> list[Assessment]:
        """Return an assessment of each document, in order."""

    def scan(self, text: str) -> Assessment:
        """Return the assessment of one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one detector saw in every set."""

    detector: str
    """How the detector was asked for."""
    digest: str
    entities: frozenset[str]
    assessments: tuple[tuple[Assessment, ...], ...] = field(repr=False)
    """For each set, one for each record."""
    seconds: tuple[float, ...]
    """By the wall clock, for each set; one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSet:
    """One set, judged."""

    set: DataSet = field(repr=False)
    judged: tuple[JudgedRecord, ...] = field(repr=False)
    """One for each labelled record."""
    outcomes: tuple[Outcome, ...] = field(repr=False)
    """One for each record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One detector under one policy over every set."""

    name: str
    look: Look = field(repr=False)
    policy: Policy = field(repr=False)
    sets: tuple[MeasuredSet, ...]
    decide_seconds: float
    send_seconds: float
    """Pseudonymising and looking again, for those documents where it was asked."""
    sent_documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the data says beside its labels."""

    also: Mapping[str, str]
    """Wider entities (`Labels.also`)."""
    contexts: Sequence[Sequence[str]]
    """For each set and record: `health`, `finance` or nothing."""
    public_names: AbstractSet[str] = frozenset()
    """Ids of ordinary documents that truly hold a name or a contact."""


def sample(found: DataSet, most: int) -> DataSet:
    """Return the set with at most `most` of its records: those whose ids have the least digests."""
    if len(found.records) <= most:
        return found
    chosen = sorted(
        range(len(found.records)),
        key=lambda at: hashlib.sha256(f"{at}\n{found.records[at].id}".encode()).digest(),
    )[:most]
    return replace(found, records=tuple(found.records[at] for at in sorted(chosen)))


def look(name: str, detector: Looks, sets: Sequence[DataSet], *, tell: Callable[[int], None]) -> Look:
    """Return what `detector` sees in every record; `tell` is told how many more are done."""
    assessments, seconds = [], []
    for one in sets:
        started = time.perf_counter()
        seen: list[Assessment] = []
        for batch in _batches(one.records):
            seen.extend(
                detector.assess([Document(id=record.id, ref=record.id, text=record.text) for record in batch])
            )
            tell(len(batch))
        seconds.append(time.perf_counter() - started)
        assessments.append(tuple(seen))
    return Look(
        detector=name,
        digest=detector.digest,
        entities=detector.entities,
        assessments=tuple(assessments),
        seconds=tuple(seconds),
    )


def contexts(sets: Sequence[DataSet], seen: Look, policy: Policy) -> list[list[str]]:
    """Return where the name of a person is a direct identifier: the domain says so, or a topic was found.

    Asked once, of the first detector, so that systems which are compared are held to the same documents.
    """
    return [
        [
            record.context or _topic(assessment, policy)
            for record, assessment in zip(one.records, found, strict=True)
        ]
        for one, found in zip(sets, seen.assessments, strict=True)
    ]


def measure(
    name: str,
    seen: Look,
    sets: Sequence[DataSet],
    *,
    policy: Policy,
    scan: Callable[[str], Assessment],
    known: Known,
) -> Measured:
    """Return everything that is counted about what `seen` and `policy` make of `sets`."""
    judge_all = _Judge(policy=policy, scan=scan, known=known)
    measured = []
    for one, found, context in zip(sets, seen.assessments, known.contexts, strict=True):
        rules = Rules(entities=one.entities, also=known.also, threshold=policy.thresholds.of)
        pairs = list(zip(one.records, found, strict=True))
        measured.append(
            MeasuredSet(
                set=one,
                judged=tuple(
                    judge(record, seen.findings, rules) for record, seen in pairs if record.labelled
                ),
                outcomes=tuple(
                    judge_all.outcome(one.name, record, seen, context=where)
                    for (record, seen), where in zip(pairs, context, strict=True)
                ),
            )
        )
    return Measured(
        name=name,
        look=seen,
        policy=policy,
        sets=tuple(measured),
        decide_seconds=judge_all.decide_seconds,
        send_seconds=judge_all.send_seconds,
        sent_documents=judge_all.sent_documents,
    )


@dataclass(slots=True, kw_only=True)
class _Judge:
    """A policy over documents, with a watch."""

    policy: Policy
    scan: Callable[[str], Assessment]
    known: Known
    decide_seconds: float = 0.0
    send_seconds: float = 0.0
    sent_documents: int = 0

    def outcome(self, set_name: str, record: Record, assessment: Assessment, *, context: str) -> Outcome:
        started = time.perf_counter()
        decision = decide(assessment, self.policy)
        self.decide_seconds += time.perf_counter() - started
        direct = direct_identifiers(record, self.policy, context=context)
        persons = tuple(span for span in record.spans if span.entity == PERSON)
        left = self._left(record, assessment, tuple({*direct, *persons}), decision.route)
        return Outcome(
            id=record.id,
            set=set_name,
            level=decision.level,
            route=decision.route,
            rules=decision.rules,
            is_complete=assessment.complete,
            expected=expected_level(record, self.policy),
            direct=tuple(span.entity for span in direct),
            persons=len(persons),
            direct_left=sum(left.get(span, "") == "whole" for span in direct),
            direct_left_in_part=sum(left.get(span, "") == "in part" for span in direct),
            persons_left=sum(left.get(span, "") == "whole" for span in persons),
            is_refused="refused" in left.values(),
            is_ordinary=record.ordinary,
            names_publicly=record.id in self.known.public_names,
        )

    def _left(
        self, record: Record, assessment: Assessment, spans: Sequence[LabelledSpan], route: Route
    ) -> dict[LabelledSpan, str]:
        """Return what of each span leaves: `whole`, `in part`, nothing; or `refused`."""
        if route is Route.CLOSED:
            return dict.fromkeys(spans, "whole")
        if route is not Route.CLOSED_PSEUDONYMISED or not spans:
            return {}
        started = time.perf_counter()
        left: Left = look_at_what_leaves(record.text, assessment, spans, policy=self.policy, scan=self.scan)
        self.send_seconds += time.perf_counter() - started
        self.sent_documents += 1
        if not left.is_sent:
            return dict.fromkeys(spans, "refused")
        return {
            span: "whole" if whole else "in part" if in_part else ""
            for span, whole, in_part in zip(spans, left.whole, left.in_part, strict=True)
        }


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for first in range(0, len(records), _BATCH):
        yield records[first : first + _BATCH]


def _topic(assessment: Assessment, policy: Policy) -> str:
    """Return the first of the contexts that is a topic of the document under the policy."""
    scores = {topic.name: topic.score for topic in assessment.topics}
    for name in CONTEXTS:
        rule = policy.topics.get(name)
        if name in scores and reaches(scores[name], rule.score if rule else 0.0):
            return name
    return ""
