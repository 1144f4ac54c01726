"""Runs: opened, planned, cancelled, resumed, closed, and summed up."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from pipeline.documents import Format, Segment
from storage.errors import StorageError, TransitionError
from storage.rows import RunSpec
from storage.states import ChunkState, RunState
from storage.vault import Vault
from storage.work.book import Book
from storage.work.stage import copy_into
from storage.work.summary import RunSummary, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHead:
    """A run in one line."""

    run: str
    state: RunState
    policy_name: str
    task_name: str
    plan_only: bool
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is."""

    chunks: int
    chunks_done: int
    documents: int
    """Planned."""
    documents_settled: int


class Runs(Book):
    """The part of the ledger about runs."""

    def open_run(self, spec: RunSpec) -> str:
        """Open a run and return its id: its date and eight random hex digits."""
        with self._change() as change:
            run = f"{change.now:%Y%m%d}-{secrets.token_hex(4)}"
            is_new_policy = not change.connection.scalar(_POLICY_USED, {"digest": spec.policy_digest})
            change.connection.execute(
                _OPEN,
                {
                    **{name: value for name, value in asdict(spec).items() if name != "source"},
                    "run": run,
                    "now": change.now,
                    "source": self._vault.seal_here("source", spec.source.encode("utf-8", "surrogateescape")),
                },
            )
            if is_new_policy:
                change.note("policy.activated", {"policy": spec.policy_digest, "name": spec.policy_name})
            change.record(
                None,
                RunState.PLANNING,
                {
                    "policy": spec.policy_digest,
                    "task": spec.task_digest,
                    "detector": spec.detector,
                    "trigger": spec.trigger,
                    "models": [spec.on_prem_model, spec.closed_model],
                },
                run=run,
            )
        return run

    def plan(self, run: str, chunks: Iterable[Sequence[Segment]]) -> int:
        """Store the chunks as they come, and return how many there are; then the run is running.

        All or nothing: a plan that was interrupted is made again from the start.

        Raises:
            TransitionError: the run is planned already, or was cancelled meanwhile.
        """
        planned = _Counted(self._vault, run, chunks)
        with self._change() as change:
            change.connection.execute(_NO_TIMEOUT)  # as long as it takes to walk through the source
            _check(_found(change.connection.scalar(_STATE, {"run": run})), RunState.PLANNING)
            copy_into(change.connection, "work.chunk (run, chunk, segments, documents)", planned)
            _check(_lock(change.connection, run), RunState.PLANNING)  # it may have been cancelled meanwhile
            change.connection.execute(
                _PLANNED, {"run": run, "chunks": planned.chunks, "documents": planned.documents}
            )
            change.record(
                RunState.PLANNING,
                RunState.RUNNING,
                {"chunks": planned.chunks, "documents": planned.documents},
                run=run,
            )
        return planned.chunks

    def cancel(self, run: str, *, reason: str = "") -> bool:
        """Stop handing out the run's chunks; return whether there was something to cancel."""
        with self._change() as change:
            before = _lock(change.connection, run)
            if before not in (RunState.PLANNING, RunState.RUNNING):
                return False
            _set_state(change.connection, run, RunState.CANCELLED, closed_at=change.now)
            change.record(before, RunState.CANCELLED, {"reason": reason}, run=run)
        return True

    def resume(self, run: str) -> RunState:
        """Let a run that was cancelled or failed go on; return its state.

        A run that a crash interrupted needs nothing: its chunks are claimed once their leases end.
        `planning` means that it is still to be planned.
        """
        with self._change() as change:
            before = _lock(change.connection, run)
            if before not in (RunState.CANCELLED, RunState.FAILED):
                return before
            reopened = change.connection.execute(_REOPEN, {"run": run}).all()
            is_planned = change.connection.scalar(_IS_PLANNED, {"run": run})
            after = RunState.RUNNING if is_planned else RunState.PLANNING
            _set_state(change.connection, run, after, closed_at=None)
            change.record(before, after, {"chunks": len(reopened)}, run=run)
            for row in reopened:
                fields = {"chunk": row.chunk, "fence": row.fence, "reason": "resumed"}
                change.record(ChunkState.FAILED, ChunkState.PENDING, fields, run=run)
        return after

    def close_run(self, run: str) -> RunSummary:
        """Close a run that has no chunk left to do, and sum it up; a closed one is summed up again.

        Raises:
            StorageError(run_not_finished): a chunk is pending or claimed.
        """
        with self._change() as change:
            if _lock(change.connection, run) is RunState.RUNNING:
                if change.connection.scalar(_IS_OPEN, {"run": run}):
                    raise StorageError("run_not_finished")
                has_failed = change.connection.scalar(_HAS_FAILED, {"run": run})
                after = RunState.FAILED if has_failed else RunState.DONE
                _set_state(change.connection, run, after, closed_at=change.now)
                summary = summarise(change.connection, run, now=change.now)
                change.record(RunState.RUNNING, after, summary.event_fields(), run=run)
                return summary
            return summarise(change.connection, run, now=change.now)

    def summary(self, run: str) -> RunSummary:
        """Sum up a run as it stands.

        Raises:
            StorageError(no_such_run): there is none.
        """
        with self._reading() as connection:
            return summarise(connection, run, now=self._clock())

    def progress(self, run: str) -> RunProgress:
        """Return how far the run is; cheap enough to ask every second."""
        with self._reading() as connection:
            row = connection.execute(_PROGRESS, {"run": run}).mappings().one()
            return RunProgress(**row)

    def run_state(self, run: str) -> RunState:
        """Return the state of a run.

        Raises:
            StorageError(no_such_run): there is none.
        """
        with self._reading() as connection:
            return _found(connection.execute(_STATE, {"run": run}).scalar())

    def spec(self, run: str) -> RunSpec:
        """Return what the run was opened with."""
        with self._reading() as connection:
            row = connection.execute(_SPEC, {"run": run}).mappings().one_or_none()
        if row is None:
            raise StorageError("no_such_run")
        return spec_of(row, self._vault)

    def all_done(self, run: str) -> bool:
        """Whether the run is planned and none of its chunks is pending or claimed."""
        with self._reading() as connection:
            return bool(connection.scalar(_ALL_DONE, {"run": run}))

    def open_runs(self) -> list[RunHead]:
        """Return the runs that are not at their end (planning, running, cancelled), oldest first."""
        with self._reading() as connection:
            return [_head(row) for row in connection.execute(_HEADS_OPEN).mappings()]

    def runs(self, *, limit: int = 50) -> list[RunHead]:
        """Return the newest runs, newest first."""
        with self._reading() as connection:
            return [_head(row) for row in connection.execute(_HEADS, {"limit": limit}).mappings()]


