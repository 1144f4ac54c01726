"""What a text is about, told by word lists that a compliance officer can read.

Each topic is a file of terms in three strengths. A text's score is the chance that not
all of its terms are there by accident, taken over the passage where they stand closest:
different terms count, repetitions do not, so that one word in a long manual stays one word.
Appending or prepending text can only raise a score.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.detect.config import SHIPPED_TOPICS, DetectorUnavailable
from policies.assessment import Topic

_PASSAGE_CHARACTERS: Final = 2_000
_WORD: Final = re.compile(r"[^\W_]+(?:'[a-z]+)?")
_WEIGHTS: Final = {"decisive": 0.4, "telling": 0.2, "supporting": 0.07}
_UNIT: Final = 1_000
"""Weights are added as whole thousandths of a natural logarithm: the same sum in any order."""
_MINIMUM: Final = 0.2

_Terms = tuple[Annotated[str, Field(min_length=2)], ...]


class Lexicon(BaseModel):
    """The words of one topic. A plural with `s` is understood; case does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    topic: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    description: str
    decisive: _Terms
    """Two of these in a passage settle the topic."""
    telling: _Terms = ()
    supporting: _Terms = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    words: tuple[str, ...]
    topic: str
    number: int
    points: int


class Topics:
    """The shipped lexicons, ready to judge texts."""

    def __init__(self, lexicons: tuple[Lexicon, ...]) -> None:
        self.names = tuple(lexicon.topic for lexicon in lexicons)
        self._terms: dict[str, list[_Term]] = {}
        for term in _terms(lexicons):
            self._terms.setdefault(term.words[0], []).append(term)

    def judge(self, text: str) -> tuple[Topic, ...]:
        """Return the topics of `text` with their scores, by name; costs one pass over its words."""
        hits: dict[str, list[tuple[int, _Term]]] = {}
        words = [
            (match.group(), match.start()) for match in _WORD.finditer(text.lower().replace("\u2019", "'"))
        ]
        for at, (word, place) in enumerate(words):
            for term in self._terms.get(word, ()):
                if all(
                    at + step < len(words) and words[at + step][0] == wanted
                    for step, wanted in enumerate(term.words[1:], 1)
                ):
                    hits.setdefault(term.topic, []).append((place, term))
        scored = ((name, _score(hits[name])) for name in sorted(hits))
        return tuple(Topic(name=name, score=score) for name, score in scored if score >= _MINIMUM)


def read_lexicons(folder: Path = SHIPPED_TOPICS) -> tuple[Lexicon, ...]:
    """Return the lexicons of `folder` by file name.

    Raises:
        DetectorUnavailable: there is none, or one is wrong.
    """
    lexicons = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            lexicons.append(Lexicon.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError):
            raise DetectorUnavailable(f"lexicon_wrong:{path.name}") from None
    if not lexicons:
        raise DetectorUnavailable("lexicons_missing")
    return tuple(lexicons)


def _terms(lexicons: tuple[Lexicon, ...]) -> Iterator[_Term]:
    number = 0
    for lexicon in lexicons:
        for strength, weight in _WEIGHTS.items():
            points = round(-math.log1p(-weight) * _UNIT)
            for raw in getattr(lexicon, strength):
                number += 1
                words = tuple(_WORD.findall(raw.lower()))
                for form in {words, (*words[:-1], f"{words[-1]}s")}:
                    yield _Term(words=form, topic=lexicon.topic, number=number, points=points)


def _score(hits: list[tuple[int, _Term]]) -> float:
    """Return the score of the best passage: a window slides over the hits, each enters and leaves once."""
    inside: Counter[int] = Counter()
    points = best = first = 0
    for place, term in hits:
        inside[term.number] += 1
        points += term.points if inside[term.number] == 1 else 0
        while place - hits[first][0] > _PASSAGE_CHARACTERS:
            gone = hits[first][1]
            inside[gone.number] -= 1
            points -= gone.points if inside[gone.number] == 0 else 0
            first += 1
        best = max(best, points)
    return round(-math.expm1(-best / _UNIT), 3)
