"""The words around a place are the same whether all of a text is split into words or only what is near."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detect.words import LazyWords, PiecedWords, Splitter, calm
from tests.detect.bombs import BOMBS

NLP = spacy.blank("en")
PIECES = [
    "card",
    "the",
    "Number",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    ", ",
    "don't",
    "(a)",
    "4111",
    "U.S. ",
    " is ",
    "x" * 90,
    "\u00a0",
]


def _same(text: str, places: list[int]) -> None:
    whole, pieced = LazyWords(NLP.make_doc(calm(text))), PiecedWords(text, Splitter(NLP.make_doc))
    for place in places:
        assert pieced.around(place, before=6, after=3) == whole.around(place, before=6, after=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=400), st.data())
def test_words_around_a_place_need_no_whole_text(parts: list[str], data: st.DataObject) -> None:
    """Blanks, breaks and long words included, at any place, in any order of questions."""
    text = " ".join(parts) if data.draw(st.booleans()) else "".join(parts)
    places = data.draw(st.lists(st.integers(0, max(len(text) - 1, 0)), min_size=1, max_size=12))
    _same(text, places)


@pytest.mark.parametrize("name", sorted(BOMBS.keys() - {"surrogates_and_nuls"}))  # spaCy splits no surrogates
def test_words_of_a_bomb_are_the_same(name: str) -> None:
    """A text without blanks is one piece."""
    text = BOMBS[name](3_000)
    _same(text, list(range(0, len(text), 97)))


def test_what_nobody_asks_about_is_not_split() -> None:
    """A question about one place of a long text splits a part of it."""
    split: list[int] = []

    def make(text: str) -> spacy.tokens.Doc:
        split.append(len(text))
        return NLP.make_doc(text)

    split_by = Splitter(make)
    words = " ".join(f"word{number}" for number in range(4_000))
    PiecedWords(words, split_by).around(20_000, before=6, after=3)
    assert 0 < sum(split) < 1_500
    seen = len(split)
    PiecedWords(words, split_by).around(20_000, before=6, after=3)
    assert len(split) == seen
