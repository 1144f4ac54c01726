"""Unicode forms: other characters that look or count the same."""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import CASELESS, EVERY, NUMBERS, Kind, Operator, Shape, back, per_character, without

NFKC = "Unicode TR15, compatibility equivalents"
CONFUSABLE = "Unicode TR39, confusable detection; Boucher et al. 2022, homoglyphs"
TR36 = "Unicode TR36, security considerations"
PYRIT = "PyRIT's list of text converters"

_DIGITS, _UPPER, _LOWER = string.digits, string.ascii_uppercase, string.ascii_lowercase


def _run(start: int, letters: str) -> dict[str, str]:
    """Return `letters`, each with the character at its distance from `start`."""
    return {letter: chr(start + at) for at, letter in enumerate(letters)}


def _mathematical(upper: int, lower: int, digits: int) -> dict[str, str]:
    return _run(upper, _UPPER) | _run(lower, _LOWER) | _run(digits, _DIGITS)


FULL_WIDTH = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
BOLD = _mathematical(0x1D400, 0x1D41A, 0x1D7CE)
SANS = _mathematical(0x1D5A0, 0x1D5BA, 0x1D7E2)
MONOSPACE = _mathematical(0x1D670, 0x1D68A, 0x1D7F6)
DOUBLE_STRUCK = _run(0x1D552, _LOWER) | _run(0x1D7D8, _DIGITS)
CIRCLED = _run(0x24B6, _UPPER) | _run(0x24D0, _LOWER) | _run(0x2460, "123456789") | {"0": "\u24ea"}
NEGATIVE_CIRCLED = _run(0x1F150, _UPPER) | _run(0x2776, "123456789") | {"0": "\u24ff"}
PARENTHESISED = _run(0x249C, _LOWER) | _run(0x2474, "123456789")
SUPERSCRIPT = dict(zip(_DIGITS, "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", strict=True))
SUBSCRIPT = _run(0x2080, _DIGITS)
SEGMENTED = _run(0x1FBF0, _DIGITS)
REGIONAL = _run(0x1F1E6, _UPPER)
SQUARED = _run(0x1F130, _UPPER)
BRAILLE = dict(zip("1234567890", "\u2801\u2803\u2809\u2819\u2811\u280b\u281b\u2813\u280a\u281a", strict=True))
CHINESE = dict(zip(_DIGITS, "\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d", strict=True))

LOOK_ALIKE = {
    "A": "\u0410\u0391", "B": "\u0412\u0392", "C": "\u0421\u03f9", "E": "\u0415\u0395", "H": "\u041d\u0397",
    "I": "\u0406\u0399\u04c0", "J": "\u0408", "K": "\u041a\u039a", "M": "\u041c\u039c", "N": "\u039d",
    "O": "\u041e\u039f", "P": "\u0420\u03a1", "S": "\u0405", "T": "\u0422\u03a4", "X": "\u0425\u03a7",
    "Y": "\u04ae\u03a5", "Z": "\u0396", "a": "\u0430", "c": "\u0441", "e": "\u0435", "i": "\u0456",
    "j": "\u0458", "o": "\u043e\u03bf", "p": "\u0440", "s": "\u0455", "x": "\u0445", "y": "\u0443",
    "h": "\u04bb", "d": "\u0501", "q": "\u051b", "w": "\u051d", "v": "\u03bd",
}  # fmt: skip
LOOK_ALIKE_DIGITS = {
    "0": "\u041e\u039f\u043e\u03bf\u0555", "1": "\u0406\u04c0\u2223\u01c0", "2": "\u01a7", "3": "\u0417\u04e0\u01b7",
    "4": "\u13ce", "5": "\u01bc", "6": "\u0431\u13ee", "8": "\u0222", "9": "\ua76e",
}  # fmt: skip
UPSIDE_DOWN = {
    "0": "0", "1": "\u21c2", "2": "\u1105", "3": "\u0190", "4": "\u3123", "5": "\u03db", "6": "9", "7": "\u3125",
    "8": "8", "9": "6", "a": "\u0250", "b": "q", "c": "\u0254", "d": "p", "e": "\u01dd", "f": "\u025f",
    "g": "\u0183", "h": "\u0265", "i": "\u0131", "j": "\u027e", "k": "\u029e", "l": "\ua781", "m": "\u026f",
    "n": "u", "o": "o", "p": "d", "q": "b", "r": "\u0279", "s": "s", "t": "\u0287", "u": "n", "v": "\u028c",
    "w": "\u028d", "x": "x", "y": "\u028e", "z": "z", ".": "\u02d9", "@": "@", "-": "-", "_": "\u203e",
}  # fmt: skip
SMALL_CAPITALS = dict(
    zip(
        "abcdefghijklmnoprtuvwyz",
        "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
        strict=True,
    )
)
_ZEROS = (
    0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20,
    0x1040, 0x17E0, 0x1810, 0xA620, 0xAA50,
)  # fmt: skip
"""Where the decimal digits of other scripts begin (General_Category Nd)."""
MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0316\u0317\u0323\u0324\u0325\u032d\u0331\u0332\u0336\u0338"

_operator = partial(Operator, kind=Kind.UNICODE)


