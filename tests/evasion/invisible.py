"""Invisible characters: what a renderer drops and a program keeps."""

from __future__ import annotations

import random
from functools import partial

from tests.evasion.shapes import EVERY, Kind, Operator, inserting, without

BAD_CHARACTERS = "Boucher et al. 2022, 'Bad Characters'"
BIDI = "Unicode TR9, explicit directional formatting; Boucher et al. 2022, reorderings"
SMUGGLING = "PyRIT's smuggling converters; Unicode TR36, tag characters"

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
SEPARATING = "\u2061\u2062\u2063\u2064"
FILLERS = "\u115f\u1160\u3164\uffa0\u180e\u034f\u17b4\u17b5"
DIRECTION = "\u200e\u200f\u061c"
VARIATION = "".join(chr(code) for code in range(0xFE00, 0xFE10))
RLO, LRO, PDF, RLI, PDI = "\u202e", "\u202d", "\u202c", "\u2067", "\u2069"

_operator = partial(Operator, kind=Kind.UNICODE, shapes=EVERY)


def _reversed_override(value: str, _: random.Random) -> str:
    return f"{RLO}{value[::-1]}{PDF}"


def _unreversed(text: str) -> str:
    return text.strip(RLO + PDF)[::-1] if RLO in text else text


def _swapped_pairs(value: str, _: random.Random) -> str:
    """Return `value` with neighbours stored in each other's place and shown in the right one."""
    pairs = [value[at : at + 2] for at in range(0, len(value), 2)]
    return "".join(f"{RLO}{pair[::-1]}{PDF}" if len(pair) == 2 else pair for pair in pairs)


def _unswapped(text: str) -> str:
    parts = []
    for piece in text.split(RLO):
        shown, mark, rest = piece.partition(PDF)
        parts.append(shown[::-1] + rest if mark else piece)
    return "".join(parts)


def _tags(value: str, _: random.Random) -> str:
    return "".join(chr(0xE0000 + ord(c)) if 0x20 <= ord(c) < 0x7F else c for c in value)


def _untagged(text: str) -> str:
    return "".join(chr(ord(c) - 0xE0000) if 0xE0020 <= ord(c) < 0xE007F else c for c in text)


def _selectors(value: str, _: random.Random) -> str:
    """Return a face with the bytes of `value` as variation selectors behind it."""
    return "\U0001f642" + "".join(
        chr(0xFE00 + byte) if byte < 16 else chr(0xE0100 + byte - 16) for byte in value.encode()
    )


def _unselected(text: str) -> str:
    codes = [ord(c) for c in text]
    found = [
        code - 0xFE00 if code < 0xFE10 else code - 0xE0100 + 16
        for code in codes
        if 0xFE00 <= code < 0xFE10 or 0xE0100 <= code < 0xE01F0
    ]
    return bytes(found).decode("utf-8", "replace")


def _sneaky_bits(value: str, _: random.Random) -> str:
    return "".join("\u2064" if bit == "1" else "\u2062" for byte in value.encode() for bit in f"{byte:08b}")


def _unsneaked(text: str) -> str:
    bits = "".join("1" if c == "\u2064" else "0" for c in text if c in "\u2062\u2064")
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)).decode("utf-8", "replace")


def _typed_over(value: str, rng: random.Random) -> str:
    """Return `value` with characters that a backspace takes out again."""
    wrong = "0123456789abcdef"
    return (
        "".join(c if rng.random() < 0.5 else f"{rng.choice(wrong)}\b{c}" for c in value[:-1])
        + f"x\b{value[-1]}"
    )


def _hidden_comment(value: str, rng: random.Random) -> str:
    at = rng.randint(1, len(value) - 1)
    return f"{value[:at]}\ufff9\ufffa\ufffb{value[at:]}"


OPERATORS: tuple[Operator, ...] = (
    _operator(
        name="zero_width_everywhere", source=BAD_CHARACTERS, apply=inserting(ZERO_WIDTH), undo=without(f"[{ZERO_WIDTH}]")
    ),
    _operator(
        name="zero_width_once", source=BAD_CHARACTERS, apply=inserting(ZERO_WIDTH, share=0), undo=without(f"[{ZERO_WIDTH}]")
    ),
    _operator(
        name="invisible_operators", source=BAD_CHARACTERS, apply=inserting(SEPARATING, share=0.4), undo=without(f"[{SEPARATING}]")
    ),
    _operator(
        name="blank_fillers", source="Unicode TR36 (fillers shown as nothing)", apply=inserting(FILLERS, share=0.3),
        undo=without(f"[{FILLERS}]"),
    ),
    _operator(name="direction_marks", source=BIDI, apply=inserting(DIRECTION, share=0.3), undo=without(f"[{DIRECTION}]")),
    _operator(
        name="variation_selectors", source=SMUGGLING, apply=inserting(VARIATION, share=0.5), undo=without(f"[{VARIATION}]")
    ),
    _operator(name="right_to_left_override", source=BIDI, apply=_reversed_override, undo=_unreversed),
    _operator(name="reordered_pairs", source=BIDI, apply=_swapped_pairs, undo=_unswapped),
    _operator(
        name="isolated_pieces", source=BIDI,
        apply=lambda value, _: "".join(f"\u2068{value[at : at + 3]}{PDI}" for at in range(0, len(value), 3)),
        undo=without(f"[\u2068{PDI}]"),
    ),
    _operator(
        name="left_to_right_override", source=BIDI, apply=lambda value, _: f"{LRO}{value}{PDF}", undo=without(f"[{LRO}{PDF}]")
    ),
    _operator(name="tag_characters", source=SMUGGLING, apply=_tags, undo=_untagged),
    _operator(name="smuggled_in_selectors", source=SMUGGLING, apply=_selectors, undo=_unselected),
    _operator(name="smuggled_in_bits", source=SMUGGLING, apply=_sneaky_bits, undo=_unsneaked),
    _operator(
        name="typed_over", source="Boucher et al. 2022, deletions", apply=_typed_over, undo=without("(?s).\b")
    ),
    _operator(
        name="annotation_anchors", source="Unicode, interlinear annotation characters", apply=_hidden_comment,
        undo=without("[\ufff9-\ufffb]"),
    ),
    _operator(
        name="nul_characters", source="string handling in C and databases", apply=inserting("\x00\x01\x7f", share=0.2),
        undo=without("[\x00\x01\x7f]"),
    ),
)  # fmt: skip
