"""Chunks: claimed with a lease and a fence, renewed, released, finished, given up.

The database's clock decides about leases, so that workers' clocks need not agree. A claim
raises the chunk's fence, and every later write asks for it: a worker that was taken for
dead writes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, text

from storage.errors import StorageError
from storage.rows import Claim, Part, PartRow
from storage.states import ChunkState, DocumentState
from storage.vault import Vault
from storage.work.book import Book, Change
from storage.work.calls import leave_unknown
from storage.work.runs import spec_of, unpack

MAX_ATTEMPTS = 5
"""Claims of one chunk that may end in a crash or a failure before it is given up: it may be what kills."""


class Chunks(Book):
    """The part of the ledger about chunks."""

    def claim(self, run: str, *, owner: str, lease_seconds: float) -> Claim | None:
        """Claim the first free chunk of a running run; None when there is none just now.

        Free is what is pending, or claimed by someone whose lease has run out. A chunk that
        ended its worker `MAX_ATTEMPTS` times is given up instead.
        """
        while True:
            with self._change() as change:
                free = change.connection.execute(_FREE, {"run": run}).mappings().one_or_none()
                if free is None:
                    return None
                if free["attempts"] < MAX_ATTEMPTS:
                    return self._claim(change, free, owner=owner, lease_seconds=lease_seconds)
                self._give_up(change, dict(free), code="crashed_repeatedly")

    def _claim(self, change: Change, free: RowMapping, *, owner: str, lease_seconds: float) -> Claim:
        run = free["run"]
        row = (
            change.connection.execute(
                _CLAIM, {"run": run, "chunk": free["chunk"], "owner": owner, "seconds": lease_seconds}
            )
            .mappings()
            .one()
        )
        change.record(
            ChunkState(free["state"]),
            ChunkState.CLAIMED,
            {"chunk": free["chunk"], "fence": row["fence"], "owner": owner, "attempt": row["attempts"]},
            run=run,
        )
        return _claimed(free, row, self._vault)

    def renew(self, claim: Claim, lease_seconds: float) -> bool:
        """Prolong the lease; False when the chunk is no longer this worker's. Not a change of state."""
        with self._reading() as connection:
            renewed = connection.execute(
                _RENEW,
                {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "seconds": lease_seconds},
            )
            return renewed.rowcount == 1

    def owners(self, run: str) -> list[str]:
        """Return who holds chunks of the run, their leases good or not."""
        with self._reading() as connection:
            return list(connection.execute(_OWNERS, {"run": run}).scalars())

    def end_leases(self, run: str, owners: Sequence[str]) -> None:
        """Let the leases of `owners`, who are known to be dead, run out now. Not a change of state."""
        with self._reading() as connection:
            connection.execute(_END_LEASES, {"run": run, "owners": list(owners)})

    def release(self, claim: Claim, *, reason: str = "") -> None:
        """Give the chunk back, to be claimed again; what it settled stays.

        Raises:
            StaleClaim: it was taken already.
        """
        with self._change(claim) as change:
            _set_free(change, claim, attempts=claim.attempt - 1, reason=reason)

    def fail(self, claim: Claim, code: str) -> ChunkState:
        """Record that the chunk could not be worked on; return whether it will be tried again.

        Raises:
            StaleClaim: someone else has it.
        """
        with self._change(claim) as change:
            if claim.attempt < MAX_ATTEMPTS:
                _set_free(change, claim, attempts=claim.attempt, reason=code)
                return ChunkState.PENDING
            self._give_up(change, _place(claim), code=code)
            return ChunkState.FAILED

    def part_rows(self, claim: Claim) -> list[PartRow]:
        """Bring the chunk's documents to an end and return all its records, in order.

        A document that was decided and got no result by now (its record is no longer in the
        file, say) has failed. From here on the rows do not change: whoever writes the part
        from them writes the same.

        Raises:
            StaleClaim: someone else has the chunk.
        """
        with self._change(claim) as change:
            if not claim.spec.plan_only:
                self._fail_leftovers(change, claim)
            found = change.connection.execute(_PART_ROWS, {"run": claim.run, "chunk": claim.chunk})
            rows = found.mappings().all()
        return [_part_row(row) for row in rows]

    def finish(self, claim: Claim, parts: Sequence[Part]) -> None:
        """Record the parts, which are whole and on disk, and end the chunk.

        Raises:
            StaleClaim: someone else has the chunk.
            StorageError(chunk_unsettled): a document is not at its end.
        """
        where = {"run": claim.run, "chunk": claim.chunk}
        with self._change(claim) as change:
            counts = change.connection.execute(_SETTLED_COUNTS, where).one()
            if counts.unsettled and not claim.spec.plan_only:
                raise StorageError("chunk_unsettled")
            for part in parts:
                values = {name: getattr(part, name) for name in Part.__slots__}
                change.connection.execute(_PART, {**where, **values})
            change.connection.execute(_DONE, {**where, "now": change.now})
            change.record(
                ChunkState.CLAIMED,
                ChunkState.DONE,
                {
                    "chunk": claim.chunk,
                    "fence": claim.fence,
                    "documents": counts.documents,
                    "parts": [
                        {"route": part.route, "digest": part.digest, "rows": part.rows} for part in parts
                    ],
                },
                run=claim.run,
            )

    def _give_up(self, change: Change, free: Mapping[str, Any], *, code: str) -> None:
        """End the chunk for good; nobody will claim it and settle the calls that its last worker left open."""
        where = {"run": free["run"], "chunk": free["chunk"]}
        leave_unknown(change, self._vault, **where, fence=free["fence"] + 1)
        change.connection.execute(_GIVE_UP, {**where, "reason": code, "now": change.now})
        fields = {"chunk": free["chunk"], "fence": free["fence"], "attempt": free["attempts"], "code": code}
        change.record(ChunkState.CLAIMED, ChunkState.FAILED, fields, run=free["run"])

    def _fail_leftovers(self, change: Change, claim: Claim) -> None:
        left = change.connection.execute(
            _FAIL_LEFTOVERS, {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "now": change.now}
        ).all()
        keys = self._vault.keys_for(change.connection, [row.document for row in left])
        for row in left:
            change.record(
                DocumentState.DECIDED,
                DocumentState.FAILED,
                {"code": "not_settled", "chunk": claim.chunk},
                run=claim.run,
                key=keys[row.document],
            )


