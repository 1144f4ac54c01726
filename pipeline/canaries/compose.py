"""Canaries: made-up documents with known identifiers that fly along with a chunk's own.

Rules
1. The same seed gives the same canaries, in any process; another seed gives other values, places and forms.
2. What identifiers a canary holds, and where, is known by construction; nothing else in it is one.
3. A canary has one identifier that decides its level: a detector that misses it would clear the document.
4. To the detector a canary is a document like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pipeline.canaries.draw import Draw
from pipeline.canaries.identifiers import VALUES
from pipeline.canaries.notations import write, write_name
from pipeline.canaries.texts import CanariesUnavailable, Language, Texts, read_texts
from pipeline.documents import Document

ENGLISH: Final = "en"
PERSON: Final = "PERSON"

_ALWAYS: Final = (
    "US_SSN",
    "CREDIT_CARD",
    "IBAN_CODE",
    "MEDICAL_RECORD_NUMBER",
    "DATE_OF_BIRTH",
    "API_KEY",
)
"""Leads that every dozen has: what the shipped policies call regulated in one form or another."""
_IN_TURN: Final = (
    "PASSWORD",
    "PRIVATE_KEY",
    "US_PASSPORT",
    "US_ITIN",
    "UK_NINO",
    "UK_NHS",
    "DE_TAX_ID",
    "ES_NIF",
    "IT_FISCAL_CODE",
    "PL_PESEL",
    "FI_PERSONAL_IDENTITY_CODE",
    "IN_PAN",
)
"""Leads of which each dozen has three: four dozens have them all."""
_CONTACTS: Final = ("EMAIL_ADDRESS", "PHONE_NUMBER")
_DOZEN: Final = 12
_TURN: Final = 3
_FOREIGN: Final = 2
"""Canaries of a dozen in other languages than English."""
_ONE_IN_LONG: Final = 4
"""One letter in so many is longer than the 512 tokens at which many models of names cut a text off."""
_ON_ITS_OWN_LINE: Final = frozenset({"PASSWORD", "PRIVATE_KEY"})
_NEEDS_LABEL: Final = frozenset(
    {"MEDICAL_RECORD_NUMBER", "DATE_OF_BIRTH", "DE_TAX_ID", "PASSWORD", "PRIVATE_KEY"}
)
"""Leads that a cell of a table does not show by themselves: there a form announces them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """An identifier and where it stands: a half-open span of code points."""

    entity: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A made-up document, and what it holds."""

    place: int
    """Ordinal of the record in the chunk before which the canary is looked at."""
    document: Document = field(repr=False)
    planted: tuple[Planted, ...] = field(repr=False)
    language: str


class _Page:
    """A text under way, and the identifiers in it."""

    def __init__(self) -> None:
        self.text = ""
        self.planted: list[Planted] = []

    def say(self, said: str, **values: tuple[str, str]) -> None:
        """Add `said`; `values` are entities and how they are written, by the slot that they fill."""
        while said:
            before, brace, rest = said.partition("{")
            self.text += before
            if not brace:
                return
            slot, _, said = rest.partition("}")
            entity, written = values[slot or "value"]
            start = len(self.text)
            self.text += written
            self.planted.append(Planted(entity=entity, start=start, end=len(self.text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What one canary is to hold."""

    language: str
    leads: tuple[str, ...]


def make_canaries(seed: bytes, *, count: int, documents: int) -> tuple[Canary, ...]:
    """Return `count` canaries for a chunk of so many documents, in the order of their places."""
    texts, draw = read_texts(), Draw(seed)
    plans = islice(_plans(draw.child("plans"), texts), count)
    canaries = [_canary(draw.child(f"canary {number}"), plan, texts) for number, plan in enumerate(plans)]
    places = draw.child("places")
    placed = [(places.below(max(documents, 1)), canary) for canary in canaries]
    return tuple(
        Canary(place=place, document=one.document, planted=one.planted, language=one.language)
        for place, one in sorted(placed, key=lambda pair: pair[0])
    )


def check_canaries() -> None:
    """Make four dozen canaries, which have everything that a canary can have.

    Raises:
        CanariesUnavailable: they cannot be made; `code` says why.
    """
    try:
        made = make_canaries(b"check", count=4 * _DOZEN, documents=1)
    except (KeyError, IndexError, ZeroDivisionError):
        raise CanariesUnavailable("canaries_not_makeable") from None
    if not all(canary.planted for canary in made):
        raise CanariesUnavailable("canary_without_identifier")


