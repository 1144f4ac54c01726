"""From probabilities to names."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detect.marks import Mark, marks
from pipeline.detect.word_features import WORD

LISTED = {"Mary", "Walker", "mary"}
LABELS = ("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION")


def _marks(text: str, probabilities: dict[int, dict[str, float]]) -> list[Mark]:
    """Return the marks of `text` when each listed word has the given probabilities, the others none."""
    words = [match.span() for match in WORD.finditer(text)]
    table = np.zeros((len(words), len(LABELS)), np.float32)
    for word, shares in probabilities.items():
        for label, share in shares.items():
            table[word, LABELS.index(label)] = share
    return marks(text, words, table, LABELS, is_listed=LISTED.__contains__)


B, I = "B-PERSON", "I-PERSON"  # noqa: E741 - the names of the scheme
CASES = [
    ("ask Mary Walker now", {1: {B: 0.9}, 2: {I: 0.7}}, [(4, 15, "PERSON", 0.9)]),
    (
        "ask Mary Walker now",
        {1: {B: 0.15, I: 0.1}},
        [(4, 8, "PERSON", 0.25)],
    ),  # the type counts, not the place
    ("ask Mary now", {1: {B: 0.05, I: 0.02}}, []),
    (
        "ask Mary, Bob",
        {1: {B: 0.52}, 2: {I: 0.5}, 3: {B: 0.52}},
        [(4, 8, "PERSON", 0.52), (10, 13, "PERSON", 0.52)],
    ),
    (
        "Mary\nBob",
        {0: {B: 0.52}, 1: {I: 0.5}, 2: {I: 0.52}},
        [(0, 4, "PERSON", 0.52), (5, 8, "PERSON", 0.52)],
    ),
    ('"Mary"', {0: {B: 0.5}, 1: {I: 0.52}, 2: {I: 0.5}}, [(1, 5, "PERSON", 0.52)]),
    (
        "in Paris",
        {1: {B: 0.3, "B-LOCATION": 0.6}},
        [(3, 8, "PERSON", 0.3), (3, 8, "LOCATION", 0.6)],
    ),
]


@pytest.mark.parametrize(("text", "probabilities", "expected"), CASES)
def test_marks(text: str, probabilities: dict[int, dict[str, float]], expected: list[tuple]) -> None:
    """Words of one type are joined, ends of lines and new beginnings part them, punctuation is trimmed."""
    found = [(*mark[:3], pytest.approx(mark.score)) for mark in _marks(text, probabilities)]
    assert found == expected


def test_a_sure_name_is_one_everywhere() -> None:
    """Whoever is surely named once is recognised where the context does not tell."""
    text = "Mary Walker came. Later Walker left, and a walker passed."
    found = _marks(text, {0: {B: 0.95}, 1: {I: 0.95}})
    assert [(text[one.start : one.end], one.score) for one in found] == [
        ("Mary Walker", pytest.approx(0.95)),
        ("Walker", 0.5),
    ]


def test_a_doubtful_name_is_not_repeated() -> None:
    """Doubt in one place does not spread."""
    assert len(_marks("Mercury rose. Then Mercury fell.", {0: {B: 0.5}})) == 1


DOUBTED = [
    ("Then Oedema came. Treat oedema early.", 1, 0.5),  # written small elsewhere
    ("Then Mary came. A mary is a flower.", 1, 0.9),  # but lists know it
    ("call eval first", 1, 0.5),
    ("call mary first", 1, 0.9),
    ("my SIL gave it", 1, 0.5),
    ("ask Okonjo now", 1, 0.9),
]


@pytest.mark.parametrize(("text", "word", "score"), DOUBTED)
def test_common_words_and_abbreviations_are_doubted(text: str, word: int, score: float) -> None:
    """A single word that no list knows, written small or all in capitals, is no sure person."""
    assert [mark.score for mark in _marks(text, {word: {B: 0.9}})] == [pytest.approx(score)]


def test_a_firm_is_doubted_as_a_person() -> None:
    """A company's designation makes a name no person's."""
    assert [mark.score for mark in _marks("by Astra AB today", {1: {B: 0.9}, 2: {I: 0.9}})] == [0.5]


def test_a_brand_is_doubted_as_a_person() -> None:
    """A word that stands often and is surely a name in one place of three is reported everywhere, never as sure."""
    text = "Take Durogesic daily. Durogesic helps. Keep Durogesic cool."
    assert [mark.score for mark in _marks(text, {1: {B: 0.9}})] == [0.5, 0.5, 0.5]
    assert [mark.score for mark in _marks(text, {1: {B: 0.9}, 4: {B: 0.9}})] == [
        pytest.approx(0.9),
        pytest.approx(0.9),
        0.5,
    ]


def test_no_text_elsewhere_makes_a_listed_name_doubtful() -> None:
    """Who writes a person's name twice more, where it is hardly one, does not hide the person."""
    text = "Ask Mary today. The Mary sails. Paint it Mary blue. A mary is a flower."
    assert max(mark.score for mark in _marks(text, {1: {B: 0.9}})) == pytest.approx(0.9)
    assert max(mark.score for mark in _marks(text, {1: {B: 0.7}})) == pytest.approx(0.7)


LIKELY = [
    ("with Mary today", 0.6, 0.8),
    ("with Mary today", 0.5, 0.5),  # less than likely
    ("with mary today", 0.6, 0.6),  # not written as a name
    ("with Okonjoe today", 0.6, 0.6),  # no list knows it
]


@pytest.mark.parametrize(("text", "score", "expected"), LIKELY)
def test_a_likely_name_that_a_list_knows_is_sure(text: str, score: float, expected: float) -> None:
    """A capitalised name of a list needs less of the model than one that might be a brand."""
    assert [mark.score for mark in _marks(text, {1: {B: score}})] == [pytest.approx(expected)]


@pytest.mark.parametrize(("word", "expected"), [("celery", []), ("mary", [0.3])])
def test_a_small_word_that_no_list_knows_needs_more(word: str, expected: list[float]) -> None:
    """A doubtful `celery` is noise; a doubtful `mary` is somebody."""
    assert [mark.score for mark in _marks(f"with {word} today", {1: {B: 0.3}})] == [
        pytest.approx(one) for one in expected
    ]
