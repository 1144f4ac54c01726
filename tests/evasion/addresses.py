"""Addresses: how people disguise an e-mail address from harvesters, and not from readers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import Kind, Operator, Shape, back, per_character, same, without

HARVESTING = "address disguises against harvesters (Project Honey Pot; RFC 4096 on address exposure)"
LEET = "PyRIT's leetspeak converter"

LEET_LETTERS = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}

_operator = partial(Operator, kind=Kind.SPELLING, shapes=frozenset({Shape.ADDRESS}))


def _at_dot(at: str, dot: str) -> Callable[[str, random.Random], str]:
    return lambda value, _: value.replace("@", at).replace(".", dot)


def _from_at_dot(text: str) -> str:
    text = re.sub(
        r"\s*[\[({<]\s*(at|dot)\s*[\])}>]\s*|\s+(at|dot)\s+|_(at|dot)_",
        lambda m: f"<{m[1] or m[2] or m[3]}>",
        text,
        flags=re.IGNORECASE,
    )
    return re.sub("<dot>", ".", re.sub("<at>", "@", text, flags=re.IGNORECASE), flags=re.IGNORECASE)


def _disguise(name: str, at: str, dot: str) -> Operator:
    return _operator(
        name=name,
        source=HARVESTING,
        apply=_at_dot(at, dot),
        undo=_from_at_dot,
    )


def _no_spam(value: str, rng: random.Random) -> str:
    name, _, domain = value.partition("@")
    word = rng.choice(("NOSPAM", "REMOVETHIS"))
    return f"{name}@{word}.{domain}" if rng.random() < 0.5 else f"{name}.{word}@{domain}"


OPERATORS: tuple[Operator, ...] = (
    _disguise("at_dot_words", " at ", " dot "),
    _disguise("at_dot_capitals", " AT ", " DOT "),
    _disguise("at_dot_brackets", "[at]", "[dot]"),
    _disguise("at_dot_parentheses", " (at) ", " (dot) "),
    _disguise("at_dot_braces", "{at}", "{dot}"),
    _disguise("at_dot_angles", "<at>", "<dot>"),
    _disguise("at_dot_low_lines", "_at_", "_dot_"),
    _disguise("at_in_parentheses", "(at)", "."),
    _operator(
        name="spaced_at", source=HARVESTING, apply=_at_dot(" @ ", " . "), undo=same
    ),
    _operator(
        name="other_at_signs", source="Unicode TR15, compatibility equivalents of @",
        apply=lambda value, rng: value.replace("@", rng.choice("\uff20\ufe6b")),
        undo=lambda text: re.sub("[\uff20\ufe6b]", "@", text),
    ),
    _operator(
        name="no_spam", source=HARVESTING, apply=_no_spam,
        undo=without(r"\.?(?:NOSPAM|REMOVETHIS)(?:\.(?=[^@]*$))?"),
    ),
    _operator(
        name="leetspeak", source=LEET,
        apply=per_character(LEET_LETTERS), undo=back(LEET_LETTERS),
    ),
)  # fmt: skip
