from __future__ import annotations

import random
import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detect.outline import NoOutlineError, encode, is_nullable, outline
from pipeline.detect.rendering import ignores_case, render

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
PATTERNS = [
    r"\b\d{3}-\d{2}-\d{4}\b",
    r"(?<![\d.])\d{4}(?:[ -]?\d{4}){3}(?!\d)",
    r"[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}",
    r"(?:k|s|i){2}",
    r"[^\W\d_]{3}@\S+",
    r"(?-i:ab)c\b\w",
    r"x(a|b)\1y",
    r"(?<=key=)\w{4}",
    r"\bpin\K\d{4}",
    r"^a.c$",
    r"(?>a+)b|c++d",
    r"[\u00e4\u00f6\u00fc]b[^a-z]",
    r"\p{Lu}\p{Nd}",
    r"(?i)m\u00fcller|na\u00efve",
    r"[^\x00-\x7f]z",
    r"\B7\B",
    r"(?P<year>\d{4})[./-](?P=year)",
    r"a{2,100}b",
]
LETTERS = (
    "aAbBcCdkKsSiIzxy079 -._@=\n\u00e4\u00c4\u00fc\u212a\u017f\u0130\u0131\u0663\u2013\u3000\ud800\U0001d7d9"
)


def _fits(pattern: str, flags: int, text: str) -> bool:
    said = outline(pattern, flags)
    found = re.search(render(said), encode(text)) is not None
    if ignores_case(said):
        assert (re.search(render(said, lower=True), encode(text), re.IGNORECASE) is not None) == found
    return found


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=150)
@given(data=st.data())
def test_where_a_pattern_matches_its_outline_matches(pattern: str, data: st.DataObject) -> None:
    """Whatever text a pattern finds something in, its outline finds something in it too."""
    text = data.draw(
        st.one_of(st.from_regex(re.compile(r"[aAkKsS79 @.=-]{0,12}")), st.text(LETTERS, max_size=14))
    )
    if regex.search(pattern, text, FLAGS):
        assert _fits(pattern, FLAGS, text)


@pytest.mark.parametrize("flags", [0, regex.IGNORECASE], ids=["case", "no case"])
@pytest.mark.parametrize(
    "one", ["k", "s", "i", "[a-z]", r"\d", r"\w", r"\s", r"\S", r"\W", "[^a]", "[I-K]", "ä", r"[\d\-]", "."]
)
def test_a_class_holds_every_character_that_the_engine_says(one: str, flags: int) -> None:
    """For each code point there is: where the engine matches it, the outline's byte is in the class."""
    found = regex.compile(one, flags)
    held = re.compile(render(outline(one, flags)))
    everything = "".join(map(chr, range(0x110000)))
    matched = {match.start() for match in found.finditer(everything)}
    as_bytes = encode(everything)
    missed = [code for code in matched if not held.match(as_bytes[code : code + 1])]
    assert missed == []


def test_an_outline_says_no_where_it_can() -> None:
    """An outline that matched everything would be of no use."""
    rare = r"\b\d{3}-\d{2}-\d{4}\b"
    assert _fits(rare, FLAGS, "SSN 536-22-8741.")
    assert not _fits(rare, FLAGS, "Call 536-228741, or A536-22-8741")


@pytest.mark.parametrize("pattern", [r"(?:abc){e<=1}", r"(?|(a)|(b))(?1)", r"(?r)abc", r"(?f)stra\u00dfe"])
def test_what_is_not_understood_has_no_outline(pattern: str) -> None:
    """Fuzzy, recursive and backward patterns are searched in every text instead."""
    with pytest.raises(NoOutlineError):
        outline(pattern, 0)


@pytest.mark.parametrize(("pattern", "expected"), [("a?", True), ("a|", True), (r"\b", True), ("ab?", False)])
def test_is_nullable(pattern: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """An outline that fits everywhere is known as such."""
    assert is_nullable(outline(pattern, 0)) is expected


def test_each_code_point_is_one_byte() -> None:
    """Places in the bytes are places in the text."""
    text = "".join(random.Random(1).choices(LETTERS, k=500))
    assert len(encode(text)) == len(text)