class _Counted:
    """Rows of a plan as COPY takes them; counts while it gives."""

    def __init__(self, vault: Vault, run: str, chunks: Iterable[Sequence[Segment]]) -> None:
        self.chunks = 0
        self.documents = 0
        self._vault = vault
        self._run = run
        self._source = chunks

    def __iter__(self) -> Iterator[tuple[str, int, bytes, int]]:
        for segments in self._source:
            documents = sum(segment.count for segment in segments)
            sealed = self._vault.seal_here(f"segments|{self._run}|{self.chunks}", pack(segments))
            yield self._run, self.chunks, sealed, documents
            self.chunks += 1
            self.documents += documents


def pack(segments: Sequence[Segment]) -> bytes:
    """Return segments as JSON bytes, to be sealed."""
    return json.dumps([asdict(segment) for segment in segments], separators=(",", ":")).encode()


def unpack(raw: bytes) -> tuple[Segment, ...]:
    """Return what `pack` was given."""
    return tuple(Segment(**{**item, "format": Format(item["format"])}) for item in json.loads(raw))


def spec_of(row: RowMapping, vault: Vault) -> RunSpec:
    """Return the spec that a row of `work.run` holds."""
    values = {name: row[name] for name in RunSpec.__slots__ if name != "source"}
    source = vault.open_here("source", row["source"]).decode("utf-8", "surrogateescape")
    return RunSpec(source=source, **values)


