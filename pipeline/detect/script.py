"""Characters that a reader does not see or cannot trust, and scripts the models do not know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

from pipeline.detect.views.encodings import count_opaque
from pipeline.detect.views.folding import FOREIGN, kind_of
from policies.assessment import Gap, GapReason

_UNDECODABLE: Final = re.compile("[\ufffd\ud800-\udfff\x00-\x08\x0e-\x1f]")
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAGS: Final = re.compile("[\U000e0001-\U000e007f]")
# Only from the first letter on: tried at each letter, one long word would cost the square of its length.
_FOREIGN_WORD: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]*[^\W\d_\x00-\u024f\u1e00-\u1eff][^\W\d_]*")
_FOREIGN_LETTERS: Final = 12
"""Letters of another script that a text may hold (a symbol, a quoted name) and still count as readable."""
_LETTERS: Final = frozenset({"styled", "lookalike", "accented"})
_SOFT: Final = frozenset("\u00ad")
_FEW_MARKS: Final = 3
_FEW_UNSEEN: Final = 4
"""Unseen characters in a row that carry something themselves; an emoji needs two."""
_FEW_STYLED: Final = 3
"""Styled letters in a row that are a word; `m²` and `Nº` have one or two."""
_FIRST_PICTURE: Final = "\u2600"
"""Before it stand arrows, mathematics and the lines of boxes."""
_FEW_SYMBOLS: Final = 12
_STYLED_RUN: Final = re.compile("s+")
_GREEK_LIKE_LATIN: Final = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρικυ")


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0]


def _is_mixed(word: str) -> bool:
    scripts = {_script(letter) for letter in word}
    if "LATIN" not in scripts:
        return False
    if "CYRILLIC" in scripts:
        return True
    return "GREEK" in scripts and any(letter in _GREEK_LIKE_LATIN for letter in word)


def _hidden(text: str, check: Callable[[], None]) -> Iterator[Gap]:
    """Yield what was done to words and numbers so that they look as before and read differently.

    Ordinary typography does none of this: a soft hyphen, an accent, a single symbol stay.
    """
    unseen = marks = styled = symbols = 0
    for match in FOREIGN.finditer(text):
        check()
        shown = match.group()
        kinds = [kind_of(letter) for letter in shown]
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        is_inside = (before.isalnum() or kinds[0] in _LETTERS) and (after.isalnum() or kinds[-1] in _LETTERS)
        unseen += (is_inside and "unseen" in kinds and not set(shown) <= _SOFT) or _longest(
            kinds
        ) >= _FEW_UNSEEN
        marks += kinds.count("mark") >= _FEW_MARKS or (before.isdigit() and kinds[0] == "mark")
        styled += sum(len(run) >= _FEW_STYLED for run in _STYLED_RUN.findall(_kind_letters(shown, kinds)))
        symbols += (
            len(shown) >= _FEW_SYMBOLS and all(map(_is_symbol, shown)) and len(set(shown)) >= _FEW_STYLED
        )
    for count, detail in (
        (unseen, "unseen_in_words"),
        (marks, "marks"),
        (styled, "styled_letters"),
        (symbols, "symbols"),
    ):
        if count:
            yield Gap(reason=GapReason.HIDDEN_TEXT, count=count, detail=detail)


def _longest(kinds: list[str]) -> int:
    """Return how many unseen characters follow each other."""
    return max((len(list(run)) for kind, run in groupby(kinds) if kind == "unseen"), default=0)


def _kind_letters(shown: str, kinds: list[str]) -> str:
    """Return `s` for each styled letter, else a space: digits and signs of other scripts are folded surely."""
    return "".join(
        "s"
        if kind == "styled" and letter.isalpha() | ("\u24b6" <= letter <= "\u24e9") | (letter >= "\U0001f110")
        else " "
        for letter, kind in zip(shown, kinds, strict=True)
    )


def _is_symbol(letter: str) -> bool:
    return letter >= _FIRST_PICTURE and unicodedata.category(letter) in ("So", "Sk", "Mn", "Cf", "Co")


def character_gaps(text: str, *, check: Callable[[], None] = lambda: None) -> list[Gap]:
    """Return what stands between the characters of `text` and a trustworthy reading.

    Damaged characters, text that is displayed in another order or not at all, words of
    two alphabets (a Cyrillic vowel in a Latin name), longer passages in another script, and
    encoded blocks that hold something else than text. `check` is called before each of them and may raise.
    """
    gaps = [
        Gap(reason=reason, count=count, detail=detail)
        for reason, detail, pattern in (
            (GapReason.UNDECODABLE_TEXT, "damaged_characters", _UNDECODABLE),
            (GapReason.HIDDEN_TEXT, "direction_marks", _BIDI),
            (GapReason.HIDDEN_TEXT, "tag_characters", _TAGS),
        )
        if (count := len(pattern.findall(text)))
    ]
    if opaque := count_opaque(text, check=check):
        gaps.append(Gap(reason=GapReason.EMBEDDED_OBJECT, count=opaque, detail="encoded_data"))
    if text.isascii():
        return gaps
    gaps.extend(_hidden(text, check))
    mixed = foreign = 0
    for match in _FOREIGN_WORD.finditer(text):
        check()
        word = match.group()
        mixed += _is_mixed(word)
        foreign += sum(
            _script(letter) not in ("LATIN", "MICRO", "MODIFIER", "FEMININE", "MASCULINE") for letter in word
        )
    if mixed:
        gaps.append(Gap(reason=GapReason.MIXED_SCRIPTS, count=mixed, detail="mixed_words"))
    if foreign > _FOREIGN_LETTERS:
        gaps.append(Gap(reason=GapReason.MIXED_SCRIPTS, count=foreign, detail="foreign_letters"))
    return gaps
