"""Stretches of a text that are not English, found by their words and, where these are few, by their letters.

Rules
1. In a run of words, frequent words of one language add up, and English ones end the run.
2. Names do not make a sentence: it needs ordinary words, without a capital.
3. Letters alone are believed where no word is English and they are sure.
4. Notes, labels and lists, which have few frequent words, are found by `telegrams`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipeline.detect.frequent_words import (
    BREAK_ROW,
    COLUMNS,
    ENGLISH,
    ENGLISH_WORD,
    ENGLISH_WORDS,
    FREQUENT,
    FREQUENT_WORDS,
    IS_ENGLISH,
    IS_ONLY_ENGLISH,
    IS_OWN,
    LANGUAGES,
    WEIGHTS,
    Tokens,
)
from pipeline.detect.telegrams import BORROWED, find_telegrams

UNKNOWN: Final = "und"
_NO_LANGUAGE: Final = "zxx"
"""What ISO 639-2 calls codes and numbers."""

_STRETCH_WORDS: Final = 100
_SENTENCE_WORDS: Final = 8
_FEW_LETTERS: Final = 40
"""Fewer say nothing about a language: `Invoice 4711` is neither German nor English."""
_SOME_WORDS: Final = 12
_SURE_WITH_SIGNS: Final = ((2, 0.99), (3, 0.9))
"""What else must speak for a language, and how sure its letters must then be."""
_SURE: Final = 0.9
_LIKELY: Final = 0.5
_ENGLISH_SHARE: Final = 0.08
_ACCENTED_SHARE: Final = 0.03

_ENOUGH: Final = 7
_BREAK: Final = 12
"""A run that has lost so much is over."""
_RUN_WORDS: Final = 6
"""Between the first and the last frequent word of a sentence of eight."""
_DIFFERENT: Final = 3
"""Different frequent words: `com com com` in a list of links is not Portuguese."""
_FIRST_SIGNS: Final = 2
"""Of them, words that no English text has."""
_ORDINARY: Final = 2
"""Words without a capital that are not frequent: what a title or a company's name lacks."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Run:
    """Consecutive tokens in one language, `last` included."""

    first: int
    last: int
    language: str


def find_foreign(tokens: Tokens, *, check: Callable[[], None] = lambda: None) -> list[Run]:
    """Return what is not English in `tokens`, without overlaps: frequent words count before letters.

    `check` is called before letters are judged, and may raise: a page without words takes a tenth of a second.

    Raises:
        DetectorUnavailable: the words of English cannot be read.
    """
    found = [*_runs(tokens), *_sentences(tokens, check), *_stretches(tokens, check)]
    known = [run for run in found if run.language != UNKNOWN]
    telegrams = [_named_as(known, *telegram) for telegram in find_telegrams(tokens)]
    found = [*known, *telegrams, *(run for run in found if run.language == UNKNOWN)]
    return _apart(found, len(tokens.shown)) if found else []


def _named_as(found: Sequence[Run], first: int, last: int, language: str) -> Run:
    """Return a run in the language of the first in `found` that it overlaps, whose words are better evidence."""
    others = (run.language for run in found if run.first <= last and first <= run.last)
    return Run(first=first, last=last, language=next(others, language))


def _apart(found: Sequence[Run], count: int) -> list[Run]:
    """Return the runs in order, without overlaps: the earlier in `found` keeps its tokens."""
    owners: list[str] = [""] * count
    for run in found:
        for at in range(run.first, run.last + 1):
            owners[at] = owners[at] or run.language
    apart: list[Run] = []
    for at, language in enumerate(owners):
        if apart and apart[-1].language == language and apart[-1].last == at - 1:
            apart[-1] = Run(first=apart[-1].first, last=at, language=language)
        elif language:
            apart.append(Run(first=at, last=at, language=language))
    return apart


def _runs(tokens: Tokens) -> list[Run]:
    """Return the foreign runs, the surest first."""
    own = tokens.rows[IS_OWN[tokens.rows]]
    signs = (WEIGHTS[own] == FREQUENT).sum(axis=0)
    found = [
        (-points, run)
        for column in np.flatnonzero(signs >= _FIRST_SIGNS).tolist()
        for points, run in _runs_of(tokens, WEIGHTS[tokens.rows, column].tolist(), LANGUAGES[column])
    ]
    return [run for _, run in sorted(found)]


def _runs_of(tokens: Tokens, weights: Sequence[int], language: str) -> Iterator[tuple[int, Run]]:
    """Yield the stretches of words whose weights add up, each ending where they did most."""
    points = best = first = last = 0
    for at, weight in enumerate((*weights, -_BREAK)):
        if points == 0:
            if weight <= 0:
                continue
            first, best = at, 0
        points += weight
        if points > best:
            best, last = points, at
        if points <= 0 or best - points >= _BREAK or at == len(weights):
            points = 0
            if best >= _ENOUGH and _is_sentence(tokens, weights, first, last):
                yield best, Run(first=first, last=last, language=language)


