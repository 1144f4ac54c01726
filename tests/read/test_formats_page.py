"""The page about formats says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.documents import UnreadableReason
from pipeline.read import ReadLimits
from pipeline.read.kinds import _SUFFIXES
from policies.assessment import GapReason

_PAGE = (Path(__file__).parents[2] / "docs/formats.md").read_text()
_NOT_A_READERS = {
    GapReason.NO_NER_MODEL,
    GapReason.RECOGNISER_FAILED,
    GapReason.RECOGNISER_TIMED_OUT,
    GapReason.DETECTOR_WARNED,
    GapReason.LANGUAGE_UNKNOWN,
    GapReason.LANGUAGE_UNSUPPORTED,
    GapReason.MIXED_SCRIPTS,
    GapReason.TOO_LONG,
}


@pytest.mark.parametrize("word", [*_SUFFIXES, *UnreadableReason, *sorted(set(GapReason) - _NOT_A_READERS)])
def test_the_page_names_it(word):
    """Each suffix, reason and gap that a reader knows is explained."""
    assert f"`{word}`" in _PAGE


def test_the_page_states_the_limits():
    """The figures in the text are those of the code."""
    limits = ReadLimits()
    assert f"{limits.memory_bytes >> 20} MiB, {limits.cpu_seconds} seconds" in _PAGE
    assert f"{limits.wall_seconds:.0f} seconds of silence" in _PAGE
