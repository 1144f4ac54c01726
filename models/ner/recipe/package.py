"""Turn the best checkpoint of a training into the folder that ships.

    python package.py --trained FOLDER --out FOLDER [--caution X]

What changes
1. The vocabulary's strings are emptied: they are the words of the training texts, the
   model does not need them, and people's names have no business in a shipped file.
2. `--caution X` takes X from the score of the action "outside", so that a doubtful word
   is rather marked than missed. The value is chosen on the development part of the
   training corpora (see the model card).
3. The description, version and licence are written into `meta.json`; paths of the machine
   that trained are left out.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import spacy
from spacy.language import Language
from spacy.pipeline import EntityRecognizer

NAME = "cordon_ner"
VERSION = "0.1.0"
DESCRIPTION = (
    "Small English model for finding people, places, organisations, dates and groups in office documents. "
    "Convolutional, CPU only, no word vectors. Prefers recall to precision."
)
LARGEST_BYTES = 15_000_000
KEPT_FILES = ("config.cfg", "meta.json", "tokenizer")


def be_cautious(nlp: Language, caution: float) -> None:
    """Lower the bias of the action that leaves a word outside every entity."""
    ner = nlp.get_pipe("ner")
    if not isinstance(ner, EntityRecognizer):
        raise TypeError("the component named ner is not an entity recogniser")
    upper = ner.model.layers[-1]
    bias = np.array(upper.get_param("b"))
    outside = next(i for i in range(ner.moves.n_moves) if ner.moves.get_class_name(i) == "O")
    bias[outside] -= caution
    upper.set_param("b", bias)


def package(trained: Path, out: Path, caution: float) -> int:
    """Write the folder that ships; return its size in bytes."""
    nlp = spacy.load(trained)
    if caution:
        be_cautious(nlp, caution)
    nlp.meta.update(
        name=NAME,
        version=VERSION,
        description=DESCRIPTION,
        author="The Cordon authors",
        license="CC BY-SA 4.0",
    )
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    shutil.rmtree(out, ignore_errors=True)
    nlp.to_disk(out, exclude=["vocab"])
    empty_vocabulary(out)
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def empty_vocabulary(out: Path) -> None:
    """Give the folder the vocabulary of an empty English pipeline."""
    spacy.blank("en").vocab.to_disk(out / "vocab")


def main() -> None:
    """Package a checkpoint and check its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trained", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--caution", type=float, default=0.0)
    arguments = parser.parse_args()
    size = package(arguments.trained, arguments.out, arguments.caution)
    print(f"{size} bytes")
    if size > LARGEST_BYTES:
        raise SystemExit(f"larger than {LARGEST_BYTES} bytes")


if __name__ == "__main__":
    main()
