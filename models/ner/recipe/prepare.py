"""Turn the labelled corpora and our synthetic documents into spaCy's training files.

    python prepare.py --corpora FOLDER --out FOLDER [--seed N]

Writes `train.spacy` and `dev.spacy`; the development part is cut from the training
corpora by a hash of the record's id, never from an evaluation set.

Rules
1. A label that a source does not annotate is missing, not absent: its tokens teach nothing.
2. Repeats of a human-made record carry other names and sometimes other case, so that
   the model learns from the company a name keeps and not by heart.
3. Synthetic text stays a minority of the tokens.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import spacy
from names import Names
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from synth import documents as synthetic_documents

LABELS = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NORP"})
PIECE_CHARACTERS = 1200  # about 250 tokens: enough context, even batches
DEV_SHARE = 0.03
SYNTHETIC_DOCUMENTS = 2600
# What looks like a date where a source annotates dates only here and there.
DATE_LIKE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b(?:19|20)\d\d\b")
HANDLE = re.compile(r"@\w+")

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How one corpus enters: how often, how much of it, and what it leaves unsaid."""

    copies: int = 1
    share: float = 1.0
    masked: frozenset[str] = frozenset()
    unsaid: re.Pattern[str] | None = None
    is_synthetic: bool = False


SOURCES = {
    "gum": Source(copies=2, masked=frozenset({"MISC"})),
    "uner_ewt": Source(copies=4),
    "wnut17_train": Source(unsaid=HANDLE),
    "btc_abeg": Source(unsaid=HANDLE),
    "re3d": Source(copies=2, masked=frozenset({"DOCUMENT_REFERENCE", "MILITARY_PLATFORM"})),
    "crossner": Source(masked=frozenset({"MISC"})),
    "litbank": Source(share=0.5),
    # Names inside a cited precedent are untagged; dates in preambles too.
    "inlegal_ner": Source(copies=4, masked=frozenset({"PRECEDENT"}), unsaid=DATE_LIKE),
    "synth_own": Source(share=0.1, is_synthetic=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A text with its labelled spans and the stretches that teach nothing."""

    id: str
    text: str
    spans: tuple[Span, ...]
    missing: tuple[tuple[int, int], ...] = ()


def fraction(key: str) -> float:
    """Return a number in [0, 1) that depends on `key` alone."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6]) / (1 << 48)


def read(path: Path, source: Source) -> Iterator[Record]:
    """Yield the records of a corpus file, silver spans merged, rule 1 applied."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            spans = [(s, e, label) for s, e, label in raw["spans"] + raw.get("silver", [])]
            missing = [(s, e) for s, e, label in spans if label in source.masked]
            if source.unsaid:
                missing += [match.span() for match in source.unsaid.finditer(raw["text"])]
            kept = sorted(span for span in spans if span[2] in LABELS)
            yield Record(id=raw["id"], text=raw["text"], spans=tuple(kept), missing=tuple(missing))


def pieces(record: Record) -> Iterator[Record]:
    """Cut a long record at line or sentence ends that are not inside a span."""
    start = 0
    breaks = [m.end() for m in re.finditer(r"\n+|[.!?][\"'”)]*\s+", record.text)] + [len(record.text)]
    for index, end in enumerate(breaks):
        is_last = index == len(breaks) - 1
        inside = any(s < end < e for s, e, _ in record.spans)
        long_enough = is_last or (breaks[index + 1] - start > PIECE_CHARACTERS and not inside)
        if long_enough and record.text[start:end].strip():
            yield part(record, start, end)
            start = end


def part(record: Record, start: int, end: int) -> Record:
    """Return `record` from `start` to `end`, offsets shifted."""
    return Record(
        id=f"{record.id}@{start}",
        text=record.text[start:end],
        spans=tuple((s - start, e - start, x) for s, e, x in record.spans if start <= s and e <= end),
        missing=tuple(
            (max(s, start) - start, min(e, end) - start) for s, e in record.missing if s < end and e > start
        ),
    )


def renamed(record: Record, names: Names, rng: random.Random) -> Record:
    """Return `record` with its people called something else, the same word the same way."""
    people: dict[str, str] = {}
    text, spans, missing, at, shift = [], [], [], 0, []
    for start, end, label in record.spans:
        new = record.text[start:end]
        if label == "PERSON":
            new = names.replace(new, people, rng)
        text += [record.text[at:start], new]
        begin = sum(map(len, text)) - len(new)
        spans.append((begin, begin + len(new), label))
        shift.append((end, begin + len(new) - end))
        at = end
    text.append(record.text[at:])
    for start, end in record.missing:
        moved = next((by for edge, by in reversed(shift) if edge <= start), 0)
        missing.append((start + moved, end + moved))
    return replace(record, text="".join(text), spans=tuple(spans), missing=tuple(missing))


def recased(record: Record, rng: random.Random) -> Record:
    """Return `record` in capitals or lower case now and then; offsets stay as they are."""
    draw = rng.random()
    change = str.lower if draw < 0.09 else str.upper if draw < 0.15 else None
    if change is None:
        return record
    text = "".join(new if len(new := change(c)) == 1 else c for c in record.text)
    return replace(record, text=text)


def to_doc(nlp: Language, record: Record) -> Doc:
    """Tokenise a record; spans that no token boundary fits become missing."""
    doc = nlp.make_doc(record.text)
    ents, missing = [], []
    for start, end, label in record.spans:
        span = doc.char_span(start, end, label=label)
        if span is not None:
            ents.append(span)
        elif (wide := doc.char_span(start, end, alignment_mode="expand")) is not None:
            missing.append(wide)
    for start, end in record.missing:
        if end > start and (wide := doc.char_span(start, end, alignment_mode="expand")) is not None:
            missing.append(wide)
    ents = spacy.util.filter_spans(ents)
    taken = {token.i for span in ents for token in span}
    free = [doc[i : i + 1] for i in sorted({t.i for span in missing for t in span} - taken)]
    doc.set_ents(ents, missing=free, default="outside")
    return doc


def training_records(corpora: Path, seed: int) -> Iterator[tuple[str, Record, bool]]:
    """Yield `(source, record, is_dev)` of every source in a fixed order."""
    rng = random.Random(seed)
    names = Names(corpora / "gazetteers")
    for name, source in SOURCES.items():
        for whole in read(corpora / f"{name}.jsonl.gz", source):
            is_dev = not source.is_synthetic and fraction(f"dev {whole.id}") < DEV_SHARE
            for piece in pieces(whole):
                if fraction(f"share {piece.id}") >= source.share:
                    continue
                if is_dev:
                    yield name, piece, True
                    continue
                for copy in range(source.copies):
                    swapped = copy > 0 or (not source.is_synthetic and rng.random() < 0.25)
                    record = renamed(piece, names, rng) if swapped else piece
                    yield name, recased(record, rng), False
    for number, (text, spans) in enumerate(synthetic_documents(names, SYNTHETIC_DOCUMENTS, seed)):
        record = Record(id=f"synth-{number}", text=text, spans=tuple(s for s in spans if s[2] in LABELS))
        yield "synth", recased(record, rng), False


def write(path: Path, docs: Iterable[Doc]) -> None:
    """Store documents in spaCy's binary form."""
    DocBin(attrs=["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE"], docs=docs).to_disk(path)


def main() -> None:
    """Prepare both files and print what went in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=20261121)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    nlp = spacy.blank("en")
    train: list[Doc] = []
    dev: list[Doc] = []
    tokens: Counter[str] = Counter()
    for source, record, is_dev in training_records(arguments.corpora, arguments.seed):
        doc = to_doc(nlp, record)
        (dev if is_dev else train).append(doc)
        tokens[f"dev {source}" if is_dev else source] += len(doc)
    random.Random(arguments.seed).shuffle(train)
    write(arguments.out / "train.spacy", train)
    write(arguments.out / "dev.spacy", dev)
    for source, count in tokens.most_common():
        print(f"{source:20} {count:8}")
    print(f"{len(train)} training pieces, {len(dev)} development pieces")


if __name__ == "__main__":
    main()
