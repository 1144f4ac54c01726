from __future__ import annotations

import json
import re

import pytest

from pipeline.check import Answer, AnswerProblem, answer_level, check_answer, possible_hints
from policies.assessment import Assessment, Finding, Gap, GapReason
from policies.levels import Level
from tests.lib.proofs import whole

CANARY = "canary-5512-legato"


@pytest.mark.parametrize(
    ("raw", "rule", "where"),
    [
        ("", "refused", ""),
        ("  \n", "refused", ""),
        ('Sure: {"reason": "x", "kind": "letter"}', "not_json", ""),
        ('```json\n{"reason": "x", "kind": "letter"}\n```', "not_json", ""),
        ('{"reason": "x", "kind": "letter"', "not_json", ""),
        ('{"reason": "x", "kind": "letter", "kind": "other"}', "not_json", ""),
        ('{"reason": NaN, "kind": "letter"}', "not_json", ""),
        ('{"reason": -Infinity, "kind": "letter"}', "not_json", ""),
        ('{"reason": 123456789012345678901234567890, "kind": "letter"}', "not_json", ""),
        ('{"reason": "\\ud800", "kind": "letter"}', "not_json", ""),
        ("[" * 100_000, "not_json", ""),
        ("[]", "type", ""),
        ("null", "type", ""),
        ('{"kind": "letter"}', "required", ""),
        ('{"reason": "", "kind": "letter"}', "minLength", "reason"),
        (json.dumps({"reason": "x" * 201, "kind": "letter"}), "maxLength", "reason"),
        ('{"reason": 5, "kind": "letter"}', "type", "reason"),
        (json.dumps({"reason": "x", "kind": CANARY}), "enum", "kind"),
        (json.dumps({"reason": "x", "kind": "letter", CANARY: 1}), "additionalProperties", ""),
        (" " + "x" * (1 << 20), "truncated", ""),
    ],
)
def test_problems(task, raw, rule, where):
    """An answer that is not exactly right is a problem, whose hint holds nothing of the answer."""
    problem = check_answer(raw, task)
    assert problem == AnswerProblem(rule=rule, where=where)
    assert CANARY not in problem.hint + repr(problem)
    assert problem.hint in possible_hints(task)


def test_answer(task):
    """A right answer is kept in canonical form, and no repr shows it."""
    answer = check_answer(json.dumps({"reason": CANARY, "kind": "letter"}, indent=1), task)
    assert isinstance(answer, Answer)
    assert answer.canonical == f'{{"kind":"letter","reason":"{CANARY}"}}'
    assert CANARY not in repr(answer)


class Detector:
    """Find names and numbers; a small real detector that remembers nothing."""

    def __init__(self, *gaps):
        self.gaps = tuple(Gap(reason=reason) for reason in gaps)

    def scan(self, text):
        """Return what is in `text`."""
        findings = tuple(
            Finding(start=match.start(), end=match.end(), entity=entity, score=0.9, recogniser="test")
            for entity, pattern in (("PERSON", "Ann"), ("US_SSN", r"\d{3}-\d\d-\d{4}"))
            for match in re.finditer(pattern, text)
        )
        return Assessment(
            findings=findings,
            topics=(),
            gaps=self.gaps,
            characters=len(text),
            language="en",
            detector="sha256:0",
            proof=whole(len(text)),
        )


@pytest.mark.parametrize("document", list(Level))
@pytest.mark.parametrize(
    ("said", "own"),
    [("nothing", Level.PUBLIC), ("Ann", Level.CONFIDENTIAL), ("536-90-4399", Level.REGULATED)],
)
def test_level(task, policy, said, own, document):
    """A result is as sensitive as its document or its own words, whichever is more."""
    answer = check_answer(json.dumps({"reason": said, "kind": "letter"}), task)
    level, assessment = answer_level(answer, detector=Detector(), policy=policy, document_level=document)
    assert level == max(own, document)
    assert bool(assessment.findings) == (own > Level.PUBLIC)


@pytest.mark.parametrize(
    ("gap", "words", "expected"),
    [
        (GapReason.RECOGNISER_FAILED, "short", Level.REGULATED),
        (GapReason.LANGUAGE_UNKNOWN, "short", Level.PUBLIC),
        (GapReason.LANGUAGE_UNSUPPORTED, "short", Level.PUBLIC),
        (GapReason.LANGUAGE_UNKNOWN, "long " * 40, Level.REGULATED),
    ],
)
def test_incomplete_look(task, policy, gap, words, expected):
    """An answer that was not wholly looked at is regulated; a few words have no language."""
    answer = check_answer(json.dumps({"reason": words, "kind": "other"}), task)
    level, _ = answer_level(answer, detector=Detector(gap), policy=policy, document_level=Level.PUBLIC)
    assert level is expected


def test_keys_are_looked_at(task, policy):
    """What a model puts into a key is looked at, unless it is a plain name."""
    answer = Answer(value={"Ann": {"plain_key": [1, True, None]}}, canonical="")
    level, assessment = answer_level(answer, detector=Detector(), policy=policy, document_level=Level.PUBLIC)
    assert level is Level.CONFIDENTIAL
    assert assessment.characters == len("Ann\n1")
