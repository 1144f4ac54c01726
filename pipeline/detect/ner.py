"""The spaCy pipeline that finds names: loaded from disk, trimmed to what finding names needs."""

from __future__ import annotations

import hashlib
from importlib import metadata, util
from pathlib import Path
from typing import Final

import spacy
from spacy.language import Language
from thinc.api import NumpyOps, use_ops

from pipeline.detect.config import DetectorUnavailable

ENTITIES: Final = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "LOCATION": "LOCATION",
    "ORG": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION",
    "NORP": "NRP",
    "NRP": "NRP",
    "DATE": "DATE_TIME",
    "TIME": "DATE_TIME",
    "DATE_TIME": "DATE_TIME",
    "CASE_NUMBER": "CASE_NUMBER",
}
"""What the detector calls a model's labels; labels that are not here say nothing about a person."""

_UNUSED: Final = (
    "parser",
    "senter",
    "tagger",
    "morphologizer",
    "attribute_ruler",
    "lemmatizer",
    "textcat",
    "entity_linker",
)


def load_pipeline(name: str) -> Language:
    """Return the spaCy pipeline in folder or package `name`.

    Raises:
        DetectorUnavailable: nothing of that name loads, or it does not find persons.
    """
    try:
        nlp = spacy.load(name, exclude=list(_UNUSED))
    except Exception:  # noqa: BLE001 - a foreign folder fails in as many ways as there are components
        raise DetectorUnavailable("ner_model_not_loadable") from None
    labels = {ENTITIES.get(label) for pipe in nlp.pipe_names for label in nlp.pipe_labels.get(pipe, ())}
    if "PERSON" not in labels:
        raise DetectorUnavailable("ner_model_without_person")
    _use_numpy(nlp)
    return nlp


def blank_pipeline() -> Language:
    """Return a tokenizer alone, for detectors without a model of names."""
    return spacy.blank("en")


def digest_model(name: str) -> str:
    """Return the digest of a model folder's files, of a package's, or of a configuration file."""
    folder = Path(name)
    if folder.is_file():
        return f"sha256:{hashlib.sha256(folder.read_bytes()).hexdigest()}"
    if not folder.is_dir():
        spec = util.find_spec(name)
        folder = Path(spec.origin).parent if spec and spec.origin else folder
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"


def installed(distribution: str) -> str:
    """Return the version of an installed distribution."""
    return metadata.version(distribution)


def _use_numpy(nlp: Language) -> None:
    """Multiply matrices with numpy: thinc's own BLIS is slower on most processors it meets.

    Measured 1.4 times the speed of the whole pipeline, with identical entities.
    """
    ops = NumpyOps(use_blis=False)
    with use_ops("numpy", use_blis=False):
        for _, pipe in nlp.pipeline:
            for node in getattr(getattr(pipe, "model", None), "walk", tuple)():
                node.ops = ops
