from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import spacy

from pipeline.detect.like_presidio import LikePresidio
from pipeline.evaluate.stock import StockPresidio

_WORDS = (
    "Mary Walker in Boston paid by credit card 4111 1111 1111 1111, phone (212) 555-0187 or +44 20 7946 0958; her bank "
    "account is 945456787654 and her license A1234567 : SSN 536-22-8741 passport 912803456, mail jane@clinic.example.com "
    "IBAN DE89370400440532013000 NHS 943 476 5919 born 12/03/1980 http://a.example.org/x?y 192.168.0.1 crypto wallet "
    "number-plate \u2013 Z\u00fcrich 00:1B:44:11:3A:B7 driver"
)
WORDS = _WORDS.split()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a spaCy pipeline with lemmas and with names: what context words and entities need."""
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Mary"}, {"label": "GPE", "pattern": "Boston"}])
    lemmas: Any = nlp.add_pipe("attribute_ruler")
    for word in sorted(set(WORDS)):
        lemmas.add([[{"LOWER": word.lower()}]], {"LEMMA": word.lower().rstrip("s")})
    folder = tmp_path_factory.mktemp("stock") / "model"
    nlp.to_disk(folder)
    return folder


def test_the_findings_are_presidios(model: Path) -> None:
    """Each text gives what an unmodified `AnalyzerEngine` gives: entity, start, end and score."""
    analyzer = StockPresidio(str(model))._analyzer
    classes = {type(one).__name__: type(one).__module__ for one in analyzer.registry.recognizers}
    assert classes["PhoneRecognizer"].startswith("presidio_analyzer.")
    ours = LikePresidio(StockPresidio(str(model))._analyzer)
    randomness = random.Random(11)
    texts = [" ".join(randomness.choices(WORDS, k=randomness.randint(1, 60))) for _ in range(40)]
    for text, found in zip(texts, ours.analyze(texts), strict=True):
        expected = {
            (one.entity_type, one.start, one.end, round(one.score, 6))
            for one in analyzer.analyze(text, language="en")
        }
        assert {(one.entity, one.start, one.end, round(one.score, 6)) for one in found} == expected
        assert len(found) == len(expected)
