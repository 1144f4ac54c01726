"""Canaries: what every chunk counted of them, and the runs whose closed routes they have shut.

A chunk counts once, however often it is claimed: a later attempt's counts take the place of an earlier
one's. Counting and shutting hold the run's row, so that of two chunks that end at the same moment the
second adds to the first; an intent holds it too, so that none follows a `route.shut` in the log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from pipeline.canaries.measure import ShutReason, Tally, reason_to_shut
from pipeline.evaluate.intervals import Share
from policies.levels import Route
from storage.errors import RoutesShut
from storage.rows import CanaryCounts, Claim
from storage.work.book import Book, Change

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySummary:
    """What a run has counted so far."""

    tally: Tally
    shut: ShutReason | None
    """Why its closed routes are shut, if they are."""

    def as_json(self) -> dict[str, object]:
        """Return what `cordon run --json` says; recall is null when nothing was measured."""
        recall = self.tally.recall
        low, high = recall.interval()
        return {
            "documents": self.tally.canaries,
            "planted": recall.total,
            "found": recall.hits,
            "recall": round(recall.value, 5) if recall.total else None,
            "interval": [round(low, 5), round(high, 5)],
            "cleared": self.tally.cleared,
            "entities": {name: [one.hits, one.total] for name, one in self.tally.entities.items()},
            "shut": self.shut,
        }

    def event_fields(self) -> dict[str, object]:
        """Return what an event says: integers only."""
        shut = {} if self.shut is None else {"shut": self.shut.value}
        return {**_counts(self.tally), **shut}


class Canaries(Book):
    """The part of the ledger about canaries."""

    def is_shut(self, run: str) -> bool:
        """Whether the closed routes of a run are shut. Once they are, they stay so."""
        with self._reading() as connection:
            return bool(connection.scalar(_IS_SHUT, {"run": run}))


def count_canaries(change: Change, claim: Claim, counts: CanaryCounts) -> None:
    """Add a chunk's counts to its run's, and shut the run's closed routes if the sum demands it."""
    change.connection.execute(_LOCK_RUN, {"run": claim.run})
    change.connection.execute(
        _COUNT,
        {
            "run": claim.run,
            "chunk": claim.chunk,
            "fence": claim.fence,
            "canaries": counts.tally.canaries,
            "cleared": counts.tally.cleared,
            "entities": json.dumps(
                {name: [one.hits, one.total] for name, one in counts.tally.entities.items()}
            ),
            "now": change.now,
        },
    )
    so_far = summarise_canaries(change.connection, claim.run)
    floor = {"floor_millionths": round(counts.floor * _MILLION)}
    change.note(
        "canary.measured",
        {
            "chunk": claim.chunk,
            "fence": claim.fence,
            "detector": counts.detector,
            **_counts(counts.tally),
            **floor,
            "run_so_far": _counts(so_far.tally),
        },
        run=claim.run,
    )
    reason = reason_to_shut(so_far.tally, counts.floor)
    if reason is None or so_far.shut is not None:
        return
    values = {"run": claim.run, "reason": reason.value, "chunk": claim.chunk, "now": change.now}
    change.connection.execute(_SHUT, values)
    routes = [route.value for route in Route if route.leaves]
    fields = {
        "reason": reason.value,
        "chunk": claim.chunk,
        "routes": routes,
        **_counts(so_far.tally),
        **floor,
    }
    change.note("route.shut", fields, run=claim.run)


def refuse_if_shut(connection: Connection, run: str) -> None:
    """Return if the run's closed routes are open, and keep them so until this transaction ends.

    Raises:
        RoutesShut: they are shut.
    """
    connection.execute(_SHARE_RUN, {"run": run})
    if connection.scalar(_IS_SHUT, {"run": run}):
        raise RoutesShut


def summarise_canaries(connection: Connection, run: str) -> CanarySummary:
    """Return what the chunks of a run have counted, in sum."""
    entities = {
        row.entity: Share(hits=row.found, total=row.planted)
        for row in connection.execute(_ENTITIES, {"run": run})
    }
    sums = connection.execute(_SUMS, {"run": run}).one()
    reason = connection.scalar(_REASON, {"run": run})
    return CanarySummary(
        tally=Tally(canaries=sums.canaries, cleared=sums.cleared, entities=entities),
        shut=None if reason is None else ShutReason(reason),
    )


def _counts(tally: Tally) -> Mapping[str, object]:
    recall = tally.recall
    low, high = recall.interval()
    return {
        "canaries": tally.canaries,
        "cleared": tally.cleared,
        "planted": recall.total,
        "found": recall.hits,
        "low_millionths": int(low * _MILLION),
        "high_millionths": int(high * _MILLION),
        "entities": {name: [one.hits, one.total] for name, one in tally.entities.items()},
    }


_LOCK_RUN = text("SELECT FROM work.run WHERE run = :run FOR NO KEY UPDATE")
_SHARE_RUN = text("SELECT FROM work.run WHERE run = :run FOR SHARE")
_COUNT = text(
    "INSERT INTO work.canary (run, chunk, fence, canaries, cleared, entities, measured_at)"
    " VALUES (:run, :chunk, :fence, :canaries, :cleared, CAST(:entities AS jsonb), :now)"
    " ON CONFLICT ON CONSTRAINT canary_pkey DO UPDATE SET fence = EXCLUDED.fence, canaries = EXCLUDED.canaries,"
    " cleared = EXCLUDED.cleared, entities = EXCLUDED.entities, measured_at = EXCLUDED.measured_at"
)
_SHUT = text("INSERT INTO work.shut (run, reason, chunk, shut_at) VALUES (:run, :reason, :chunk, :now)")
_IS_SHUT = text("SELECT EXISTS (SELECT FROM work.shut WHERE run = :run)")
_REASON = text("SELECT reason FROM work.shut WHERE run = :run")
_SUMS = text(
    "SELECT coalesce(sum(canaries), 0)::bigint AS canaries, coalesce(sum(cleared), 0)::bigint AS cleared"
    " FROM work.canary WHERE run = :run"
)
_ENTITIES = text(
    "SELECT e.key AS entity, sum((e.value->>0)::int)::bigint AS found, sum((e.value->>1)::int)::bigint AS planted"
    " FROM work.canary c, jsonb_each(c.entities) e WHERE c.run = :run GROUP BY e.key ORDER BY e.key"
)
