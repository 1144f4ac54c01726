"""Synthetic pages in which nobody is named, from `nobody.txt` and `nobody_words.txt`: what else is written with a capital.

Names of people's kind do occur in them, as firms, storms, diseases and streets: the model learns
that a name alone makes no person. Nothing else is taught by these pages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from fillers import read_groups
from names import Names, made_up

SLOT = re.compile(r"\{([A-Za-z]+)\}")
FEWEST, MOST = 5, 12  # sentences of a page
JOINS = ("\n", "\n", " ", "\n\n")
WORDS = read_groups("nobody_words.txt")


def drug(rng: random.Random) -> str:
    """Return a medicine, half of them made up, some with a capital."""
    name = (
        rng.choice(WORDS["drugs"])
        if rng.random() < 0.5
        else made_up(rng).lower() + rng.choice(WORDS["endings"])
    )
    return name.capitalize() if rng.random() < 0.6 else name


def brand(rng: random.Random) -> str:
    """Return a made-up brand."""
    name = made_up(rng)
    draw = rng.random()
    if draw < 0.3:
        return name + rng.choice(WORDS["endings"])
    return name.upper() if draw < 0.4 else f"{name}-{made_up(rng)}" if draw < 0.45 else name


def camel(rng: random.Random) -> str:
    """Return the name of a class."""
    return "".join(rng.choice(WORDS["words"]) for _ in range(rng.choice((2, 2, 3)))) + rng.choice(
        ("", "Config", "Router", "Manager")
    )


def _fillers(names: Names, rng: random.Random) -> dict[str, Callable[[], str]]:
    return {
        "drug": lambda: drug(rng),
        "brand": lambda: brand(rng),
        "BRAND": lambda: brand(rng).upper(),
        "software": lambda: rng.choice(WORDS["software"]) if rng.random() < 0.8 else brand(rng),
        "Camel": lambda: camel(rng),
        "disease": lambda: (
            rng.choice(WORDS["diseases"]) if rng.random() < 0.7 else f"{names.last(rng)}'s disease"
        ),
        "test": lambda: rng.choice(WORDS["tests"]),
        "class": lambda: rng.choice(WORDS["classes"]),
        "firm": lambda: rng.choice(WORDS["firms"]),
        "thing": lambda: rng.choice(WORDS["things"]),
        "Word": lambda: rng.choice(WORDS["words"]),
        "defined": lambda: rng.choice(WORDS["defined"]),
        "month": lambda: rng.choice(WORDS["months"]),
        "ROMAN": lambda: rng.choice(WORDS["roman"]),
        "acronym": lambda: "".join(rng.choice("ABCDEILMNOPRSTV") for _ in range(rng.randint(3, 7))),
        "year": lambda: str(rng.randint(1950, 2026)),
        "n": lambda: str(rng.randint(2, 99)),
        "first": lambda: names.first(rng),
        "last": lambda: names.last(rng),
        "place": lambda: names.place(rng),
        "made": lambda: made_up(rng),
    }


def pages(names: Names, *, count: int, seed: int) -> Iterator[str]:
    """Yield `count` pages; one name stands for the same thing all over its page."""
    rng = random.Random(seed)
    kinds = sorted(read_groups("nobody.txt").items())
    fillers = _fillers(names, rng)
    for _ in range(count):
        _, sentences = rng.choice(kinds)
        known: dict[str, list[str]] = {}

        def fill(slot: re.Match[str], known: dict[str, list[str]] = known) -> str:
            kept = known.setdefault(slot[1], [])
            if slot[1] in {"drug", "brand", "software", "last"} and kept and rng.random() < 0.5:
                return rng.choice(kept)
            kept.append(fillers[slot[1]]())
            return kept[-1]

        chosen = rng.sample(sentences, min(len(sentences), rng.randint(FEWEST, MOST)))
        yield rng.choice(JOINS).join(SLOT.sub(fill, one) for one in chosen)
