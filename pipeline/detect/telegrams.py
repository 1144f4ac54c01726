"""Notes, labels, lists and subject lines that are not English, though they have few frequent words or none.

Rules
1. A run of words counts by the letters of its words: those that English texts do not have speak
   for it, those that they have against it. The words of English are those of the topics' model.
2. It stands alone, from one sentence's end to another's: a foreign title within an English
   sentence is no telegram.
3. Its letters must surely be those of another language, and Latin, which medicine speaks, is none.
4. Names are no evidence: it needs ordinary words, or the labels and endings of that language.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import yaml
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipeline.detect.frequent_words import (
    BREAK_ROW,
    ENGLISH,
    ENGLISH_WORDS,
    FREQUENT_WORDS,
    IS_ONLY_ENGLISH,
    LANGUAGES,
    Tokens,
)
from pipeline.detect.topics import read_model

_LATIN: Final = "la"
_CANDIDATES: Final = (
    ENGLISH,
    _LATIN,
    *("cs", "da", "de", "es", "fi", "fr", "hr", "hu", "it", "nl", "no", "pl", "pt", "ro", "sv", "tr"),
)
"""What the letters are compared with: the fewer languages, the surer a few words are."""

_LETTERS: Final = 22
"""Foreign letters of a run, English ones taken off: about 25 with the short words."""
_SHORT: Final = 3
"""Shorter words are abbreviations in any language."""
_LONG: Final = 7
"""Shorter words end in `ado` or `ing` by chance."""
_KNOWN: Final = -1
_ACCENTED: Final = 2
"""What a letter counts, of a word of English texts and of one that is written with accents."""
_BREAK: Final = 24
"""A run that has lost so many letters is over."""

# An ordinary word has no capital and is neither English nor frequent anywhere. Two of them and
# a frequent one, or one and a label, are a note where the letters are sure; two labels are a form.
_ENOUGH: Final = ((3, 0.99), (4, 0.98), (5, 0.9))
"""So much evidence, and how sure the letters must then be."""
_ALIKE: Final = 2
"""Languages that are sure together: Spanish and Portuguese, Danish and Norwegian."""
_SIGN: Final = 2
_SIGNS_ALONE: Final = 2
_SURE_OF_LABELS: Final = 0.95
_LIKELY: Final = 0.1
"""A language that the letters make so likely is taken where more signs speak for it: Spanish or Portuguese."""

_WITH_CAPITALS: Final = "de"
"""The language whose nouns are written like names."""
_PHONETIC: Final = re.compile("[\u0250-\u02ff]")
_FIRM_BREAKS: Final = frozenset(".!?;:|\n")
"""Quotes and parentheses stand within sentences."""


def _read_signs() -> dict[str, dict[str, tuple[str, ...]]]:
    raw = yaml.safe_load((Path(__file__).parent / "telegram_signs.yaml").read_text(encoding="utf-8"))
    return {kind: {one: tuple(words.split()) for one, words in rows.items()} for kind, rows in raw.items()}


_READ: Final = MappingProxyType(_read_signs())
_ENDINGS: Final = _READ["endings"]
BORROWED: Final = frozenset(_READ["borrowed"][ENGLISH])
"""What English texts write with accents."""
_LABELS: Final = {one: frozenset(words) for one, words in _READ["labels"].items()}
_FREQUENT: Final = frozenset().union(*(FREQUENT_WORDS[one] for one in LANGUAGES)) - ENGLISH_WORDS
_FOREIGN: Final = _FREQUENT.union(*_LABELS.values()) - ENGLISH_WORDS


class _Weights(dict[str, int]):
    """What a token adds to a run; words that English texts do not have are weighed each time anew."""

    def __missing__(self, token: str) -> int:
        if len(token) < _SHORT or not token.isalpha():
            return 0
        small = token.lower()
        if small in self:
            return self[small]
        return len(token) if token.isascii() else _ACCENTED * len(token)


@cache
def _weights() -> _Weights:
    weights = _Weights()
    for word in sorted({*read_model().numbers, *ENGLISH_WORDS, *BORROWED, *_FOREIGN}):
        if not word.isalpha() or (len(word) < _SHORT and word not in _FOREIGN):
            continue
        weight = len(word) * (1 if word in _FOREIGN else _KNOWN)
        for form in (word, word.capitalize(), word.upper()):
            weights[form] = weight
    return weights


def find_telegrams(tokens: Tokens) -> Iterator[tuple[int, int, str]]:
    """Yield first and last token (included) and language of each telegram; costs one pass over the tokens."""
    weigh = _weights().__getitem__
    for start, end in _without_english(tokens):
        for first, last in _runs(list(map(weigh, tokens.shown[start:end]))):
            whole = _to_sentence_ends(tokens, start + first, start + last)
            language = _language(tokens.shown[whole[0] : whole[1] + 1])
            if language != ENGLISH:
                yield *whole, language


def _to_sentence_ends(tokens: Tokens, first: int, last: int) -> tuple[int, int]:
    """Return the run grown to whole sentences, the last one's end included."""
    while first and tokens.shown[first - 1] not in _FIRM_BREAKS:
        first -= 1
    while last + 1 < len(tokens.shown) and tokens.shown[last] not in _FIRM_BREAKS:
        last += 1
    return first, last


