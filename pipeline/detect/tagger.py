"""The model of names that ships: a small convolutional network over words, run by numpy.

A word's features do not depend on its neighbours, so each distinct word is projected once and
remembered; what is left per text is one matrix product a layer. Every text is run alone: what
it shows does not depend on the batch it came in, nor on what was read before.

The network (trained by `models/ner/recipe`): features → linear → residual blocks of layer norm,
dilated convolution over three words, ReLU → layer norm → linear → softmax over labels in the IOB2 scheme.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.word_features import OUTSIDE, WORD, Lexicon, strip

META: Final = "tagger.json"
_MARGIN: Final = 12
"""Words of nothing before and after a text: more than the network sees to each side."""
_MOST_REMEMBERED: Final = 30_000
"""Words whose projections are kept: 20 MB; then all are forgotten, which changes no result."""
_PEOPLE: Final = 0b11
"""The bits of the lists of given and of family names."""
_EPSILON: Final = np.float32(1e-5)

Floats = NDArray[np.float32]


class Tagger:
    """Reads texts; holds weights, and projections of words it has met."""

    def __init__(self, folder: Path) -> None:
        """Load the model in `folder`.

        Raises:
            OSError, ValueError, KeyError: a file is missing or is not what it should be.
        """
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        self.labels: tuple[str, ...] = tuple(meta["labels"])
        """`O`, then `B-` and `I-` of each type."""
        self.languages: tuple[str, ...] = tuple(meta["languages"])
        self._dilations: tuple[int, ...] = tuple(meta["dilations"])
        self._lexicon = _read_lexicon(folder, count=int(meta["lists"]))
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            self._weights: Mapping[str, Floats] = _restored(stored)
        self._width = len(self._weights["inp.bias"])
        self._forget()

    @property
    def remembered(self) -> int:
        """How many words' projections are kept."""
        return self._count

    def is_listed(self, word: str) -> bool:
        """Return whether a list of given or family names holds `word`, whatever its case."""
        return bool(self._lexicon.lists.get(strip(word), 0) & _PEOPLE)

    def read(self, text: str) -> tuple[list[tuple[int, int]], Floats]:
        """Return the words of `text` as half-open spans, and for each the probability of every label."""
        spans: list[tuple[int, int]] = []
        rows: list[int] = []
        if self._count > _MOST_REMEMBERED:
            self._forget()  # between texts, never within one: rows must stay where they are
        for match in WORD.finditer(text):
            spans.append(match.span())
            word = match.group()
            row = self._rows.get(word)
            rows.append(self._remember(word) if row is None else row)
        if not spans:
            return spans, np.zeros((0, len(self.labels)), np.float32)
        outside = [0] * _MARGIN
        return spans, self._run(self._known[[*outside, *rows, *outside]])[_MARGIN:-_MARGIN]

    def _run(self, states: Floats) -> Floats:
        weights = self._weights
        words, width = states.shape
        for number, dilation in enumerate(self._dilations):
            normed = _normalised(states, weights, f"blocks.{number}.ln")
            wide = np.zeros((words, 3 * width), np.float32)
            wide[dilation:, :width] = normed[:-dilation]
            wide[:, width : 2 * width] = normed
            wide[:-dilation, 2 * width :] = normed[dilation:]
            grown = wide @ weights[f"blocks.{number}.kernel"]
            grown += weights[f"blocks.{number}.bias"]
            states = states + np.maximum(grown, np.float32(0), out=grown)
        logits = _normalised(states, weights, "ln") @ weights["out.weight"] + weights["out.bias"]
        raised = np.exp(logits - logits.max(1, keepdims=True))
        shares: Floats = raised / raised.sum(1, keepdims=True)
        return shares

    def _forget(self) -> None:
        self._rows: dict[str, int] = {}
        self._known: Floats = np.zeros((1024, self._width), np.float32)
        self._count = 1
        self._known[0] = self._projected(
            pieces=(), form=OUTSIDE, start=0, end=0, lists=(0,) * self._lexicon.count
        )

    def _remember(self, word: str) -> int:
        seen = self._lexicon.features(word)
        if self._count == len(self._known):
            self._known = np.concatenate([self._known, np.zeros_like(self._known)])
        row = self._count
        self._known[row] = self._projected(
            pieces=seen.pieces, form=seen.form, start=seen.start, end=seen.end, lists=seen.lists
        )
        self._rows[word] = row
        self._count += 1
        return row

    def _projected(
        self, *, pieces: tuple[int, ...], form: int, start: int, end: int, lists: tuple[int, ...]
    ) -> Floats:
        """Return the input of the first layer for one word: always the same product of a vector and a matrix."""
        weights = self._weights
        table = weights["emb.weight"]
        first = table[pieces[0]] if pieces else np.zeros(table.shape[1], np.float32)
        mean = table[list(pieces)].sum(0) / np.float32(len(pieces)) if pieces else first
        seen = np.concatenate(
            [
                first,
                mean,
                weights["sh.weight"][form],
                weights["pre.weight"][start],
                weights["suf.weight"][end],
                np.array(lists, np.float32),
            ]
        )
        projected: Floats = seen @ weights["inp.weight"] + weights["inp.bias"]
        return projected


def _normalised(states: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    centred: Floats = states - states.mean(1, keepdims=True)
    spread = np.einsum("ij,ij->i", centred, centred) / np.float32(states.shape[1])
    centred /= np.sqrt(spread + _EPSILON)[:, None]
    centred *= weights[f"{name}.weight"]
    centred += weights[f"{name}.bias"]
    return centred


def _restored(stored: Any) -> dict[str, Floats]:
    """Return all arrays in single precision; a table of bytes is stored beside its rows' scales."""
    weights: dict[str, Floats] = {}
    for name in stored.files:
        if name.endswith(".scale"):
            continue
        array = stored[name].astype(np.float32)
        scale = f"{name}.scale"
        weights[name] = array * stored[scale].astype(np.float32)[:, None] if scale in stored.files else array
    return weights


def _read_lexicon(folder: Path, *, count: int) -> Lexicon:
    pieces = (folder / "pieces.txt").read_text(encoding="utf-8").split("\n")
    lists: dict[str, int] = {}
    for line in (folder / "lists.txt").read_text(encoding="utf-8").splitlines():
        word, bits = line.split("\t")
        lists[word] = int(bits)
    return Lexicon(
        pieces={piece: row for row, piece in enumerate(pieces) if piece},
        lists=lists,
        count=count,
        longest=max(map(len, pieces)),
    )
