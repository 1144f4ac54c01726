"""Train the topic model on what make_samples.py wrote; runs in its own environment (numpy, scipy, scikit-learn).

python train.py SAMPLES OUT.npz
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

UNIT = 16
PIECE = 30
"""Words that are judged together in training; the intercept is spread over as many."""
LEAST_WORD, LEAST_PAIR = 4, 6
WORDS, PAIRS = 14_000, 16_000
STRENGTH = 0.3
TOPICS = ("children", "credentials", "finance", "health", "hr", "legal", "special_category", "trade_secret")


def read(path: Path) -> list[dict]:
    """Return the samples in `path`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def forms(word: str, numbers: dict[str, int]) -> int:
    """Return the number of `word`, of its suffix, or 0: as pipeline/detect/topic_model.py does."""
    found = numbers.get(word)
    return found if found is not None else numbers.get("~" + word[-4:] if word.isalpha() else "0", 0)


def fillers() -> set[str]:
    """Return the words of names, organisations and places, which say nothing about a topic."""
    words = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
    common = {
        "the",
        "a",
        "an",
        "of",
        "university",
        "council",
        "county",
        "court",
        "north",
        "city",
        "centre",
        "small",
        "village",
    }
    return {
        word.lower()
        for slot in ("name", "org", "place")
        for one in words[slot]
        for word in one.replace(".", " ").split()
    } - common


def vocabulary(samples: list[dict]) -> dict[str, int]:
    """Return the numbers of words seen in enough samples, of suffixes of long words, and of numbers."""
    counts: Counter[str] = Counter()
    ignored = fillers()
    for one in samples:
        seen = set(one["words"]) - ignored
        counts.update(word for word in seen if word.isalpha() or "'" in word)
        counts.update({"~" + word[-4:] for word in seen if word.isalpha() and len(word) >= 7})
    kept = [
        word for word, count in counts.most_common(WORDS) if count >= (40 if word[0] == "~" else LEAST_WORD)
    ]
    return {word: number for number, word in enumerate(sorted({*kept, *ignored, "0"}), 1)}


def cut(samples: list[dict], numbers: dict[str, int]) -> tuple[list[list[int]], list[list]]:
    """Return the samples in pieces, as numbers of words (0 for what says nothing), with their labels by topic."""
    silent = {numbers[word] for word in fillers()}
    pieces, labels = [], []
    for one in samples:
        ids = [forms(word, numbers) for word in one["words"]]
        for at in range(0, len(ids), PIECE):
            piece = ids[at : at + PIECE]
            if len(piece) < 4 and at:
                continue
            pieces.append([0 if number in silent else number for number in piece])
            labels.append([one["labels"][topic] for topic in TOPICS])
    return pieces, labels


def frequent_pairs(pieces: list[list[int]], width: int) -> list[int]:
    """Return the keys of the pairs of neighbours that are in enough pieces, ascending."""
    counts: Counter[int] = Counter()
    for piece in pieces:
        counts.update({a * width + b for a, b in pairwise(piece) if a and b})
    return sorted(key for key, count in counts.most_common(PAIRS) if count >= LEAST_PAIR)


def table(pieces: list[list[int]], keys: list[int], width: int) -> csr_matrix:
    """Return which words and pairs (columns) are in which pieces (rows)."""
    columns = {key: width + at for at, key in enumerate(keys)}
    rows, cols = [], []
    for at, piece in enumerate(pieces):
        found = {number for number in piece if number}
        found |= {columns[k] for a, b in pairwise(piece) if (k := a * width + b) in columns}
        rows += [at] * len(found)
        cols += sorted(found)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(pieces), width + len(keys)))


def fit(data: csr_matrix, wanted: np.ndarray) -> LogisticRegression:
    """Return the regression of one topic on the pieces whose label is known."""
    # As many of both: the prior is put back by calibration.
    balance = np.where(wanted, (~wanted).sum() / max(wanted.sum(), 1), 1.0)
    model = LogisticRegression(C=STRENGTH, max_iter=60, solver="liblinear")
    model.fit(data, wanted, sample_weight=balance / balance.mean())
    # Once more, with the pieces that look like the topic and are not counting five times.
    margin = model.decision_function(data)
    balance *= np.where(~wanted & (margin > -1), 5, 1)
    return model.fit(data, wanted, sample_weight=balance / balance.mean())


def main(folder: Path, out: Path) -> None:
    """Fit one logistic regression a topic on pieces of the samples, and store whole-numbered weights."""
    samples = read(folder / "train.jsonl.gz")
    numbers = vocabulary(samples)
    width = len(numbers) + 1
    pieces, labels = cut(samples, numbers)
    keys = frequent_pairs(pieces, width)
    data = table(pieces, keys, width)
    names = ["?", *numbers]
    weights, costs = np.zeros((data.shape[1], len(TOPICS))), np.zeros(len(TOPICS))
    for at, topic in enumerate(TOPICS):
        known = np.array([one[at] is not None for one in labels])
        wanted = np.array([bool(one[at]) for one in labels])[known]
        model = fit(data[known], wanted)
        weights[:, at] = model.coef_[0]
        costs[at] = max(-model.intercept_[0] / PIECE, 0.02)
        order = [names[number] for number in np.argsort(weights[:width, at])]
        print(
            topic,
            int(wanted.sum()),
            "cost",
            round(costs[at], 3),
            "for",
            order[::-1][:25],
            "against",
            order[:15],
        )
    store(out, numbers, keys, weights, costs)


def store(
    out: Path, numbers: dict[str, int], keys: list[int], weights: np.ndarray, costs: np.ndarray
) -> None:
    """Write the model as topic_model.py reads it, uncalibrated."""
    width = len(numbers) + 1
    whole = np.clip(np.round(weights * UNIT), -127, 127).astype(np.int8)
    np.savez_compressed(
        out,
        topics=np.frombuffer("\n".join(TOPICS).encode(), np.uint8),
        vocabulary=np.frombuffer("\n".join(numbers).encode(), np.uint8),
        words=whole[1:width],
        keys=np.array(keys, np.int64),
        pairs=whole[width:],
        costs=np.ceil(costs * UNIT).astype(np.int8),
        calibration=np.tile(np.array([1000, 1000, -4000], np.int32), (len(TOPICS), 1)),  # until calibrate.py
    )
    print(len(numbers), "words", len(keys), "pairs", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
