"""Numbers in words: digit by digit or by tens, in five languages, mixed with numerals and signs.

`five three six, twenty-two, eight seven forty-one` says 536 22 8741. A run of number words
is told from prose by its length: seven digits at least, and hardly a word between them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from pipeline.detect.views.folding import unaccented
from pipeline.detect.views.reading import Piece
from pipeline.detect.views.spacing import shape

_FEWEST_DIGITS: Final = 6
"""Fewer digits in a run are a quantity, a year, a time of day."""
_FEWEST_WORDS: Final = 3
_FEWEST_LETTERS: Final = 6
_SHORTEST: Final = 3
"""Letters of a number word that is looked for within a longer word."""
_LETTERS_AHEAD: Final = 2
_SIGNS: Final = ("-", ".", "/", "@", ":", "+")
_REACH: Final = 6
"""Characters that may stand between two words of a run."""
_HUNDRED: Final = 100
_LINKS: Final = frozenset({"y", "et", "and"})
"""Stand between tens and units in some languages."""
_TEN: Final = 10


def _bare(word: str) -> str:
    """Return `word` without accents, in small letters."""
    marks = unicodedata.normalize("NFKD", word.lower())
    return "".join(one for one in marks if not unicodedata.combining(one))


def _language(words: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the words of one language for 0 to 99, as they are written in one."""
    units, tens = words["units"], words["tens"]
    yield from zip(units, range(20), strict=True)
    for ten, word in zip(range(20, _HUNDRED, _TEN), tens, strict=True):
        yield word, ten
        for unit in range(1, 20 if ten in words.get("teens_after", ()) else _TEN):
            if "units_first" in words:
                yield f"{'ein' if unit == 1 else units[unit]}{words['units_first']}{word}", ten + unit
            for join in words.get("joins", ()):
                stem = word[:-1] if words.get("elides") and units[unit][0] in "aeiou" else word
                yield f"{stem}{join}{units[unit]}", ten + unit
    yield from words.get("more", {}).items()


class _Words(NamedTuple):
    numbers: Mapping[str, int]
    hundreds: frozenset[str]
    times: Mapping[str, int]
    signs: Mapping[str, str]
    fillers: frozenset[str]
    letters: Mapping[str, str]


def _read_words() -> _Words:
    raw = yaml.safe_load((Path(__file__).parent / "number_words.yaml").read_text(encoding="utf-8"))
    languages = [raw[name] for name in ("en", "de", "fr", "es", "it")]
    alphabet = zip("abcdefghijklmnopqrstuvwxyz", raw["letters"], strict=True)
    return _Words(
        numbers={_bare(word): value for one in languages for word, value in _language(one)},
        hundreds=frozenset(_bare(word) for one in languages for word in one["hundred"]),
        times={_bare(word): value for one in languages for word, value in one["times"].items()},
        signs={_bare(word): sign for word, sign in raw["signs"].items()},
        fillers=frozenset(raw["fillers"]),
        letters={word: letter for letter, words in alphabet for word in words.split()},
    )


WORDS: Final = _read_words()
_SINGLE: Final = {word for word in WORDS.numbers if word.isalpha()}
_TOKEN: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+){0,3}|\d+")
_ANY: Final = "|".join(sorted((word for word in _SINGLE if len(word) >= _SHORTEST), key=len, reverse=True))
_ONE: Final = re.compile(_ANY)
_GLUED: Final = re.compile(f"(?:{_ANY}){{5,}}")
_LONG: Final = 16
_RUN: Final = 10
"""Words within which three for numbers stand, if they are one number."""


DIGIT_WORDS: Final = {
    word: str(value)
    for word, value in WORDS.numbers.items()
    if value < _TEN and len(word) > 1 and word.isalpha()
}
_ANY_WORD: Final = re.compile(r"[^\W\d_]{2,9}")
_DIGITS_APART: Final = 12
"""Code points between two of them: a separator, a letter or two, a wide gap."""


class _Token(NamedTuple):
    start: int
    end: int
    word: str


def spelled(text: str) -> Iterator[Piece]:
    """Yield the runs of number words, as digits and signs."""
    lowered = unaccented(text).lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower()[:1] for letter in text)
    for run in _runs(lowered):
        says = _say(run, lowered)
        if sum(map(str.isdigit, says)) >= _FEWEST_DIGITS:
            yield Piece(run[0].start, run[-1].end, shape(says))


def may_say_digits(words: list[str], different: frozenset[str]) -> bool:
    """Return whether as many words for digits as a number has are among `words`."""
    known = different & DIGIT_WORDS.keys()
    return bool(known) and sum(word in known for word in words) >= _FEWEST_DIGITS


def digit_words(text: str) -> Iterator[Piece]:
    """Yield words for digits that stand near each other, whatever stands between them, as digits."""
    run: list[Piece] = []
    for match in _ANY_WORD.finditer(text):
        digit = DIGIT_WORDS.get(unaccented(match.group()).lower())
        if digit is None:
            continue
        if run and match.start() - run[-1].end > _DIGITS_APART:
            yield from run if len(run) >= _FEWEST_DIGITS else ()
            run = []
        run.append(Piece(match.start(), match.end(), digit))
    yield from run if len(run) >= _FEWEST_DIGITS else ()