def _table(name: str, source: str, table: dict[str, str], shapes: frozenset[Shape]) -> Operator:
    return _operator(name=name, source=source, shapes=shapes, apply=per_character(table), undo=back(table))


def _some(table: dict[str, str]) -> Callable[[str, random.Random], str]:
    def apply(value: str, rng: random.Random) -> str:
        open_to = [at for at, letter in enumerate(value) if letter in table]
        chosen = set(rng.sample(open_to, max(1, len(open_to) // 3))) if open_to else set()
        return "".join(rng.choice(table[c]) if at in chosen else c for at, c in enumerate(value))

    return apply


def _any_script(value: str, rng: random.Random) -> str:
    zero = rng.choice(_ZEROS)
    return per_character(_run(zero, _DIGITS))(value, rng)


def _many_scripts(value: str, rng: random.Random) -> str:
    return "".join(chr(rng.choice(_ZEROS) + int(c)) if c in _DIGITS else c for c in value)


def _plain_digits(text: str) -> str:
    return "".join(
        str(unicodedata.decimal(c, None) if unicodedata.decimal(c, None) is not None else c) for c in text
    )


def _zalgo(low: int, high: int) -> Callable[[str, random.Random], str]:
    def apply(value: str, rng: random.Random) -> str:
        return "".join(
            c + "".join(rng.choices(MARKS, k=rng.randint(low, high))) if c.isalnum() else c for c in value
        )

    return apply


def _keycaps(value: str, _: random.Random) -> str:
    return "".join(f"{c}\ufe0f\u20e3" if c in _DIGITS else c for c in value)


def _flipped(value: str, rng: random.Random) -> str:
    return per_character(UPSIDE_DOWN)(value.lower(), rng)[::-1]


def _flipped_back(text: str) -> str:
    return back(UPSIDE_DOWN)(text)[::-1]


OPERATORS: tuple[Operator, ...] = (
    _table("full_width", NFKC, FULL_WIDTH, EVERY),
    _table("mathematical_bold", NFKC, BOLD, EVERY),
    _table("mathematical_sans", NFKC, SANS, EVERY),
    _table("mathematical_monospace", NFKC, MONOSPACE, EVERY),
    _table("double_struck", NFKC, DOUBLE_STRUCK, EVERY),
    _table("circled", NFKC, CIRCLED, EVERY),
    _table("negative_circled", TR36, NEGATIVE_CIRCLED, EVERY),
    _table("parenthesised", NFKC, PARENTHESISED, EVERY),
    _table("superscript", NFKC, SUPERSCRIPT, EVERY),
    _table("subscript", NFKC, SUBSCRIPT, EVERY),
    _table("segmented_digits", "Unicode 13, Symbols for Legacy Computing", SEGMENTED, EVERY),
    _table("regional_indicators", PYRIT, REGIONAL, frozenset({Shape.CODE})),
    _table("squared_letters", PYRIT, SQUARED, EVERY),
    _table("braille_digits", PYRIT, BRAILLE, EVERY),
    _table("chinese_digits", TR36, CHINESE, NUMBERS | {Shape.CODE}),
    _table("small_capitals", CONFUSABLE, SMALL_CAPITALS, frozenset({Shape.ADDRESS, Shape.SECRET})),
    _operator(name="look_alike_letters", source=CONFUSABLE, shapes=EVERY, apply=_some(LOOK_ALIKE), undo=back(LOOK_ALIKE)),
    _table("all_look_alike_letters", CONFUSABLE, LOOK_ALIKE, EVERY),
    _operator(
        name="look_alike_digits", source=CONFUSABLE, shapes=NUMBERS,
        apply=_some(LOOK_ALIKE_DIGITS), undo=back(LOOK_ALIKE_DIGITS),
    ),
    _table("all_look_alike_digits", CONFUSABLE, LOOK_ALIKE_DIGITS, NUMBERS),
    _operator(
        name="digits_of_a_script", source=TR36, shapes=EVERY, apply=_any_script, undo=_plain_digits
    ),
    _operator(name="digits_of_many_scripts", source=TR36, shapes=EVERY, apply=_many_scripts, undo=_plain_digits),
    _operator(
        name="accents", source="PyRIT's diacritic converter", shapes=EVERY,
        apply=_zalgo(0, 1), undo=without(f"[{MARKS}]"),
    ),
    _operator(
        name="zalgo", source="PyRIT's Zalgo converter; TR36, stacked marks", shapes=EVERY,
        apply=_zalgo(2, 6), undo=without(f"[{MARKS}]"),
    ),
    _operator(
        name="struck_through", source="combining overlays in chats", shapes=EVERY,
        apply=lambda value, _: "".join(f"{c}\u0336" for c in value), undo=without("\u0336"),
    ),
    _operator(
        name="keycaps", source="Unicode TR51, emoji keycap sequences", shapes=EVERY,
        apply=_keycaps, undo=without("[\ufe0f\u20e3]"),
    ),
    _operator(name="upside_down", source="PyRIT's flip converter; flipped text generators", shapes=CASELESS, apply=_flipped, undo=_flipped_back),
)  # fmt: skip
