"""Results as people read them: opened, one line a record, streamed.

A record that was skipped shows the result it already has; one that waits shows `withheld`
for `pending`. A document that was erased keeps its line, without reference and answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, text

from storage.database import Database, Role
from storage.errors import SealError, StorageError
from storage.vault import DocumentKey, Vault

_FETCH_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """What became of one record of a run."""

    run: str
    ref: str | None = field(repr=False)
    """The record's own id, or its file and ordinal; None once the document is erased."""
    document: str
    level: str | None
    route: str | None
    state: str
    """`processed`, `withheld`, `failed` or `quarantined`."""
    reason: str
    rules: tuple[str, ...]
    """Rules of the policy that fired."""
    model: str | None
    task: str
    answer: str | None = field(repr=False)
    """JSON text."""

    def as_json(self) -> dict[str, object]:
        """Return the object that `cordon results --json` prints."""
        values: dict[str, object] = {name: getattr(self, name) for name in ResultLine.__slots__}
        values["rules"] = list(self.rules)
        values["answer"] = None if self.answer is None else json.loads(self.answer)
        return values


def read_results(database: Database, vault: Vault, *, run: str | None = None) -> Iterator[ResultLine]:
    """Yield what is stored of `run` (the newest, if none is named) in the order of its source.

    Memory does not grow with the run; the connection is held until the last line.

    Raises:
        StorageError(no_such_run): there is none, or none yet.
    """
    with database.begin(Role.WRITER) as connection:
        name = connection.execute(_RUN, {"run": run}).scalar()
        if name is None:
            raise StorageError("no_such_run")
        streaming = connection.execution_options(stream_results=True, yield_per=_FETCH_ROWS)
        with streaming.execute(_LINES, {"run": name}) as found:
            for row in found.mappings():
                yield _line(row, vault)


def _line(row: RowMapping, vault: Vault) -> ResultLine:
    key = _key(row, vault)
    ref = _opened(key, "ref", row["ref"])
    answer = _opened(key, "answer", row["answer"])
    state, reason = _end(row)
    is_erased = ref is None or (row["answer"] is not None and answer is None)
    return ResultLine(
        run=row["run"],
        ref=ref,
        document=row["document"],
        level=row["result_level"] or row["level"],
        route=row["result_route"] or row["route"],
        state=state,
        reason="erased" if is_erased else reason,
        rules=tuple(row["rules"]),
        model=row["model"],
        task=row["task_name"],
        answer=answer,
    )


def _key(row: RowMapping, vault: Vault) -> DocumentKey | None:
    if row["wrapped"] is None:
        return None
    return vault.unwrap(row["document"], row["wrapped"], row["kek"])


def _opened(key: DocumentKey | None, kind: str, sealed: bytes | None) -> str | None:
    if key is None or sealed is None:
        return None
    try:
        return key.open(kind, sealed)
    except SealError:
        return None  # erased, and ingested again since under a new key


def _end(row: RowMapping) -> tuple[str, str]:
    """Return state and reason as people see them: four states, whatever the ledger distinguishes."""
    state, reason = row["state"], row["reason"]
    if state == "skipped":
        state = row["original_state"] if row["is_copy"] else "processed"
    if state == "decided":
        return "withheld", "pending"
    return state, reason


_RUN = text(
    "SELECT run FROM work.run WHERE CASE WHEN CAST(:run AS text) IS NULL THEN NOT plan_only ELSE run = :run END"
    " ORDER BY opened_at DESC, run DESC LIMIT 1"
)
_LINES = text(
    "SELECT d.run, d.document, d.ref, d.state, d.reason, d.is_copy, d.level, d.route, d.rules, r.task_name,"
    " k.wrapped, k.kek, o.state AS original_state,"
    " x.level AS result_level, x.route AS result_route, x.model, x.answer"
    " FROM work.document d JOIN work.run r USING (run)"
    " LEFT JOIN keys.doc_key k USING (document)"
    " LEFT JOIN work.document o ON d.is_copy AND o.run = d.run AND o.document = d.document AND NOT o.is_copy"
    " LEFT JOIN LATERAL ("
    "  SELECT s.level, s.route, s.model, s.answer FROM work.result s JOIN work.run sr ON sr.run = s.run"
    "  WHERE s.document = d.document AND d.state IN ('processed', 'skipped')"
    "  AND (s.run = d.run OR (d.state = 'skipped' AND sr.task_digest = r.task_digest"
    "   AND sr.policy_digest = r.policy_digest))"
    "  ORDER BY (s.run = d.run) DESC, s.stored_at DESC LIMIT 1) x ON true"
    " WHERE d.run = :run ORDER BY d.chunk, d.ordinal"
)
