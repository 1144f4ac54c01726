"""Score a spaCy model on labelled documents: recall by overlap, precision, speed.

    python benchmarks/ner.py FOLDER [--model PATH] [--label PERSON ...] [--unlabelled] [--json]

FOLDER holds `*.jsonl.gz` with `{"text", "spans": [[start, end, label], ...], "labelled"}`.
`--unlabelled` also tells how much the model marks in sets without labels, which bounds its noise.

Rules of scoring
1. A labelled span is found when a predicted span of its type shares a character with it
   (`right type`), or a span of any type does (`any type`).
2. A predicted span is right when it overlaps a labelled span of its type.
3. Only labels that a set annotates count; inside a span listed in `UNSAID` nothing counts.
Intervals are Wilson's, at 95 %.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import spacy
from spacy.language import Language

SHIPPED = Path(__file__).parents[1] / "models" / "ner" / "weights"
LABELS = ("PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NORP")
# Names inside a cited precedent are not annotated, so that a hit there is neither right nor wrong.
UNSAID = frozenset({"PRECEDENT"})
# The mean over these sets is the figure that the model is accepted by.
BAR_SETS = ("uner_ewt_dev", "inlegal_dev", "presidio_generated")
FEWEST_SPANS = 10  # a set with fewer spans of a label says nothing about it
Z_95 = 1.959964

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """`hits` of `total`, with its interval."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """The share itself; not a number when nothing was counted."""
        return self.hits / self.total if self.total else math.nan

    def wilson(self) -> tuple[float, float]:
        """Return the 95 % score interval."""
        if not self.total:
            return 0.0, 1.0
        share, n, z2 = self.value, self.total, Z_95**2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return middle - half, middle + half

    def __str__(self) -> str:
        low, high = self.wilson()
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}]"


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was counted for one label of one set."""

    labelled: int = 0
    found_right_type: int = 0
    found_any_type: int = 0
    predicted: int = 0
    predicted_right: int = 0

    @property
    def recall(self) -> Ratio:
        """Labelled spans met by a span of their type."""
        return Ratio(hits=self.found_right_type, total=self.labelled)

    @property
    def recall_any_type(self) -> Ratio:
        """Labelled spans met by a span of any type."""
        return Ratio(hits=self.found_any_type, total=self.labelled)

    @property
    def precision(self) -> Ratio:
        """Predicted spans that meet a labelled span of their type."""
        return Ratio(hits=self.predicted_right, total=self.predicted)


@dataclass(slots=True, kw_only=True)
class SetScore:
    """The score of one set."""

    name: str
    tokens: int = 0
    seconds: float = 0.0
    labels: dict[str, Counts] = field(default_factory=dict)


def overlaps(one: Span, other: Span) -> bool:
    """Return whether two half-open spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def count(counts: dict[str, Counts], labelled: Sequence[Span], predicted: Sequence[Span]) -> None:
    """Add one document to `counts` by the rules above."""
    unsaid = [span for span in labelled if span[2] in UNSAID]
    predicted = [span for span in predicted if not any(overlaps(span, hole) for hole in unsaid)]
    for span in labelled:
        if span[2] not in LABELS or any(overlaps(span, hole) for hole in unsaid):
            continue
        met = [other for other in predicted if overlaps(span, other)]
        row = counts.setdefault(span[2], Counts())
        row.labelled += 1
        row.found_any_type += bool(met)
        row.found_right_type += any(other[2] == span[2] for other in met)
    for span in predicted:
        row = counts.setdefault(span[2], Counts())
        row.predicted += 1
        row.predicted_right += any(overlaps(span, other) and other[2] == span[2] for other in labelled)


def records(path: Path, *, labelled: bool = True) -> Iterator[tuple[str, list[Span]]]:
    """Yield the text and spans of those records of a set that are, or are not, labelled."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            if raw.get("labelled", True) == labelled:
                yield raw["text"], [(start, end, label) for start, end, label in raw["spans"]]


def score(nlp: Language, path: Path) -> SetScore:
    """Run the model over one set, one process, and count."""
    found = list(records(path))
    result = SetScore(name=path.name.removesuffix(".jsonl.gz"))
    started = time.perf_counter()
    docs = list(nlp.pipe((text for text, _ in found), batch_size=64))
    result.seconds = time.perf_counter() - started
    for doc, (_, labelled) in zip(docs, found, strict=True):
        result.tokens += len(doc)
        count(result.labels, labelled, [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents])
    result.labels = {label: row for label, row in result.labels.items() if row.labelled >= FEWEST_SPANS}
    return result


def noise(nlp: Language, path: Path) -> str:
    """Return how often a set without labels is marked; nothing when it has labels."""
    texts = [text for text, _ in records(path, labelled=False)]
    tokens = marked = documents = 0
    for doc in nlp.pipe(texts, batch_size=16):
        people = sum(ent.label_ == "PERSON" for ent in doc.ents)
        tokens, marked, documents = tokens + len(doc), marked + people, documents + bool(people)
    if not texts:
        return ""
    name = path.name.removesuffix(".jsonl.gz")
    return f"{name}: PERSON {1000 * marked / tokens:.1f} per 1,000 tokens, in {documents} of {len(texts)} documents\n"


def report(scores: Iterable[SetScore], wanted: Sequence[str]) -> str:
    """Return the table that a person reads."""
    lines = [
        f"{'set':22} {'label':13} {'spans':>6}  {'recall, right type':22} {'recall, any type':22} {'precision':22}"
    ]
    for item in scores:
        for label in (name for name in LABELS if name in item.labels and name in wanted):
            row = item.labels[label]
            lines.append(
                f"{item.name:22} {label:13} {row.labelled:6}  {row.recall!s:22} {row.recall_any_type!s:22} {row.precision!s:22}"
            )
    return "\n".join(lines)


def summary(scores: Sequence[SetScore]) -> str:
    """Return the mean that the model is accepted by, and the speed."""
    bars = [item.labels["PERSON"].recall.value for item in scores if item.name in BAR_SETS]
    tokens, seconds = sum(item.tokens for item in scores), sum(item.seconds for item in scores)
    lines = [f"{tokens} tokens in {seconds:.1f} s: {tokens / seconds:,.0f} tokens/s on one process"]
    if len(bars) == len(BAR_SETS):
        lines.append(f"PERSON recall, right type, mean of {', '.join(BAR_SETS)}: {sum(bars) / len(bars):.3f}")
    return "\n".join(lines)


def main() -> None:
    """Score a model on every labelled set of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=str(SHIPPED), help="a folder or an installed package")
    parser.add_argument("--label", nargs="*", default=LABELS, choices=LABELS)
    parser.add_argument("--unlabelled", action="store_true", help="also count marks in sets without labels")
    parser.add_argument("--json", action="store_true", help="print counts instead of a table")
    arguments = parser.parse_args()
    nlp = spacy.load(arguments.model)
    nlp("The first document pays for what is loaded late.")
    scores = [score(nlp, path) for path in sorted(arguments.folder.glob("*.jsonl.gz"))]
    scores = [item for item in scores if item.tokens]
    if arguments.json:
        print(json.dumps([asdict(item) for item in scores], indent=1))
    else:
        print(report(scores, arguments.label), summary(scores), sep="\n\n")
    if arguments.unlabelled and not arguments.json:
        print(
            "\n" + "".join(noise(nlp, path) for path in sorted(arguments.folder.glob("*.jsonl.gz"))), end=""
        )


if __name__ == "__main__":
    main()
