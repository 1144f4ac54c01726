"""Settled decisions: once one is settled, nothing that is found later changes its level or route."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from multiprocessing.reduction import ForkingPickler

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detect.merge import merge
from policies.assessment import Assessment, Finding, Gap, GapReason, Topic
from policies.decide import decide
from policies.explain import explain
from policies.levels import Level, Route
from policies.policy import Policy, parse_policy, read_shipped, shipped_policies
from policies.settled import Known, is_settled, settled_by
from tests.lib.proofs import whole

ENTITIES = ("US_SSN", "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "DATE_OF_BIRTH", "US_ZIP", "UNHEARD_OF")
TOPICS = ("health", "finance", "children", "trade_secret", "unheard_of")
LATE = (
    GapReason.RECOGNISER_FAILED,
    GapReason.RECOGNISER_TIMED_OUT,
    GapReason.DETECTOR_WARNED,
    GapReason.NOT_COVERED,
    GapReason.LANGUAGE_UNKNOWN,
    GapReason.LANGUAGE_UNSUPPORTED,
    GapReason.HIDDEN_TEXT,
)


@cache
def policy(name: str, held: tuple[str, ...] = ()) -> Policy:
    read = parse_policy(read_shipped(name), name=f"{name}.yaml")
    return replace(read, quarantined_gaps=frozenset(map(GapReason, held))) if held else read


def finding(entity: str, score: float = 0.85, start: int = 0, length: int = 4) -> Finding:
    return Finding(start=start, end=start + length, entity=entity, score=score, recogniser="test")


def assessment(known: Known) -> Assessment:
    return Assessment(
        findings=merge(known.findings),
        topics=known.topics,
        gaps=known.gaps,
        characters=1000,
        language="en",
        detector="sha256:0",
        proof=whole(1000),
    )


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(ENTITIES),
        st.sampled_from((0.2, 0.35, 0.5, 0.85, 1.0)),
        st.integers(0, 60),
        st.integers(1, 30),
    ),
    max_size=60,
).map(tuple)
TOPIC_LISTS = st.lists(
    st.builds(Topic, name=st.sampled_from(TOPICS), score=st.sampled_from((0.3, 0.6, 0.95))),
    unique_by=lambda topic: topic.name,
).map(tuple)


def gaps(reasons: tuple[GapReason, ...]) -> st.SearchStrategy[tuple[Gap, ...]]:
    return st.lists(st.builds(Gap, reason=st.sampled_from(reasons)), max_size=3).map(tuple)


@settings(max_examples=500, deadline=None)
@given(
    name=st.sampled_from(shipped_policies()),
    held=st.sampled_from(((), ("empty_text",), ("hidden_text",), ("not_covered", "image"))),
    before=FINDINGS,
    after=FINDINGS,
    judged=st.booleans(),
    topics=TOPIC_LISTS,
    at_once=gaps(tuple(GapReason)),
    late=gaps(LATE),
)
def test_what_is_settled_stays_so(
    *,
    name: str,
    held: tuple[str, ...],
    before: tuple[Finding, ...],
    after: tuple[Finding, ...],
    judged: bool,
    topics: tuple[Topic, ...],
    at_once: tuple[Gap, ...],
    late: tuple[Gap, ...],
) -> None:
    """However much is found after a decision is settled, what overlaps and joins too, level and route stay."""
    law = policy(name, held)
    known = Known(findings=before, topics=topics if judged else (), gaps=at_once)
    if not is_settled(known, law):
        return
    ended = decide(assessment(known), law)
    full = decide(assessment(Known(findings=(*before, *after), topics=topics, gaps=(*at_once, *late))), law)
    assert (ended.level, ended.route) == (full.level, full.route)
    assert full.level is Level.REGULATED


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known(), False),
        (Known(findings=(finding("PERSON"),)), False),
        (Known(findings=(finding("US_SSN"),)), True),
        (Known(findings=(finding("PERSON"),), topics=(Topic(name="health", score=0.7),)), True),
        (Known(gaps=(Gap(reason=GapReason.IMAGE),)), True),
        (
            Known(findings=tuple(finding("EMAIL_ADDRESS", start=9 * n) for n in range(60))),
            False,
        ),  # may be joined
    ],
)
def test_what_settles_a_decision(known: Known, expected: bool) -> None:  # noqa: FBT001 - a table
    """A decision is settled by what no later finding takes back, and by nothing that is less than regulated."""
    assert is_settled(known, policy("default")) is expected


def test_findings_that_may_be_joined_settle_nothing() -> None:
    """Fifty addresses are regulated, and one later finding over all of them takes that back: so they do not settle."""
    law = policy("default")
    many = tuple(finding("EMAIL_ADDRESS", start=9 * place) for place in range(50))
    over_all = finding("EMAIL_ADDRESS", start=0, length=500)
    assert decide(assessment(Known(findings=many)), law).level is Level.REGULATED
    assert decide(assessment(Known(findings=(*many, over_all))), law).level is Level.CONFIDENTIAL
    assert not is_settled(Known(findings=many), law)


def test_a_gap_that_may_still_come_keeps_the_route_open() -> None:
    """Where a late gap would hold a document in quarantine, an SSN does not end the look; the gap itself does."""
    law = policy("default", ("hidden_text",))
    ssn = finding("US_SSN")
    assert not is_settled(Known(findings=(ssn,)), law)
    held = Known(findings=(ssn,), gaps=(Gap(reason=GapReason.HIDDEN_TEXT),))
    assert is_settled(held, law)
    assert decide(assessment(held), law).route is Route.QUARANTINE


@pytest.mark.parametrize("name", shipped_policies())
def test_a_stopped_assessment_is_regulated(name: str) -> None:
    """An assessment that ended early is neither complete nor ever cleared, even if nothing was found."""
    stopped = replace(
        assessment(Known()), proof=replace(whole(1000), names_characters=0, skipped=("names", "views"))
    )
    decision = decide(stopped, policy(name))
    assert not stopped.complete
    assert stopped.gaps == ()
    assert (decision.level, decision.rules) == (Level.REGULATED, ("stopped",))
    assert not decision.route.leaves
    assert stopped.proof.as_json()["skipped"] == ["names", "views"]


@pytest.mark.parametrize("skipped", [("names", "views"), ("views",)])
def test_only_what_was_skipped_is_excused(skipped: tuple[str, ...]) -> None:
    """A stage that was not skipped and did not look leaves a hole, also in a stopped assessment."""
    proof = replace(whole(1000), views=(), names_characters=0, skipped=skipped)
    assert {one.what for one in proof.shortfalls()} >= {"characters"}


def test_exhaustive_is_the_default_and_part_of_the_law() -> None:
    """A policy without the field wants all looked at and keeps its digest; one that does not says so in words."""
    text = read_shipped("default")
    usual = parse_policy(text, name="usual")
    said = parse_policy(text + "\nexhaustive: true\n", name="said")
    early = parse_policy(text + "\nexhaustive: false\n", name="early")
    assert usual.exhaustive
    assert settled_by(usual) is None
    assert "exhaustive" not in usual.canonical()
    assert said.digest == usual.digest != early.digest
    assert settled_by(early) is not None
    assert len(explain(early)) == len(explain(usual)) + 1


@pytest.mark.parametrize("name", shipped_policies())
def test_what_settles_can_be_sent_to_another_process(name: str) -> None:
    """Sent the way detecting processes are asked, it says the same, and the policy keeps its digest."""
    says = settled_by(replace(policy(name), exhaustive=False))
    assert says is not None
    sent = ForkingPickler.loads(ForkingPickler.dumps(says))
    ssn = Known(findings=(finding("US_SSN"),))
    for known in (Known(), ssn, Known(gaps=(Gap(reason=GapReason.IMAGE),))):
        assert sent(known) is says(known)
    assert sent.keywords["policy"].digest == says.keywords["policy"].digest  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_look_at_everything(name: str) -> None:
    """Findings are evidence: no shipped policy gives any up."""
    assert policy(name).exhaustive
