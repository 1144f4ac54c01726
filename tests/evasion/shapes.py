"""What an evasion is: a way of writing a value that a reader undoes and a pattern does not expect.

Rules
1. Operators are written from the literature that each names, never from the detector's code: this
   package imports nothing from `pipeline.detect` but the detector itself, in `matrix.py`.
2. An operator must keep its value recoverable, else it deletes rather than hides. What decides is
   `undo`: what a reader (a person, a program, a language model) does to read the value. A spelling
   counts only if `undo` gives the value back; `test_operators.py` checks each, and compositions whose
   undoings in reverse order do not give the value back are not counted.
3. The same value and seed give the same spelling.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Shape(StrEnum):
    """What about a value must survive for it to be the same value."""

    NUMBER = "number"
    """Digits, in groups."""
    CODE = "code"
    """Letters of either case and digits, in groups."""
    ADDRESS = "address"
    """An e-mail address: signs count, case does not."""
    DOTTED = "dotted"
    """An IP address: digits and dots."""
    SECRET = "secret"
    """Every character counts, spaces and line breaks aside."""


class Kind(StrEnum):
    """Families of operators."""

    TYPOGRAPHY = "typography"
    UNICODE = "unicode"
    LAYOUT = "layout"
    ENCODING = "encoding"
    SPELLING = "spelling"
    NOISE = "noise"


EVERY = frozenset(Shape)
GROUPED = frozenset({Shape.NUMBER, Shape.CODE})
NUMBERS = frozenset({Shape.NUMBER, Shape.DOTTED})
CASELESS = EVERY - {Shape.SECRET}
LETTERED = frozenset({Shape.CODE, Shape.ADDRESS, Shape.SECRET})

SEPARATORS = re.compile(r"[ \-/.()]+")
"""Between the groups of a number or code as it is usually written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One way of writing a value."""

    name: str
    kind: Kind
    source: str
    """Where the way is described, or where it happens."""
    shapes: frozenset[Shape]
    """The values that it can be used on and that stay recoverable."""
    apply: Callable[[str, random.Random], str] = field(repr=False)
    undo: Callable[[str], str] = field(repr=False)
    ungroups: bool = False
    """Whether the usual grouping is gone, which for some numbers is all that tells them from any other."""
    lossy: bool = False
    """Whether one character may be lost: what is left still leads to the holder, as with a misprint."""


def canonical(value: str, shape: Shape) -> str:
    """Return what two spellings of one value have in common."""
    if shape is Shape.NUMBER:
        return re.sub(r"[^0-9]", "", value)
    if shape is Shape.CODE:
        return re.sub(r"[^0-9A-Z]", "", value.upper())
    squeezed = re.sub(r"\s+", "", value)
    return squeezed if shape is Shape.SECRET else squeezed.lower()


def recovers(read: str, value: str, operators: Iterable[Operator], shape: Shape) -> bool:
    """Whether `read`, the undone spelling, is still `value`."""
    ours, theirs = canonical(value, shape), canonical(read, shape)
    if ours == theirs:
        return True
    allowed = sum(1 for operator in operators if operator.lossy)
    return len(ours) == len(theirs) and sum(a != b for a, b in zip(ours, theirs, strict=True)) <= allowed


def same(text: str) -> str:
    """Return `text`: what a reader passes over needs no undoing."""
    return text


def without(pattern: str) -> Callable[[str], str]:
    """Return an undoing that takes out what matches."""
    compiled = re.compile(pattern)
    return lambda text: compiled.sub("", text)


def per_character(table: dict[str, str]) -> Callable[[str, random.Random], str]:
    """Return an operator that replaces the characters of `table`; a replacement may be a choice of several."""

    def apply(value: str, rng: random.Random) -> str:
        return "".join(rng.choice(table[letter]) if letter in table else letter for letter in value)

    return apply


def back(table: dict[str, str]) -> Callable[[str], str]:
    """Return the undoing of `per_character(table)`."""
    inverse = {new: old for old, choices in table.items() for new in choices}
    return lambda text: "".join(inverse.get(letter, letter) for letter in text)


def inserting(marks: str, *, share: float = 1.0) -> Callable[[str, random.Random], str]:
    """Return an operator that puts one of `marks` into gaps between characters, at least into one."""

    def apply(value: str, rng: random.Random) -> str:
        gaps = range(1, len(value))
        chosen = {gap for gap in gaps if rng.random() < share} or set(rng.sample(gaps, 1))
        return "".join(
            (rng.choice(marks) if at in chosen else "") + letter for at, letter in enumerate(value)
        )

    return apply


def between_groups(new: str) -> Callable[[str, random.Random], str]:
    """Return an operator that puts one of the characters of `new` between groups."""

    def apply(value: str, rng: random.Random) -> str:
        return SEPARATORS.sub(lambda _: rng.choice(new), value.strip("()")).strip(new)

    return apply


def joining(new: str) -> Callable[[str, random.Random], str]:
    """Return an operator that puts the string `new` between groups."""

    def apply(value: str, _: random.Random) -> str:
        return new.join(groups(value))

    return apply


def groups(value: str) -> list[str]:
    """Return the groups of a number or code, without what separates them."""
    return [group for group in SEPARATORS.split(value) if group]


def break_point(value: str, rng: random.Random) -> int:
    """Return where a line would break: after a separator if there is one, else about the middle."""
    after = [match.end() for match in SEPARATORS.finditer(value) if 0 < match.end() < len(value)]
    middle = max(1, len(value) // 2 + rng.randint(-1, 1)) if len(value) > 3 else 1
    return rng.choice(after) if after else middle
