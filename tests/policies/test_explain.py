"""A policy in words, its gaps, and the documentation that is written from the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.explain import explain, forgotten, never_found
from policies.policy import parse_policy, read_shipped, shipped_policies
from policies.reference import reference

DOCS = Path(__file__).parents[2] / "docs" / "policies.md"
TEXT = """\
name: small
version: 3
description: For tests.
default_level: public
unlisted: confidential
doubt: internal
routes: {public: closed, internal: closed, confidential: closed_pseudonymised, regulated: on_prem}
unavailable: {closed: wait}
unknown_call: hold
threshold: 0.4
topics:
  health: {score: 0.5, level: internal}
rules:
  - {id: person, says: A name., level: confidential, any: [PERSON], cites: [{regulation: GDPR, clause: Art. 4(1)}]}
  - id: patient
    says: Health of a person.
    level: regulated
    topics: [health]
    any: [PERSON, PHONE_NUMBER]
    score: 0.2
    cites: [{regulation: GDPR, clause: Art. 9(1)}, {regulation: HIPAA, clause: 45 CFR 160.103}]
sources:
  - {id: personnel, match: "hr/*", at_least: regulated}
"""
WORDS = """\
For tests.

Where documents go
  public: goes to the closed model as it is.
  internal: goes to the closed model as it is.
  confidential: goes to the closed model with every finding replaced by a placeholder.
  regulated: stays on-premises.

Always
  A complete document in which nothing was found is public.
  A document of which some part was not, or not surely, looked at is regulated. No policy can change that.
  A record that cannot be read is held in quarantine.
  An entity or topic that no rule lists makes a document confidential.
  A finding below its threshold makes a document internal, or what the entity alone would.
  A closed call whose outcome a crash has hidden is held for a person to decide.
  A document for closed, when that cannot be reached, waits.
  A document for closed_pseudonymised, when that cannot be reached, stays on-premises.
  Each chunk carries 12 canaries: made-up documents with known identifiers.
  When one of them would leave, or recall is surely below 95.0%, the run's closed routes shut for good.

Rules, the strictest first
  patient: regulated. Health of a person.
    if about health; and one of PERSON, PHONE_NUMBER, from a score of 0.2
    from GDPR Art. 9(1); HIPAA 45 CFR 160.103
  person: confidential. A name.
    if PERSON
    from GDPR Art. 4(1)

Topics
  health: internal, from a score of 0.5.

Places
  personnel: hr/* is at least regulated.

Covers 1 of the 3 entities that the detector finds.
  Forgotten, and so confidential: PHONE_NUMBER, US_SSN."""


def test_a_policy_in_words() -> None:
    """A policy explains itself, and says what it forgets."""
    policy = parse_policy(TEXT, name="small.yaml")
    first, *rest = explain(policy, ["PERSON", "PHONE_NUMBER", "US_SSN"])
    assert f"small, version 3 ({policy.digest})" == first
    assert "\n".join(rest) == WORDS


def test_forgotten_means_no_rule_for_one_alone() -> None:
    """An entity that stands in combinations only is forgotten by itself."""
    policy = parse_policy(TEXT, name="small.yaml")
    assert forgotten(policy, ["PERSON", "PHONE_NUMBER"]) == ("PHONE_NUMBER",)
    assert never_found(policy, ["PERSON"]) == ("PHONE_NUMBER",)


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_explain_themselves(name: str) -> None:
    """Every rule of a shipped policy is in its explanation."""
    policy = parse_policy(read_shipped(name), name=f"{name}.yaml")
    words = "\n".join(explain(policy))
    assert all(f"\n  {rule.id}: " in words for rule in policy.rules)


def test_documentation_is_in_step() -> None:
    """The tables in docs/policies.md are what the code says (`python -m policies.reference`)."""
    _, _, tables = DOCS.read_text(encoding="utf-8").partition("<!-- reference -->\n")
    assert reference() == tables.lstrip("\n")
