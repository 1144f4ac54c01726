"""Policy files: what parses, what does not and where, and what names a policy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.coherence import RESERVED_IDS
from policies.levels import Level, Route
from policies.policy import PolicyError, parse_policy, read_shipped, shipped_policies
from policies.schema import PolicyFile

SMALL = """\
name: small
version: 1
description: For tests.
default_level: public
unlisted: confidential
doubt: internal
routes: {public: closed, internal: closed, confidential: closed_pseudonymised, regulated: on_prem}
unknown_call: hold
threshold: 0.4
thresholds:
  US_SSN: 0.3
groups:
  contacts: [EMAIL_ADDRESS, PHONE_NUMBER]
topics:
  health: {score: 0.5, level: internal}
rules:
  - id: person
    says: A name.
    level: confidential
    any: [PERSON, contacts]
    cites: [{regulation: GDPR, clause: Art. 4(1)}]
  - id: number
    says: A number.
    level: regulated
    any: [US_SSN]
    cites: [{regulation: GDPR, clause: Art. 87}]
"""


def _line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_small_policy() -> None:
    """A policy file becomes the law that it describes."""
    policy = parse_policy(SMALL, name="small.yaml")
    assert policy.routes[Level.REGULATED] is Route.ON_PREM
    assert policy.alone == {
        "PERSON": Level.CONFIDENTIAL,
        "EMAIL_ADDRESS": Level.CONFIDENTIAL,
        "PHONE_NUMBER": Level.CONFIDENTIAL,
        "US_SSN": Level.REGULATED,
    }
    assert policy.on_unknown_call == "hold"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 1\nvresion: 2", "unknown key; allowed: name, version, description"),
        ("    says: A number.", "    sais: A number.", "unknown key; allowed: id, says, level, any"),
        ("clause: Art. 87", "clause: Art. 87, page: 3", "unknown key; allowed: regulation, clause"),
        ("score: 0.5,", "score: 0.5, weight: 2,", "unknown key; allowed: score, level"),
        ("version: 1", "version: one", "must be a whole number"),
        ("version: 1", "version: 0", "must be at least 1"),
        ("threshold: 0.4", "threshold: high", "must be a number"),
        ("threshold: 0.4", "threshold: true", "must be a number"),
        ("threshold: 0.4", "threshold: 1.5", "must be at most 1"),
        ("threshold: 0.4", "threshold: .nan", "must be at"),
        ("threshold: 0.4", "threshold: 0.40001", "at most three decimals"),
        ("name: small", "name: Not A Name", "must look like"),
        ("name: small", "name: no", "must be a text"),  # YAML's `no` is not a word
        ("default_level: public", "default_level: harmless", "must be one of: 'public', 'internal'"),
        ("unlisted: confidential", "unlisted: public", "must be one of: 'confidential' or 'regulated'"),
        ("doubt: internal", "doubt: public", "must be one of"),
        ("    any: [US_SSN]", "    any: US_SSN", "must be a list"),
        ("cites: [{regulation: GDPR, clause: Art. 87}]", "cites: []", "must not be empty"),
        ("regulated: on_prem", "regulated: closed", "regulated documents must not leave"),
        ("regulated: on_prem", "regulated: closed_pseudonymised", "regulated documents must not leave"),
        ("routes: {public: closed, ", "routes: {", "a route is missing for: public"),
        ("internal: closed,", "internal: quarantine,", "less strict than the one of internal"),
        ("- id: number", "- id: person", "this id is taken"),
        ("- id: number", "- id: incomplete", "this id is taken (or reserved)"),
        ("- id: number", "- id: topic-health", "this id is taken (or reserved)"),
        ("[PERSON, contacts]", "[PERSON, contcts]", "no such group; there are: contacts"),
        ("    any: [US_SSN]", "    any: [US_SSN]\n    topics: [helth]", "no such topic; there are: health"),
        ("  US_SSN: 0.3", "  US_SNN: 0.3", "no rule names this entity"),
        ("    any: [US_SSN]", "    different: 1", "a rule needs a condition"),
        ("    any: [US_SSN]", "    any: [US_SSN]\n    different: 2", "does not hold that many"),
        ("    any: [US_SSN]", "    all: [US_SSN]\n    count: 2", "are about `any`"),
        ("    any: [US_SSN]", "    any: [US_SSN]\n    topic_score: 0.5", "asks for no topic"),
        ("    any: [US_SSN]", "    topics: [health]\n    score: 0.5", "asks for no entity"),
        ("[PERSON, contacts]", "[PERSON]", "no rule uses this group"),
        ("threshold: 0.4", "threshold: 0.4\nthreshold: 0.5", "stands here twice"),
        ("version: 1", "version: &one 1", "aliases are not allowed"),
        ("version: 1", "version: !!int 1", "tags are not allowed"),
        (
            "unknown_call: hold",
            "unknown_call: hold\nquarantine: {gaps: [nothing]}",
            "no such gap; there are: active",
        ),
        (
            "unknown_call: hold",
            "unknown_call: hold\nunavailable: {closed: closed}",
            "must be one of: 'on_prem' or 'wait'",
        ),
        (
            "unknown_call: hold",
            "unknown_call: hold\nsources: [{id: a, match: b, at_least: public}]",
            "this raises nothing",
        ),
        ("name: small", "name: [small", "not valid YAML"),
        ("unknown_call: hold\n", "", "this key is missing: unknown_call"),
    ],
)
def test_errors_name_the_line(old: str, new: str, message: str) -> None:
    """What is wrong is reported with file, line and what is allowed."""
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="mine.yaml")
    assert message in caught.value.message
    assert str(caught.value).startswith(f"mine.yaml:{caught.value.line}: ")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("    says: A number.", "    sais: A number.", "sais"),
        ("  US_SSN: 0.3", "  US_SNN: 0.3", "US_SNN"),
        ("- id: number", "- id: person # again", "person # again"),
        ("threshold: 0.4", "threshold: high", "high"),
        ("  health: {score: 0.5,", "  health: {score: 5,", "health: {score: 5"),
    ],
)
def test_the_line_is_the_right_one(old: str, new: str, part: str) -> None:
    """The line of an error is the line where the wrong thing stands, counted from 1."""
    text = SMALL.replace(old, new, 1)
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="mine.yaml")
    assert _line(text, part) == caught.value.line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "- a\n- b",
        "just words",
        "{" * 2000,
        "a: " + "[" * 50 + "]" * 50,
        "x" * 300_000,
        "a: \x00",
        "? [a]\n: b",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """Whatever else is no policy is refused with a line."""
    with pytest.raises(PolicyError):
        parse_policy(text, name="other.yaml")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_an_error(text: str) -> None:
    """No text makes the parser fail in another way."""
    with pytest.raises(PolicyError):
        parse_policy(text, name="other.yaml")


def test_errors_quote_nothing() -> None:
    """A file that was named by mistake does not reach the message."""
    secret = "Ms Zanzibar, 078-05-1120"
    for text in (
        f'{{"text": "{secret}"}}',
        f"{secret}: 1",
        f"name: {secret}",
        SMALL.replace("- id: number", f"- id: {secret}"),
    ):
        with pytest.raises(PolicyError) as caught:
            parse_policy(text, name="mine.yaml")
        assert "Zanzibar" not in str(caught.value)
        assert "078" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_digest_is_of_the_meaning() -> None:
    """Comments, order, and groups written out do not change the digest; a level does."""
    policy = parse_policy(SMALL, name="a.yaml")
    head, first, second = (
        SMALL.partition("  - id: person")[0],
        *SMALL.partition("rules:\n")[2].split("  - id: number"),
    )
    reordered = f"# comment\n{head}  - id: number{second}{first}"
    written_out = SMALL.replace("[PERSON, contacts]", "[PHONE_NUMBER, PERSON, EMAIL_ADDRESS]").replace(
        "groups:\n  contacts: [EMAIL_ADDRESS, PHONE_NUMBER]\n", ""
    )
    assert {policy.digest} == {parse_policy(text, name="b.yaml").digest for text in (reordered, written_out)}
    assert (
        policy.digest
        != parse_policy(SMALL.replace("doubt: internal", "doubt: confidential"), name="c").digest
    )


def test_the_digest_stays() -> None:
    """The digest of a policy is the same in every version: the audit log names policies by it."""
    assert (
        parse_policy(SMALL, name="a.yaml").digest
        == "sha256:1179b29b9e9c9e43a60d713ac694aa87ad23d68d4be7ebd1e22dd370735ee202"
    )


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_cite(name: str) -> None:
    """Every rule of every shipped policy names a regulation, a clause, and what it says."""
    policy = parse_policy(read_shipped(name), name=f"{name}.yaml")
    assert policy.name == name
    for rule in policy.rules:
        assert rule.says.endswith(".")
        assert all(cite.regulation and cite.clause for cite in rule.cites)
        assert rule.cites
        assert rule.id not in RESERVED_IDS


def test_shipped_policies_are_four() -> None:
    """Cordon ships a default and one policy for each of three regulations."""
    assert shipped_policies() == ("default", "gdpr", "hipaa", "pci")
    with pytest.raises(PolicyError, match="shipped: default, gdpr, hipaa, pci"):
        read_shipped("../secret")


@pytest.mark.parametrize("letter", "ABCDEFGHIJKLMNOPR")
def test_hipaa_has_every_letter(letter: str) -> None:
    """Each Safe Harbor identifier that text can hold has a rule; (Q), images, is a gap."""
    policy = parse_policy(read_shipped("hipaa"), name="hipaa.yaml")
    clauses = " ".join(cite.clause for rule in policy.rules for cite in rule.cites)
    covered = f"({letter})" in clauses
    assert covered or "(D)-(E)" in clauses


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_forget_no_entity(name: str) -> None:
    """Every entity that the detector's own files name is listed by every shipped policy."""
    from pipeline.detect.specs import read_presidio, read_recognisers  # noqa: PLC0415 - only this test looks there

    known = {spec.entity for spec in read_recognisers(None)} | set(read_presidio().required_entities)
    policy = parse_policy(read_shipped(name), name=f"{name}.yaml")
    assert set() == known - policy.alone.keys()


