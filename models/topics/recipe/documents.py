"""Documents to train and calibrate the topic model on: synthetic ones, and real texts that are about nobody.

Each document is a text and, for each topic, True, False or None (unknown: not used for that topic).
Every sixth sentence appears only where `held` is set, so that calibration meets sentences it never saw.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import decimal
import email.message
import gzip
import inspect
import json
import logging
import pathlib
import pydoc_data.topics
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

HERE = Path(__file__).parent
TOPICS = ("children", "credentials", "finance", "health", "hr", "legal", "special_category", "trade_secret")
WORDS, POSITIVE, NEGATIVE, COMMON = (
    yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in ("words", "positive", "negative", "common")
)
# What a sentence of one topic may also be about: not a negative there.
NEAR = {
    "health": {"special_category", "children"},
    "finance": {"legal", "credentials"},
    "legal": {"finance", "hr", "children", "special_category"},
    "hr": {"health", "legal", "finance"},
    "children": {"health", "legal"},
    "credentials": set(),
    "special_category": {"legal", "hr", "health"},
    "trade_secret": {"finance", "legal"},
}
OFTEN = (
    "leaflet",
    "leaflet",
    "health_manual",
    "health_manual",
    "software_manual",
    "software_manual",
    "story",
)
"""Kinds of text that look most like a topic."""
_SHORT = ("btc_abeg", "wnut17_train", "crossner")
"""Posts and sentences, joined to passages."""
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text with what is known of its topics."""

    text: str
    labels: dict[str, bool | None]
    source: str


def negatives(rng: random.Random, count: int, *, held: bool) -> Iterator[Sample]:
    """Yield texts about a subject and about nobody."""
    for _ in range(count):
        group = rng.choice([*NEGATIVE, *OFTEN])
        sentences = _some(NEGATIVE[group], rng, held=held)
        if rng.random() < 0.25:
            sentences += _some(NEGATIVE[rng.choice(list(NEGATIVE))], rng, held=held)
        if rng.random() < 0.2:
            sentences += _some(COMMON["letter"], rng, held=held)[:2]
        yield Sample(
            text=_set(sentences, rng), labels=dict.fromkeys(TOPICS, False), source=f"synthetic:{group}"
        )


def positives(rng: random.Random, count: int, *, held: bool) -> Iterator[Sample]:
    """Yield texts that a topic is about, some with text around them that is about nobody."""
    for at in range(count):
        topic = TOPICS[at % len(TOPICS)] if at % 3 else "health"
        group = rng.choice(list(POSITIVE[topic]))
        sentences = _some(POSITIVE[topic][group], rng, held=held)
        if rng.random() < 0.3:
            other = rng.choice(list(POSITIVE[topic]))
            sentences += _some(POSITIVE[topic][other], rng, held=held)
        if rng.random() < 0.3:
            letter = _some(COMMON["letter"], rng, held=held)
            sentences = [*letter[:1], *sentences, *letter[1:3]]
        if rng.random() < 0.15:
            sentences += _some(NEGATIVE[rng.choice(["office", "story", "business_public"])], rng, held=held)
        labels: dict[str, bool | None] = {
            one: True if one == topic else None if one in NEAR[topic] else False for one in TOPICS
        }
        yield Sample(text=_set(sentences, rng), labels=labels, source=f"synthetic:{topic}")


def _some(pool: list[str], rng: random.Random, *, held: bool) -> list[str]:
    """Return some sentences of one side of the split: the held one is every sixth."""
    side = [one for at, one in enumerate(pool) if (at % 6 == 5) == held] or pool
    return rng.sample(side, min(len(side), 1 + int(rng.expovariate(1 / 5))))


def _set(sentences: list[str], rng: random.Random) -> str:
    glue = rng.choice([" ", " ", "\n", "\n\n", ", "])
    text = glue.join(_SLOT.sub(lambda slot: str(rng.choice(WORDS[slot[1]])), one) for one in sentences)
    style = rng.random()
    return text.upper() if style < 0.06 else text.lower() if style < 0.14 else text


def real(corpora: Path, rng: random.Random, score: Any) -> Iterator[Sample]:
    """Yield real texts: encyclopaedia, news, fiction, posts, judgments, manuals.

    `score` gives a text's lexicon scores. They label weakly: where the lexicon sees much of a topic in
    a post or a mail, nobody knows; where it sees little, the text is not about it.
    """
    for name in (
        "gum",
        "uner_ewt",
        "wnut17_train",
        "btc_abeg",
        "re3d",
        "crossner",
        "litbank",
        "inlegal_ner",
        "synth_own",
    ):
        with gzip.open(corpora / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        rng.shuffle(records)
        texts = [record["text"] for record in records]
        if name in _SHORT:
            texts = ["\n".join(texts)]
        for text in _passages(texts):
            yield Sample(text=text, labels=_weak(name, score(text)), source=name)
    manuals = [*pydoc_data.topics.topics.values(), *_docstrings()]
    for text in _passages(manuals):
        yield Sample(text=text, labels=dict.fromkeys(TOPICS, False), source="manuals")


def _docstrings() -> Iterator[str]:
    for module in (np, argparse, asyncio, collections, decimal, email.message, logging, pathlib, subprocess):
        for _, member in sorted(inspect.getmembers(module), key=lambda pair: pair[0]):
            if isinstance(doc := getattr(member, "__doc__", None), str) and len(doc) > 400:
                yield doc


def _weak(name: str, scores: dict[str, float]) -> dict[str, bool | None]:
    labels: dict[str, bool | None] = {}
    for topic in TOPICS:
        found = scores.get(topic, 0.0)
        if name in ("crossner", "litbank", "re3d", "gum"):
            labels[topic] = None if topic == "legal" and found >= 0.4 else False
        elif name == "inlegal_ner":
            labels[topic] = (
                (True if found >= 0.3 else None) if topic == "legal" else (False if found < 0.2 else None)
            )
        elif name == "synth_own":
            labels[topic] = True if found >= 0.5 else False if found < 0.07 else None
        else:
            labels[topic] = False if found < 0.4 else None
    return labels


def _passages(texts: Any) -> Iterator[str]:
    """Yield pieces of up to 2,000 characters, cut at white space."""
    for text in texts:
        at = 0
        while at < len(text):
            end = min(len(text), at + 2_000)
            while end < len(text) and end > at + 1_500 and not text[end].isspace():
                end -= 1
            if len(piece := text[at:end].strip()) > 80:
                yield piece
            at = end
