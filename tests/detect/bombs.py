"""Texts made to cost time: forty ways, each to any length.

Rules
1. Each is one trick, repeated until the text has the length asked for: what is quadratic shows as it grows.
2. The same in every process: whatever looks random comes from a seed.
"""

from __future__ import annotations

import base64
import gzip
import random
from collections.abc import Callable
from itertools import cycle, islice
from types import MappingProxyType
from typing import Final

_NUMBER_WORDS: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "oh",
    "double",
    "triple",
    "twenty",
    "hundred",
]
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
_SCRIPTS: Final = ("a", "\u0430", "\u03b1", "\u5341", "\u0661")
_MORSE: Final = (".-", "-...", "-.-.", ".----", "..---", "...--", "-----")


def _repeated(unit: str) -> Callable[[int], str]:
    return lambda characters: (unit * (characters // len(unit) + 1))[:characters]


def _drawn(choices: str, *, gap: str = "", every: int = 1) -> Callable[[int], str]:
    """Return a maker of characters drawn from `choices`, with `gap` after each `every` of them."""

    def make(characters: int) -> str:
        letters = random.Random(7).choices(choices, k=characters)
        groups = ("".join(letters[at : at + every]) for at in range(0, characters, every))
        return gap.join(groups)[:characters] if gap else "".join(letters)

    return make


def _numbered(form: str) -> Callable[[int], str]:
    """Return a maker of values that differ: `form` with ever higher numbers in it."""

    def make(characters: int) -> str:
        each = len(form.format(10_000_000))
        return "".join(form.format(10_000_000 + 7919 * at) for at in range(characters // each + 2))[
            :characters
        ]

    return make


def _words(choices: tuple[str, ...] | list[str], gap: str = " ") -> Callable[[int], str]:
    def make(characters: int) -> str:
        return gap.join(islice(cycle(choices), characters // 2))[:characters]

    return make


def _base64(characters: int) -> str:
    return base64.b64encode(random.Random(7).randbytes(characters)).decode()[:characters]


def _nested(characters: int) -> str:
    """Base64 of base64, to the bottom."""
    inner = b"Her SSN is 536-22-8741. "
    while len(inner) < characters:
        inner = base64.b64encode(inner * 2)
    return inner.decode()[:characters]


def _gzipped(characters: int) -> str:
    """Blocks that each hold a thousand times as much."""
    block = base64.b64encode(gzip.compress(b"0" * 1_000_000, mtime=0)).decode()
    return _repeated(f"{block}\n\n")(characters)


def _percent(characters: int) -> str:
    """Percent-encoding of percent-encoding, many layers deep."""
    unit = "%" + "25" * 400 + "40 "
    return _repeated(unit)(characters)


def _prefixed(head: str, rest: Callable[[int], str]) -> Callable[[int], str]:
    return lambda characters: (head + rest(characters))[:characters]


def _json(characters: int) -> str:
    return '{"a":[' * (characters // 8) + "]}" * (characters // 8)


BOMBS: Final = MappingProxyType(
    {
        "at_signs": _repeated("a@"),
        "digits_and_hyphens": _repeated("1-"),
        "one_long_number": _drawn("0123456789"),
        "open_brackets": _repeated("("),
        "tags": _repeated("<b>"),
        "open_tags": _repeated("<"),
        "alternating_scripts": _repeated("".join(_SCRIPTS)),
        "mixed_script_words": _words(["a\u0430b", "p\u0430ypal", "\u03b1bc"]),
        "zero_width": _repeated(_ZERO_WIDTH),
        "zero_width_in_words": _repeated("a\u200b"),
        "base64": _base64,
        "nested_base64": _nested,
        "compressed_blocks": _gzipped,
        "zalgo": _repeated("a" + "\u0300\u0301\u0316\u0489" * 10),
        "combining_tower": _prefixed("e", _repeated("\u0301")),
        "newlines": _repeated("\n"),
        "spaces": _repeated(" "),
        "tabs_and_numbers": _repeated("1\t"),
        "one_word": _repeated("a"),
        "one_accented_word": _prefixed("\u00e9", _repeated("ab")),
        "one_capital_word": _repeated("Ab"),
        "mail_chain": _repeated("a.b-c@d.e-f."),
        "mail_dots": _prefixed("x@", _repeated("a.")),
        "iban_grid": _repeated("DE89 3704 0044 0532 0130 00 "),
        "phone_grid": _repeated("(212) 555-0188 "),
        "phone_digits": _repeated("2 1 2 5 5 5 0 1 8 8 "),
        "international_phones": _numbered("+49 30 {0} "),
        "date_grid": _repeated("12/31/1999 "),
        "dotted_numbers": _repeated("1.2.3.4.5."),
        "card_grid": _numbered("4111 1111 {0} "),
        "bare_numbers": _numbered("{0}\n"),
        "keys": _drawn("abcdefABCDEF0123456789+/", gap="=", every=40),
        "endless_pem": _prefixed("-----BEGIN RSA PRIVATE KEY-----\n", _base64),
        "percent_tower": _percent,
        "entity_flood": _repeated("&#49;&amp;#50;"),
        "surrogates_and_nuls": _repeated("\ud800\x00a1"),
        "deep_json": _json,
        "number_words": _words(_NUMBER_WORDS),
        "morse": _words(list(_MORSE)),
        "braille": _drawn("".join(map(chr, range(0x2801, 0x2840)))),
        "rot13": _repeated("Ure FFA vf svir guerr fvk naq gur cngvrag jnf abg va gur ubfcvgny. "),
        "right_to_left": _repeated("\u202e1478-22-635\u202c "),
        "bits": _drawn("01", gap=" ", every=8),
        "csv_of_numbers": _drawn("0123456789", gap=",", every=9),
        "byte_list": _repeated("0x53, 0x53, 0x4e, "),
        "spaced_letters": _drawn("abcdefghijklmnop ", gap=" ", every=1),
        "hyphened_words": _repeated("well-known-\n"),
        "wrapped_numbers": _repeated("4111-\n1111-\n"),
        "urls": _numbered("https://a.b.example.com/{0}?q=1&r=2#"),
        "quoted_printable": _repeated("=34=31=\n"),
        "leet": _words(["p4ssw0rd", "s3cr3t", "4dm1n", "1337"]),
        "emoji_flags": _repeated("\U0001f1e9\U0001f1ea\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        "names": _words(["Mary", "Walker", "Jonas", "Berg", "of", "Boston", "Dr.", "St."]),
        "distinct_words": _drawn("abcdefghijklmnopqrstuvwxyz", gap=" ", every=6),
    }
)
"""A maker for each trick: it takes a number of code points."""
