"""The NER model that ships: loads from the repository alone and finds plain names."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

MODEL = Path(__file__).parents[2] / "models" / "ner" / "en_cordon_ner"
LARGEST_BYTES = 15_000_000


@pytest.fixture(scope="module")
def nlp() -> Language:
    """Return the shipped pipeline."""
    return spacy.load(MODEL)


def found(nlp: Language, text: str, label: str) -> list[str]:
    """Return the texts of the entities of one label."""
    return [ent.text for ent in nlp(text).ents if ent.label_ == label]


def test_loads_without_a_network(monkeypatch):
    """Loading and running the model opens no socket."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert spacy.load(MODEL)("Nothing to see here.").text == "Nothing to see here."


def test_is_small():
    """The folder stays under what the repository allows for a model."""
    assert sum(path.stat().st_size for path in MODEL.rglob("*")) <= LARGEST_BYTES


def test_has_only_what_it_needs(nlp):
    """Two components, five labels, no word vectors."""
    assert nlp.pipe_names == ["tok2vec", "ner"]
    assert nlp.vocab.vectors.shape[0] == 0
    assert set(nlp.get_pipe("ner").labels) == {"PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NORP"}


def test_meta_says_what_it_is():
    """Name, licence and description are in the folder itself."""
    meta = json.loads((MODEL / "meta.json").read_text("utf-8"))
    assert (meta["lang"], meta["name"], meta["license"]) == ("en", "cordon_ner", "CC BY-SA 4.0")
    assert meta["description"]


def test_carries_no_words_of_the_training_texts():
    """The shipped vocabulary is that of an empty English pipeline."""
    strings = json.loads((MODEL / "vocab" / "strings.json").read_text("utf-8"))
    assert set(strings) <= set(spacy.blank("en").vocab.strings)


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
def test_finds_people(nlp, text, name):
    """A person's name in a plain sentence, mail, form or heading is met by a PERSON."""
    assert any(part in name or name in part for part in found(nlp, text, "PERSON"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("She moved from Bristol to Canada in the spring.", "Canada"),
        ("The shipment left Rotterdam on Monday.", "Rotterdam"),
        ("He lives at 48 Willow Lane, Springfield.", "Springfield"),
    ],
)
def test_finds_places(nlp, text, place):
    """A town, a country or an address is met by a LOCATION."""
    assert any(place in part for part in found(nlp, text, "LOCATION"))


@pytest.mark.parametrize(
    "text",
    [
        "Press the green button twice, then wait until the light stops blinking.",
        "The function returns the number of rows that were written to the table.",
        "Bake the bread for forty minutes and let it cool on a rack.",
    ],
)
def test_leaves_plain_text_alone(nlp, text):
    """A text without anybody in it holds no PERSON."""
    assert found(nlp, text, "PERSON") == []


def test_is_deterministic(nlp):
    """Two loads, one by one or in a batch, give the same spans."""
    texts = ["Ingrid Solberg met Kwame Boadu in Accra on 3 May 2021.", "Nobody else came.", "Ask Priya."]

    def spans(pipeline: Language) -> list[list[tuple[int, int, str]]]:
        docs = pipeline.pipe(texts, batch_size=2)
        return [[(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents] for doc in docs]

    alone = [[(ent.start_char, ent.end_char, ent.label_) for ent in nlp(text).ents] for text in texts]
    assert alone == spans(nlp) == spans(spacy.load(MODEL))
