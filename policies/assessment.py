"""What was found in a document, and whether all of it was seen.

An assessment is an argument, not an absence: it brings the proof of who looked at what,
and counts as complete only when that proof has no hole and no `Gap` says that some part
was not, or not surely, looked at. Nothing here ever holds text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from policies.proof import NAMES, Proof


class GapReason(StrEnum):
    """Why some part of a document was not, or not surely, looked at."""

    NO_NER_MODEL = "no_ner_model"
    RECOGNISER_FAILED = "recogniser_failed"
    RECOGNISER_TIMED_OUT = "recogniser_timed_out"
    DETECTOR_WARNED = "detector_warned"
    NOT_COVERED = "not_covered"
    """The proof has a hole; the detail says which recogniser, view or extent is missing."""
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


_SAYS: Final = {
    GapReason.NO_NER_MODEL: NAMES,
    GapReason.PAGE_WITHOUT_TEXT: "extraction_pages",
    GapReason.ATTACHMENT_NOT_READ: "extraction_mail_parts",
}
"""Holes of a proof that these gaps name already."""


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
    """Findings, topics and the proof of completeness of one document.

    What the proof lacks becomes a gap by itself: no assessment is complete by omission, and an
    incomplete one always names its reason.
    """

    findings: tuple[Finding, ...]
    topics: tuple[Topic, ...]
    gaps: tuple[Gap, ...]
    characters: int
    """Code points that were scanned."""
    language: str
    """ISO 639-1 code, or `und`."""
    detector: str
    """Digest of the detector's manifest: recognisers, patterns, models, versions."""
    proof: Proof
    """Which recognisers looked at which characters in which views."""

    def __post_init__(self) -> None:
        named = {gap.detail for gap in self.gaps} | {_SAYS.get(gap.reason, "") for gap in self.gaps}
        holes = tuple(
            Gap(reason=GapReason.NOT_COVERED, count=one.count, detail=one.what)
            for one in self.proof.shortfalls()
            if one.what not in named
        )
        if holes:
            gaps = sorted((*self.gaps, *holes), key=lambda gap: (gap.reason, gap.detail))
            object.__setattr__(self, "gaps", tuple(gaps))

    @property
    def complete(self) -> bool:
        """Whether every recogniser saw every character of a text that can be trusted."""
        return not self.gaps and not self.proof.is_stopped

    @property
    def gap_counts(self) -> dict[str, int]:
        """How often each reason for incompleteness was met, by code; empty if complete."""
        counts: Counter[str] = Counter()
        for gap in self.gaps:
            counts[gap.reason.value] += gap.count
        return dict(sorted(counts.items()))

    @property
    def entities(self) -> dict[str, int]:
        """How often each entity was found, by name."""
        return dict(sorted(Counter(finding.entity for finding in self.findings).items()))
