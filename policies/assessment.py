"""What was found in a document, and whether all of it was seen.

An assessment is an argument, not an absence: it counts as complete only when no
`Gap` says that some part was not looked at. Nothing here ever holds text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class GapReason(StrEnum):
    """Why some part of a document was not, or not surely, looked at."""

    NO_NER_MODEL = "no_ner_model"
    RECOGNISER_FAILED = "recogniser_failed"
    RECOGNISER_TIMED_OUT = "recogniser_timed_out"
    DETECTOR_WARNED = "detector_warned"
    LANGUAGE_UNKNOWN = "language_unknown"
    LANGUAGE_UNSUPPORTED = "language_unsupported"
    MIXED_SCRIPTS = "mixed_scripts"
    UNDECODABLE_TEXT = "undecodable_text"
    EMPTY_TEXT = "empty_text"
    TOO_LONG = "too_long"
    PAGE_WITHOUT_TEXT = "page_without_text"
    IMAGE = "image"
    ATTACHMENT_NOT_READ = "attachment_not_read"
    EMBEDDED_OBJECT = "embedded_object"
    HIDDEN_TEXT = "hidden_text"
    MACRO = "macro"
    EXTERNAL_REFERENCE = "external_reference"
    ACTIVE_CONTENT = "active_content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One reason why the assessment is incomplete; `detail` is a code, never content."""

    reason: GapReason
    count: int = 1
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """An entity seen at a half-open span of code points; never the text itself."""

    start: int
    end: int
    entity: str
    score: float
    """Confidence of the recogniser, 0 to 1."""
    recogniser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a document is about, with a confidence of 0 to 1."""

    name: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Findings, topics and the proof of completeness of one document."""

    findings: tuple[Finding, ...]
    topics: tuple[Topic, ...]
    gaps: tuple[Gap, ...]
    characters: int
    """Code points that were scanned."""
    language: str
    """ISO 639-1 code, or `und`."""
    detector: str
    """Digest of the detector's manifest: recognisers, patterns, models, versions."""

    @property
    def complete(self) -> bool:
        """Whether every recogniser saw every character of a text that can be trusted."""
        return not self.gaps

    @property
    def entities(self) -> dict[str, int]:
        """How often each entity was found, by name."""
        return dict(sorted(Counter(finding.entity for finding in self.findings).items()))
