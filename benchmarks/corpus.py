"""A corpus for benchmarks: invented business documents, about 2.3 KB each, the same for the same seed.

Of a hundred documents about 30 name nobody (they may leave as they are), 45 name people and say how to
reach them (they leave pseudonymised), and 25 hold an identifier together with health or money (they stay).
A few words of each document occur in no other: names of products, cases, places; a vocabulary never ends.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

MEAN_BYTES = 2200
_PLAIN, _NAMED = 0.30, 0.75
"""Shares, summed up: below the first a document is plain, below the second it names people, else regulated."""

_FIRST = (
    "Anna", "Paul", "Maria", "James", "Sofia", "Peter", "Laura", "Daniel", "Elena", "Thomas", "Julia",
    "Martin", "Clara", "Simon", "Nora", "Victor",
)  # fmt: skip
_LAST = (
    "Becker", "Schneider", "Lopez", "Carter", "Rossi", "Novak", "Jensen", "Moreau", "Walsh", "Keller",
    "Brandt", "Fischer", "Murphy", "Olsen",
)  # fmt: skip
_THINGS = (
    "bicycle", "lamp", "cupboard", "radio", "ladder", "printer", "scanner", "pump", "filter", "valve",
    "cabinet",
)  # fmt: skip
_KINDS = (
    "simple", "robust", "quiet", "light", "compact", "modern", "standard", "heavy", "portable", "modular",
)  # fmt: skip
_SYLLABLES = (
    "ba", "co", "di", "fe", "gu", "ha", "ki", "lo", "mu", "ne", "po", "ra", "su", "ti", "ve", "wo", "xa",
    "yo", "zu", "tra", "sten", "mor", "lin", "gor",
)  # fmt: skip

_PLAIN_SENTENCES = (
    "This {kind} {thing} is easy to clean with a damp cloth, and it must be dry before the next use.",
    "Do not put the {thing} into water, and keep the packaging because the warranty covers transport in it.",
    "This {thing} in its {word} variant has a longer cable and a switch that can be reached from both sides.",
    "Our team checked the new {thing} in the workshop and found that the cover closes without any noise.",
    "Before the first start, read the whole manual and make sure that nothing blocks the air behind the {thing}.",
    "The meeting about the {word} project covered the agenda, the open questions and the next steps in order.",
    "If the {thing} stops, wait a few minutes, look at the display and follow the steps in the table below.",
    "Most of the time was spent on the {word} release, which improves search and makes the pages load faster.",
)
_NAMED_SENTENCES = (
    "Dear {name}, thank you for your note about the {word} workshop, which we have read with interest.",
    "Please send the printed agenda to {name} and ask for an answer before the next meeting of the board.",
    "{name} can be reached at {mail} or by telephone at {phone} on working days.",
    "As agreed with {name}, the {thing} will be delivered to the office of {other} in the second week.",
)
_REGULATED_SENTENCES = (
    "Patient {name}, SSN {ssn}, was admitted with chest pain and diagnosed with angina and hypertension.",
    "The cardiologist prescribed beta blockers to {name} and asked for a follow-up examination in two weeks.",
    "The invoice of {name} was paid by card {card} and the treatment was reported to the health insurance.",
    "Medical record of {other}: blood pressure was high, the laboratory results are attached to the chart.",
)

_NIGHT_REGULATED, _NIGHT_BOILERPLATE = 0.30, 0.40
_FEET = tuple(
    "\n\n" + "\n\n".join(" ".join(one.format(what=what) for one in part) for part in (
        (
            "This {what} and everything attached to it is meant for the addressee only and may be confidential.",
            "If you are not the addressee, please tell the sender, delete the {what} and do not use what it says.",
            "We check what we send for harmful software, but cannot be held liable for what happens on its way.",
            "Opinions in this {what} are those of the author and bind the company only where it says so in writing.",
        ),
        (
            "Deliveries and services are subject to our general terms, which we send to you on request at any time.",
            "Goods remain our property until they are paid for in full, and defects are to be reported without delay.",
            "Place of performance for both sides is the seat of the company, and its law applies to all agreements.",
            "No part of this {what} changes what was agreed before, unless both sides have signed the change.",
        ),
    ))
    for what in ("message", "letter", "document")
)  # fmt: skip


def write_corpus(path: Path, documents: int, *, seed: int = 2026) -> Path:
    """Write so many documents as JSONL, one at a time, and return the path."""
    randomness = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(documents):
            record = {"id": f"bench-{number}", "text": _text(randomness)}
            file.write(json.dumps(record) + "\n")
    return path


def write_mix(mix: str, documents: int, *, seed: int = 2026) -> list[str]:
    """Return texts of a mix of personal data: `none`, `mixed` (as the corpus) or `dense` (every other sentence)."""
    randomness = random.Random(f"{mix}{seed}")
    if mix == "mixed":
        return [_text(randomness) for _ in range(documents)]
    kinds = {"none": [_PLAIN_SENTENCES], "dense": [_PLAIN_SENTENCES, _NAMED_SENTENCES, _REGULATED_SENTENCES]}[
        mix
    ]
    return [_fill(randomness, kinds) for _ in range(documents)]


def write_night(documents: int, *, seed: int = 2026) -> list[str]:
    """Return the texts of a mixed night: 30 % regulated, the others named or plain; 40 % end in one of three feet."""
    randomness = random.Random(f"night{seed}")
    texts = []
    for _ in range(documents):
        share = 1.0 if randomness.random() < _NIGHT_REGULATED else randomness.uniform(0.0, _NAMED)
        foot = randomness.choice(_FEET) if randomness.random() < _NIGHT_BOILERPLATE else ""
        texts.append(_text(randomness, share=share, room=len(foot)) + foot)
    return texts


def _fill(randomness: random.Random, kinds: list[tuple[str, ...]]) -> str:
    parts: list[str] = []
    while sum(map(len, parts)) < MEAN_BYTES:
        parts.append(_sentence(randomness, randomness.choice(randomness.choice(kinds))))
    return "\n\n".join(" ".join(parts[start : start + 5]) for start in range(0, len(parts), 5))


def people() -> list[str]:
    """Return every name that the corpus can hold."""
    return [f"{first} {last}" for first in _FIRST for last in _LAST]


def _text(randomness: random.Random, *, share: float | None = None, room: int = 0) -> str:
    """Return one document; `share` says of which kind, `room` how much shorter it is."""
    share = randomness.random() if share is None else share
    sentences = [_PLAIN_SENTENCES]
    if share >= _PLAIN:
        sentences.append(_NAMED_SENTENCES)
    if share >= _NAMED:
        sentences.append(_REGULATED_SENTENCES)
    aim = randomness.randint(MEAN_BYTES // 2, MEAN_BYTES * 3 // 2) - room
    parts: list[str] = [_sentence(randomness, kind[0]) for kind in sentences]
    size = sum(map(len, parts))
    while size < aim:
        kind = sentences[-1] if randomness.random() < 0.15 else _PLAIN_SENTENCES
        parts.append(_sentence(randomness, randomness.choice(kind)))
        size += len(parts[-1]) + 1
    return "\n\n".join(" ".join(parts[start : start + 5]) for start in range(0, len(parts), 5))


def _sentence(randomness: random.Random, template: str) -> str:
    first, last = randomness.choice(_FIRST), randomness.choice(_LAST)
    return template.format(
        kind=randomness.choice(_KINDS),
        thing=randomness.choice(_THINGS),
        word="".join(randomness.choices(_SYLLABLES, k=4)),
        name=f"{first} {last}",
        other=f"{randomness.choice(_FIRST)} {randomness.choice(_LAST)}",
        mail=f"{first}.{last}@example.com".lower(),
        phone=f"+49 30 {randomness.randint(2_000_000, 8_999_999)}",
        ssn=f"{randomness.randint(200, 660)}-{randomness.randint(11, 98)}-{randomness.randint(1001, 9998)}",
        card="4111 1111 1111 1111",
    )
