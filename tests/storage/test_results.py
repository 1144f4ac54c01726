"""Results as people read them."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from policies.levels import Level, Route
from storage.database import Database
from storage.errors import SealError, StorageError
from storage.keys import Keys
from storage.ledger import Ledger
from storage.results import read_results
from storage.rows import DecidedRow
from storage.vault import Vault
from tests.storage.examples import (
    CANARY,
    SPEC,
    claimed,
    decided_row,
    decision,
    document_id,
    finished,
    ledger_on,
    no_result,
    result,
    running,
    segments,
)


@pytest.fixture
def ledger(database: Database, keys: Keys) -> Ledger:
    """Return a ledger on a fresh database."""
    return ledger_on(database, keys)


def _lines(database: Database, keys: Keys, run: str | None = None) -> list[dict[str, object]]:
    return [line.as_json() for line in read_results(database, Vault(keys), run=run)]


def test_a_line_a_record(ledger: Ledger, database: Database, keys: Keys) -> None:
    """Each record has one line, in the source's order, with its reference and its answer opened."""
    run = running(ledger)
    claim = claimed(ledger, run)
    quarantined = replace(
        decided_row(3), state="quarantined", reason="damaged", decision=decision(Route.QUARANTINE)
    )
    ledger.decided(claim, [decided_row(0), decided_row(1), decided_row(2), quarantined, decided_row(4)])
    stricter = replace(result(0), level=Level.REGULATED)
    ledger.settle(
        claim, results=[stricter, no_result(1, "withheld", "call_unknown"), no_result(2, "failed", "x")]
    )
    lines = _lines(database, keys, run)
    assert [(line["ref"], line["state"], line["reason"]) for line in lines] == [
        (f"{CANARY} 0", "processed", ""),
        (f"{CANARY} 1", "withheld", "call_unknown"),
        (f"{CANARY} 2", "failed", "x"),
        (f"{CANARY} 3", "quarantined", "damaged"),
        (f"{CANARY} 4", "withheld", "pending"),
    ]
    assert lines[0] == {
        "run": run,
        "ref": f"{CANARY} 0",
        "document": document_id(0),
        "level": "regulated",
        "route": "on_prem",
        "state": "processed",
        "reason": "",
        "rules": ["person"],
        "model": "clerk",
        "task": "triage",
        "answer": {"party": CANARY},
    }
    assert lines[1]["answer"] is None


def test_what_was_skipped_shows_the_result_it_has(ledger: Ledger, database: Database, keys: Keys) -> None:
    """A record done by an earlier run, and a copy within the run, show the answer that there is."""
    first = claimed(ledger, running(ledger))
    ledger.decided(first, [decided_row(0)])
    ledger.settle(first, results=[result(0)])
    finished(ledger, first)
    run = running(ledger)
    claim = claimed(ledger, run)
    skipped = DecidedRow(ordinal=0, document=document_id(0), ref="again", state="skipped")
    ledger.decided(claim, [skipped, decided_row(1), decided_row(1, ordinal=2)])
    ledger.settle(claim, results=[result(1)])
    lines = _lines(database, keys, run)
    assert {line["run"] for line in lines} == {run}
    assert [(line["ref"], line["state"], line["reason"], line["answer"] is None) for line in lines] == [
        ("again", "processed", "has_result", False),
        (f"{CANARY} 1", "processed", "", False),
        (f"{CANARY} 1", "processed", "duplicate", False),
    ]


def test_an_erased_document_keeps_its_line(
    ledger: Ledger, database: Database, database_url: str, keys: Keys
) -> None:
    """Without its key a document shows neither reference nor answer, but that it was there."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0)])
    ledger.settle(claim, results=[result(0)])
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM keys.doc_key")
    (line,) = _lines(database, keys)
    assert (line["ref"], line["answer"], line["reason"], line["state"]) == (None, None, "erased", "processed")


def test_runs_that_are_not_there(ledger: Ledger, database: Database, keys: Keys) -> None:
    """Asking for a run that does not exist is an error; plans are not the newest run."""
    with pytest.raises(StorageError, match="no_such_run"):
        _lines(database, keys)
    run = running(ledger)
    running(ledger, spec=replace(SPEC, plan_only=True))
    ledger.decided(claimed(ledger, run), [decided_row(0)])
    assert [line["run"] for line in _lines(database, keys)] == [run]
    with pytest.raises(StorageError, match="no_such_run"):
        _lines(database, keys, "20260101-00000000")


def test_lost_keys_are_an_error(ledger: Ledger, database: Database, tmp_path: Path) -> None:
    """Another installation's keys do not turn results into erased ones."""
    ledger.decided(claimed(ledger, running(ledger)), [decided_row(0)])
    with pytest.raises(SealError):
        _lines(database, Keys.open(tmp_path / "other"))


def test_a_plan_only_run_ends_with_decisions(ledger: Ledger, database: Database, keys: Keys) -> None:
    """A run that only plans finishes its chunks with what was decided, and sends nothing."""
    run = running(ledger, spec=replace(SPEC, plan_only=True))
    claim = claimed(ledger, run)
    ledger.decided(claim, [decided_row(0), decided_row(1, route=Route.CLOSED)])
    assert [row.state for row in ledger.part_rows(claim)] == ["decided", "decided"]
    ledger.finish(claim, ())
    summary = ledger.close_run(run)
    assert (summary.documents, dict(summary.by_route)) == (2, {"closed": 1, "on_prem": 1})


def test_reading_does_not_grow_with_the_run(ledger: Ledger, database: Database, keys: Keys) -> None:
    """Four times the records take the same memory."""
    peaks = []
    for size in (600, 2400):
        run = ledger.open_run(SPEC)
        ledger.plan(run, [segments(size)])
        claim = claimed(ledger, run)
        for start in range(0, size, 1000):
            numbers = range(start, min(size, start + 1000))
            ledger.decided(claim, [decided_row(number) for number in numbers])
            ledger.settle(claim, results=[result(number) for number in numbers])
        tracemalloc.start()
        assert sum(1 for _ in read_results(database, Vault(keys), run=run)) == size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 200_000