def _plans(draw: Draw, texts: Texts) -> Iterator[_Plan]:
    """Yield plans by the dozen: the first six of each are what every chunk should have."""
    foreign = draw.shuffled([name for name in texts.languages if name != ENGLISH])
    turns = draw.shuffled(_IN_TURN)
    while True:
        for lead in draw.shuffled(_ALWAYS):
            yield _Plan(language=ENGLISH, leads=(lead, draw.choice(_CONTACTS)))
        for lead in turns[:_TURN]:
            yield _Plan(language=ENGLISH, leads=(lead, draw.choice(_CONTACTS)))
        for name in foreign[:_FOREIGN]:
            yield _Plan(language=name, leads=(draw.choice(sorted(texts.languages[name].labels)),))
        yield _Plan(language=ENGLISH, leads=_CONTACTS)
        turns, foreign = turns[_TURN:] + turns[:_TURN], foreign[_FOREIGN:] + foreign[:_FOREIGN]


def _canary(draw: Draw, plan: _Plan, texts: Texts) -> Canary:
    page, language = _Page(), texts.languages[plan.language]
    person = _person(draw, texts)
    layouts = _LAYOUTS if plan.language == ENGLISH else (_letter,)
    layout = draw.choice(layouts)
    if layout is _table and plan.leads[0] in _NEEDS_LABEL:
        layout = _form
    layout(page, draw, language, person, plan.leads)
    document = Document(id=f"{draw.below(2**63):016x}{draw.below(2**63):016x}", ref="canary", text=page.text)
    return Canary(place=0, document=document, planted=tuple(page.planted), language=plan.language)


def _person(draw: Draw, texts: Texts) -> tuple[str, str]:
    people = draw.choice(texts.names)
    return PERSON, write_name(f"{draw.choice(people.given)} {draw.choice(people.family)}", draw)


def _value(draw: Draw, entity: str) -> tuple[str, str]:
    return entity, write(entity, VALUES[entity](draw), draw)


def _around(draw: Draw, language: Language, low: int, high: int) -> str:
    sentences = draw.shuffled(language.around) + draw.shuffled(language.around)
    return " ".join(sentences[: draw.between(low, high)])


def _body(page: _Page, draw: Draw, language: Language, leads: tuple[str, ...]) -> None:
    """Add paragraphs in which each lead is said in a sentence."""
    is_long = draw.below(_ONE_IN_LONG) == 0
    for entity in leads:
        page.say(_around(draw, language, *((30, 40) if is_long else (2, 8))))
        is_long = False
        page.say("\n" if entity in _ON_ITS_OWN_LINE else " ")
        page.say(draw.choice(language.labels[entity].says), value=_value(draw, entity))
        page.say("\n" if entity in _ON_ITS_OWN_LINE else " ")
    page.say(_around(draw, language, 1, 5))


def _letter(
    page: _Page, draw: Draw, language: Language, person: tuple[str, str], leads: tuple[str, ...]
) -> None:
    page.say(draw.choice(language.openings) + "\n\n", name=person)
    _body(page, draw, language, leads)
    page.say("\n\n" + draw.choice(language.closings) + "\n", name=person)


def _note(
    page: _Page, draw: Draw, language: Language, person: tuple[str, str], leads: tuple[str, ...]
) -> None:
    _body(page, draw, language, leads)
    page.say(" " + draw.choice(language.mentions) + "\n", name=person)


def _mail(
    page: _Page, draw: Draw, language: Language, person: tuple[str, str], leads: tuple[str, ...]
) -> None:
    page.say("From: {name}\nSubject: " + draw.choice(language.subjects) + "\n\n", name=person)
    _body(page, draw, language, leads)
    page.say("\n\n" + draw.choice(language.closings) + "\n", name=person)


def _chat(
    page: _Page, draw: Draw, language: Language, person: tuple[str, str], leads: tuple[str, ...]
) -> None:
    for entity in leads:
        page.say(f"[{draw.between(8, 17):02d}:{draw.digits(1)}5] " + draw.choice(language.around) + "\n")
        page.say(f"[{draw.between(8, 17):02d}:{draw.digits(1)}7] ")
        page.say(draw.choice(language.labels[entity].says) + "\n", value=_value(draw, entity))
    page.say(draw.choice(language.mentions) + " " + _around(draw, language, 2, 6) + "\n", name=person)


def _form(
    page: _Page, draw: Draw, language: Language, person: tuple[str, str], leads: tuple[str, ...]
) -> None:
    page.say("Name: {name}\n", name=person)
    for entity in leads:
        page.say(language.labels[entity].label + ": {}\n", value=_value(draw, entity))
    page.say("Remarks: " + _around(draw, language, 3, 9) + "\n")


def _table(
    page: _Page, draw: Draw, language: Language, person: tuple[str, str], leads: tuple[str, ...]
) -> None:
    page.say(_around(draw, language, 1, 4) + "\n\n| Field | Value |\n|---|---|\n")
    page.say("| Name | {name} |\n", name=person)
    for entity in leads:
        page.say(f"| {language.labels[entity].label} " + "| {} |\n", value=_value(draw, entity))
    page.say("\n" + _around(draw, language, 2, 6) + "\n")


_LAYOUTS: Final = (_letter, _note, _mail, _chat, _form, _table)
