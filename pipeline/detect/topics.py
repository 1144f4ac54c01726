"""What a text is about: word lists that a compliance officer can read, and a small model.

1. Each topic is a file of terms in three strengths. Terms add up over the passage where they
   stand closest: different terms count, repetitions do not, so that one word in a long manual
   stays one word.
2. The model (`topic_model`) tells a record or a letter about somebody from a leaflet, an
   article or a manual on the same subject. Its evidence and the terms together give a
   probability, calibrated on held-back documents.
3. Decisive terms count in full beside it, whatever the model thinks: the score is the chance
   that not both are wrong. A topic that the model does not know is told by its terms alone.

Every part is monotone: a further term, or text before or after, can only raise a score.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.detect.config import SHIPPED_TOPICS, DetectorUnavailable
from pipeline.detect.frequent_words import ENGLISH
from pipeline.detect.topic_model import TopicModel, load_topic_model
from policies.assessment import Topic

MODEL_FILE: Final = SHIPPED_TOPICS / "classifier.npz"

_PASSAGE_CHARACTERS: Final = 2_000
_WORD: Final = re.compile(r"[^\W_]+(?:'[a-z]+)?")
_WEIGHTS: Final = {"decisive": 0.4, "telling": 0.2, "supporting": 0.07}
_UNIT: Final = 1_000
"""Weights are added as whole thousandths of a natural logarithm: the same sum in any order."""
_MINIMUM: Final = 0.2
_AT_MOST: Final = 1.5
"""The model alone makes no topic: it gives at most so many times what the terms do."""
_PREFIX: Final = 5
"""Letters before the `*` of a term, at least: by them its words are looked up."""

_Terms = tuple[Annotated[str, Field(min_length=2, pattern=r"^(?:[^*]+|[^*\s]{5,}\*)$")], ...]


class Lexicon(BaseModel):
    """The words of one topic, in one language. A plural with `s` is understood; case does not matter.

    A single word may end in `*`: `diagnos*` is every word that begins so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    topic: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = ENGLISH
    description: str
    decisive: _Terms
    """Two of these in a passage settle the topic: they are written about somebody, hardly about a subject."""
    telling: _Terms = ()
    supporting: _Terms = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    words: tuple[str, ...]
    anchor: int
    """Which of the words a text is searched for: the longest, as it is rarest."""
    topic: str
    number: int
    points: int
    language: str
    counts_alone: bool
    """Whether it counts beside the model: decisive, or in a language that the model does not know."""


@dataclass(frozen=True, slots=True)
class _Hit:
    place: int
    term: _Term


class Topics:
    """Lexicons and, where given, the model, ready to judge texts."""

    def __init__(self, lexicons: Sequence[Lexicon], model: TopicModel | None = None) -> None:
        self.names = tuple(sorted({lexicon.topic for lexicon in lexicons}))
        self._model = model
        self._terms: dict[str, list[_Term]] = {}
        self._stems: dict[str, list[_Term]] = {}
        for term in _terms(lexicons):
            if term.words[0].endswith("*"):
                self._stems.setdefault(term.words[0][:_PREFIX], []).append(term)
            else:
                self._terms.setdefault(term.words[term.anchor], []).append(term)

        self._stem_languages = {term.language for terms in self._stems.values() for term in terms}

    def judge(self, text: str, languages: Collection[str] = (ENGLISH,)) -> tuple[Topic, ...]:
        """Return the topics of `text` with their scores, by name; costs one pass over its words.

        Terms count in the `languages` of the text's passages, English ones always.
        """
        words, hits = self._read(text, {ENGLISH, *languages})
        evidence = self._model.evidence(words) if self._model else {}
        topics = []
        for name in self.names:
            found = hits.get(name, [])
            score = _lexicon_score(_points(found))
            if self._model and name in evidence:
                chance = min(self._model.chance(name, evidence[name], _points(found)), _AT_MOST * score)
                decisive = _lexicon_score(_points([hit for hit in found if hit.term.counts_alone]))
                score = 1 - (1 - chance) * (1 - decisive)
            if score >= _MINIMUM:
                topics.append(Topic(name=name, score=round(score, 3)))
        return tuple(topics)

    def points(self, text: str) -> dict[str, int]:
        """Return what the terms of each topic add up to; the recipe of the model reads this."""
        return {name: _points(found) for name, found in sorted(self._read(text, {ENGLISH})[1].items())}

    def _read(self, text: str, languages: Collection[str]) -> tuple[list[str], dict[str, list[_Hit]]]:
        plain = _plain(text)
        words = _WORD.findall(plain)
        found = [(at, terms) for at, word in enumerate(words) if (terms := self._terms.get(word))]
        if not self._stem_languages.isdisjoint(languages):
            found += [(at, terms) for at, word in enumerate(words) if (terms := self._stems_of(word))]
            found.sort(key=itemgetter(0))
        if not found:
            return words, {}
        starts = [match.start() for match in _WORD.finditer(plain)]
        hits: dict[str, list[_Hit]] = {}
        for at, terms in found:
            for term in terms:
                if term.language not in languages:
                    continue
                first = at - term.anchor
                if len(term.words) == 1 or tuple(words[first : first + len(term.words)]) == term.words:
                    hits.setdefault(term.topic, []).append(_Hit(starts[at], term))
        return words, hits

    def _stems_of(self, word: str) -> list[_Term]:
        return [term for term in self._stems.get(word[:_PREFIX], ()) if word.startswith(term.words[0][:-1])]


