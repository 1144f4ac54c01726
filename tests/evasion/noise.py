"""Noise: scanners, keyboards and haste."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import (
    EVERY,
    GROUPED,
    SEPARATORS,
    Kind,
    Operator,
    Shape,
    back,
    break_point,
    same,
    without,
)

OCR = "confusion pairs of optical character recognition (Nguyen et al. 2021, survey of post-OCR correction)"
TYPING = "typing errors"
GLUE = "missing spaces between words, OCR and forms"

MISREAD = {"0": "OoDQ", "1": "lI|!", "2": "Zz", "5": "Ss", "6": "b", "8": "B", "9": "gq"}

_operator = partial(Operator, kind=Kind.NOISE)
_NUMBER = frozenset({Shape.NUMBER})


def _misread(share: float) -> Callable[[str, random.Random], str]:
    """Return an operator that replaces one digit, or a share of them, by letters that look the same."""

    def apply(value: str, rng: random.Random) -> str:
        open_to = [at for at, c in enumerate(value) if c in MISREAD]
        chosen = set(rng.sample(open_to, max(1, round(share * len(open_to))))) if open_to else set()
        return "".join(rng.choice(MISREAD[c]) if at in chosen else c for at, c in enumerate(value))

    return apply


def _wrong_digit(value: str, rng: random.Random) -> str:
    digits = [at for at, c in enumerate(value) if c in "0123456789"]
    if not digits:
        return value
    at = rng.choice(digits)
    return value[:at] + rng.choice([c for c in "0123456789" if c != value[at]]) + value[at + 1 :]


def _speckled(marks: str) -> Callable[[str, random.Random], str]:
    def apply(value: str, rng: random.Random) -> str:
        inner = [at for at in range(1, len(value)) if value[at - 1].isalnum() and value[at].isalnum()]
        chosen = set(rng.sample(inner, min(2, len(inner))))
        return "".join((rng.choice(marks) if at in chosen else "") + c for at, c in enumerate(value))

    return apply


def _glued(before: str, after: str) -> Operator:
    return _operator(
        name=f"glued_{'low_lines' if before == '_' else 'letters' if after == 'x' else 'words'}",
        source=GLUE,
        shapes=EVERY,
        apply=lambda value, _: f"{before}{value}{after}",
        undo=lambda text: text.removeprefix(before).removesuffix(after),
    )


def _uneven(value: str, rng: random.Random) -> str:
    """Return `value` with one separator gone and another space somewhere."""
    gaps = list(SEPARATORS.finditer(value))
    if gaps:
        gap = rng.choice(gaps)
        value = value[: gap.start()] + value[gap.end() :]
    at = break_point(SEPARATORS.sub("", value), rng)
    return value[:at] + " " + value[at:]


def _mixed(value: str, rng: random.Random) -> str:
    return SEPARATORS.sub(lambda _: rng.choice((" ", "-", ".", "\u2013", " - ", "/")), value)


OPERATORS: tuple[Operator, ...] = (
    _operator(name="one_misread_digit", source=OCR, shapes=_NUMBER, apply=_misread(0), undo=back(MISREAD)),
    _operator(name="misread_digits", source=OCR, shapes=_NUMBER, apply=_misread(0.5), undo=back(MISREAD)),
    _operator(name="all_misread", source=OCR, shapes=_NUMBER, apply=_misread(1), undo=back(MISREAD)),
    _operator(
        name="wrong_digit", source="misprints: check digits exist because of them (ISO/IEC 7064)", shapes=GROUPED,
        apply=_wrong_digit, undo=same, lossy=True,
    ),
    _operator(name="speckles", source=OCR, shapes=GROUPED, apply=_speckled(".,'`"), undo=same),
    _operator(name="stray_spaces", source=OCR, shapes=EVERY, apply=_speckled(" "), undo=same),
    _operator(name="stray_signs", source="PyRIT's insert punctuation converter", shapes=GROUPED, apply=_speckled("*^~#!;:"), undo=same),
    _operator(name="uneven_gaps", source=OCR, shapes=GROUPED, apply=_uneven, undo=same, ungroups=True),
    _operator(name="mixed_separators", source=TYPING, shapes=GROUPED, apply=_mixed, undo=same),
    _glued("No", "x"),
    _glued("_", "_"),
    _glued("ref", "end"),
    _operator(
        name="trailing_signs", source="PyRIT's suffix converter", shapes=EVERY,
        apply=lambda value, rng: f"{value}{rng.choice(('!!!', '...', ')', '*', ';-)'))}",
        undo=without(r"(?:!!!|\.\.\.|\*|;-\)|\))$"),
    ),
)  # fmt: skip
