"""The decision: tables for the shipped law, and what holds for every assessment and policy."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.assessment import Assessment, Finding, Gap, GapReason, Topic
from policies.decide import decide, quarantine
from policies.levels import STRICTNESS, Level, Route
from policies.policy import Policy, parse_policy, read_shipped, shipped_policies
from tests.lib.proofs import whole

WITH_SOURCES = """
sources:
  - {id: personnel-files, match: "personnel/*", at_least: regulated}
  - {id: drafts, match: "*draft*", at_least: internal}
"""


@cache
def shipped(name: str) -> Policy:
    return parse_policy(read_shipped(name), name=f"{name}.yaml")


@cache
def with_sources() -> Policy:
    text = read_shipped("default").split("\nsources:")[0] + WITH_SOURCES
    return parse_policy(text, name="with_sources.yaml")


def finding(entity: str, score: float = 0.85, start: int = 0) -> Finding:
    return Finding(start=start, end=start + 4, entity=entity, score=score, recogniser="test")


def assessment(
    *found: str | tuple[str, float],
    topics: tuple[str | tuple[str, float], ...] = (),
    gaps: tuple[GapReason, ...] = (),
) -> Assessment:
    pairs = [(one, 0.85) if isinstance(one, str) else one for one in found]
    abouts = [(one, 0.7) if isinstance(one, str) else one for one in topics]
    return Assessment(
        findings=tuple(finding(entity, score, 10 * place) for place, (entity, score) in enumerate(pairs)),
        topics=tuple(Topic(name=name, score=score) for name, score in abouts),
        gaps=tuple(Gap(reason=reason) for reason in gaps),
        characters=1000,
        language="en",
        detector="sha256:0",
        proof=whole(1000),
    )


@pytest.mark.parametrize(
    ("found", "topics", "expected"),
    [
        ((), (), "public closed"),
        (
            ("ORGANIZATION", "LOCATION", "DATE_TIME", "NRP", "URL"),
            (),
            "public closed",
        ),  # ordinary text is cleared
        (("DATE_TIME",), ("finance",), "internal closed"),
        ((), ("health",), "internal closed"),  # a leaflet
        ((), (("health", 0.3),), "public closed"),  # a word or two
        ((), (("health", 0.95),), "regulated on_prem"),  # a clinical note that names nobody
        (("DE_VAT_ID",), (), "internal closed"),
        (("PERSON",), (), "confidential closed_pseudonymised"),
        (("EMAIL_ADDRESS",), (), "confidential closed_pseudonymised"),
        (("PHONE_NUMBER",), (), "confidential closed_pseudonymised"),
        (("LOCATION", "DATE_TIME"), ("health",), "confidential closed_pseudonymised"),
        (("US_SSN",), (), "regulated on_prem"),
        (("CREDIT_CARD",), (), "regulated on_prem"),
        (("IBAN_CODE",), (), "regulated on_prem"),
        (("API_KEY",), (), "regulated on_prem"),
        (("MEDICAL_RECORD_NUMBER",), (), "regulated on_prem"),
        (("PERSON",), ("health",), "regulated on_prem"),
        (("PHONE_NUMBER",), ("health",), "regulated on_prem"),
        (("DATE_OF_BIRTH",), (), "confidential closed_pseudonymised"),
        (("DATE_OF_BIRTH", "US_ZIP"), (), "regulated on_prem"),
        (("DATE_OF_BIRTH", "PERSON"), (), "regulated on_prem"),
        (("PERSON",), ("children",), "regulated on_prem"),
        (("PERSON",), ("special_category",), "regulated on_prem"),
        (("EMAIL_ADDRESS",) * 49, (), "confidential closed_pseudonymised"),
        (("EMAIL_ADDRESS",) * 49 + ("PHONE_NUMBER",), (), "regulated on_prem"),
        ((), ("trade_secret",), "regulated on_prem"),
        ((("CREDIT_CARD", 0.3),), (), "regulated on_prem"),  # a misread digit does not make a card harmless
        ((("US_BANK_NUMBER", 0.25),), (), "internal closed"),  # doubt
        ((("LOCATION", 0.1),), (), "public closed"),  # doubt about something harmless is harmless
        ((("UK_NHS", 0.4),), ("health",), "regulated on_prem"),  # doubt beside health is none
        (("UNHEARD_OF",), (), "confidential closed_pseudonymised"),  # default deny
        ((("UNHEARD_OF", 0.01),), (), "confidential closed_pseudonymised"),  # nobody set it a threshold
        ((), ("unheard_of",), "confidential closed_pseudonymised"),
    ],
)
def test_default_policy(found: tuple[str, ...], topics: tuple[str, ...], expected: str) -> None:
    """The default policy clears ordinary text, pseudonymises names, and keeps what a law names."""
    decision = decide(assessment(*found, topics=topics), shipped("default"))
    assert expected == f"{decision.level.label} {decision.route}"


@pytest.mark.parametrize(
    ("policy", "found", "topics", "level"),
    [
        ("hipaa", ("LOCATION",), ("health",), Level.REGULATED),  # Safe Harbor (B), literally
        ("hipaa", ("DATE_TIME",), ("health",), Level.REGULATED),  # (C)
        ("hipaa", ("URL",), ("health",), Level.REGULATED),  # (N)
        ("hipaa", ("ORGANIZATION", "DATE_TIME", "LOCATION"), (), Level.INTERNAL),
        ("hipaa", ("UNHEARD_OF",), (), Level.REGULATED),
        ("gdpr", ("PERSON", "CASE_NUMBER"), ("legal",), Level.REGULATED),  # Art. 10
        ("gdpr", ("PERSON", "CASE_NUMBER"), (), Level.CONFIDENTIAL),
        ("gdpr", ("PL_PESEL",), (), Level.REGULATED),  # Art. 87
        ("gdpr", ("IP_ADDRESS",), ("special_category",), Level.REGULATED),  # Art. 9
        ("gdpr", ("ORGANIZATION", "DATE_TIME", "LOCATION"), (), Level.PUBLIC),
        ("pci", ("CARD_SECURITY_CODE",), (), Level.REGULATED),
        ("pci", (("CREDIT_CARD", 0.21),), (), Level.REGULATED),
        ("pci", ("PERSON",), (), Level.CONFIDENTIAL),
        ("pci", ("ORGANIZATION", "DATE_TIME", "LOCATION"), ("finance",), Level.INTERNAL),
    ],
)
def test_other_policies(policy: str, found: tuple[str, ...], topics: tuple[str, ...], level: Level) -> None:
    """Each shipped policy says what its regulation says."""
    assert level == decide(assessment(*found, topics=topics), shipped(policy)).level


@pytest.mark.parametrize("name", shipped_policies())
@pytest.mark.parametrize("reason", GapReason)
def test_incomplete_is_regulated(name: str, reason: GapReason) -> None:
    """Whatever was not looked at makes a document regulated, and it stays."""
    decision = decide(assessment(gaps=(reason,)), shipped(name))
    assert decision.level is Level.REGULATED
    assert not decision.route.leaves
    assert "incomplete" in decision.rules


def test_rules_that_fired_are_named_in_order() -> None:
    """A decision names every rule that fired, sorted, and the policy by digest."""
    policy = shipped("default")
    decision = decide(assessment("PERSON", "UNHEARD_OF", ("US_PASSPORT", 0.2), topics=("health",)), policy)
    expected = ("doubt", "person", "protected-health-information", "topic-health", "unlisted")
    assert expected == decision.rules
    assert policy.digest == decision.policy


@pytest.mark.parametrize(
    ("source", "found", "level", "raised"),
    [
        ("letters/a.txt", (), Level.PUBLIC, False),
        ("personnel/a.txt", (), Level.REGULATED, True),
        ("PERSONNEL/deep/er.txt", (), Level.REGULATED, True),
        ("/srv/estate/personnel/a.txt", (), Level.REGULATED, True),
        ("/srv/impersonnel/a.txt", (), Level.PUBLIC, False),
        ("letters/Draft 3.txt", (), Level.INTERNAL, True),
        ("letters/draft.txt", ("PERSON",), Level.CONFIDENTIAL, False),
        ("personnel/a.txt", ("US_SSN",), Level.REGULATED, False),
        ("", (), Level.PUBLIC, False),
    ],
)
def test_sources_only_raise(source: str, found: tuple[str, ...], level: Level, *, raised: bool) -> None:
    """A source lifts its documents to its floor, and lowers none."""
    decision = decide(assessment(*found), with_sources(), source=source)
    assert (level, raised) == (decision.level, decision.source_raised)


def test_unreadable_goes_to_quarantine() -> None:
    """What cannot be read is held, under the code of the reason."""
    decision = quarantine(shipped("default"), "encrypted")
    assert (decision.level, decision.route) == (Level.REGULATED, Route.QUARANTINE)
    assert decision.rules == ("unreadable:encrypted",)


def test_quarantine_names_no_content() -> None:
    """A reason that is no code does not reach the decision."""
    assert quarantine(shipped("default"), "Dear Mr Miller").rules == ("unreadable",)


def test_empty_document_is_held() -> None:
    """A document without text goes to no model."""
    assert decide(assessment(gaps=(GapReason.EMPTY_TEXT,)), shipped("default")).route is Route.QUARANTINE


POLICIES = [*(shipped(name) for name in shipped_policies()), with_sources()]
_ENTITIES = sorted({*(name for policy in POLICIES for name in policy.alone), "UNHEARD_OF", "OTHER"})
_TOPICS = sorted({*(name for policy in POLICIES for name in policy.topics), "unheard_of"})

scores = st.one_of(
    st.sampled_from([0.0, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.85, 1.0, math.nan]), st.floats(0, 1)
)
findings = st.lists(st.builds(finding, st.sampled_from(_ENTITIES), scores), max_size=8)
topics = st.lists(
    st.builds(lambda name, score: Topic(name=name, score=score), st.sampled_from(_TOPICS), scores), max_size=4
)
gaps = st.lists(st.sampled_from(GapReason).map(lambda reason: Gap(reason=reason)), max_size=2)
sources = st.sampled_from(["", "letters/draft.txt", "personnel/x"])
assessments = st.builds(
    lambda found, about, missed: replace(
        assessment(), findings=tuple(found), topics=tuple(about), gaps=tuple(missed)
    ),
    findings,
    topics,
    gaps,
)


def _at_least(more: Assessment, less: Assessment, policy: Policy, source: str = "") -> None:
    higher, lower = decide(more, policy, source=source), decide(less, policy, source=source)
    assert higher.level >= lower.level
    assert STRICTNESS[higher.route] >= STRICTNESS[lower.route]
    assert set(higher.rules) >= set(lower.rules)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(POLICIES), assessments, assessments, sources)
def test_more_never_lowers(policy: Policy, one: Assessment, other: Assessment, source: str) -> None:
    """Findings, topics and gaps that come on top never lower the level or loosen the route."""
    both = replace(
        one,
        findings=one.findings + other.findings,
        topics=one.topics + other.topics,
        gaps=one.gaps + other.gaps,
    )
    _at_least(both, one, policy, source)
    _at_least(both, other, policy, source)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(POLICIES), assessments, st.data())
def test_a_higher_score_never_lowers(policy: Policy, one: Assessment, data: st.DataObject) -> None:
    """Being surer of a finding never lowers the level or loosens the route."""
    surer = tuple(
        replace(found, score=data.draw(st.floats(found.score, 1))) if found.score <= 1 else found
        for found in one.findings
    )
    higher, lower = decide(replace(one, findings=surer), policy), decide(one, policy)
    assert higher.level >= lower.level
    assert STRICTNESS[higher.route] >= STRICTNESS[lower.route]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(POLICIES), assessments, st.randoms(), sources)
def test_order_does_not_matter(policy: Policy, one: Assessment, random: object, source: str) -> None:
    """The same findings and topics in any order are the same decision."""
    found, about = list(one.findings), list(one.topics)
    random.shuffle(found)  # type: ignore[attr-defined]
    random.shuffle(about)  # type: ignore[attr-defined]
    shuffled = replace(one, findings=tuple(found), topics=tuple(about))
    assert decide(one, policy, source=source) == decide(shuffled, policy, source=source)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(POLICIES), assessments, sources)
def test_regulated_never_leaves(policy: Policy, one: Assessment, source: str) -> None:
    """No shipped policy lets a regulated or incomplete document out, and unlisted ones stay confidential."""
    decision = decide(one, policy, source=source)
    if decision.level is Level.REGULATED or one.gaps:
        assert not decision.route.leaves
    if any(found.entity not in policy.alone for found in one.findings):
        assert decision.level >= Level.CONFIDENTIAL
    if decision.route is Route.CLOSED:
        assert decision.level <= Level.INTERNAL
