"""What became of a run, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from storage.errors import StorageError
from storage.states import DocumentState, RunState
from storage.work.canaries import CanarySummary, summarise_canaries

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """Counts of one run. The counts by state add up to `documents` once the run is closed."""

    run: str
    state: RunState
    documents: int
    by_route: Mapping[str, int]
    by_level: Mapping[str, int]
    by_state: Mapping[str, int]
    by_level_and_route: Mapping[tuple[str, str], int]
    characters_by_route: Mapping[str, int]
    """Code points of the documents that were assessed: what a plan's cost is estimated from."""
    prompt_tokens: int
    completion_tokens: int
    cost_microusd: int
    cost_by_route: Mapping[str, int]
    """Millionths of a US dollar."""
    seconds: float
    canaries: CanarySummary

    def count(self, state: DocumentState) -> int:
        """Return how many documents are in `state`."""
        return self.by_state.get(state, 0)

    def as_json(self) -> dict[str, object]:
        """Return the object that `cordon run --json` prints."""
        return {
            "run": self.run,
            "state": self.state.value,
            "documents": self.documents,
            "by_route": dict(self.by_route),
            "by_level": dict(self.by_level),
            **self._ends(),
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "cost": {
                "usd": self.cost_microusd / _MICRO,
                "by_route": {route: cost / _MICRO for route, cost in self.cost_by_route.items()},
            },
            "seconds": round(self.seconds, 3),
            "canaries": self.canaries.as_json(),
        }

    def event_fields(self) -> dict[str, object]:
        """Return the fields of the `run.closed` event: integers only."""
        return {
            "state": self.state.value,
            "documents": self.documents,
            "by_route": dict(self.by_route),
            "by_level": dict(self.by_level),
            "cost_microusd": self.cost_microusd,
            "canaries": self.canaries.event_fields(),
            **self._ends(),
        }

    def _ends(self) -> dict[str, int]:
        ends = (
            DocumentState.PROCESSED,
            DocumentState.WITHHELD,
            DocumentState.FAILED,
            DocumentState.QUARANTINED,
            DocumentState.SKIPPED,
        )
        return {state.value: self.count(state) for state in ends}


def summarise(connection: Connection, run: str, *, now: datetime) -> RunSummary:
    """Count what is stored of a run.

    Records of a chunk that was given up before they were decided, or settled, count as failed.

    Raises:
        StorageError(no_such_run): there is none.
    """
    head = connection.execute(_HEAD, {"run": run}).one_or_none()
    if head is None:
        raise StorageError("no_such_run")
    by_route: dict[str, int] = {}
    by_level: dict[str, int] = {}
    by_state: dict[str, int] = {}
    by_level_and_route: Counter[tuple[str, str]] = Counter()
    characters_by_route: dict[str, int] = {}
    for row in connection.execute(_COUNTS, {"run": run}):
        state = DocumentState.FAILED if row.given_up and row.state == "decided" else row.state
        _add(by_state, state, row.documents)
        _add(by_route, row.route, row.documents)
        _add(by_level, row.level, row.documents)
        if row.level is not None:
            by_level_and_route[row.level, row.route] += row.documents
        _add(characters_by_route, row.route, int(row.characters))
    unread = connection.execute(_UNREAD, {"run": run}).one()
    _add(by_state, DocumentState.FAILED, unread.given_up)
    results = connection.execute(_RESULTS, {"run": run}).all()
    return RunSummary(
        run=run,
        state=RunState(head.state),
        documents=sum(by_state.values()) + unread.waiting,
        by_route=by_route,
        by_level=by_level,
        by_state=by_state,
        by_level_and_route=by_level_and_route,
        characters_by_route=characters_by_route,
        prompt_tokens=sum(row.prompt_tokens for row in results),
        completion_tokens=sum(row.completion_tokens for row in results),
        cost_microusd=sum(row.cost_microusd for row in results),
        cost_by_route={row.route: int(row.cost_microusd) for row in results if row.cost_microusd},
        seconds=((head.closed_at or now) - head.opened_at).total_seconds(),
        canaries=summarise_canaries(connection, run),
    )


def _add(counts: dict[str, int], name: str | None, number: int) -> None:
    if name is not None and number:
        counts[str(name)] = counts.get(str(name), 0) + number


_HEAD = text("SELECT state, opened_at, closed_at FROM work.run WHERE run = :run")
_COUNTS = text(
    "SELECT d.state, d.level, d.route, c.state = 'failed' AS given_up, count(*) AS documents, sum(d.characters)::bigint AS characters"
    " FROM work.document d JOIN work.chunk c USING (run, chunk)"
    " WHERE d.run = :run GROUP BY 1, 2, 3, 4 ORDER BY d.route, d.level, d.state"
)
_UNREAD = text(
    "SELECT coalesce(sum(missing) FILTER (WHERE state = 'failed'), 0)::bigint AS given_up,"
    " coalesce(sum(missing) FILTER (WHERE state IN ('pending', 'claimed')), 0)::bigint AS waiting"
    " FROM (SELECT c.state, greatest(0, c.documents - (SELECT count(*) FROM work.document d"
    " WHERE d.run = c.run AND d.chunk = c.chunk)) AS missing"
    " FROM work.chunk c WHERE c.run = :run AND c.state <> 'done') AS chunks"
)
_RESULTS = text(
    "SELECT route, sum(prompt_tokens)::bigint AS prompt_tokens,"
    " sum(completion_tokens)::bigint AS completion_tokens, sum(cost_microusd)::bigint AS cost_microusd"
    " FROM work.result WHERE run = :run GROUP BY route ORDER BY route"
)
