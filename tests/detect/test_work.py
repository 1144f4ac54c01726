"""What a text costs is counted, not timed: calls made while it is looked at grow with its length and no faster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from pipeline.detect.unread import unread_values
from pipeline.detect.views import views
from pipeline.detect.views.reading import Piece, Reading, excerpt, rewrite
from policies.assessment import Finding
from tests.detect.bombs import BOMBS

SHORT = 1_000
DRAWN = frozenset({"base64", "keys", "endless_pem"})
"""Drawn at random: one chance hit in a longer text has a rewriting go over all of it."""
MOST_CALLS = 40
"""For each character of a text; the most that any bomb takes is 21."""
MOST_GROWTH = 10.5
"""Of the work, for ten times the text."""
UNITS = (
    "<b>",
    "'+'",
    "\u200ba",
    "a\u200b",
    "=\n",
    "**a",
    "\u00e9",
    "\uff15",
    "+AGE-",
    "\\u0041",
    "1/*x*/",
    "\\-",
    "A1 ",
    "=34=31=\n",
    "five three six ",
    "p4ssw0rd s3cr3t ",
    "jane (at) example dot com ",
    "DE89 3704 0044 0532 0130 00 ",
)
"""What some rewriting changes again and again: as many changes as the text has room for."""


def _calls(work: Callable[[], object]) -> int:
    """Return how many functions `work` calls, those of C among them."""
    count = 0

    def count_one(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal count
        count += event.endswith("call")

    sys.setprofile(count_one)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def _look(text: str) -> None:
    assert all(view.name for view in views(text))


@pytest.mark.parametrize("unit", UNITS)
def test_views_of_a_repeated_unit_grow_with_the_text(unit: str) -> None:
    """Ten times the text is ten times the work, whatever is changed at every few characters."""
    short, long = (_calls(partial(_look, unit * (many // len(unit)))) for many in (SHORT, 10 * SHORT))
    assert long <= MOST_GROWTH * short


@pytest.mark.parametrize("name", BOMBS)
def test_views_of_a_bomb_grow_with_the_text(name: str) -> None:
    """The same of every text that was made to cost time, and none costs much for each character."""
    short, long = (_calls(partial(_look, BOMBS[name](characters))) for characters in (SHORT, 10 * SHORT))
    assert long <= MOST_CALLS * 10 * SHORT
    if name not in DRAWN:
        assert long <= MOST_GROWTH * short


def test_copies_that_follow_each_other_are_one_stretch() -> None:
    """A text whose every letter is replaced by one letter needs no more room for its places than a plain one."""
    text = "\uff15" * 1_000
    after, changes = rewrite(Reading(text=text), [Piece(at, at + 1, "5") for at in range(len(text))])
    assert len(after._starts) == 1
    assert len(changes) == len(text)
    assert [after.span(at, at + 3) for at in (0, 500, 997)] == [(0, 3), (500, 503), (997, 1000)]


def test_an_excerpt_of_many_changes_looks_at_their_surroundings_once() -> None:
    """What stands close together is one region: its ends alone are looked for."""
    text = "abc" * 10_000
    changes = [(at, at + 1) for at in range(0, len(text), 3)]
    calls = _calls(lambda: excerpt(Reading(text=text), changes, name="joined"))
    assert calls < 2 * len(changes)


def test_unread_values_grow_with_the_text() -> None:
    """Of a page with a finding behind each label, each label asks about its own findings and not about all."""
    unit = "SSN 536-22-8741 was read. "
    calls = []
    for times in (100, 1_000):
        text = unit * times
        found = [
            Finding(start=at + 4, end=at + 15, entity="US_SSN", score=0.85, recogniser="UsSsnRecognizer")
            for at in range(0, len(text), len(unit))
        ]
        assert unread_values(text, found) == []
        calls.append(_calls(partial(unread_values, text, found)))
    assert calls[1] <= MOST_GROWTH * calls[0]