def _lock(connection: Connection, run: str) -> RunState:
    return _found(connection.scalar(_LOCK, {"run": run}))


def _check(state: RunState, allowed: RunState) -> None:
    if state is not allowed:
        raise TransitionError


def _found(state: str | None) -> RunState:
    if state is None:
        raise StorageError("no_such_run")
    return RunState(state)


def _set_state(connection: Connection, run: str, state: RunState, *, closed_at: datetime | None) -> None:
    connection.execute(_SET_STATE, {"run": run, "state": state, "closed_at": closed_at})


def _head(row: RowMapping) -> RunHead:
    return RunHead(**{**row, "state": RunState(row["state"])})


_COLUMNS = ", ".join(name for name in RunSpec.__slots__)
_VALUES = ", ".join(f":{name}" for name in RunSpec.__slots__)

_OPEN = text(
    f"INSERT INTO work.run (run, state, run_date, opened_at, {_COLUMNS})"  # noqa: S608 - our own field names
    f" VALUES (:run, 'planning', CAST(:now AS timestamptz) AT TIME ZONE 'UTC', :now, {_VALUES})"
)
_POLICY_USED = text("SELECT EXISTS (SELECT FROM work.run WHERE policy_digest = :digest)")
_SPEC = text(f"SELECT {_COLUMNS} FROM work.run WHERE run = :run")  # noqa: S608 - our own field names
_NO_TIMEOUT = text("SET LOCAL statement_timeout = 0")
_PLANNED = text(
    "UPDATE work.run SET state = 'running', chunks = :chunks, documents = :documents WHERE run = :run"
)
_LOCK = text("SELECT state FROM work.run WHERE run = :run FOR NO KEY UPDATE")
_STATE = text("SELECT state FROM work.run WHERE run = :run")
_SET_STATE = text("UPDATE work.run SET state = :state, closed_at = :closed_at WHERE run = :run")
_IS_PLANNED = text("SELECT chunks IS NOT NULL FROM work.run WHERE run = :run")
_REOPEN = text(
    "UPDATE work.chunk SET state = 'pending', attempts = 0, reason = '', finished_at = NULL"
    " WHERE run = :run AND state = 'failed' RETURNING chunk, fence"
)
_IS_OPEN = text("SELECT EXISTS (SELECT FROM work.chunk WHERE run = :run AND state IN ('pending', 'claimed'))")
_HAS_FAILED = text("SELECT EXISTS (SELECT FROM work.chunk WHERE run = :run AND state = 'failed')")
_ALL_DONE = text(
    "SELECT EXISTS (SELECT FROM work.run WHERE run = :run AND chunks IS NOT NULL)"
    " AND NOT EXISTS (SELECT FROM work.chunk WHERE run = :run AND state IN ('pending', 'claimed'))"
)
_PROGRESS = text(
    "SELECT coalesce(r.chunks, 0) AS chunks, coalesce(r.documents, 0) AS documents, c.chunks_done,"
    # Only chunks under way are counted through: a finished one is known by its plan.
    " c.documents_done + (SELECT count(*) FROM work.document d JOIN work.chunk u USING (run, chunk)"
    "  WHERE d.run = r.run AND u.state IN ('pending', 'claimed') AND u.attempts > 0 AND d.state <> 'decided')"
    " AS documents_settled"
    " FROM work.run r, LATERAL (SELECT count(*) AS chunks_done, coalesce(sum(documents), 0)::bigint AS documents_done"
    "  FROM work.chunk WHERE run = r.run AND state IN ('done', 'failed')) c WHERE r.run = :run"
)
_HEAD = "SELECT run, state, policy_name, task_name, plan_only, opened_at FROM work.run"
_HEADS_OPEN = text(
    f"{_HEAD} WHERE state IN ('planning', 'running', 'cancelled') AND NOT plan_only ORDER BY opened_at, run"
)
_HEADS = text(f"{_HEAD} ORDER BY opened_at DESC, run DESC LIMIT :limit")
