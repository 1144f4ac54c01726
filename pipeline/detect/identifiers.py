"""Numbers that a state, an insurer or a register gave somebody: the rows of a table, looked for near digits.

Rules
1. A row is tried where digits stand and nowhere else. Those places are found once for a text, so a
   hundred rows cost little more than one.
2. A label, what a form prints right before a value, decides more than a check digit: bare, nine
   digits are any number.
3. A failed check lowers the score and never erases what a label or a nearby word supports.
4. Every repetition is bounded, so the time is linear in the text, and a form that still takes too
   long raises `TimeoutError`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import regex

from pipeline.detect.checksums import checksum
from pipeline.detect.specs import FormSpec, IdentifierSpec

PLACE: Final = r"\d(?:\D{0,4}\d){4,}"
"""Five digits with little between them. Every form of every row holds such a run."""
_PLACE: Final = regex.compile(PLACE)
_BEFORE: Final = 16
_AFTER: Final = 16
"""Code points around a run that can belong to its value: the letters of the longest forms."""
_LABEL: Final = 120
"""Code points before a value in which its label stands: the longest label and what follows it."""
_FORM_TIMEOUT_SECONDS: Final = 2.0

# Between a label and its value: a few short words, an abbreviation in brackets, punctuation or the edge of a
# cell, a verb that up to five words may lead to ("for the refund is"), an opening quote or bracket.
_SHORT_WORDS: Final = (
    r"card|holder|number|num|no|nr|n[°º]|nummer|num[ée]ro|n[úu]mero|identifier|id|code|k[oó]d|"
    r"\((?:\p{L}|[ .\-/]){1,24}\)"
)
_VERBS: Final = r"is|was|are|reads|ist|lautet|est|es|è|é|er|är|wynosi"
_FILLER: Final = (
    rf"(?!\p{{L}})[\s_]{{0,2}}(?:(?:{_SHORT_WORDS})(?!\p{{L}})[.:]?[\s_]{{0,2}}){{0,3}}"
    r"""[\s_"'\u201d\u2019.:=#|()\[\]{}<>,;/*\-\u2013\u2014\u2192]{0,8}"""
    rf"(?:(?:\p{{L}}{{1,14}},?\s{{1,2}}){{0,5}}(?:{_VERBS}|on)(?!\p{{L}})[\s:]{{1,3}})?"
    r"""["'\u201c\u2018(\[#:]{0,2}"""
)
_LETTER: Final = regex.compile(r"\p{L}")
_DIGIT: Final = regex.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a row was seen, and how surely."""

    start: int
    end: int
    score: float


class Places:
    """Where in a text digits stand together, kept for the next row that asks about the same text."""

    def __init__(self) -> None:
        self._key = (0, 0)
        self._spans: tuple[tuple[int, int, int], ...] = ()

    def of(self, text: str) -> tuple[tuple[int, int, int], ...]:
        """Return the start, the end and the number of digits of each place; remembers places, not text."""
        key = (hash(text), len(text))
        if key != self._key:
            self._spans = tuple(_places(text))
            self._key = key
        return self._spans


def _places(text: str) -> Iterator[tuple[int, int, int]]:
    for match in _PLACE.finditer(text):
        digits = len(_DIGIT.findall(match.group()))
        yield max(match.start() - _BEFORE, 0), min(match.end() + _AFTER, len(text)), digits


class Row:
    """One row of the table, ready to look."""

    def __init__(self, spec: IdentifierSpec, places: Places) -> None:
        self.spec = spec
        self._places = places
        flags = regex.DOTALL | (0 if spec.case_sensitive else regex.IGNORECASE)
        self._forms = tuple((_form(form, flags), form) for form in spec.forms)
        self._check = checksum(spec.check) if spec.check else None
        labels = "|".join(spec.labels)
        # Read backwards from the value: what is not a label ends after a step or two.
        self._label = (
            regex.compile(rf"(?r)(?:^|[^\p{{L}}])(?:{labels}){_FILLER}", regex.IGNORECASE) if labels else None
        )
        needs_label = labels and all(form.bare <= 0 and form.failed <= 0 for form in spec.forms)
        self._needed = (
            regex.compile(rf"(?:^|[^\p{{L}}])(?:{labels})(?!\p{{L}})", regex.IGNORECASE)
            if needs_label
            else None
        )
        """What stands before each of the row's values; None if some are known without."""

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms' regular expressions."""
        return tuple(form.pattern for form, _ in self._forms)

    @property
    def gates(self) -> tuple[tuple[str, int], ...]:
        """Regular expressions, with their flags, of which one matches a text that holds a value."""
        if not self._needed:
            return tuple((form.pattern, form.flags) for form, _ in self._forms)
        before = rf"(?:{'|'.join(self.spec.labels)})[\s\S]{{0,{_LABEL}}}"
        return tuple(
            (f"{before}(?:{form.pattern})", form.flags | regex.IGNORECASE) for form, _ in self._forms
        )

    def find(self, text: str) -> Iterator[Sighting]:
        """Yield every value of this row in `text`, from left to right for each of its forms.

        Raises:
            TimeoutError: a form took longer than it may.
        """
        for start, end in self._near(text):
            for form, spec in self._forms:
                for match in form.finditer(text, start, end, overlapped=True, timeout=_FORM_TIMEOUT_SECONDS):
                    score = self._score(text, match.start(), match.end(), spec)
                    if score > 0:
                        yield Sighting(start=match.start(), end=match.end(), score=score)

    def _near(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places where a value of this row can be: with enough digits, and a label if it needs one."""
        places = [(start, end) for start, end, digits in self._places.of(text) if digits >= self.spec.digits]
        if not self._needed or not places:
            yield from places
            return
        labels = [match.start() for match in self._needed.finditer(text, overlapped=True)]
        for start, end in places:
            at = bisect_left(labels, start - _LABEL - 1)
            if at < len(labels) and labels[at] <= end:
                yield start, end

    def _score(self, text: str, start: int, end: int, form: FormSpec) -> float:
        value = text[start:end]
        passed = self._check is None or self._check(value)
        bare = (form.bare if passed else form.failed) if _stands_alone(text, start, end) else 0.0
        if bare >= self.spec.labelled or self._label is None:
            return bare
        if not self._label.match(text, max(start - _LABEL, 0), start):
            return bare
        return max(bare, self.spec.labelled if passed else self.spec.labelled_failed)


def _form(form: FormSpec, flags: int) -> regex.Pattern[str]:
    # A value begins neither inside a number nor, with a letter, inside a word; a label may be glued to it.
    return regex.compile(rf"(?<!\d)(?!(?<=\p{{L}})\p{{L}})(?:{form.regex})(?!\d)", flags)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether a value is not a part of a word or of a longer number."""
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    return not (
        _LETTER.match(before[-1:])
        or _LETTER.match(after[:1])
        or (before[-1:] in _JOINS and before[:1].isdigit())
        or (after[:1] in _JOINS and after[1:].isdigit())
    )


_JOINS: Final = frozenset("./-")
"""Between digits these make one number of two."""
