"""The matrix can fail: what a detector does not see counts as a leak, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest

from pipeline.documents import Document
from policies.assessment import Assessment, Finding, Gap, GapReason
from tests.evasion.entities import ENTITIES
from tests.evasion.matrix import Case, Outcome, compositions, judge, plain_cases, single_cases, write, written
from tests.lib.proofs import whole


class Stub:
    """A detector that finds what a pattern matches, as one entity, and has the gaps that it is given."""

    def __init__(self, pattern: str, *, entity: str = "PHONE_NUMBER", gap: str = "") -> None:
        self._pattern, self._entity, self._gap = re.compile(pattern), entity, gap

    def scan(self, text: str) -> Assessment:
        """Return the assessment of a text."""
        found = tuple(
            Finding(start=match.start(), end=match.end(), entity=self._entity, score=1.0, recogniser="stub")
            for match in self._pattern.finditer(text)
        )
        gaps = (Gap(reason=GapReason.MIXED_SCRIPTS),) if self._gap and self._gap in text else ()
        return Assessment(
            findings=found,
            topics=(),
            gaps=gaps,
            characters=len(text),
            language="en",
            detector="stub",
            proof=whole(len(text)),
        )

    def assess(self, documents: Sequence[Document]) -> list[Assessment]:
        """Return an assessment of each document."""
        return [self.scan(document.text) for document in documents]


PHONE = Case(entity="PHONE_NUMBER", operators=("en_dash",), carrier="form", seed=0)
SSN = Case(entity="US_SSN", operators=(), carrier="form", seed=0)


@pytest.mark.parametrize(
    ("case", "stub", "expected"),
    [
        (PHONE, Stub("no such text"), Outcome.CLEARED),
        (PHONE, Stub(r"\d{3}\u2013\d{3}\u2013\d{4}"), Outcome.FINDING),
        (PHONE, Stub(r"\d{3}(?=\u2013\d{3}\u2013\d{4})"), Outcome.SURVIVES),  # the area code alone is hidden
        (PHONE, Stub(r"tray"), Outcome.SURVIVES),  # something else is hidden
        (PHONE, Stub(r"\u2013(?=\d{4})", gap="\u2013"), Outcome.GAP),
        (SSN, Stub(r"\d{3}-\d{2}-\d{4}", entity="US_SSN"), Outcome.FINDING),
        (SSN, Stub(r"\d{3}-\d{2}-\d{4}", entity="US_SSN", gap="tray"), Outcome.FINDING),
        (SSN, Stub("no such text", gap="tray"), Outcome.GAP),
    ],
)
def test_each_outcome_is_told_from_the_others(case: Case, stub: Stub, expected: Outcome) -> None:
    """Cleared and surviving values are leaks; findings and gaps that keep the document are not."""
    ((_, outcome),) = judge(written([case]), stub)  # type: ignore[arg-type] # a small real implementation
    assert outcome is expected
    assert outcome.leaks == (expected in {Outcome.CLEARED, Outcome.SURVIVES})


class Late(Stub):
    """A detector that sees a number only once a placeholder stands in the text."""

    def scan(self, text: str) -> Assessment:
        """Return the assessment of a text."""
        return super().scan(text) if "[PHONE_NUMBER_" in text else Stub("tray").scan(text)


def test_the_gate_keeps_what_the_first_look_missed() -> None:
    """A document whose pseudonymised text shows something that may not leave stays."""
    late = Late(r"\d{3}-\d{2}-\d{4}", entity="US_SSN")
    outcomes = {outcome for _, outcome in judge(written([SSN]), late)}  # type: ignore[arg-type]
    assert not any(outcome.leaks for outcome in outcomes)


def test_compositions_differ_by_seed_and_repeat_with_it() -> None:
    """The same seed makes the same cases; each has two or three operators that fit its entity type."""
    first, again, other = ([next(made) for _ in range(20)] for made in map(_made, (1, 1, 2)))
    assert first == again != other
    assert {len(case.operators) for case in first} == {2, 3}


def _made(seed: int) -> Iterator[Case]:
    return compositions(seed=seed)


def test_every_composition_can_be_written_or_turned_down() -> None:
    """Whatever one operator makes of a value, the next neither raises nor runs on; most keep the value."""
    cases = list(islice(compositions(seed=1), 4000))
    assert sum(write(case) is not None for case in cases) > len(cases) / 2


def test_turns_meet_every_carrier() -> None:
    """One carrier a cell, but over the operators each entity type meets all of its own."""
    for entity in ENTITIES:
        met = {case.carrier for case in single_cases(carriers=1) if case.entity == entity}
        assert met == {case.carrier for case in plain_cases() if case.entity == entity}


def test_a_spelling_that_is_longer_than_a_document_is_not_counted() -> None:
    """Encodings of encodings of a key make nothing that stands in prose."""
    stacked = Case(entity="PRIVATE_KEY", operators=("binary", "decimal_codes"), carrier="form", seed=0)
    assert write(stacked) is None
