"""Canaries: seeded, varied, and with identifiers that stand where they are said to."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.de import idnr
from stdnum.es import nif
from stdnum.fi import hetu
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.pl import pesel

from pipeline.canaries import CanariesUnavailable, check_canaries, make_canaries, texts
from pipeline.canaries.draw import Draw
from pipeline.canaries.identifiers import VALUES
from pipeline.canaries.notations import write_name

ROOT = Path(__file__).parents[2]
DOZEN = 12


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 40), st.integers(0, 5000))
def test_a_seed_says_everything(seed: bytes, count: int, documents: int) -> None:
    """The same seed gives the same canaries, as many as asked for, in order of places inside the chunk."""
    made = make_canaries(seed, count=count, documents=documents)
    assert made == make_canaries(seed, count=count, documents=documents)
    assert len(made) == count
    places = [canary.place for canary in made]
    assert places == sorted(places)
    assert all(0 <= place < max(documents, 1) for place in places)
    assert len({canary.document.id for canary in made}) == count


def test_another_process_makes_the_same() -> None:
    """Neither the hash seed nor anything else of a process decides what a seed gives: a resumed chunk has the same."""
    code = (
        "from pipeline.canaries import make_canaries\n"
        "print([(c.place, c.document, c.document.text, c.planted)"
        " for c in make_canaries(b'run|3', count=24, documents=900)])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": number, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for number in ("0", "4711")
    ]
    assert said[0] == said[1]


def test_another_seed_makes_others() -> None:
    """No value, text or place can be known beforehand: no identifier comes twice in thirty chunks."""
    values: Counter[str] = Counter()
    orders = set()
    for number in range(30):
        made = make_canaries(f"run|{number}".encode(), count=DOZEN, documents=1000)
        orders.add(tuple(canary.place for canary in made))
        for canary in made:
            for one in canary.planted:
                if one.entity in {"US_SSN", "CREDIT_CARD", "IBAN_CODE", "API_KEY", "PRIVATE_KEY"}:
                    values[canary.document.text[one.start : one.end]] += 1
    assert len(orders) == 30
    assert values.total() > 120
    assert values.most_common(1)[0][1] == 1


def test_a_dozen_is_varied() -> None:
    """Each dozen has twelve entities or more, two other languages, short and long texts, and several layouts."""
    languages: set[str] = set()
    for number in range(20):
        made = make_canaries(b"%d" % number, count=DOZEN, documents=100)
        entities = {one.entity for canary in made for one in canary.planted}
        assert len(entities) >= 11
        assert entities >= {
            "PERSON",
            "US_SSN",
            "CREDIT_CARD",
            "IBAN_CODE",
            "MEDICAL_RECORD_NUMBER",
            "EMAIL_ADDRESS",
        }
        assert Counter(canary.language for canary in made)["en"] == DOZEN - 2
        languages |= {canary.language for canary in made}
    assert languages == {"en", "de", "fr", "es", "it"}
    many = [canary for number in range(5) for canary in make_canaries(b"%d" % number, count=48, documents=9)]
    assert len({one.entity for canary in many for one in canary.planted}) >= 20
    lengths = sorted(len(canary.document.text) for canary in many)
    assert lengths[0] < 400
    assert lengths[-1] > 2500
    for sign in ("| Name |", "Subject: ", "Name: ", "Dear ", "\u2013", "\u00a0", "&#45;", "[1"):
        assert any(sign in canary.document.text for canary in many), sign


def test_spans_hold_what_they_say() -> None:
    """A planted span is inside the text and holds a value: an address has its sign, a name its two words."""
    looks: dict[str, Callable[[str], bool]] = {
        "PERSON": lambda said: len(said.split(" ")) == 2 and said[0].isalpha(),
        "EMAIL_ADDRESS": lambda said: "@" in said and "example." in said.lower(),
        "PRIVATE_KEY": lambda said: said.startswith("-----BEGIN") and said.endswith("KEY-----"),
        "PHONE_NUMBER": lambda said: sum(sign.isdigit() for sign in said) >= 10,
    }
    for canary in make_canaries(b"spans", count=60, documents=10):
        assert canary.planted
        for one in canary.planted:
            said = canary.document.text[one.start : one.end]
            assert said.strip() == said
            assert said
            assert looks.get(one.entity, bool)(said), one.entity


@pytest.mark.parametrize(
    ("entity", "is_valid"),
    [
        ("CREDIT_CARD", luhn.is_valid),
        ("IBAN_CODE", iban.is_valid),
        ("DE_TAX_ID", idnr.is_valid),
        ("ES_NIF", nif.is_valid),
        ("FI_PERSONAL_IDENTITY_CODE", lambda value: hetu.is_valid(value, allow_temporary=True)),
        ("IT_FISCAL_CODE", codicefiscale.is_valid),
        ("PL_PESEL", pesel.is_valid),
        ("UK_NHS", nhs.is_valid),
    ],
)
def test_check_digits_are_right(entity: str, is_valid: Callable[[str], bool]) -> None:
    """What has check digits passes the check of a library that is not ours, whatever the draw."""
    for number in range(100):
        value = VALUES[entity](Draw(b"%d" % number))
        assert is_valid(value), value


def test_names_are_written_in_four_ways() -> None:
    """Most stand as usual, some in capitals, and a few in small letters or misread by a scanner."""
    said = [write_name("Emily Coleman", Draw(b"%d" % number)) for number in range(400)]
    ways = Counter(said)
    assert set(ways) == {"Emily Coleman", "EMILY COLEMAN", "emily coleman", "Emi1y Coleman"}
    assert (
        ways["emily coleman"] + ways["Emi1y Coleman"] < ways["EMILY COLEMAN"] + 10 < ways["Emily Coleman"] / 2
    )


def test_nothing_shows_a_canary() -> None:
    """Neither a canary's repr nor its document's shows a word of it."""
    canary = make_canaries(b"repr", count=1, documents=1)[0]
    words = {word for word in canary.document.text.split() if len(word) > 5}
    assert not [word for word in words if word in repr(canary)]


def test_what_cannot_be_made_is_known_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file of words is an error of the installation that the check finds, not a night's."""
    check_canaries()
    whole = texts.read_texts()
    english = whole.languages["en"]
    less = {name: label for name, label in english.labels.items() if name != "UK_NHS"}
    damaged = whole.model_copy(
        update={"languages": whole.languages | {"en": english.model_copy(update={"labels": less})}}
    )
    monkeypatch.setattr("pipeline.canaries.compose.read_texts", lambda: damaged)
    with pytest.raises(CanariesUnavailable, match="canaries_not_makeable"):
        check_canaries()
