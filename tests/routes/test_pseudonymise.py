from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.check import Answer, AnswerProblem
from pipeline.errors import DocumentError
from pipeline.placeholders import PLACEHOLDER, PlaceholderProblemKind, outside_placeholders
from pipeline.pseudonymise import (
    PlaceholderProblem,
    Pseudonymised,
    check_pseudonymised,
    pseudonymise,
    pseudonymise_until_clean,
    reidentify,
)
from policies.assessment import Assessment, Finding
from tests.lib.proofs import whole

KEY = b"a key of the installation"


def _find(text: str, *wanted: tuple[str, str]) -> list[Finding]:
    return [
        Finding(start=match.start(), end=match.end(), entity=entity, score=0.9, recogniser="test")
        for word, entity in wanted
        for match in re.finditer(re.escape(word), text)
    ]


def _at(start: int, end: int, entity: str = "PERSON") -> Finding:
    return Finding(start=start, end=end, entity=entity, score=0.9, recogniser="test")


def test_same_value_same_placeholder():
    """A value gets one placeholder wherever it stands, whatever its case and spacing."""
    text = "Ann Lee met ANN  LEE and Bo."
    hidden = pseudonymise(
        text, _find(text, ("Ann Lee", "PERSON"), ("ANN  LEE", "PERSON"), ("Bo", "PERSON")), key=KEY
    )
    assert hidden.text == "[PERSON_1] met [PERSON_1] and [PERSON_2]."
    assert hidden.mapping == {"[PERSON_1]": "Ann Lee", "[PERSON_2]": "Bo"}
    assert "Ann" not in repr(hidden)


def test_missed_occurrences():
    """What the detector saw once is replaced everywhere as a word, and not inside other words."""
    text = "Ann wrote. Later ann left for Annapolis."
    assert (
        pseudonymise(text, [_at(0, 3)], key=KEY).text
        == "[PERSON_1] wrote. Later [PERSON_1] left for Annapolis."
    )


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([_at(0, 7), _at(4, 14, "EMAIL_ADDRESS")], "[EMAIL_ADDRESS_1] rest"),
        ([_at(0, 3), _at(3, 14, "URL")], "[URL_1] rest"),
        ([_at(0, 14), _at(4, 7, "URL")], "[PERSON_1] rest"),
        ([_at(0, 3), _at(4, 14, "URL")], "[PERSON_1] [URL_1] rest"),
        ([_at(5, 5)], "Ann lee@site.x rest"),
        ([], "Ann lee@site.x rest"),
    ],
)
def test_overlaps(findings, expected):
    """Findings that overlap or touch are replaced together; neighbours stay apart."""
    assert pseudonymise("Ann lee@site.x rest", findings, key=KEY).text == expected


def test_finding_outside_text():
    """A finding that the text does not have stops the document."""
    with pytest.raises(DocumentError, match="finding_outside_text"):
        pseudonymise("short", [_at(3, 9)], key=KEY)


@pytest.mark.parametrize("taken", ["[PERSON_1]", "[person_1]", "[ PERSON 7", "\uff3bPERSON_1\uff3d"])
def test_collision(taken):
    """If the text has something like a placeholder already, ours are told apart by a tag."""
    text = f"{taken} said Ann."
    at = text.index("Ann")
    hidden = pseudonymise(text, [_at(at, at + 3)], key=KEY)
    assert re.fullmatch(rf"{re.escape(taken)} said \[PERSON_1_[a-z2-7]{{6}}\]\.", hidden.text)
    assert hidden == pseudonymise(text, [_at(at, at + 3)], key=KEY)
    assert hidden.text != pseudonymise(text, [_at(at, at + 3)], key=b"another").text
    back = reidentify(json.dumps({"reason": hidden.text}), hidden)
    assert (json.loads(back.answer)["reason"], back.problems) == (text, ())


