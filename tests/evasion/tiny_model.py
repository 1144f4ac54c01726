"""A model of names that knows one name: the matrix is about patterns, and must not need the shipped model."""

from __future__ import annotations

from pathlib import Path

import spacy


def write_tiny_model(folder: Path) -> Path:
    """Write the model to `folder` and return it."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Mary Walker"}])  # type: ignore[attr-defined]
    nlp.to_disk(folder)
    return folder
