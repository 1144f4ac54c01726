"""Which language a text is in, told without a network and the same in every process.

The models and the context words know English. A passage in another language is not
fully looked at, however English the rest of the document may be, so a text is judged in
passages: adding English to a German letter does not make it readable.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import yaml
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipeline.detect.windows import windows
from policies.assessment import Gap, GapReason

SUPPORTED: Final = "en"
UNKNOWN: Final = "und"

_PASSAGE_CHARACTERS: Final = 600
_FEW_LETTERS: Final = 40
"""Fewer say nothing about a language: `Invoice 4711` is neither German nor English."""
_SOME_WORDS: Final = 12
_SURE: Final = 0.9
_LIKELY: Final = 0.5
_ENGLISH_SHARE: Final = 0.08
_FOREIGN_SHARE: Final = 0.06
_FOREIGN_WORDS: Final = 3
"""Different ones: `com com com` in a list of links is not Portuguese."""
_ACCENTED_SHARE: Final = 0.03
_WORD: Final = re.compile(r"[^\W\d_]{1,40}")

FREQUENT_WORDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        language: frozenset(words.split())
        for language, words in yaml.safe_load(
            (Path(__file__).parent / "frequent_words.yaml").read_text(encoding="utf-8")
        ).items()
    }
)
_ENGLISH: Final = FREQUENT_WORDS[SUPPORTED]
_FOREIGN: Final = {language: words for language, words in FREQUENT_WORDS.items() if language != SUPPORTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageVerdict:
    """The language of most of a text, and what of it the detector cannot judge."""

    language: str
    gaps: tuple[Gap, ...]
    passages: tuple[tuple[str, int], ...]
    """How many passages are in which language, by code."""


def judge_language(text: str) -> LanguageVerdict:
    """Return the language of `text`; passages that are not surely English are gaps."""
    letters: Counter[str] = Counter()
    passages: Counter[str] = Counter()
    for start, end in windows(text, characters=_PASSAGE_CHARACTERS, overlap=_FEW_LETTERS):
        words = [word.lower() for word in _WORD.findall(text[start:end])]
        language = _judge_passage(words)
        letters[language] += sum(map(len, words))
        passages[language] += 1
    language = max(letters, key=lambda one: (letters[one], one))
    gaps = [
        Gap(
            reason=GapReason.LANGUAGE_UNKNOWN if one == UNKNOWN else GapReason.LANGUAGE_UNSUPPORTED,
            count=count,
            detail=one,
        )
        for one, count in sorted(passages.items())
        if one != SUPPORTED
    ]
    return LanguageVerdict(language=language, gaps=tuple(gaps), passages=tuple(sorted(passages.items())))


def _judge_passage(words: list[str]) -> str:
    letters = sum(map(len, words))
    accented = sum(not letter.isascii() for word in words if not word.isascii() for letter in word)
    if letters < _FEW_LETTERS:
        return SUPPORTED if accented <= letters * _ACCENTED_SHARE or letters <= _FEW_LETTERS // 2 else UNKNOWN
    counts = Counter(words)
    english = _share(counts, _ENGLISH)
    foreign, language = max((_share(counts, known), name) for name, known in _FOREIGN.items())
    if foreign >= _FOREIGN_SHARE and len(counts.keys() & _FOREIGN[language]) >= _FOREIGN_WORDS:
        return language
    if english >= _ENGLISH_SHARE:
        return SUPPORTED
    return _guess(words, english=english, is_accented=accented > letters * _ACCENTED_SHARE)


def _guess(words: list[str], *, english: float, is_accented: bool) -> str:
    """Return the language of a passage whose frequent words did not tell it."""
    guess, confidence = _identifier().classify(" ".join(words))
    if guess == SUPPORTED:
        return SUPPORTED
    if confidence >= _SURE and len(words) >= _SOME_WORDS and english < _ENGLISH_SHARE / 2:
        return str(guess)
    # Tables, lists and codes have no function words; accents are what betrays the rest.
    if not is_accented:
        return SUPPORTED
    return str(guess) if confidence >= _LIKELY else UNKNOWN


def _share(counts: Counter[str], known: frozenset[str]) -> float:
    return sum(counts[word] for word in counts.keys() & known) / counts.total()


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