def test_reidentify():
    """Values come back in every string of an answer, once, in keys too, and nothing else changes."""
    hidden = Pseudonymised(
        text="[PERSON_1] [PERSON_2] [IBAN_CODE_1]",
        mapping={"[PERSON_1]": 'Ann "A" Lee', "[PERSON_2]": "[PERSON_1]", "[IBAN_CODE_1]": "DE89"},
    )
    answer = {
        "parties": ["[PERSON_2]", {"[PERSON_1]": "to [IBAN_CODE_1], [IBAN_CODE_1]"}],
        "n": 1.5,
        "ok": True,
    }
    back = reidentify(json.dumps(answer), hidden)
    assert json.loads(back.answer) == {
        "parties": ["[PERSON_1]", {'Ann "A" Lee': "to DE89, DE89"}],
        "n": 1.5,
        "ok": True,
    }
    assert back.problems == ()
    assert "Ann" not in repr(back)


KIND = PlaceholderProblemKind


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("[person_1] paid", KIND.ALTERED),
        ("[PERSON 1] paid", KIND.ALTERED),
        ("[ PERSON_1 ] paid", KIND.ALTERED),
        ("PERSON_1 paid", KIND.ALTERED),
        ("(PERSON_1) paid", KIND.ALTERED),
        ("Person 1 paid", KIND.ALTERED),
        ("[PERSON\\_1] paid", KIND.ALTERED),
        ("\uff3bPERSON_1\uff3d paid", KIND.ALTERED),
        ("[Iban Code 1] is new", KIND.ALTERED),
        ("[PERSON_1", KIND.ALTERED),
        ("[PERSON_] paid", KIND.LOST),
        ("[PERSON] paid", KIND.LOST),
        ("[PERSON_", KIND.LOST),
        ("PERSON_9 paid", KIND.LOST),
        ("[PERSON_9] paid", KIND.INVENTED),
        ("[DATE_TIME_1] it was", KIND.INVENTED),
    ],
)
def test_damage(said, kind):
    """A placeholder that is not a copy is a problem, of the right kind, without content."""
    hidden = Pseudonymised(
        text="[PERSON_1] [IBAN_CODE_1]", mapping={"[PERSON_1]": "Ann", "[IBAN_CODE_1]": "DE89"}
    )
    back = reidentify(json.dumps({"reason": said}), hidden)
    assert back.problems == (PlaceholderProblem(kind=kind, count=1),)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Nobody is named.",
        "[PERSON_1] and [PERSON_1].",
        "A person paid (personally) by IBAN code.",
        "The person in question has 1 account.",
        "See [1], [sic] and ISO_9001.",
        "[[PERSON_1]]",
    ],
)
def test_no_damage(said):
    """An answer need not mention a placeholder, and ordinary words are none."""
    hidden = Pseudonymised(
        text="[PERSON_1] [IBAN_CODE_1]", mapping={"[PERSON_1]": "Ann", "[IBAN_CODE_1]": "DE89"}
    )
    assert reidentify(json.dumps({"reason": said}), hidden).problems == ()


_WORDS = st.sampled_from(
    ["Ann", "ann", "Lee", "a", "12", "[PERSON_1]", "\u00df", "\u0130x", "-", "(", "x@y.z", "\n", "  "]
)


@st.composite
def _texts(draw):
    text = "".join(draw(st.lists(st.one_of(_WORDS, st.just(" "), st.text(max_size=3)), max_size=20)))
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, 8)), max_size=6))
    entities = st.sampled_from(["PERSON", "US_SSN", "AGE_OVER_89"])
    findings = [_at(start, min(start + width, len(text)), draw(entities)) for start, width in spans]
    return text, findings


@given(_texts())
def test_round_trip(case):
    """Putting values back gives the text, up to case and spacing of values, without problems."""
    text, findings = case
    hidden = pseudonymise(text, findings, key=KEY)
    restored = PLACEHOLDER.sub(lambda match: hidden.mapping.get(match.group(), match.group()), hidden.text)
    assert "".join(restored.casefold().split()) == "".join(text.casefold().split())


