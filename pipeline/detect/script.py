"""Characters that a reader does not see or cannot trust, and scripts the models do not know."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from pipeline.detect.views.encodings import count_opaque
from policies.assessment import Gap, GapReason

_UNDECODABLE: Final = re.compile("[\ufffd\ud800-\udfff\x00-\x08\x0e-\x1f]")
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAGS: Final = re.compile("[\U000e0001-\U000e007f]")
_FOREIGN_WORD: Final = re.compile(r"[^\W\d_]*[^\W\d_\x00-\u024f\u1e00-\u1eff][^\W\d_]*")
_FOREIGN_LETTERS: Final = 12
"""Letters of another script that a text may hold (a symbol, a quoted name) and still count as readable."""
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


def character_gaps(text: str) -> list[Gap]:
    """Return what stands between the characters of `text` and a trustworthy reading.

    Damaged characters, text that is displayed in another order or not at all, words of
    two alphabets (a Cyrillic vowel in a Latin name), longer passages in another script, and
    encoded blocks that hold something else than text.
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
    if opaque := count_opaque(text):
        gaps.append(Gap(reason=GapReason.EMBEDDED_OBJECT, count=opaque, detail="encoded_data"))
    if text.isascii():
        return gaps
    mixed = foreign = 0
    for match in _FOREIGN_WORD.finditer(text):
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
