"""What the model of names sees of a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect import word_features
from pipeline.detect.word_features import WORD, Lexicon, form, strip

LEXICON = Lexicon(
    pieces={"[PAD]": 0, "mary": 7, "walk": 8, "##er": 9, "o": 10, "'": 11},
    lists={"mary": 0b01, "walker": 0b10},
    count=2,
    longest=6,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mary Walker, 42", ["Mary", "Walker", ",", "42"]),
        ("O'Brien-Smith", ["O", "'", "Brien", "-", "Smith"]),
        ("Name:\n\n  José", ["Name", ":", "\n\n", "  ", "José"]),
        ("room7b _x", ["room", "7", "b", "_", "x"]),
        ("one two", ["one", "two"]),  # a single space says nothing
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Letters, digits and marks are words of their own; line ends and wide gaps tell layout."""
    assert [match.group() for match in WORD.finditer(text)] == words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("mary", word_features.LOWER),
        ("Mary", word_features.TITLE),
        ("MARY", word_features.CAPITALS),
        ("M", word_features.INITIAL),
        ("McDonald", word_features.OTHER),
        ("42", word_features.NUMBER),
        (",", word_features.MARK),
        ("\n", word_features.LINE_END),
        ("  ", word_features.WIDE_GAP),
    ],
)
def test_forms(word: str, expected: int) -> None:
    """Each word has one form."""
    assert form(word) == expected


@pytest.mark.parametrize(
    ("word", "pieces", "lists"),
    [
        ("Mary", (7,), (1, 0)),
        ("WALKER", (8, 9), (0, 1)),
        ("Walkxyz", (100,), (0, 0)),  # a word with an unknown piece is unknown as a whole
        ("\n", (1,), (0, 0)),
        ("   ", (2,), (0, 0)),
    ],
)
def test_features(word: str, pieces: tuple[int, ...], lists: tuple[int, ...]) -> None:
    """A word is cut into the longest known pieces and looked up in the lists, whatever its case."""
    seen = LEXICON.features(word)
    assert (seen.pieces, seen.lists) == (pieces, lists)


def test_strip_forgets_case_and_accents() -> None:
    """`JOSÉ` and `jose` are one word in the lists."""
    assert strip("JOSÉ") == "jose"


@given(st.text(max_size=200))
def test_every_visible_character_is_in_a_word(text: str) -> None:
    """Nothing that can be seen escapes the model, and every word has features."""
    covered = {place for match in WORD.finditer(text) for place in range(*match.span())}
    assert all(place in covered for place, letter in enumerate(text) if not letter.isspace())
    for match in WORD.finditer(text):
        seen = LEXICON.features(match.group())
        assert 1 <= len(seen.pieces) <= word_features.MOST_PIECES
        assert 0 < seen.start < word_features.END_ROWS
        assert 0 < seen.end < word_features.END_ROWS


def test_a_megabyte_without_a_space_is_one_word() -> None:
    """A word is looked at up to a limit: cost does not grow with what a hostile author writes."""
    assert LEXICON.features("a" * 1_000_000) == LEXICON.features("a" * 200)
