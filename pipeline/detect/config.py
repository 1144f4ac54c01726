"""How a detector is set up, and the one error that says it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CordonError


class DetectorUnavailable(CordonError):  # noqa: N818 - a state of the world, as in pipeline.errors
    """A detector cannot start as configured; a weaker one is never put in its place."""


SHIPPED_MANIFEST = Path(__file__).parent / "manifest.json"
SHIPPED_RECOGNISERS = Path(__file__).parent / "recognisers"
SHIPPED_TOPICS = Path(__file__).parent / "topics"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorConfig:
    """Which models and limits a detector uses."""

    ner_model: str | None = None
    """Folder or installed package of a spaCy pipeline with an NER component."""
    nlp_configuration: str | None = None
    """A Presidio NLP-engine configuration (YAML file), used instead of `ner_model`."""
    recognisers: str | None = None
    """Folder of further recogniser files, in the format of the shipped ones."""
    regex_timeout_seconds: int = 2
    """CPU time one pattern may take on one window before the document is incomplete."""
    document_seconds: float = 2.5
    """CPU time that names, patterns and views may take on one document before it is incomplete: a thousand
    times the usual. So many patterns at so many seconds would otherwise be minutes."""
    document_seconds_per_million: float = 15.0
    """CPU time on top for each million code points: pages take 5 to 10, dense with numbers and on a busy machine."""
    million_seconds: float = 8.5
    """CPU time at most for each million code points, and for any shorter text: with a tenth of it on top for what
    comes last and a step that is not interrupted, nothing takes ten seconds (goal G14)."""
    window_characters: int = 20_000
    """Longer texts are scanned in windows: Presidio's context search is quadratic in length."""
    window_overlap: int = 400
    """Code points that two windows share, so that nothing at an edge is cut in half."""
    max_characters: int = 5_000_000
    """What lies beyond is not scanned, and the assessment says so."""
    batch_documents: int = 32
    """Windows per NER batch; larger ones gain nothing (16 to 32 measured best)."""
    minimum_score: float = 0.2
    """Findings below are noise: a bare number that fits a pattern without any context."""
    automata: Path | None = None
    """Folder where compiled automata are kept between starts; as safe as the program's own files."""
    remembered_bytes: int = 20_000_000
    """What a process may keep of texts that could come again: findings of 6,000 usual ones; 0 keeps none."""
    accepted: Path | None = SHIPPED_MANIFEST
    """The file of accepted components; None accepts whatever there is: for tests and experiments only."""

    def __post_init__(self) -> None:
        if self.ner_model and self.nlp_configuration:
            raise DetectorUnavailable("two_ner_models")
        if self.window_overlap * 4 > self.window_characters:
            raise DetectorUnavailable("windows_too_small")

    def seconds_for(self, characters: int) -> float:
        """Return the processor time that a text of so many code points may take."""
        millions = characters / 1_000_000
        return min(
            self.document_seconds + self.document_seconds_per_million * millions,
            self.million_seconds * max(millions, 1.0),
        )

    def closing_seconds_for(self, characters: int) -> float:
        """Return the processor time on top for what comes last and is cheap: characters, language, topics."""
        return self.seconds_for(characters) / 10
