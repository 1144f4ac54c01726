"""What ships: borrowed rules, policies that forget nothing, and patterns whose time is bounded."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

import pytest
import regex

from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.borrowed import borrowed_patterns, bounded
from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.specs import RecogniserSpec, read_recognisers
from policies.assessment import GapReason
from policies.decide import decide
from policies.explain import forgotten
from policies.levels import Level
from policies.policy import parse_policy, read_shipped, shipped_policies

BOUNDED = [
    (r"a+b*", r"a{1,300}b{0,300}"),
    (r"\++[+*]x", r"\+{1,300}[+*]x"),
    (r"[^]+]+?", r"[^]+]{1,300}?"),
    (r"(?:ab){10,}c{2,5}d{3}", r"(?:ab){10,300}c{2,5}d{3}"),
    (r"\d{400,}", r"\d{400,400}"),
]


@pytest.mark.parametrize(("pattern", "expected"), BOUNDED)
def test_borrowed_repetitions_get_a_bound(pattern: str, expected: str) -> None:
    """Stars, pluses and open braces are bounded; classes and escapes are left as they are."""
    assert bounded(pattern) == expected
    regex.compile(expected)


@pytest.mark.parametrize("plugin", ["aws.Nothing", "nothing.AWSKeyDetector", "keyword.KeywordDetector"])
def test_a_rule_set_that_is_gone_stops_the_start(plugin: str) -> None:
    """The library's next version may drop a plugin; then nothing starts, instead of seeing less."""
    with pytest.raises(DetectorUnavailable, match="secret_rules_missing"):
        borrowed_patterns(plugin)


@pytest.mark.parametrize("name", shipped_policies())
def test_no_policy_forgets_an_entity(detector: Detector, name: str) -> None:
    """Each entity that the detector finds has a rule that says what it means alone, with a clause."""
    policy = parse_policy(read_shipped(name), name=f"{name}.yaml")
    assert forgotten(policy, detector.entities) == ()


@pytest.mark.parametrize("name", shipped_policies())
def test_postcode_birth_and_sex_are_regulated(detector: Detector, name: str) -> None:
    """Three things that are ordinary alone single somebody out together."""
    policy = parse_policy(read_shipped(name), name=f"{name}.yaml")
    assessment = detector.scan("Sex: F, date of birth: 04/12/1956, ZIP 62704")
    decision = decide(replace(assessment, gaps=()), policy)
    assert decision.level is Level.REGULATED
    assert "zip-birth-sex" in decision.rules


AGES = [
    ("he is 92 years old", True),
    ("a 94-year-old man", True),
    ("102yo female", True),
    ("aged 97", True),
    ("Age: 103", True),
    ("eine 91-jährige Frau", True),
    ("on her 95th birthday", True),
    ("one hundred and two years old", True),
    ("a nonagenarian", True),
    ("he is 89 years old", False),
    ("aged 12", False),
    ("born in 1931", False),
    ("95% of the 93 units", False),
    ("aged 90 days in oak", False),
]


@pytest.mark.parametrize(("text", "expected"), AGES)
def test_ages_above_89(detector: Detector, text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """In figures and in words; a year of birth, a share or a number of days is none."""
    assert ("AGE_OVER_89" in detector.scan(text).entities) is expected


SAFE_HARBOR = [
    ("DATE_OF_CARE", "Date of admission: 03/14/2026"),
    ("DATE_OF_CARE", "discharged on March 3, 2026"),
    ("SEX", "a 43-year-old male"),
    ("SEX", "Gender: Female"),
    ("PHONE_NUMBER", "Fax: (555) 010-0199 x23"),
    ("EMAIL_ADDRESS", "nurse@ward.corp"),
    ("IP_ADDRESS", "2001:db8:85a3::8a2e:370:7334"),
    ("USERNAME", "username: mwalker77"),
    ("FACE_PHOTO", "a full-face photograph"),
    ("BIOMETRIC_ID", "the fingerprint scan of the applicant"),
    ("MRZ", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
    ("UNIQUE_ID", "Study participant ID: AB-20418"),
    ("HEALTH_INSURANCE_NUMBER", "Medicaid ID 44719203"),
    ("LICENSE_NUMBER", "nursing license number RN-448812"),
]


@pytest.mark.parametrize(("entity", "text"), SAFE_HARBOR)
def test_finds_what_safe_harbor_names(detector: Detector, entity: str, text: str) -> None:
    """HIPAA's classes beyond national numbers, as forms write them."""
    assert entity in {one.entity for one in detector.scan(text).findings if one.score >= 0.35}


PIECES: Final = ("1 ", "a@", "--", "0-", "A1", "a.", "password ", "fax 1 ", "sex: ", "aws ", "eyJ", "://a:")


@pytest.mark.parametrize("piece", PIECES)
def test_no_pattern_of_ours_is_quadratic(piece: str) -> None:
    """Four times the text costs each pattern about four times the time."""
    for spec in read_recognisers(None):
        if not isinstance(spec, RecogniserSpec):
            continue
        flags = regex.DOTALL | regex.MULTILINE | (0 if spec.case_sensitive else regex.IGNORECASE)
        for one in spec.patterns:
            pattern = regex.compile(one.regex, flags)
            small, large = (_seconds(pattern, (piece * size)[:size]) for size in (4_000, 16_000))
            assert large < 9 * max(small, 0.01), f"{spec.name}: {one.name}"


def _seconds(pattern: regex.Pattern[str], text: str) -> float:
    start = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - start


def test_a_row_that_takes_too_long_taints_its_document(
    config: DetectorConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that times out is a gap, named by its row."""
    detector = Detector.load(config)
    monkeypatch.setattr("pipeline.detect.identifiers._FORM_TIMEOUT_SECONDS", 1e-9)
    gaps = detector.scan("number 123456789012 " * 400).gaps
    assert GapReason.RECOGNISER_TIMED_OUT in {gap.reason for gap in gaps}