def test_unavailable_and_unknown() -> None:
    """A policy says where documents go when a closed route is unavailable; None means that they wait."""
    waits = SMALL + "unavailable: {closed: wait, closed_pseudonymised: on_prem}\n"
    policy = parse_policy(waits, name="a.yaml")
    assert policy.when_unavailable(Route.CLOSED) is None
    assert policy.when_unavailable(Route.CLOSED_PSEUDONYMISED) is Route.ON_PREM
    assert policy.when_unavailable(Route.ON_PREM) is None


def test_every_key_is_described() -> None:
    """The reference can be written: every key says what it means."""
    assert all(field.description for field in PolicyFile.model_fields.values())
    assert not math.isnan(parse_policy(SMALL, name="a").thresholds.of("US_SSN"))


def test_the_digest_names_how_the_detector_is_measured() -> None:
    """Another floor or number of canaries is another law; the defaults written out are the same one."""
    plain = parse_policy(SMALL, name="a.yaml").digest
    written = f"{SMALL}canaries: {{per_chunk: 12, floor: 0.95}}\n"
    assert parse_policy(written, name="a.yaml").digest == plain
    others = {
        parse_policy(written.replace(old, new), name="a.yaml").digest
        for old, new in (("12", "0"), ("12", "24"), ("0.95", "0.98"))
    }
    assert len(others | {plain}) == 4
