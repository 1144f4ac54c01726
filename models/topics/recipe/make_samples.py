"""Write the training and calibration samples with what the lexicons say of them; runs in Cordon's environment.

python make_samples.py NER_TRAIN OUT
"""

from __future__ import annotations

import gzip
import json
import math
import random
import sys
from pathlib import Path

import documents

sys.path.insert(0, str(Path(__file__).parents[3]))
from pipeline.detect.topics import Topics, read_lexicons, words_of

LEXICON = Topics(read_lexicons())


def scores(text: str) -> dict[str, float]:
    """Return the lexicon scores of `text`, from 0 to 1."""
    return {name: -math.expm1(-points / 1000) for name, points in LEXICON.points(text).items()}


def main(corpora: Path, out: Path) -> None:
    """Write both sides of the split."""
    rng = random.Random(7)
    real = list(documents.real(corpora, rng, scores))
    rng.shuffle(real)
    cut = len(real) // 5
    sides = {
        "train": [
            *documents.positives(rng, 6_000, held=False),
            *documents.negatives(rng, 7_000, held=False),
            *real[cut:],
        ],
        "held": [
            *documents.positives(rng, 2_000, held=True),
            *documents.negatives(rng, 3_000, held=True),
            *real[:cut],
        ],
    }
    out.mkdir(parents=True, exist_ok=True)
    for side, samples in sides.items():
        with gzip.open(out / f"{side}.jsonl.gz", "wt", encoding="utf-8") as lines:
            for one in samples:
                record = {
                    "words": words_of(one.text),
                    "labels": one.labels,
                    "source": one.source,
                }
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
        print(side, len(samples))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
