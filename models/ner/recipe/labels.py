"""What each word of a labelled record may be called: the targets of both networks.

A source that does not annotate dates says nothing about them: there, a word outside every
span may be `O` or a date. A target is therefore a set of labels, kept as bits, and the loss is the
negative logarithm of the probability of the whole set. An empty set teaches nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from features import word_features

TYPES = ("PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NORP")
LABELS = ("O", *(f"{place}-{one}" for one in TYPES for place in "BI"))
ROW = {label: row for row, label in enumerate(LABELS)}
OUTSIDE = 1 << ROW["O"]
ALL = (1 << len(LABELS)) - 1
PEOPLE = 1 << ROW["B-PERSON"] | 1 << ROW["I-PERSON"]
UNSAID_TYPES = ("DATE_TIME", "NORP")
WITHOUT_DATES = frozenset({"uner_ewt", "wnut17_train", "btc_abeg", "litbank", "crossner", "inlegal_ner"})

Span = tuple[int, int]


def words(text: str) -> list[Span]:
    """Return the words of `text` as the model will see them, half-open."""
    return [match.span() for match in word_features.WORD.finditer(text)]


def targets(record: dict) -> tuple[list[Span], list[int]]:
    """Return the words of a record and the set of labels that each may have."""
    spans = words(record["text"])
    sets = [_outside(record)] * len(spans)
    for start, end in record["missing"]:
        for at in _touched(spans, start, end):
            sets[at] = 0
    for start, end, label in record["spans"]:
        for number, at in enumerate(_touched(spans, start, end)):
            sets[at] = 1 << ROW[f"{'I' if number else 'B'}-{label}"]
    return spans, sets


def _outside(record: dict) -> int:
    if record.get("nobody"):  # nothing is known but that no person is named
        return ALL & ~PEOPLE
    if record["source"] in WITHOUT_DATES:
        return OUTSIDE | sum(1 << ROW[f"{place}-{one}"] for one in UNSAID_TYPES for place in "BI")
    return OUTSIDE


def _touched(spans: list[Span], start: int, end: int) -> Iterable[int]:
    at = max(bisect_right(spans, (start, start)) - 1, 0)
    while at < len(spans) and spans[at][0] < end:
        if spans[at][1] > start:
            yield at
        at += 1