def _is_sentence(tokens: Tokens, weights: Sequence[int], first: int, last: int) -> bool:
    run = slice(first, last + 1)
    frequent = {
        token.lower(): weight
        for token, weight in zip(tokens.shown[run], weights[run], strict=True)
        if weight > 0
    }
    own = sum(weight == FREQUENT for weight in frequent.values())
    ordinary = {word for word in _ordinary(tokens, run) if word not in frequent}
    words = int(np.count_nonzero(tokens.rows[run] != BREAK_ROW))
    return (
        words >= _RUN_WORDS
        and len(frequent) >= _DIFFERENT
        and own >= _FIRST_SIGNS
        and len(ordinary) >= (_ORDINARY if own == _FIRST_SIGNS else 1)
    )


def _ordinary(tokens: Tokens, run: slice) -> list[str]:
    """Return the words of `run`, in small letters, that are no names and no codes."""
    return [token.lower() for token in tokens.shown[run] if token.isalpha() and not token.istitle()]


def _sentences(tokens: Tokens, check: Callable[[], None]) -> Iterator[Run]:
    """Yield the sentences without English words whose letters are surely foreign."""
    ends = np.flatnonzero(tokens.rows == BREAK_ROW)
    firsts, lasts = np.concatenate(([0], ends + 1)), np.concatenate((ends, [len(tokens.rows)])) - 1
    english = np.concatenate(([0], np.cumsum(IS_ONLY_ENGLISH[tokens.rows])))
    words = lasts - firsts + 1
    is_odd = (words >= _SENTENCE_WORDS) & (english[lasts + 1] - english[firsts] <= words * _ENGLISH_SHARE)
    for at in np.flatnonzero(is_odd).tolist():
        check()
        first, last = int(firsts[at]), int(lasts[at])
        rows = tokens.rows[first : last + 1]
        others = {word for word in _ordinary(tokens, slice(first, last + 1)) if word not in ENGLISH_WORDS}
        if _count_signs(rows, LANGUAGES, others) < _FIRST_SIGNS:
            continue  # nothing that letters could confirm
        guess, confidence = _guess(tokens.shown[first : last + 1])
        signs = _count_signs(rows, (guess,), others - FREQUENT_WORDS.get(guess, frozenset()))
        if guess != ENGLISH and any(confidence >= least and signs >= few for few, least in _SURE_WITH_SIGNS):
            yield Run(first=first, last=last, language=guess)


def _count_signs(rows: npt.NDArray[np.intp], languages: Sequence[str], others: Collection[str]) -> int:
    """Return how many words speak for one of `languages` beyond its letters: frequent ones, and accents."""
    if len(others) <= _ORDINARY:
        return 0
    accented = sum(not word.isascii() for word in others if word not in BORROWED)
    columns = [COLUMNS[one] for one in languages if one in COLUMNS]
    weights = WEIGHTS[np.unique(rows)][:, columns]
    counts = (weights > 0).sum(axis=0) - (weights == ENGLISH_WORD).sum(axis=0)
    return accented + max(counts.tolist(), default=0)


def _stretches(tokens: Tokens, check: Callable[[], None]) -> Iterator[Run]:
    """Yield the stretches that have no English words and letters of another language."""
    is_word = tokens.rows != BREAK_ROW
    words = np.concatenate(([0], np.cumsum(is_word)))
    english = np.concatenate(([0], np.cumsum(IS_ENGLISH[tokens.rows])))
    firsts = np.arange(0, max(len(tokens.rows) - _STRETCH_WORDS // 2, 1), _STRETCH_WORDS // 2)
    ends = np.minimum(firsts + _STRETCH_WORDS, len(tokens.rows))
    shares = (english[ends] - english[firsts]) / np.maximum(words[ends] - words[firsts], 1)
    for at in np.flatnonzero(shares < _ENGLISH_SHARE).tolist():
        check()
        first, end = int(firsts[at]), int(ends[at])
        language = _judge_stretch(_ordinary(tokens, slice(first, end)), english=float(shares[at]))
        if language != ENGLISH:
            yield Run(first=first, last=end - 1, language=language)


def _judge_stretch(ordinary: Sequence[str], *, english: float) -> str:
    letters = sum(map(len, ordinary))
    own = [word for word in ordinary if not word.isascii() and word not in BORROWED]
    accented = sum(not letter.isascii() for word in own for letter in word)
    is_accented = accented > letters * _ACCENTED_SHARE
    if letters < _FEW_LETTERS:
        return UNKNOWN if is_accented and letters > _FEW_LETTERS // 2 else ENGLISH
    if not is_accented and (len(ordinary) < _SOME_WORDS or english >= _ENGLISH_SHARE / 2):
        return ENGLISH
    guess, confidence = _guess(ordinary)
    if guess == ENGLISH:
        return ENGLISH
    if confidence >= (_LIKELY if is_accented else _SURE):
        return guess
    return UNKNOWN if is_accented else ENGLISH


def _guess(words: Sequence[str]) -> tuple[str, float]:
    """Return the language that the letters of `words` speak for; what is no language counts as English."""
    guess, confidence = _identifier().classify(" ".join(words).lower())
    return (ENGLISH if guess == _NO_LANGUAGE else str(guess)), float(confidence)


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
