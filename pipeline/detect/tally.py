"""Counts what was looked at while a text is looked at; the proof is made of it.

A tally begins with everything missing. Only what reports to it counts as seen, so that a
step that was left out, by whatever mistake, shows as a hole and never as a clean text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.detect.manifest import digest
from policies.proof import RAW, Coverage, Proof, ViewProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everyone who has to look, and at what."""

    recognisers: tuple[str, ...]
    """Names in the order of their bits."""
    views: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, recognisers: Sequence[str], views: Sequence[str]) -> Roster:
        """Return the roster of these recognisers and views; `raw` comes first."""
        return cls(recognisers=tuple(recognisers), views=(RAW, *views), digest=digest(list(recognisers)))

    @property
    def everyone(self) -> int:
        """All bits set."""
        return (1 << len(self.recognisers)) - 1

    def absent(self, looked: int) -> tuple[str, ...]:
        """Return the names of those whose bit is not set in `looked`."""
        if looked == self.everyone:
            return ()
        return tuple(name for place, name in enumerate(self.recognisers) if not looked >> place & 1)


class _View:
    """How far one view of a text has been gone through."""

    __slots__ = ("characters", "excerpts", "looked", "windows")

    def __init__(self, everyone: int) -> None:
        self.excerpts = self.characters = self.windows = 0
        self.looked = everyone


class Tally:
    """What was looked at in one text so far."""

    __slots__ = ("_names", "_roster", "_views")

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._views = {name: _View(roster.everyone) for name in roster.views}
        self._names = 0

    def read(self, start: int, end: int) -> None:
        """Note that the model of names read [start, end) of the text."""
        if start <= self._names:
            self._names = max(self._names, end)

    def saw_window(self, start: int, end: int, looked: int) -> None:
        """Note that the recognisers in `looked` saw [start, end) of the text as it stands."""
        raw = self._views[RAW]
        raw.excerpts += 1
        raw.windows += 1
        raw.looked &= looked
        if start <= raw.characters:
            raw.characters = max(raw.characters, end)

    def saw_excerpt(self, view: str, characters: int, looked: int) -> None:
        """Note that the recognisers in `looked` saw an excerpt that a view of the window shows."""
        one = self._views[view]
        one.excerpts += 1
        one.characters += characters
        one.looked &= looked

    def saw_view(self, view: str) -> None:
        """Note that all excerpts that this view of a window shows were looked at."""
        self._views[view].windows += 1

    def proof(
        self,
        *,
        characters: int,
        languages: tuple[tuple[str, int], ...],
        extraction: tuple[Coverage, ...] = (),
        skipped: tuple[str, ...] = (),
    ) -> Proof:
        """Return what the tally proves about a text of `characters` code points."""
        windows = self._views[RAW].windows
        return Proof(
            characters=characters,
            recognisers=len(self._roster.recognisers),
            roster=self._roster.digest,
            view_names=self._roster.views,
            views=tuple(
                ViewProof(
                    view=name,
                    excerpts=one.excerpts,
                    characters=one.characters,
                    missing=self._roster.absent(one.looked),
                )
                for name, one in self._views.items()
                if windows and one.windows == windows
            ),
            names_characters=self._names,
            languages=languages,
            extraction=extraction,
            skipped=skipped,
        )
