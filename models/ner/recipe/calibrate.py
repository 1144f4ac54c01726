"""Show what each degree of caution costs and buys, on the development part of the training corpora.

    python calibrate.py --trained FOLDER --dev FILE

Prints recall and precision of PERSON by overlap. We ship the largest caution whose
precision is at most `DEAREST` below that of none.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import fast_ops  # noqa: F401 - sets the kernels before a model is built
import spacy
from package import be_cautious
from spacy.tokens import Doc, DocBin, Span

STEPS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
DEAREST = 0.05


def people(doc: Doc) -> list[Span]:
    """Return the spans labelled as persons."""
    return [ent for ent in doc.ents if ent.label_ == "PERSON"]


def met(spans: Iterable[Span], others: list[Span]) -> int:
    """Count the spans that share a token with one of `others`."""
    return sum(any(span.start < other.end and other.start < span.end for other in others) for span in spans)


def measure(trained: Path, caution: float, gold: list[Doc]) -> tuple[float, float]:
    """Return recall and precision of PERSON at one degree of caution."""
    nlp = spacy.load(trained)
    be_cautious(nlp, caution)
    found = right = labelled = predicted = 0
    for known, doc in zip(gold, nlp.pipe([doc.text for doc in gold]), strict=True):
        labelled += len(people(known))
        predicted += len(people(doc))
        found += met(people(known), people(doc))
        right += met(people(doc), people(known))
    return found / labelled, right / predicted


def main() -> None:
    """Print the table and the choice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trained", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    arguments = parser.parse_args()
    gold = list(DocBin().from_disk(arguments.dev).get_docs(spacy.blank("en").vocab))
    rows = [(caution, *measure(arguments.trained, caution, gold)) for caution in STEPS]
    for caution, recall, precision in rows:
        print(f"caution {caution:3.1f}  recall {recall:.3f}  precision {precision:.3f}")
    floor = rows[0][2] - DEAREST
    print(f"choice  {max(caution for caution, _, precision in rows if precision >= floor):.1f}")


if __name__ == "__main__":
    main()