def _without_english(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yield first token and end of each sequence of sentences that have no frequent English word."""
    breaks = np.flatnonzero(tokens.rows == BREAK_ROW).tolist()
    ends = [at for at in breaks if tokens.shown[at] in _FIRM_BREAKS]
    bounds = np.array([-1, *ends, len(tokens.shown)])
    english = np.concatenate(([0], np.cumsum(IS_ONLY_ENGLISH[tokens.rows])))
    is_english = english[bounds[1:]] > english[bounds[:-1] + 1]
    edges = np.concatenate(([-1], np.flatnonzero(is_english), [len(is_english)]))
    for before, after in itertools.pairwise(edges.tolist()):
        if after > before + 1:
            start, end = int(bounds[before + 1]) + 1, int(bounds[after])
            if end - start > 1:
                yield start, end


def _runs(weights: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the stretches whose letters are foreign, each ending where they were most."""
    if sum(weight for weight in weights if weight > 0) < _LETTERS:
        return
    points = best = first = last = 0
    for at, weight in enumerate((*weights, -len(weights) * _BREAK)):
        if points == 0:
            if weight <= 0:
                continue
            first, best = at, 0
        points += weight
        if points > best:
            best, last = points, at
        if points <= 0 or best - points >= _BREAK or at == len(weights):
            points = 0
            if best >= _LETTERS:
                yield first, last


def _language(shown: Sequence[str]) -> str:
    """Return the language of the words, or English where they do not say surely."""
    words = {token for token in shown if token.isalpha() and token.lower() not in ENGLISH_WORDS}
    ordinary = {word for word in words if _is_ordinary(word)}
    if not ordinary and max(_count_signs(words, one) for one in _ENDINGS) < _SIGNS_ALONE:
        return ENGLISH
    small = [token.lower() for token in shown if token in words]
    chances = dict(_identifier().rank(" ".join(small)))
    chances[ENGLISH] = chances[_LATIN] = 0.0
    confidence = sum(sorted(chances.values())[-_ALIKE:])
    likely = [one for one in sorted(_ENDINGS) if chances[one] >= _LIKELY]
    guess = max(likely, key=lambda one: (_count_signs(words, one), chances[one]), default=ENGLISH)
    if guess == ENGLISH:
        return ENGLISH
    signs = _count_signs(words, guess)
    evidence = len(ordinary) + _SIGN * signs + (not FREQUENT_WORDS[guess].isdisjoint(small))
    is_note = bool(ordinary) and any(confidence >= least and evidence >= few for few, least in _ENOUGH)
    is_form = confidence >= _SURE_OF_LABELS and signs >= _SIGNS_ALONE
    return guess if is_note or is_form else ENGLISH


def _is_ordinary(word: str) -> bool:
    """Return whether `word` is neither a name nor English, nor the sound of one in phonetic letters."""
    return word.islower() and _weights()[word] > 0 and not _PHONETIC.search(word) and word not in _FREQUENT


def _count_signs(words: Collection[str], language: str) -> int:
    """Return how many words are labels of `language` or end as its nouns and verbs do; a place may end so, too."""
    labels, endings = _LABELS[language], _ENDINGS[language]
    small = {word.lower() for word in words if language == _WITH_CAPITALS or not word.istitle()}
    ended = {word for word in small if len(word) >= _LONG and word.endswith(endings)}
    return len(ended.union(labels.intersection(word.lower() for word in words)))


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_CANDIDATES))
    return identifier