def _claimed(free: RowMapping, row: RowMapping, vault: Vault) -> Claim:
    run, chunk = free["run"], free["chunk"]
    return Claim(
        run=run,
        chunk=chunk,
        fence=row["fence"],
        segments=unpack(vault.open_here(f"segments|{run}|{chunk}", free["segments"])),
        run_date=free["run_date"],
        attempt=row["attempts"],
        spec=spec_of(free, vault),
    )


def _set_free(change: Change, claim: Claim, *, attempts: int, reason: str) -> None:
    change.connection.execute(
        _SET_FREE, {"run": claim.run, "chunk": claim.chunk, "attempts": attempts, "reason": reason}
    )
    change.record(
        ChunkState.CLAIMED,
        ChunkState.PENDING,
        {"chunk": claim.chunk, "fence": claim.fence, "reason": reason},
        run=claim.run,
    )


def _place(claim: Claim) -> dict[str, Any]:
    return {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "attempts": claim.attempt}


def _part_row(row: RowMapping) -> PartRow:
    values = dict(row)
    return PartRow(**{**values, "rules": tuple(values["rules"])})


_FREE = text(
    "SELECT c.run, c.chunk, c.state, c.fence, c.attempts, c.segments, r.run_date, r.source, r.policy_name,"
    " r.policy_digest, r.policy_text, r.task_name, r.task_digest, r.task_text, r.on_prem_model,"
    " r.closed_model, r.detector, r.trigger, r.plan_only, r.again"
    " FROM work.chunk c JOIN work.run r USING (run)"
    " WHERE c.run = :run AND r.state = 'running' AND c.state IN ('pending', 'claimed')"
    " AND (c.state = 'pending' OR c.lease_until < clock_timestamp())"
    " ORDER BY c.chunk LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED"
)
_CLAIM = text(
    "UPDATE work.chunk SET state = 'claimed', owner = :owner, fence = fence + 1, attempts = attempts + 1,"
    " reason = '', lease_until = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE run = :run AND chunk = :chunk RETURNING fence, attempts"
)
_RENEW = text(
    "UPDATE work.chunk SET lease_until = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE run = :run AND chunk = :chunk AND state = 'claimed' AND fence = :fence"
)
_OWNERS = text("SELECT DISTINCT owner FROM work.chunk WHERE run = :run AND state = 'claimed' ORDER BY owner")
_END_LEASES = text(
    "UPDATE work.chunk SET lease_until = clock_timestamp()"
    " WHERE run = :run AND state = 'claimed' AND owner = ANY(:owners) AND lease_until > clock_timestamp()"
)
_SET_FREE = text(
    "UPDATE work.chunk SET state = 'pending', owner = NULL, lease_until = NULL, attempts = :attempts,"
    " reason = :reason WHERE run = :run AND chunk = :chunk"
)
_GIVE_UP = text(
    "UPDATE work.chunk SET state = 'failed', owner = NULL, lease_until = NULL, reason = :reason,"
    " finished_at = :now WHERE run = :run AND chunk = :chunk"
)
_DONE = text(
    "UPDATE work.chunk SET state = 'done', owner = NULL, lease_until = NULL, finished_at = :now"
    " WHERE run = :run AND chunk = :chunk"
)
_SETTLED_COUNTS = text(
    "SELECT count(*) AS documents, count(*) FILTER (WHERE state = 'decided') AS unsettled"
    " FROM work.document WHERE run = :run AND chunk = :chunk"
)
_FAIL_LEFTOVERS = text(
    "UPDATE work.document SET state = 'failed', reason = 'not_settled', settled_at = :now, fence = :fence"
    " WHERE run = :run AND chunk = :chunk AND state = 'decided' RETURNING document"
)
_PART = text(
    "INSERT INTO work.part (run, chunk, route, path, digest, rows, bytes)"
    " VALUES (:run, :chunk, :route, :path, :digest, :rows, :bytes)"
    " ON CONFLICT ON CONSTRAINT part_pkey DO UPDATE"
    " SET path = EXCLUDED.path, digest = EXCLUDED.digest, rows = EXCLUDED.rows, bytes = EXCLUDED.bytes"
)
_PART_ROWS = text(
    "SELECT d.ordinal, d.document, coalesce(r.level, d.level) AS level, d.route, d.state, d.reason, r.model,"
    " r.fingerprint, r.prompt_tokens, r.completion_tokens, r.cost_microusd, d.rules, d.entities,"
    " d.characters, d.decided_at, d.settled_at, r.answer AS answer_sealed"
    " FROM work.document d LEFT JOIN work.result r"
    " ON r.run = d.run AND r.document = d.document AND NOT d.is_copy"
    " WHERE d.run = :run AND d.chunk = :chunk ORDER BY d.ordinal"
)
