"""Spelling: how people say or disguise a value for other people."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import (
    CASELESS,
    GROUPED,
    Kind,
    Operator,
    Shape,
    back,
    groups,
    per_character,
    same,
    without,
)

SPOKEN = "numbers as read out on the telephone (NATO ACP 125; PyRIT's NATO converter)"
LEET = "PyRIT's leetspeak converter"
CASE = "typing habits"

DIGIT_WORDS = {
    "english": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "spanish": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "german": ("null", "eins", "zwei", "drei", "vier", "f\u00fcnf", "sechs", "sieben", "acht", "neun"),
    "french": ("z\u00e9ro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "italian": ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
}
NATO = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            "Alfa",
            "Bravo",
            "Charlie",
            "Delta",
            "Echo",
            "Foxtrot",
            "Golf",
            "Hotel",
            "India",
            "Juliett",
            "Kilo",
            "Lima",
            "Mike",
            "November",
            "Oscar",
            "Papa",
            "Quebec",
            "Romeo",
            "Sierra",
            "Tango",
            "Uniform",
            "Victor",
            "Whiskey",
            "Xray",
            "Yankee",
            "Zulu",
        ],
        strict=True,
    )
)
SIGN_WORDS = {"@": "at", ".": "dot", "-": "dash", "_": "underscore", "/": "slash", "+": "plus", ":": "colon"}
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
DIGITS_AS_LETTERS = {
    "0": "O",
    "1": "l",
    "2": "Z",
    "3": "E",
    "4": "A",
    "5": "S",
    "6": "G",
    "7": "T",
    "8": "B",
    "9": "g",
}

_operator = partial(Operator, kind=Kind.SPELLING)


def _spoken(language: str, *, joint: str = " ", signs: bool = False) -> Callable[[str, random.Random], str]:
    """Return an operator that says digits; groups stay apart by a comma."""
    words = DIGIT_WORDS[language]

    def apply(value: str, _: random.Random) -> str:
        if signs:
            return joint.join(words[int(c)] if c in "0123456789" else SIGN_WORDS.get(c, c) for c in value)
        return ", ".join(
            joint.join(words[int(c)] if c in "0123456789" else c for c in g) for g in groups(value)
        )

    return apply


def _heard(language: str) -> Callable[[str], str]:
    by_word = {word: str(at) for at, word in enumerate(DIGIT_WORDS[language])}
    by_word |= {word: sign for sign, word in SIGN_WORDS.items()}
    pattern = re.compile(r"\b(" + "|".join(sorted(by_word, key=len, reverse=True)) + r")\b", re.IGNORECASE)
    return lambda text: pattern.sub(lambda match: by_word[match[1].lower()], text)


def _some_spoken(value: str, rng: random.Random) -> str:
    words = DIGIT_WORDS["english"]
    digits = [at for at, c in enumerate(value) if c in "0123456789"]
    chosen = set(rng.sample(digits, max(1, len(digits) // 2))) if digits else set()
    spelt = (f" {words[int(c)]} " if at in chosen else c for at, c in enumerate(value))
    return re.sub(" +", " ", "".join(spelt)).strip()


def _doubles(value: str, _: random.Random) -> str:
    """Return digits as said, with `double` and `triple`, and `oh` for a zero."""

    def say(match: re.Match[str]) -> str:
        word = "oh" if match[1] == "0" else DIGIT_WORDS["english"][int(match[1])]
        return {1: "", 2: "double ", 3: "triple "}[len(match[0])] + word + " "

    return ", ".join(re.sub(r"(\d)\1{0,2}", say, group).strip() for group in groups(value))


def _undoubled(text: str) -> str:
    heard = re.sub(r"\boh\b", "0", _heard("english")(text))
    heard = re.sub(r"triple (\d)", r"\1\1\1", heard)
    return re.sub(r"double (\d)", r"\1\1", heard)


def _pairs(value: str, _: random.Random) -> str:
    """Return digits as pairs: `fifty-three`; what is left over and what begins with 0 singly."""
    words = DIGIT_WORDS["english"]

    def pair(match: re.Match[str]) -> str:
        text = match[0]
        if len(text) == 1 or text[0] == "0":
            return " ".join(words[int(c)] for c in text) + " "
        if text[0] == "1":
            return TEENS[int(text[1])] + " "
        return TENS[int(text[0])] + ("" if text[1] == "0" else f"-{words[int(text[1])]}") + " "

    return ", ".join(re.sub(r"\d\d?", pair, group).strip() for group in groups(value))


def _unpaired(text: str) -> str:
    for at, word in enumerate(TEENS):
        text = re.sub(rf"\b{word}\b", f"1{at}", text)
    units = DIGIT_WORDS["english"]
    for tens, word in enumerate(TENS[2:], start=2):
        text = re.sub(
            rf"\b{word}(?:-(\w+))?\b",
            lambda match, tens=tens: f"{tens}{units.index(match[1]) if match[1] in units else 0}",
            text,
        )
    return _heard("english")(text)


def _alphabet(value: str, _: random.Random) -> str:
    words = DIGIT_WORDS["english"]
    names = {**NATO, **{str(at): word for at, word in enumerate(words)}, **SIGN_WORDS}
    return " ".join(names.get(c.upper(), c) for c in value if not c.isspace())


def _from_alphabet(text: str) -> str:
    by_word = {word.lower(): letter for letter, word in NATO.items()}
    heard = re.sub(r"[A-Za-z]+", lambda match: by_word.get(match[0].lower(), match[0]), text)
    return _heard("english")(heard)


def _as_in(value: str, _: random.Random) -> str:
    return ", ".join(
        f"{c.upper()} as in {NATO[c.upper()]}" if c.upper() in NATO else c for c in value if not c.isspace()
    )


def _alternating(value: str, _: random.Random) -> str:
    return "".join(c.upper() if at % 2 else c.lower() for at, c in enumerate(value))


OPERATORS: tuple[Operator, ...] = (
    _operator(name="digit_words", source=SPOKEN, shapes=GROUPED, apply=_spoken("english"), undo=_heard("english")),
    _operator(name="digit_words_with_signs", source=SPOKEN, shapes=CASELESS, apply=_spoken("english", signs=True), undo=_heard("english")),
    _operator(name="hyphenated_digit_words", source=SPOKEN, shapes=GROUPED, apply=_spoken("english", joint="-"), undo=_heard("english")),
    _operator(
        name="shouted_digit_words", source=SPOKEN, shapes=GROUPED,
        apply=lambda value, rng: _spoken("english")(value, rng).upper(), undo=_heard("english"),
    ),
    _operator(name="some_digit_words", source=SPOKEN, shapes=GROUPED, apply=_some_spoken, undo=_heard("english")),
    _operator(name="doubled_digit_words", source=SPOKEN, shapes=frozenset({Shape.NUMBER}), apply=_doubles, undo=_undoubled),
    _operator(name="paired_digit_words", source=SPOKEN, shapes=frozenset({Shape.NUMBER}), apply=_pairs, undo=_unpaired),
    *(
        _operator(
            name=f"{language}_digit_words", source=SPOKEN, shapes=frozenset({Shape.NUMBER}),
            apply=_spoken(language), undo=_heard(language),
        )
        for language in ("spanish", "german", "french", "italian")
    ),
    _operator(name="nato_alphabet", source=SPOKEN, shapes=CASELESS, apply=_alphabet, undo=_from_alphabet),
    _operator(
        name="as_in", source=SPOKEN, shapes=frozenset({Shape.CODE, Shape.ADDRESS}), apply=_as_in,
        undo=without(r" as in [A-Z]\w+|, "),
    ),
    _operator(
        name="digits_as_letters", source=LEET, shapes=frozenset({Shape.NUMBER}),
        apply=per_character(DIGITS_AS_LETTERS), undo=back(DIGITS_AS_LETTERS),
    ),
    _operator(name="lower_case", source=CASE, shapes=CASELESS, apply=lambda value, _: value.lower(), undo=same),
    _operator(name="upper_case", source=CASE, shapes=CASELESS, apply=lambda value, _: value.upper(), undo=same),
    _operator(name="alternating_case", source=CASE, shapes=CASELESS, apply=_alternating, undo=same),
    _operator(
        name="quoted_groups", source="scare quotes", shapes=GROUPED,
        apply=lambda value, _: " ".join(f"\u201c{group}\u201d" for group in groups(value)), undo=same,
    ),
    _operator(
        name="dash_word", source=SPOKEN, shapes=GROUPED,
        apply=lambda value, _: " dash ".join(groups(value)), undo=without("dash"),
    ),
    _operator(
        name="space_word", source=SPOKEN, shapes=GROUPED,
        apply=lambda value, _: " (space) ".join(groups(value)), undo=without("space"),
    ),
    _operator(
        name="then_word", source=SPOKEN, shapes=GROUPED,
        apply=lambda value, _: " then ".join(groups(value)), undo=without("then"),
    ),
)  # fmt: skip
