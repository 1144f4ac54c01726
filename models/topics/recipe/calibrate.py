"""Turn evidence and lexicon points into probabilities, on held-back sentences; runs in Cordon's environment.

    python calibrate.py SAMPLES WEIGHTS.npz OUT.npz

The score of a topic is the logistic function of its evidence, its lexicon points and a constant. Both
weights are kept above zero, so that a score never falls when either rises. One half of the held-back samples
fits the three numbers, the other one measures them.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3]))
from pipeline.detect.topic_model import MOST_POINTS, UNIT, load_topic_model
from pipeline.detect.topics import Topics, read_lexicons

LEAST = 0.02
RIDGE = 10.0
"""Keeps the weights finite where the two kinds can be told apart exactly."""
BINS = 10
PRIOR = 0.2
"""The share of documents with a topic that the scores are calibrated for."""


def fit(inputs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the weights of the two inputs and the constant: Newton's steps, halved until they help."""
    data = np.column_stack((inputs, np.ones(len(inputs))))
    share = np.where(wanted, PRIOR / wanted.mean(), (1 - PRIOR) / (1 - wanted.mean()))
    weights = np.array([0.5, 0.5, -2.0])

    def loss(at: np.ndarray) -> float:
        margin = np.where(wanted, 1, -1) * (data @ at)
        return float((share * np.logaddexp(0, -margin)).sum() + RIDGE * (at[:2] ** 2).sum() / 2)

    for _ in range(100):
        guess = 1 / (1 + np.exp(-np.clip(data @ weights, -40, 40)))
        pull = RIDGE * np.array([1, 1, 0])
        gradient = data.T @ (share * (guess - wanted)) + pull * weights
        curve = (data * (share * guess * (1 - guess))[:, None]).T @ data + np.diag(pull + 1e-6)
        step, size = np.linalg.solve(curve, gradient), 1.0
        while size > 1e-4:
            tried = weights - size * step
            tried[:2] = np.maximum(tried[:2], LEAST)
            if loss(tried) < loss(weights):
                weights = tried
                break
            size /= 2
    return weights


def calibration_error(guess: np.ndarray, wanted: np.ndarray) -> float:
    """Return the expected calibration error over ten bins of equal width, at the prior."""
    share = np.where(wanted, PRIOR / wanted.mean(), (1 - PRIOR) / (1 - wanted.mean())) / len(wanted)
    places = np.minimum((guess * BINS).astype(int), BINS - 1)
    return float(sum(abs((share * (guess - wanted))[places == at].sum()) for at in range(BINS)))


def precision(hit: np.ndarray, wanted: np.ndarray) -> float:
    """Return the share of `hit` that is right, at the prior."""
    share = np.where(wanted, PRIOR / wanted.mean(), (1 - PRIOR) / (1 - wanted.mean()))
    return float(share[hit & wanted].sum() / share[hit].sum())


def main(folder: Path, weights: Path, out: Path) -> None:
    """Fit on one half of the held-back samples, print what the other half says, store the numbers."""
    model = load_topic_model(weights)
    with gzip.open(folder / "held.jsonl.gz", "rt", encoding="utf-8") as lines:
        samples = [json.loads(line) for line in lines]
    random.Random(3).shuffle(samples)
    seen = [model.evidence(one["words"]) for one in samples]
    lexicon = Topics(read_lexicons())
    points = [lexicon.points(" ".join(one["words"])) for one in samples]
    numbers = []
    print(
        "| topic | samples | with the topic | calibration error | recall at 0.5 | precision at 0.5 |\n|---|---:|---:|---:|---:|---:|"
    )
    for topic in model.topics:
        known = [at for at, one in enumerate(samples) if one["labels"][topic] is not None]
        inputs = np.array(
            [[seen[at][topic] / UNIT, min(points[at].get(topic, 0), MOST_POINTS) / 1000] for at in known]
        )
        wanted = np.array([bool(samples[at]["labels"][topic]) for at in known])
        found = fit(inputs[::2], wanted[::2])
        guess = 1 / (1 + np.exp(-(inputs[1::2] @ found[:2] + found[2])))
        hit = guess >= 0.5
        right = wanted[1::2]
        print(
            f"| {topic} | {len(right)} | {right.sum()} | {calibration_error(guess, right):.3f} "
            f"| {hit[right].mean():.3f} | {precision(hit, right):.3f} |"
        )
        numbers.append(np.round(found * 1000).astype(int))
    print(np.array(numbers))
    with np.load(weights) as stored:
        np.savez_compressed(out, **{**dict(stored), "calibration": np.array(numbers, np.int32)})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
