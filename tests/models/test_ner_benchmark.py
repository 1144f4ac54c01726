"""How the NER benchmark counts."""

from __future__ import annotations

import pytest

from benchmarks.ner import Counts, Ratio, count


@pytest.mark.parametrize(
    ("labelled", "predicted", "right_type", "any_type", "predicted_right"),
    [
        ([(0, 4, "PERSON")], [(0, 4, "PERSON")], 1, 1, 1),
        ([(0, 4, "PERSON")], [(3, 9, "PERSON")], 1, 1, 1),  # sharing one character is enough
        ([(0, 4, "PERSON")], [(4, 9, "PERSON")], 0, 0, 0),  # touching is not
        ([(0, 4, "PERSON")], [(0, 4, "LOCATION")], 0, 1, 0),
        ([(0, 4, "PERSON")], [], 0, 0, 0),
    ],
)
def test_counts_overlaps(labelled, predicted, right_type, any_type, predicted_right):
    """A labelled span is found by overlap, with or without regard to its type."""
    counts: dict[str, Counts] = {}
    count(counts, labelled, predicted)
    person = counts["PERSON"]
    assert (1, right_type, any_type) == (person.labelled, person.found_right_type, person.found_any_type)
    assert predicted_right == person.predicted_right


def test_ignores_what_is_not_annotated():
    """A hit inside a cited precedent is neither right nor wrong."""
    counts: dict[str, Counts] = {}
    count(counts, [(10, 30, "PRECEDENT")], [(12, 18, "PERSON")])
    assert counts == {}


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.000, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.000), (82, 100, 0.733, 0.883)],
)
def test_wilson_interval(hits, total, low, high):
    """The interval agrees with published tables, at the edges too."""
    assert pytest.approx((low, high), abs=0.001) == Ratio(hits=hits, total=total).wilson()
