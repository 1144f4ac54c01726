"""The NER model that ships: loads from the repository alone and finds plain names."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from pipeline.detect.marks import Mark, marks
from pipeline.detect.tagger import Tagger

MODEL = Path(__file__).parents[2] / "models" / "ner" / "weights"
LARGEST_BYTES = 15_000_000
FORGETS_AFTER = 50
"""Words, in the test of forgetting: a few sentences' worth."""


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    """Return the shipped model."""
    return Tagger(MODEL)


def all_marks(tagger: Tagger, text: str) -> list[Mark]:
    """Return what the model marks in `text`."""
    words, probabilities = tagger.read(text)
    return marks(text, words, probabilities, tagger.labels, is_listed=tagger.is_listed)


def found(tagger: Tagger, text: str, label: str) -> list[str]:
    """Return the texts of the likely marks of one label."""
    return [
        text[one.start : one.end]
        for one in all_marks(tagger, text)
        if one.label == label and one.score >= 0.4
    ]


def test_loads_without_a_network(monkeypatch):
    """Loading and running the model opens no socket."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert Tagger(MODEL).read("Nothing to see here.")[0][0] == (0, 7)


def test_is_small():
    """The folder stays under what the repository allows for a model."""
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= LARGEST_BYTES


def test_meta_says_what_it_is():
    """Name, licence, language and description are in the folder itself."""
    meta = json.loads((MODEL / "tagger.json").read_text("utf-8"))
    assert (meta["languages"], meta["name"], meta["license"]) == (["en"], "cordon_names", "CC BY-SA 4.0")
    assert meta["description"]
    assert set(meta["labels"]) == {"O"} | {
        f"{place}-{one}"
        for one in ("PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NORP")
        for place in "BI"
    }


def test_probabilities_add_up(tagger):
    """Each word has a probability for every label."""
    words, probabilities = tagger.read("Mary Walker\nlives  in Boston.")
    assert probabilities.shape == (len(words), len(tagger.labels))
    assert probabilities.sum(1) == pytest.approx([1.0] * len(words), abs=1e-5)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Please ask Margaret Whitfield to sign the lease before noon.", "Margaret Whitfield"),
        ("The patient, Mr. Harold Jennings, was discharged in good condition.", "Harold Jennings"),
        ("Dear Dr. Okonjo,\n\nthank you for the report.", "Okonjo"),
        ("Counsel for the respondent: Shri Arvind Kulkarni", "Arvind Kulkarni"),
        ("From: Yusuf Al-Hamdan\nTo: all staff\n\nThe office is closed.", "Yusuf Al-Hamdan"),
        ("Employee: Brennan, Siobhan\nDepartment: Payroll", "Brennan, Siobhan"),
        ("PATIENT: ELIZABETH MORALES   WARD: 3", "ELIZABETH MORALES"),
        ("i spoke with sarah cooper about my bill and she was rude", "sarah cooper"),
        ("We interviewed Nguyen Thi Lan for the post of nurse.", "Nguyen Thi Lan"),
        ("J. T. Blackwood opened the meeting at nine.", "J. T. Blackwood"),
    ],
)
def test_finds_people(tagger, text, name):
    """A person's name in a plain sentence, mail, form or heading is met by a PERSON."""
    assert any(part in name or name in part for part in found(tagger, text, "PERSON"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("She moved from Bristol to Canada in the spring.", "Canada"),
        ("The shipment left Rotterdam on Monday.", "Rotterdam"),
        ("He lives at 48 Willow Lane, Springfield.", "Springfield"),
    ],
)
def test_finds_places(tagger, text, place):
    """A town, a country or an address is met by a LOCATION."""
    assert any(place in part for part in found(tagger, text, "LOCATION"))


@pytest.mark.parametrize(
    "text",
    [
        "Press the green button twice, then wait until the light stops blinking.",
        "The function returns the number of rows that were written to the table.",
        "Bake the bread for forty minutes and let it cool on a rack.",
    ],
)
def test_leaves_plain_text_alone(tagger, text):
    """A text without anybody in it holds no PERSON."""
    assert found(tagger, text, "PERSON") == []


def test_is_deterministic(tagger):
    """Two loads, and one that has read other texts before, give the same marks."""
    texts = ["Ingrid Solberg met Kwame Boadu in Accra on 3 May 2021.", "Nobody else came.", "Ask Priya."]
    alone = [all_marks(Tagger(MODEL), text) for text in texts]
    assert alone == [all_marks(tagger, text) for text in texts]


def test_forgetting_words_changes_nothing(tagger, monkeypatch):
    """The words that a model remembers are bounded, and it reads the same after it forgot them."""
    monkeypatch.setattr("pipeline.detect.tagger._MOST_REMEMBERED", FORGETS_AFTER)
    forgetful = Tagger(MODEL)
    for number in range(40):
        text = f"Ingrid Solberg{number} met Kwame{number} Boadu in room {number} of the old house near Accra."
        assert all_marks(forgetful, text) == all_marks(tagger, text)
    assert forgetful.remembered <= FORGETS_AFTER + len(text.split()) + 4
