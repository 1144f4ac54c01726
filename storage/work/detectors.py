"""Detectors: what each of them was made of, written down before it decides anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from sqlalchemy import text

from storage.work.book import Book
from storage.work.stage import as_json

PIECE = 300
"""Components an event: about 110 bytes each, and an event holds 64 KiB."""


class Detectors(Book):
    """The part of the ledger about detectors."""

    def activate_detector(self, detector: str, components: Mapping[str, str]) -> bool:
        """Record what a detector is made of, once; return whether it was new.

        Its `detector.activated` events hold all components, so that its digest, which every decision
        names, can be computed again from the log alone.
        """
        with self._change() as change:
            row = {"detector": detector, "components": as_json(dict(components)), "now": change.now}
            if change.connection.execute(_INSERT, row).one_or_none() is None:
                return False
            pieces = list(_pieces(components))
            for number, piece in enumerate(pieces, start=1):
                change.note(
                    "detector.activated",
                    {"detector": detector, "piece": number, "pieces": len(pieces), "components": piece},
                )
        return True

    def detector_components(self, detector: str) -> Mapping[str, str] | None:
        """Return what a detector was made of, if it was ever activated here."""
        with self._reading() as connection:
            found: Mapping[str, str] | None = connection.scalar(_COMPONENTS, {"detector": detector})
            return found


def _pieces(components: Mapping[str, str]) -> Iterator[dict[str, str]]:
    items = iter(sorted(components.items()))
    while piece := dict(islice(items, PIECE)):
        yield piece


_INSERT = text(
    "INSERT INTO work.detector (detector, components, activated_at)"
    " VALUES (:detector, CAST(:components AS jsonb), :now) ON CONFLICT DO NOTHING RETURNING detector"
)
_COMPONENTS = text("SELECT components FROM work.detector WHERE detector = :detector")