def words_of(text: str) -> list[str]:
    """Return the words of `text` as lexicons and model read them."""
    return _WORD.findall(_plain(text))


def read_lexicons(folder: Path = SHIPPED_TOPICS) -> tuple[Lexicon, ...]:
    """Return the lexicons of `folder` and its folders by file name.

    Raises:
        DetectorUnavailable: there is none, or one is wrong.
    """
    lexicons = []
    for path in sorted(folder.rglob("*.yaml")):
        try:
            lexicons.append(Lexicon.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError):
            raise DetectorUnavailable(f"lexicon_wrong:{path.name}") from None
    if not lexicons:
        raise DetectorUnavailable("lexicons_missing")
    return tuple(lexicons)


@cache
def read_model(path: Path = MODEL_FILE) -> TopicModel:
    """Return the topic model in `path`.

    Raises:
        DetectorUnavailable: there is none, or it cannot be read.
    """
    try:
        return load_topic_model(path)
    except (OSError, ValueError, KeyError):
        raise DetectorUnavailable("topic_model_wrong") from None


def _plain(text: str) -> str:
    return text.lower().replace("\u2019", "'")


def _terms(lexicons: Sequence[Lexicon]) -> Iterator[_Term]:
    number = 0
    for lexicon in lexicons:
        for strength, weight in _WEIGHTS.items():
            points = round(-math.log1p(-weight) * _UNIT)
            for raw in getattr(lexicon, strength):
                number += 1
                for form in _forms(raw.lower()):
                    yield _Term(
                        words=form,
                        anchor=max(range(len(form)), key=lambda at: len(form[at])),
                        topic=lexicon.topic,
                        number=number,
                        points=points,
                        language=lexicon.language,
                        counts_alone=strength == "decisive" or lexicon.language != ENGLISH,
                    )


def _forms(raw: str) -> set[tuple[str, ...]]:
    if raw.endswith("*"):
        return {(raw,)}
    words = tuple(_WORD.findall(raw))
    return {words, (*words[:-1], f"{words[-1]}s")}


def _points(hits: Sequence[_Hit]) -> int:
    """Return the points of the best passage: a window slides over the hits, each enters and leaves once."""
    inside: Counter[int] = Counter()
    points = best = first = 0
    for hit in hits:
        inside[hit.term.number] += 1
        points += hit.term.points if inside[hit.term.number] == 1 else 0
        while hit.place - hits[first].place > _PASSAGE_CHARACTERS:
            gone = hits[first].term
            inside[gone.number] -= 1
            points -= gone.points if inside[gone.number] == 0 else 0
            first += 1
        best = max(best, points)
    return best


def _lexicon_score(points: int) -> float:
    """Return the chance that not all of the terms are there by accident."""
    return -math.expm1(-points / _UNIT)
