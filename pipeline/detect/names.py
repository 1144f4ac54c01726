"""Names of persons, places and organisations, found in batches by the configured model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.detect.config import DetectorConfig
from pipeline.detect.ear import EAR
from pipeline.detect.engine import configured_models, load_nlp_engine, words_of
from pipeline.detect.ner import ENTITIES, blank_pipeline, digest_model, load_pipeline
from policies.assessment import Finding, Gap, GapReason

_SCORE: Final = 0.85
"""A CNN's decision carries no confidence of its own; Presidio gives it this one."""
_NAMES: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP"})
_EDGES: Final = " \t\n\r\"'“”‘’.,;:!?()[]<>{}*|_-–—"  # noqa: RUF001 - quotes and dashes as written
_LEARNING_ZONES: Final = 24
"""Batches whose words are kept: spaCy splits words that it remembers ten times as fast."""
_FORM_LABELS: Final = "SSN DOB MRN CVV CVC IBAN BIC NPI DEA VIN PIN ID TEL FAX PO DR MR MRS MS RE FROM TO CC"
_LABELS: Final = frozenset(_FORM_LABELS.split())
"""What a form prints before a value, and models of names take for one."""
_RECOGNISER: Final = "NamesRecogniser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A window's words, and the names in it."""

    artifacts: Any = field(repr=False)
    """Presidio's `NlpArtifacts`; valid only inside the zone it was read in."""
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...] = ()


class Names:
    """A model that reads; without one, words only and a gap for every text."""

    def __init__(self, config: DetectorConfig) -> None:
        self._batch = config.batch_documents
        self._engine = load_nlp_engine(config.nlp_configuration) if config.nlp_configuration else None
        self._nlp = load_pipeline(config.ner_model) if config.ner_model else blank_pipeline()
        self._zones = 0
        self.present = bool(config.ner_model or config.nlp_configuration)
        self.digest = _digest(config)
        self.entities = frozenset(ENTITIES.values()) if self.present else frozenset()

    def zone(self) -> AbstractContextManager[Any]:
        """Return the scope of a batch: words new to the vocabulary are forgotten at its end."""
        self._zones += 1
        learns = self._zones <= _LEARNING_ZONES
        return nullcontext() if self._engine or learns else self._nlp.memory_zone()

    def words(self, text: str) -> Any:
        """Return the words of `text` without looking for names."""
        return words_of(self._nlp.make_doc(text))

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        """Yield a reading of each text, in order; a text that breaks the model costs only itself."""
        try:
            readings = list(self._read(texts))
        except Exception:  # noqa: BLE001 - a model may raise anything; which text it was is found out below
            readings = [self._read_alone(text) for text in texts]
        yield from readings

    def _read_alone(self, text: str) -> Reading:
        try:
            return next(iter(self._read([text])))
        except Exception:  # noqa: BLE001 - as above
            gap = Gap(reason=GapReason.RECOGNISER_FAILED, detail=_RECOGNISER)
            return Reading(artifacts=self.words(text), findings=(), gaps=(gap,))

    def _read(self, texts: Sequence[str]) -> Iterator[Reading]:
        if self._engine:
            yield from self._read_by_presidio(self._engine, texts)
            return
        docs = self._nlp.pipe(texts, batch_size=self._batch)
        for doc, text in zip(docs, texts, strict=True):
            yield Reading(artifacts=words_of(doc), findings=_findings(text, doc.ents, ENTITIES.get))

    def _read_by_presidio(self, engine: Any, texts: Sequence[str]) -> Iterator[Reading]:
        EAR.listen()
        for text, artifacts in engine.process_batch(texts, "en", batch_size=1):
            # A label that the configuration does not map is a warning, and a name perhaps missed.
            gaps = tuple(Gap(reason=reason, detail=_RECOGNISER) for reason in EAR.reasons())
            findings = _findings(text, artifacts.entities, _as_presidio)
            yield Reading(artifacts=artifacts, findings=findings, gaps=gaps)
            EAR.listen()


def _as_presidio(label: str) -> str | None:
    return ENTITIES.get(label, label)


def _findings(text: str, spans: Iterable[Any], name: Callable[[str], str | None]) -> tuple[Finding, ...]:
    findings = []
    for span in spans:
        start, end = _trim(text, span.start_char, span.end_char)
        entity = name(span.label_)
        if entity is None or start >= end:
            continue
        if entity in _NAMES and not _names_something(text[start:end]):
            continue
        findings.append(Finding(start=start, end=end, entity=entity, score=_SCORE, recogniser=_RECOGNISER))
    return tuple(findings)


def _names_something(text: str) -> bool:
    words = [word.strip(_EDGES) for word in text.split()]
    return any(word[:1].isalpha() and word.upper() not in _LABELS for word in words)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    return start, end


def _digest(config: DetectorConfig) -> str:
    if config.nlp_configuration:
        parts = (config.nlp_configuration, *configured_models(config.nlp_configuration))
        return " ".join(digest_model(part) for part in parts)
    return digest_model(config.ner_model) if config.ner_model else ""