def nato(text: str) -> Iterator[Piece]:
    """Yield words that are spelled by the alphabet of radio operators."""
    lowered = text.lower()
    if len(lowered) != len(text):
        return
    for run in _runs(lowered):
        if sum(one.word in WORDS.letters for one in run) >= _FEWEST_LETTERS:
            yield Piece(run[0].start, run[-1].end, _say(run, lowered))


def may_spell(words: list[str], different: frozenset[str]) -> bool:
    """Return whether enough words for numbers are among `words`."""
    known = different & _SINGLE
    places = [at for at, word in enumerate(words) if word in known] if known else []
    return any(third - first < _RUN for first, third in zip(places, places[2:], strict=False)) or any(
        len(word) >= _LONG and _GLUED.fullmatch(word) for word in different
    )


def _runs(lowered: str) -> Iterator[list[_Token]]:
    run: list[_Token] = []
    for match in _TOKEN.finditer(lowered):
        for token in _known(match):
            if run and not _follows(lowered[run[-1].end : token.start]):
                yield from _trimmed(run)
                run = []
            run.append(token)
        if run and run[-1].end != match.end():
            yield from _trimmed(run)
            run = []
    yield from _trimmed(run)


def _follows(gap: str) -> bool:
    """Return whether what is parted by `gap` may be one number."""
    return len(gap) <= _REACH and ("\n" not in gap or not gap.strip(" \t\r\n>,-"))


def _known(match: re.Match[str]) -> list[_Token]:
    """Return the words of a run in `match`, or nothing if it is something else."""
    word = match.group()
    if word.isdigit() or _is_known(word):
        return [_Token(match.start(), match.end(), word)]
    parts = (
        re.finditer("[^-]+", word) if "-" in word else _ONE.finditer(word) if _GLUED.fullmatch(word) else ()
    )
    tokens = [_Token(match.start() + one.start(), match.start() + one.end(), one.group()) for one in parts]
    return tokens if all(_is_known(token.word) for token in tokens) else []


def _is_known(word: str) -> bool:
    return (
        word in WORDS.numbers
        or word in WORDS.signs
        or word in WORDS.fillers
        or word in WORDS.times
        or word in WORDS.hundreds
        or word in WORDS.letters
        or len(word) == 1
    )


def _trimmed(run: list[_Token]) -> Iterator[list[_Token]]:
    """Yield `run` without what is no number at its ends, if enough of it is words."""
    counted = [at for at, one in enumerate(run) if _counts(one.word)]
    if sum(one.word in WORDS.numbers or one.word in WORDS.letters for one in run) >= _FEWEST_WORDS:
        first, last = counted[0], counted[-1]
        # A country's two letters, a letter for a check.
        while first and counted[0] - first < _LETTERS_AHEAD and len(run[first - 1].word) == 1:
            first -= 1
        if last + 1 < len(run) and len(run[last + 1].word) == 1:
            last += 1
        yield run[first : last + 1]


def _counts(word: str) -> bool:
    return word.isdigit() or word in WORDS.numbers or word in WORDS.times or word in WORDS.letters


def _say(run: Sequence[_Token], lowered: str) -> str:
    """Return what the words of `run` say."""
    shown: list[str] = []
    times = 1
    for at, token in enumerate(run):
        word = token.word
        if at:
            shown.append(_sign(lowered[run[at - 1].end : token.start]))
        if word in WORDS.times:
            times = WORDS.times[word]
        elif word in WORDS.hundreds:
            following = next((one.word for one in run[at + 1 :] if one.word not in WORDS.fillers), "")
            value = WORDS.numbers.get(following, 0)
            shown.append("" if value >= _TEN else "0" if value else "00")
        elif word in WORDS.signs:
            shown.append(WORDS.signs[word])
        elif word not in WORDS.fillers or len(word) == 1:
            shown.append(_value(word, shown, run, at) * times)
            times = 1
    return "".join(shown)


def _sign(gap: str) -> str:
    """Return the sign that stands by itself in the `gap` between two words."""
    bare = gap.strip()
    return bare if bare in _SIGNS and (gap == f" {bare} " or (gap == bare and bare != "-")) else ""


def _value(word: str, shown: list[str], run: Sequence[_Token], at: int) -> str:
    if word.isdigit():
        return word
    if word in WORDS.letters:
        return WORDS.letters[word].upper()
    value = WORDS.numbers.get(word)
    if value is None:
        return word.upper()
    if value < _TEN and at and shown:
        before = at - 1 - (run[at - 1].word in _LINKS and at > 1)
        tens = WORDS.numbers.get(run[before].word, 0)
        gap = run[at].start - run[at - 1].end
        last = next((place for place in range(len(shown) - 1, -1, -1) if shown[place]), 0)
        if tens >= 2 * _TEN and tens % _TEN == 0 and value and gap <= 1 and shown[last].endswith("0"):
            shown[last] = shown[last][:-1]  # forty two is 42, not 402
    return str(value)