@given(_texts())
def test_nothing_remains(case):
    """Every character of every finding is gone, and no value remains as a word."""
    text, findings = case
    hidden = pseudonymise(text, findings, key=KEY)
    outside = PLACEHOLDER.sub(
        lambda match: "\x00" if match.group() in hidden.mapping else match.group(), hidden.text
    )
    for value in hidden.mapping.values():
        if re.search(r"\w", value) and not value.startswith((" ", "\n")) and value == value.strip():
            assert not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", outside)
    covered = sum(len(value) for value in hidden.mapping.values())
    assert bool(covered) == any(finding.end > finding.start for finding in findings)


@given(_texts())
def test_placeholders_are_new(case):
    """No placeholder occurs in the text that it was made for."""
    text, findings = case
    assert not any(token in text for token in pseudonymise(text, findings, key=KEY).mapping)


@pytest.mark.parametrize(
    ("text", "seen", "left"),
    [
        ("Dear [PERSON_1], hello", "[PERSON_1]", False),
        ("Dear [PERSON_1], hello", "PERSON_1", False),
        ("Dear [PERSON_1], hello", "Dear [PERSON_1]", False),
        ("Dr. [PERSON_1] Smith", "Dr. [PERSON_1]", False),
        ("Dr. [PERSON_1] Smith", "[PERSON_1] Smith", True),
        ("Dr. [PERSON_1] Smith", "Smith", True),
        ("[PERSON_1] [PERSON_2]", "[PERSON_1] [PERSON_2]", False),
    ],
)
def test_outside_placeholders(text, seen, left):
    """A finding on a placeholder is nothing; one that sees a word beside it is."""
    at = text.index(seen)
    assert bool(outside_placeholders(text, [_at(at, at + len(seen))])) is left


def test_until_clean():
    """What a recogniser sees only once names are gone is replaced as well, everywhere."""
    text = "Ann Lee asked Smithers. Smithers said no to Bo."

    def scan(shown: str) -> Assessment:
        late = [("Smithers", "PERSON")] if "Ann" not in shown else []
        late += [("no to [PERSON", "NRP")] if "Smithers" not in shown else []
        return Assessment(
            findings=tuple(_find(shown, *late)),
            topics=(),
            gaps=(),
            characters=0,
            language="en",
            detector="",
            proof=whole(0),
        )

    hidden = pseudonymise_until_clean(
        text, _find(text, ("Ann Lee", "PERSON"), ("Bo", "PERSON")), scan=scan, key=KEY
    )
    assert hidden.text == "[PERSON_1] asked [PERSON_2]. [PERSON_2] said [NRP_1] [PERSON_3]."


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"reason": "[PERSON_1] wrote.", "kind": "letter"}, '{"kind":"letter","reason":"Ann wrote."}'),
        ({"reason": "[PERSON_7] wrote.", "kind": "letter"}, AnswerProblem(rule="placeholders")),
        ({"reason": "[PERSON_1] wrote.", "kind": "poem"}, AnswerProblem(rule="enum", where="kind")),
        ("nonsense", AnswerProblem(rule="type")),
    ],
)
def test_check_pseudonymised(task, said, expected):
    """An answer has to match its schema first; then values go back, if no placeholder is damaged."""
    hidden = Pseudonymised(text="[PERSON_1]", mapping={"[PERSON_1]": "Ann"})
    checked = check_pseudonymised(json.dumps(said), task, hidden)
    assert (checked.canonical if isinstance(checked, Answer) else checked) == expected


def test_values_may_be_long(task):
    """A value may be longer than the schema allows what the model says to be."""
    hidden = Pseudonymised(text="[PERSON_1]", mapping={"[PERSON_1]": "A" * 300})
    answer = check_pseudonymised('{"reason": "[PERSON_1]", "kind": "letter"}', task, hidden)
    assert answer.value["reason"] == "A" * 300
