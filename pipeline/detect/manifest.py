"""What a detector is made of, so that a decision can name exactly what looked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.detect import views
from pipeline.detect.config import DetectorConfig
from pipeline.detect.engine import Recogniser
from pipeline.detect.frequent_words import FREQUENT_WORDS
from pipeline.detect.ner import installed
from pipeline.detect.specs import PresidioFile, RecogniserSpec
from pipeline.detect.topics import Lexicon

_DISTRIBUTIONS: Final = (
    "presidio-analyzer",
    "spacy",
    "thinc",
    "regex",
    "phonenumbers",
    "tldextract",
    "py3langid",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that decides what a detector finds."""

    config: DetectorConfig
    file: PresidioFile
    specs: Sequence[RecogniserSpec]
    recognisers: Sequence[Recogniser]
    lexicons: Sequence[Lexicon]
    names: str
    """Digest of the model of names; empty without one."""


def make_manifest(parts: Parts) -> dict[str, Any]:
    """Return the detector's parts as strings, whole numbers, lists and objects; no paths."""
    return {
        "versions": {name: installed(name) for name in _DISTRIBUTIONS},
        "names_model": parts.names,
        "recognisers": [_describe(one) for one in parts.recognisers],
        "files": digest(
            [parts.file.model_dump(mode="json"), [spec.model_dump(mode="json") for spec in parts.specs]]
        ),
        "topics": {one.topic: digest(one.model_dump(mode="json")) for one in parts.lexicons},
        "views": views.VERSION,
        "frequent_words": digest({name: sorted(words) for name, words in FREQUENT_WORDS.items()}),
        "settings": {
            "regex_timeout_seconds": parts.config.regex_timeout_seconds,
            "window_characters": parts.config.window_characters,
            "window_overlap": parts.config.window_overlap,
            "max_characters": parts.config.max_characters,
            "minimum_score_thousandths": round(parts.config.minimum_score * 1000),
        },
    }


def digest_manifest(manifest: Mapping[str, Any]) -> str:
    """Return the digest by which assessments and events name a detector."""
    return digest(dict(manifest))


def _describe(one: Recogniser) -> dict[str, Any]:
    patterns = getattr(one.presidio, "patterns", [])
    return {
        "name": one.name,
        "version": one.presidio.version,
        "entity": one.entity,
        "patterns": digest([[each.name, each.regex, round(each.score * 1000)] for each in patterns]),
        "context": digest(list(one.presidio.context or [])),
    }


def digest(value: object) -> str:
    """Return the digest of a value of strings, numbers, lists and objects."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
