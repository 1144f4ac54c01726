"""The proof of an assessment: which recognisers looked at which characters, in which views.

A proof sets what was done beside what had to be done, in numbers. Where the two differ it
says what is missing, so that nothing that was left out can pass for nothing found. What was
left out because the decision was settled before is named as skipped: it is no mistake, and
no assessment with such a proof is complete or decided anything but regulated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

RAW: Final = "raw"
"""The view that shows a text as it stands."""
NAMES: Final = "NamesRecogniser"
"""How findings, gaps and proofs call the model of names."""
STAGES: Final = ("topics", "raw", "names", "views")
"""In which order a document is looked at where a settled decision may end it; `topics` goes with languages."""


KINDS_COVERED: Final = frozenset({"mail_parts", "pages", "parts", "sheets"})
"""What is counted in files: pages of a PDF, parts of a mail or a Word document, sheets of a workbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of a file's pages, parts or sheets became text."""

    kind: str
    """One of `KINDS_COVERED`."""
    read: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewProof:
    """What was looked at in one view."""

    view: str
    excerpts: int
    """How many texts the view showed; 0 where it would show nothing new."""
    characters: int
    """Code points of the text that were seen without a break from its start (`raw`); of the excerpts (others)."""
    missing: tuple[str, ...] = ()
    """Recognisers that did not look at all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Something that had to be looked at, or to look, and did not; `what` is a code."""

    what: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who looked at how much of one document."""

    characters: int
    """Code points of the text, all of them."""
    recognisers: int
    """How many pattern recognisers the detector has; each has to look at every view."""
    roster: str
    """Digest of their list."""
    view_names: tuple[str, ...]
    """The views that the detector has."""
    views: tuple[ViewProof, ...]
    """The views that were gone through to their end, `raw` among them."""
    names_characters: int
    """Code points that the model of names read without a break from the start."""
    languages: tuple[tuple[str, int], ...] = ()
    """How many passages are in which language, by code."""
    extraction: tuple[Coverage, ...] = ()
    """What the reader made of the file; empty where the text came as text."""
    skipped: tuple[str, ...] = ()
    """The last of `STAGES`, not gone into because the decision was settled; empty if all were."""

    @property
    def is_stopped(self) -> bool:
        """Whether looking ended early, because nothing could change the decision any more."""
        return bool(self.skipped)

    def shortfalls(self) -> Iterator[Shortfall]:
        """Yield everything that is missing and was not skipped, in a fixed order; nothing if the proof holds."""
        seen = {view.view: view for view in self.views}
        raw = seen.get(RAW)
        covered = raw.characters if raw else 0
        if covered < self.characters and "raw" not in self.skipped:
            yield Shortfall(what="characters", count=self.characters - covered)
        if self.names_characters < self.characters and "names" not in self.skipped:
            yield Shortfall(what=NAMES, count=self.characters - self.names_characters)
        for name in self.view_names:
            if name not in seen and "views" not in self.skipped:
                yield Shortfall(what=f"view_{name}")
        for name in sorted({name for view in self.views for name in view.missing}):
            yield Shortfall(what=name)
        if not self.recognisers:
            yield Shortfall(what="recognisers")
        for one in self.extraction:
            if one.read < one.of:
                yield Shortfall(what=f"extraction_{one.kind}", count=one.of - one.read)

    def as_json(self) -> dict[str, object]:
        """Return the proof as events hold it: whole numbers and codes only.

        A view is `[excerpts, characters]`, followed by the recognisers that are missing, if any.
        """
        return {
            "characters": self.characters,
            "names_characters": self.names_characters,
            "recognisers": self.recognisers,
            "roster": self.roster,
            "views": {
                one.view: [one.excerpts, one.characters, *([list(one.missing)] if one.missing else [])]
                for one in self.views
            },
            "languages": dict(self.languages),
            **(
                {"extraction": {one.kind: [one.read, one.of] for one in self.extraction}}
                if self.extraction
                else {}
            ),
            **({"skipped": list(self.skipped)} if self.skipped else {}),
        }
