from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.merge import merge
from pipeline.detect.views import plain, views
from pipeline.detect.windows import windows
from policies.assessment import Finding

WORDS = st.text(alphabet="ab \n", max_size=600)


@given(text=WORDS, characters=st.integers(40, 90), overlap=st.integers(1, 10))
def test_windows_cover_the_text(text: str, characters: int, overlap: int) -> None:
    """Every code point is in a window, none is too long, and neighbours overlap."""
    spans = list(windows(text, characters=characters, overlap=overlap))
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(end - start <= characters for start, end in spans)
    assert all(second[0] <= first[1] - overlap for first, second in pairwise(spans))


@pytest.fixture(scope="module")
def windowed(config: DetectorConfig) -> Detector:
    return Detector.load(replace(config, window_characters=1_000, window_overlap=200))


@pytest.mark.parametrize("place", range(780, 1_020, 7))
def test_nothing_is_lost_at_a_border(windowed: Detector, place: int) -> None:
    """A number and a name are found once, at their place, wherever a window ends."""
    secret = "SSN 536-22-8741 of Mary Walker"
    text = ("word " * 400)[:place] + f" {secret} " + "word " * 400
    found = {
        text[one.start : one.end]
        for one in windowed.scan(text).findings
        if one.entity in {"US_SSN", "PERSON"}
    }
    assert found == {"536-22-8741", "Mary Walker"}


def test_windows_do_not_change_what_is_found(detector: Detector, windowed: Detector) -> None:
    """A long text gives the same findings in large and small windows."""
    text = "".join(
        f"Line {line}: call +1 212 555 {line:04d} or mail u{line}@example.com.\n" for line in range(200)
    )
    of = [
        [
            (one.entity, one.start, one.end)
            for one in each.scan(text).findings
            if one.entity == "EMAIL_ADDRESS"
        ]
        for each in (detector, windowed)
    ]
    assert of[0] == of[1]
    assert len(of[0]) == 200


@given(st.text(max_size=300))
def test_plain_keeps_every_place(text: str) -> None:
    """The plain form of a text has the same length, so its spans are the original's."""
    assert len(plain(text)) == len(text)


@given(st.text(alphabet="a1\u00a0\u2013\u200b\n -", max_size=300))
def test_views_point_into_the_text(text: str) -> None:
    """Each code point of a view stands where its offset says, in order."""
    for view in views(text):
        spans = [view.span(at, at + 1) for at in range(len(view.text))]
        assert spans == sorted(spans)
        assert all(0 <= start <= end <= len(text) for start, end in spans)
        assert 0 <= view.span(0, len(view.text))[0] < view.span(0, len(view.text))[1] <= len(text)


def test_a_plain_text_has_no_other_views() -> None:
    """Nothing is looked at twice unless looking again can show something."""
    assert list(views("An ordinary line, with 3 numbers: 4 5.\nAnd another.")) == []


def _finding(start: int, end: int, score: float, entity: str = "X") -> Finding:
    return Finding(start=start, end=end, entity=entity, score=score, recogniser="r")


MERGED = [
    ([_finding(0, 9, 0.5), _finding(0, 9, 0.9)], [(0, 9, 0.9)]),
    ([_finding(0, 9, 0.9), _finding(3, 5, 0.5)], [(0, 9, 0.9)]),
    ([_finding(0, 9, 0.3), _finding(3, 5, 0.9)], [(3, 5, 0.9)]),  # a candidate gives way
    ([_finding(0, 5, 0.9), _finding(3, 9, 0.5)], [(0, 9, 0.9)]),  # two sure ones are one
    ([_finding(0, 5, 0.9), _finding(5, 9, 0.5)], [(0, 5, 0.9), (5, 9, 0.5)]),
    ([_finding(0, 5, 0.9), _finding(0, 5, 0.5, "Y")], [(0, 5, 0.9), (0, 5, 0.5)]),
]


@pytest.mark.parametrize(("findings", "expected"), MERGED)
def test_merge(findings: list[Finding], expected: list[tuple[int, int, float]]) -> None:
    """Findings of one entity do not overlap; those of different entities may."""
    for order in (findings, findings[::-1]):
        assert [(one.start, one.end, one.score) for one in merge(order)] == expected
