"""Presidio as it comes out of the box, to be compared with: its default recognisers and configuration.

Two things differ from a plain `AnalyzerEngine()`, and neither changes a finding: the spaCy model is the one
that is named, and the e-mail recogniser uses the public-suffix list inside its package, because the stock one
downloads it. A model that is not on this machine is refused, because Presidio would download that too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import presidio_analyzer
import yaml
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpEngineProvider
from spacy.util import is_package

from pipeline.detect.catalogue import LocalEmailRecognizer
from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.ear import silence_presidio
from pipeline.detect.ner import digest_model
from pipeline.documents import Document
from pipeline.evaluate.word import taken_at_their_word
from policies.assessment import Assessment, Finding

_BATCH: Final = 32


class StockPresidio:
    """Presidio's `AnalyzerEngine` as something that can be measured. It knows no topics and reports no gaps."""

    def __init__(self, model: str) -> None:
        """Load Presidio with the spaCy model of that name or folder.

        Raises:
            DetectorUnavailable: the model is not on this machine, or does not load.
        """
        silence_presidio()
        if not is_package(model) and not Path(model).is_dir():
            raise DetectorUnavailable("stock_model_missing")
        try:
            nlp = NlpEngineProvider(nlp_configuration=_configuration(model)).create_engine()
            registry = RecognizerRegistry()
            registry.load_predefined_recognizers(nlp_engine=nlp)
            registry.remove_recognizer("EmailRecognizer")
            registry.add_recognizer(LocalEmailRecognizer(name="EmailRecognizer"))
            analyzer = AnalyzerEngine(nlp_engine=nlp, registry=registry)
        except Exception:  # noqa: BLE001 - Presidio and spaCy each raise their own
            raise DetectorUnavailable("stock_model_not_loadable") from None
        self._analyzer = analyzer
        self._batches = BatchAnalyzerEngine(analyzer)
        self.entities = frozenset(analyzer.get_supported_entities("en"))
        version = metadata.version("presidio-analyzer")
        said = f"presidio-analyzer {version}\n{digest_model(model)}"
        self.digest = f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"

    def assess(self, documents: Sequence[Document]) -> list[Assessment]:
        """Return Presidio's findings in each document, in order."""
        texts = [document.text for document in documents]
        found = self._batches.analyze_iterator(texts, language="en", batch_size=_BATCH)
        return [self._assessment(text, results) for text, results in zip(texts, found, strict=True)]

    def scan(self, text: str) -> Assessment:
        """Return Presidio's findings in one text."""
        return self._assessment(text, self._analyzer.analyze(text, language="en"))

    def _assessment(self, text: str, results: Sequence[RecognizerResult]) -> Assessment:
        findings = (
            Finding(
                start=one.start,
                end=one.end,
                entity=str(one.entity_type),
                score=round(float(one.score), 3),
                recogniser="presidio",
            )
            for one in results
        )
        return taken_at_their_word(findings, characters=len(text), by=self.digest)


def _configuration(model: str) -> dict[str, Any]:
    """Return Presidio's own default NLP configuration, with another model in it."""
    path = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    configuration: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": model}]
    return configuration
