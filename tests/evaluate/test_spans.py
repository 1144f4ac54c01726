"""How findings are judged against labelled spans: small tables of every rule."""

from __future__ import annotations

import pytest

from pipeline.evaluate.records import LabelledSpan, Record
from pipeline.evaluate.spans import Counts, JudgedRecord, Rules, count, judge
from policies.assessment import Finding


def _span(start, end, entity="PERSON"):
    return LabelledSpan(start=start, end=end, entity=entity)


def _finding(start, end, entity="PERSON", score=0.9):
    return Finding(start=start, end=end, entity=entity, score=score, recogniser="r")


def _judge(spans, findings, *, unsaid=(), also=None, threshold=0.4, entities=None) -> JudgedRecord:
    record = Record(id="1", text="x" * 100, spans=tuple(sorted(spans)), unsaid=tuple(unsaid))
    known = frozenset(span.entity for span in spans) if entities is None else frozenset(entities)
    return judge(record, findings, Rules(entities=known, also=also or {}, threshold=lambda _: threshold))


@pytest.mark.parametrize(
    ("findings", "found", "found_any", "exactly"),
    [
        ([_finding(10, 20)], True, True, True),
        ([_finding(19, 25)], True, True, False),  # sharing one character is enough
        ([_finding(20, 25)], False, False, False),  # touching is not
        ([_finding(5, 10)], False, False, False),
        ([_finding(0, 99)], True, True, False),
        ([_finding(12, 13, "LOCATION")], False, True, False),
        ([], False, False, False),
        ([_finding(12, 12)], False, False, False),  # an empty finding says nothing
    ],
)
def test_a_span_is_found_by_overlap(findings, found, found_any, exactly):
    """A span is found when a finding shares a character with it, of its entity or of any."""
    (judged,) = _judge([_span(10, 20)], findings).spans
    assert (found, found_any, exactly) == (judged.is_found, judged.is_found_any, judged.is_found_exactly)


@pytest.mark.parametrize(("score", "found_by_policy"), [(0.39, False), (0.4, True), (0.9, True)])
def test_the_policys_threshold_is_an_operating_point(score, found_by_policy):
    """What scores below the policy's threshold is found, but not by the policy."""
    (judged,) = _judge([_span(10, 20)], [_finding(10, 20, score=score)]).spans
    assert judged.is_found
    assert found_by_policy == judged.is_found_by_policy


def test_the_best_score_is_kept():
    """Of several findings of a span, the surest one counts."""
    (judged,) = _judge([_span(10, 20)], [_finding(10, 12, score=0.3), _finding(15, 30, score=0.8)]).spans
    assert judged.score == 0.8


@pytest.mark.parametrize(
    ("findings", "judged"),
    [
        ([_finding(12, 30)], [True]),
        ([_finding(30, 40)], [False]),
        ([_finding(12, 30, "LOCATION")], []),  # the set labels no places: nobody knows
        ([_finding(10, 12), _finding(14, 20), _finding(40, 44)], [True, True, False]),
    ],
)
def test_findings_are_judged_where_the_set_labels_their_entity(findings, judged):
    """A finding is right by overlap with its own entity; entities without labels are not judged."""
    assert judged == [one.is_right for one in _judge([_span(10, 20)], findings).findings]


def test_nothing_counts_where_nobody_marked_anything():
    """A finding inside an unsaid span is neither right nor wrong, and finds nothing."""
    judged = _judge([_span(10, 20)], [_finding(38, 45)], unsaid=[(40, 60)])
    assert judged.findings == ()
    assert not judged.spans[0].is_found_any


def test_a_narrower_entity_counts_for_the_wider_one():
    """A birth date finds a labelled date, and is right where dates are labelled; not the other way round."""
    also = {"DATE_OF_BIRTH": "DATE_TIME"}
    found = _judge([_span(1, 9, "DATE_TIME")], [_finding(1, 9, "DATE_OF_BIRTH")], also=also)
    assert found.spans[0].is_found
    missed = _judge([_span(1, 9, "DATE_OF_BIRTH")], [_finding(1, 9, "DATE_TIME")], also=also)
    assert not missed.spans[0].is_found
    assert missed.spans[0].is_found_any
    both = _judge(
        [_span(1, 9, "DATE_OF_BIRTH"), _span(20, 30, "DATE_TIME")],
        [_finding(1, 9, "DATE_TIME"), _finding(40, 45, "DATE_TIME")],
        also=also,
    )
    assert [one.is_right for one in both.findings] == [True, False]  # a birth date is no wrong date


def test_counts_add_up_over_spans_findings_and_documents():
    """One document found whole, one in part, one with a false finding alone."""
    counts = count(
        [
            _judge([_span(0, 5)], [_finding(0, 5)]),
            _judge([_span(0, 5), _span(10, 15)], [_finding(11, 30, score=0.2)]),
            _judge([], [_finding(0, 5)], entities=["PERSON"]),
        ]
    )
    expected = Counts(
        labelled=3, found=2, found_any=2, found_exactly=1, found_by_policy=1,
        findings=3, right=2, right_exactly=1, findings_by_policy=2, right_by_policy=1,
        documents_labelled=2, documents_found=2, documents_complete=1, documents_with_finding=3, documents_right=2,
    )  # fmt: skip
    assert counts == {"PERSON": expected}
    assert (expected.shares()["recall"].hits, expected.shares()["recall"].total) == (2, 3)


def test_many_spans_cost_little():
    """Long documents are judged by looking up places, with the same answers as all pairs would give."""
    spans = [_span(at, at + 3) for at in range(0, 6000, 5)]
    findings = [_finding(at, at + 7) for at in range(0, 6000, 11)]
    record = Record(id="1", text="x" * 7000, spans=tuple(spans))
    judged = judge(record, findings, Rules(entities={"PERSON"}, also={}, threshold=lambda _: 0.4))
    by_pairs = [any(f.start < s.end and s.start < f.end for f in findings) for s in spans]
    assert by_pairs == [one.is_found for one in judged.spans]
