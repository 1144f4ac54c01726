"""Names of persons, places and organisations, found by the configured model.

Three kinds of model may stand here: the small network that ships (`tagger.py`), any spaCy
pipeline that marks persons, or whatever a Presidio NLP configuration names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.ear import EAR
from pipeline.detect.engine import configured_models, load_nlp_engine, words_of
from pipeline.detect.marks import Mark, marks
from pipeline.detect.ner import ENTITIES, blank_pipeline, digest_model, load_pipeline
from pipeline.detect.tagger import META, Tagger
from pipeline.detect.words import PiecedWords, Splitter, calm
from policies.assessment import Finding, Gap, GapReason

_SCORE: Final = 0.85
"""A spaCy model's decision carries no confidence of its own; Presidio gives it this one."""
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
    """The names in a window, and its words."""

    words: Callable[[], Any] = field(repr=False)
    """Makes Presidio's `NlpArtifacts`; valid only inside the zone it was read in, and costs a pass."""
    read_to: int
    """Code points of the window that the model read, from its start."""
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def artifacts(self) -> Any:
        """The window's words as Presidio's recognisers want them."""
        return self.words()


class _Reader(Protocol):
    """A model that reads windows, in order; may raise anything."""

    languages: frozenset[str]

    def read(self, texts: Sequence[str]) -> Iterator[Reading]: ...


class Names:
    """A model that reads; without one, words only and a gap for every text."""

    def __init__(self, config: DetectorConfig) -> None:
        self._nlp = blank_pipeline()
        self._reader: _Reader = self._configured(config)
        self._split = Splitter(self._nlp.make_doc)
        self._zones = 0
        self.present = bool(config.ner_model or config.nlp_configuration)
        self.digest = _digest(config)
        self.entities = frozenset(ENTITIES.values()) if self.present else frozenset()
        self.reads_apart = isinstance(self._reader, _ByNobody | _ByTagger)
        """Whether words are the same without its reading, so that names can be read after everything else."""
        self.languages = self._reader.languages
        """The languages whose names it knows, as ISO 639-1 codes."""

    def zone(self) -> AbstractContextManager[Any]:
        """Return the scope of a batch: words new to the vocabulary are forgotten at its end."""
        self._zones += 1
        learns = self._zones <= _LEARNING_ZONES
        return nullcontext() if isinstance(self._reader, _ByPresidio) or learns else self._nlp.memory_zone()

    def words(self, text: str) -> Any:
        """Return the words of `text` without looking for names."""
        return PiecedWords(text, self._split)

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        """Yield a reading of each text, in order; a text that breaks the model costs only itself."""
        try:
            readings = list(self._reader.read(texts))
        except Exception:  # noqa: BLE001 - a model may raise anything; which text it was is found out below
            readings = [self._read_alone(text) for text in texts]
        yield from readings

    def _read_alone(self, text: str) -> Reading:
        try:
            return next(iter(self._reader.read([text])))
        except Exception:  # noqa: BLE001 - as above
            gap = Gap(reason=GapReason.RECOGNISER_FAILED, detail=_RECOGNISER)
            return Reading(words=partial(self.words, text), read_to=0, findings=(), gaps=(gap,))

    def _configured(self, config: DetectorConfig) -> _Reader:
        if config.nlp_configuration:
            return _ByPresidio(load_nlp_engine(config.nlp_configuration))
        if config.ner_model is None:
            return _ByNobody(self.words)
        if (Path(config.ner_model) / META).is_file():
            return _ByTagger(Path(config.ner_model), self.words)
        self._nlp = load_pipeline(config.ner_model)
        return _BySpacy(self._nlp, batch=config.batch_documents)


class _ByNobody:
    """No model: every text is words alone."""

    languages: frozenset[str] = frozenset({"en"})

    def __init__(self, words: Callable[[str], Any]) -> None:
        self._words = words

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        for text in texts:
            yield Reading(words=partial(self._words, text), read_to=0, findings=())


class _ByTagger:
    """The network that ships."""

    def __init__(self, folder: Path, words: Callable[[str], Any]) -> None:
        try:
            self._tagger = Tagger(folder)
        except (OSError, ValueError, KeyError):
            raise DetectorUnavailable("ner_model_not_loadable") from None
        self._words = words
        self.languages = frozenset(self._tagger.languages)

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        for text in texts:
            spans, probabilities = self._tagger.read(text)
            found = marks(text, spans, probabilities, self._tagger.labels, is_listed=self._tagger.is_listed)
            end = spans[-1][1] if spans else 0
            yield Reading(
                words=partial(self._words, text),
                read_to=len(text) if not text[end:].strip() else end,
                findings=tuple(_findings(text, found, ENTITIES.get)),
            )


class _BySpacy:
    """A spaCy pipeline with a component that marks persons."""

    languages: frozenset[str] = frozenset()

    def __init__(self, nlp: Any, *, batch: int) -> None:
        self._nlp, self._batch = nlp, batch
        self.languages = frozenset({str(nlp.lang)})

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        docs = self._nlp.pipe([calm(text) for text in texts], batch_size=self._batch)
        for doc, text in zip(docs, texts, strict=True):
            yield Reading(
                words=partial(words_of, doc),
                read_to=len(doc.text),
                findings=tuple(_findings(text, _scored(doc.ents), ENTITIES.get)),
            )


class _ByPresidio:
    """An NLP engine of Presidio."""

    languages: frozenset[str] = frozenset({"en"})

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        EAR.listen()
        for text, artifacts in self._engine.process_batch(texts, "en", batch_size=1):
            # A label that the configuration does not map is a warning, and a name perhaps missed.
            gaps = tuple(Gap(reason=reason, detail=_RECOGNISER) for reason in EAR.reasons())
            yield Reading(
                words=partial(_same, artifacts),
                read_to=_last_word_end(artifacts, text),
                findings=tuple(_findings(text, _scored(artifacts.entities), _as_presidio)),
                gaps=gaps,
            )
            EAR.listen()


def _same(value: Any) -> Any:
    return value


def _last_word_end(artifacts: Any, text: str) -> int:
    """Return how far the words reach; white space after them needs no reading."""
    starts = artifacts.tokens_indices
    end = starts[-1] + len(artifacts.tokens[-1]) if starts else 0
    return len(text) if not text[end:].strip() else end


def _as_presidio(label: str) -> str | None:
    return ENTITIES.get(label, label)


def _scored(spans: Iterable[Any]) -> Iterator[Mark]:
    return (Mark(span.start_char, span.end_char, span.label_, _SCORE) for span in spans)


def _findings(text: str, found: Iterable[Mark], name: Callable[[str], str | None]) -> Iterator[Finding]:
    for mark in found:
        start, end = _trim(text, mark.start, mark.end)
        entity = name(mark.label)
        if entity is None or start >= end:
            continue
        if entity in _NAMES and not _names_something(text[start:end]):
            continue
        yield Finding(start=start, end=end, entity=entity, score=mark.score, recogniser=_RECOGNISER)


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
