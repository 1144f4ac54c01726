"""The frequent words of many languages, as weights that a text's words can be added up with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import yaml

ENGLISH: Final = "en"
_SHARED: Final = "shared"

TOKEN: Final = re.compile(r"[^\W_]+|[.!?;:()|\"\n“”„«»]")
_BREAKS: Final = '.!?;:()|"\n“”„«»'
BREAK_ROW: Final = 1

# What a word adds to the evidence of a run. Three frequent words and five others, a plain
# sentence of eight words, make 3 * 4 - 5 = 7; one English `the` undoes two frequent words.
FREQUENT: Final = 4
_ALSO_SHARED: Final = 2
_OTHER: Final = -1
ENGLISH_WORD: Final = -8


def _read_words() -> dict[str, frozenset[str]]:
    raw = yaml.safe_load((Path(__file__).parent / "frequent_words.yaml").read_text(encoding="utf-8"))
    return {language: frozenset(words.split()) for language, words in raw.items()}


FREQUENT_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(_read_words())
"""By language; `shared` are those of English texts that are frequent elsewhere."""
LANGUAGES: Final = tuple(sorted(FREQUENT_WORDS.keys() - {ENGLISH, _SHARED}))
ENGLISH_WORDS: Final = FREQUENT_WORDS[ENGLISH]
COLUMNS: Final = {language: column for column, language in enumerate(LANGUAGES)}


def _weigh_words() -> tuple[dict[str, int], npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Return each token's row, what a row says for each language, and which rows are English.

    Row 0 is every other word, row 1 what stands between sentences.
    """
    rows = [[_OTHER] * len(LANGUAGES), [0] * len(LANGUAGES)]
    is_english = [False, False]
    numbers = dict.fromkeys(_BREAKS, BREAK_ROW)
    for word in sorted(set().union(*FREQUENT_WORDS.values())):
        for form in (word, word.capitalize(), word.upper()):
            numbers.setdefault(form, len(rows))
        rows.append([_weigh(word, language) for language in LANGUAGES])
        is_english.append(word in ENGLISH_WORDS)
    return numbers, np.array(rows, dtype=np.int8), np.array(is_english)


def _weigh(word: str, language: str) -> int:
    is_its = word in FREQUENT_WORDS[language]
    if word in ENGLISH_WORDS:
        return 0 if is_its else ENGLISH_WORD
    if word in FREQUENT_WORDS[_SHARED]:
        return _ALSO_SHARED if is_its else _OTHER
    return FREQUENT if is_its else _OTHER


_NUMBERS, WEIGHTS, IS_ENGLISH = _weigh_words()
IS_ONLY_ENGLISH: Final = IS_ENGLISH & (WEIGHTS < 0).all(axis=1)
IS_OWN: Final = (WEIGHTS == FREQUENT).any(axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The words of a text and what stands between its sentences, with their rows of the weights."""

    shown: Sequence[str]
    rows: npt.NDArray[np.intp]


def read_tokens(text: str) -> Tokens:
    """Return the tokens of `text`, in order; costs one pass over it."""
    shown = TOKEN.findall(text)
    return Tokens(shown=shown, rows=np.array([_NUMBERS.get(token, 0) for token in shown], dtype=np.intp))
