from __future__ import annotations

import socket
from pathlib import Path

import pytest
import spacy

from pipeline.detect import Detector, DetectorConfig


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection an error: detection happens in this process alone."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the detector opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def names_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pipeline that knows two names: what a test about names needs, in a millisecond."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "PERSON", "pattern": "Mary Walker"},
            {"label": "PERSON", "pattern": "Jonas Berg"},
            {"label": "GPE", "pattern": "Boston"},
            {"label": "NORP", "pattern": "Danish"},
            {"label": "MONEY", "pattern": "dollars"},
        ]
    )
    folder = tmp_path_factory.mktemp("names") / "model"
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="session")
def config(names_model: Path) -> DetectorConfig:
    # Nothing is remembered: tests break its parts between two looks at the same text.
    return DetectorConfig(ner_model=str(names_model), accepted=None, remembered_bytes=0)


@pytest.fixture(scope="session")
def detector(config: DetectorConfig) -> Detector:
    return Detector.load(config)
