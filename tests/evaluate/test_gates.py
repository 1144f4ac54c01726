"""Conditions on a report."""

from __future__ import annotations

import pytest

from pipeline.evaluate.gates import GateError, parse_condition

SYSTEM = {
    "sets": [
        {
            "set": "a",
            "entities": {"PERSON": {"recall": {"share": 0.8}}},
            "leaks": {"cleared": {"share": None}},
        }
    ],
    "all": {
        "entities": {"PERSON": {"recall": {"share": 0.9}}},
        "leaks": {"cleared": {"share": 0.004}},
        "over_routing": {"held": {"share": 0.2}},
    },
}


@pytest.mark.parametrize(
    ("said", "side", "holds"),
    [
        ("recall:PERSON=0.9", "under", True),
        ("recall:PERSON=0.91", "under", False),
        ("recall:PERSON@a=0.9", "under", False),
        ("recall:PERSON@b=0.1", "under", False),  # no such set: nothing seen is no proof
        ("recall:US_SSN=0.1", "under", False),
        ("leak=0.005", "over", True),
        ("leak=0.003", "over", False),
        ("leak@a=1", "over", False),  # nothing was counted there
        ("over_routing=.2", "over", True),
    ],
)
def test_a_condition_is_judged(said, side, holds):
    """A figure at the bar holds; one that was never counted does not."""
    assert holds == parse_condition(said, side).judge(SYSTEM)["holds"]


@pytest.mark.parametrize(
    "said", ["recall=0.9", "leak:PERSON=0.1", "speed=0.1", "recall:PERSON", "recall:PERSON=90", ""]
)
def test_a_condition_that_says_nothing_is_refused(said):
    """A misspelt condition must not pass for one that holds."""
    with pytest.raises(GateError):
        parse_condition(said, "under")
