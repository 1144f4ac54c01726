"""Turn the labelled corpora, our synthetic documents and pages without people into training records.

    python prepare.py --corpora FOLDER --manuals FOLDER --out FOLDER [--seed N]

Writes `train.jsonl` (both networks learn from it), `more.jsonl` (further copies with other names and
further documents: the small network alone, and what the large one says of them), `nobody.jsonl` (pages
without people, for the small network's last epoch) and `dev.jsonl`. The
development part is cut from the training corpora by a hash of the record's id, never from an evaluation set.

Rules
1. A label that a source does not annotate is missing, not absent: its tokens teach nothing.
2. Repeats of a human-made record carry other names and sometimes other case, so that
   the model learns from the company a name keeps and not by heart.
3. Synthetic text stays a minority of the words.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path

import manuals
import nobody
from labels import TYPES
from names import Names
from synth import documents as synthetic_documents

LABELS = frozenset(TYPES)
PIECE_CHARACTERS = 1200  # about 250 tokens: enough context, even batches
DEV_SHARE = 0.03
RENAMED_SHARE = 0.25  # how often the first copy carries other names too
SYNTHETIC_DOCUMENTS = 2600
MORE_SYNTHETIC_DOCUMENTS = 1500
PAGES_WITHOUT_PEOPLE = 3000
MANUAL_PIECES = 700  # of each part
# What looks like a date where a source annotates dates only here and there.
DATE_LIKE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b(?:19|20)\d\d\b")
HANDLE = re.compile(r"@\w+")

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How one corpus enters: how often, how much of it, and what it leaves unsaid."""

    copies: int = 1
    share: float = 1.0
    more: float = 0.0
    """Pieces that are drawn from `share` up to here go to the small network alone."""
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
    "litbank": Source(share=0.5, more=1.0),
    # Names inside a cited precedent are untagged; dates in preambles too.
    "inlegal_ner": Source(copies=4, masked=frozenset({"PRECEDENT"}), unsaid=DATE_LIKE),
    "synth_own": Source(share=0.1, more=0.35, is_synthetic=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A text with its labelled spans and the stretches that teach nothing."""

    id: str
    source: str
    text: str
    spans: tuple[Span, ...]
    missing: tuple[tuple[int, int], ...] = ()
    nobody: bool = False
    """Whether all that is known is that nobody is named."""


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
            name = path.name.removesuffix(".jsonl.gz")
            yield Record(
                id=raw["id"], source=name, text=raw["text"], spans=tuple(kept), missing=tuple(missing)
            )


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
    return replace(
        record,
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


def of_corpora(corpora: Path, names: Names, rng: random.Random) -> Iterator[tuple[str, Record]]:
    """Yield `(file, record)` of every corpus in a fixed order."""
    for name, source in SOURCES.items():
        for whole in read(corpora / f"{name}.jsonl.gz", source):
            is_dev = not source.is_synthetic and fraction(f"dev {whole.id}") < DEV_SHARE
            for piece in pieces(whole):
                drawn = fraction(f"share {piece.id}")
                if is_dev:
                    yield "dev", piece
                elif drawn >= source.share:
                    if drawn < source.more:
                        yield "more", recased(piece, rng)
                else:
                    for copy in range(source.copies):
                        swapped = copy > 0 or (not source.is_synthetic and rng.random() < RENAMED_SHARE)
                        yield "train", recased(renamed(piece, names, rng) if swapped else piece, rng)
                    if not source.is_synthetic:
                        yield "more", recased(renamed(piece, names, rng), rng)


def of_ours(names: Names, manual_pages: Path, rng: random.Random, seed: int) -> Iterator[tuple[str, Record]]:
    """Yield `(file, record)` of the synthetic documents and of the manuals."""
    for part, count, start in (
        ("train", SYNTHETIC_DOCUMENTS, seed),
        ("more", MORE_SYNTHETIC_DOCUMENTS, seed + 1),
    ):
        for number, (text, spans) in enumerate(synthetic_documents(names, count, start)):
            kept = tuple(span for span in spans if span[2] in LABELS)
            yield part, recased(Record(id=f"synth-{number}", source="synth", text=text, spans=kept), rng)
    found = manuals.pieces(manual_pages, names.given, count=2 * MANUAL_PIECES, seed=seed)
    for number, text in enumerate(found):
        record = Record(id=f"manual-{number}", source="manuals", text=text, spans=(), nobody=True)
        yield "train" if number < MANUAL_PIECES else "more", record
    for number, text in enumerate(nobody.pages(names, count=PAGES_WITHOUT_PEOPLE, seed=seed)):
        yield "nobody", Record(id=f"nobody-{number}", source="nobody", text=text, spans=(), nobody=True)


def main() -> None:
    """Write the three files and print what went in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--manuals", type=Path, required=True, help="HTML folder of Python's documentation")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=20261121)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names, rng = Names(arguments.corpora / "gazetteers"), random.Random(arguments.seed)
    characters: Counter[str] = Counter()
    parts = {
        name: (arguments.out / f"{name}.jsonl").open("w", encoding="utf-8")
        for name in ("train", "more", "nobody", "dev")
    }
    everything = chain(
        of_corpora(arguments.corpora, names, rng), of_ours(names, arguments.manuals, rng, arguments.seed)
    )
    for part, record in everything:
        parts[part].write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        characters[f"{part} {record.source}"] += len(record.text)
    for file in parts.values():
        file.close()
    for source, count in characters.most_common():
        print(f"{source:20} {count:8} characters")


if __name__ == "__main__":
    main()
