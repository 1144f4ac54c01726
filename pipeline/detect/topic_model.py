"""A linear model of what a text is about: evidence that adds up from word to word.

Each word and each pair of neighbours speaks for or against each topic, in whole sixteenths of
a nat, learned by models/topics/recipe. The evidence of a text is that of its most telling run of
words, however short or long, so words before or after a run never lower it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

UNIT: Final = 16
"""Steps of evidence in one nat."""
MOST: Final = 5 * UNIT
"""More says nothing more: what repeats itself should not outweigh what the lexicons say."""
MOST_POINTS: Final = 1_000
"""Points of a lexicon beyond which more words only say again that its subject is spoken of."""
_SUFFIX: Final = 4
"""Letters by which a word that training never saw is known: `~itis`, `~tomy`."""
_NUMBER: Final = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicModel:
    """Weights, ready to read words with."""

    topics: tuple[str, ...]
    numbers: dict[str, int]
    """Of each known word, in small letters, or suffix; 0 is every other word."""
    words: npt.NDArray[np.int16]
    """Evidence by word and topic, the cost of any word included."""
    keys: npt.NDArray[np.int64]
    """Known pairs, ascending: first word's number times the count of numbers, plus the second's."""
    pairs: npt.NDArray[np.int16]
    """Evidence by pair and topic; one more row for every other pair."""
    calibration: npt.NDArray[np.int32]
    """By topic, in thousandths: what a nat of evidence and a lexicon's point add to the odds, and the start."""

    def evidence(self, shown: Sequence[str]) -> dict[str, int]:
        """Return for each topic the evidence of the best run of `shown`, from 0 to `MOST`; cost: one pass."""
        if not shown:
            return dict.fromkeys(self.topics, 0)
        numbers = np.array([self._number(word) for word in shown], dtype=np.int64)
        words = self.words[numbers].astype(np.int32)
        total = words.copy()
        total[1:] += self.pairs[self._find(numbers)]
        np.cumsum(total, axis=0, out=total)
        # What a run that begins at a word leaves out: all before, and the pair across its edge.
        np.subtract(total, words, out=words)
        np.minimum.accumulate(words, axis=0, out=words)
        best = (total - words).max(axis=0)
        return {
            topic: min(max(points, 0), MOST) for topic, points in zip(self.topics, best.tolist(), strict=True)
        }

    def chance(self, topic: str, evidence: int, points: int) -> float:
        """Return the probability of `topic`, given evidence and a lexicon's points; never lower for more of either."""
        nat, point, start = self.calibration[self.topics.index(topic)].tolist()
        odds = nat * evidence / UNIT + point * min(points, MOST_POINTS) / 1_000 + start
        return 1 / (1 + math.exp(-odds / 1_000))

    def _number(self, word: str) -> int:
        number = self.numbers.get(word)
        if number is None:
            number = self.numbers.get("~" + word[-_SUFFIX:] if word.isalpha() else _NUMBER, 0)
        return number

    def _find(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        wanted = numbers[:-1] * len(self.words) + numbers[1:]
        places = np.searchsorted(self.keys, wanted)
        known = self.keys[np.minimum(places, len(self.keys) - 1)] == wanted
        return np.where(known, places, len(self.keys))


def load_topic_model(path: Path) -> TopicModel:
    """Return the model in `path`.

    Raises:
        OSError, ValueError, KeyError: the file is missing or no such model.
    """
    with np.load(path, allow_pickle=False) as stored:
        vocabulary = bytes(stored["vocabulary"]).decode().split("\n")
        costs = stored["costs"].astype(np.int16)
        pairs = stored["pairs"].astype(np.int16)
        return TopicModel(
            topics=tuple(bytes(stored["topics"]).decode().split("\n")),
            numbers={word: number for number, word in enumerate(vocabulary, 1)},
            words=np.concatenate((np.zeros_like(costs)[None], stored["words"].astype(np.int16))) - costs,
            keys=stored["keys"],
            calibration=stored["calibration"],
            pairs=np.concatenate((pairs, np.zeros((1, pairs.shape[1]), dtype=np.int16))),
        )
