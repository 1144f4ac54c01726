"""Counts of canaries: added up over chunks, once a chunk; and routes that shut, for good."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipeline.canaries import ShutReason, Tally
from pipeline.evaluate.intervals import Share
from policies.levels import Route
from storage.database import Database, Role
from storage.errors import RoutesShut, StaleClaim, StorageError
from storage.keys import Keys
from storage.ledger import Ledger
from storage.rows import CanaryCounts
from tests.storage.examples import (
    SPEC,
    claimed,
    decided_row,
    document_id,
    events,
    finished,
    intent,
    ledger_on,
    result,
    running,
)


@pytest.fixture
def ledger(database: Database, keys: Keys) -> Ledger:
    return ledger_on(database, keys)


def counts(hits: int = 20, total: int = 20, *, cleared: int = 0) -> CanaryCounts:
    """Return what a dozen canaries with so many addresses came to."""
    tally = Tally(canaries=12, cleared=cleared, entities={"EMAIL_ADDRESS": Share(hits=hits, total=total)})
    return CanaryCounts(tally=tally, floor=0.95, detector=SPEC.detector)


def test_counts_join_the_runs_in_the_decisions_transaction(ledger: Ledger, database: Database) -> None:
    """The event says what the chunk counted and what the run has so far; the summary adds up."""
    run = running(ledger, chunks=2)
    ledger.decided(claimed(ledger, run), [decided_row(0)], canaries=counts())
    ledger.decided(claimed(ledger, run), [], canaries=counts(19))
    measured = [event for event in events(database) if event["type"] == "canary.measured"]
    assert [event["found"] for event in measured] == [20, 19]
    assert measured[1]["entities"] == {"EMAIL_ADDRESS": [19, 20]}
    so_far = measured[1]["run_so_far"]
    assert isinstance(so_far, dict)
    assert (so_far["canaries"], so_far["found"], so_far["planted"]) == (24, 39, 40)
    assert 860_000 < so_far["low_millionths"] < 975_000 < so_far["high_millionths"] < 1_000_000
    summary = ledger.summary(run).as_json()["canaries"]
    assert isinstance(summary, dict)
    assert (summary["documents"], summary["found"], summary["recall"]) == (24, 39, 0.975)
    assert summary["shut"] is None
    assert not ledger.is_shut(run)


def test_a_chunk_that_is_done_again_counts_once(ledger: Ledger) -> None:
    """The newest claim's counts take the place of an earlier one's; a zombie's change nothing."""
    run = running(ledger)
    zombie = claimed(ledger, run, lease_seconds=0)
    ledger.decided(zombie, [decided_row(0)], canaries=counts(19))
    ledger.decided(claimed(ledger, run), [decided_row(0)], canaries=counts(20))
    with pytest.raises(StaleClaim):
        ledger.decided(zombie, [], canaries=counts(0))
    assert ledger.summary(run).canaries.tally.recall == Share(hits=20, total=20)


def test_a_cleared_canary_shuts_the_run_for_good(ledger: Ledger, database: Database) -> None:
    """No intent is committed any more, not in another chunk, after a resume, nor once the chunk counts well."""
    run, other = running(ledger, chunks=2), running(ledger)
    first, second = claimed(ledger, run), claimed(ledger, run)
    ledger.decided(second, [decided_row(3, ordinal=0, route=Route.CLOSED)])
    ledger.decided(first, [decided_row(0, route=Route.CLOSED)], canaries=counts(cleared=1))
    for claim, number in ((first, 0), (second, 3)):
        with pytest.raises(RoutesShut):
            ledger.intend(claim, [intent(number)])
    ledger.release(first)
    ledger.cancel(run)
    ledger.resume(run)
    again = claimed(ledger, run)
    ledger.decided(again, [decided_row(0, route=Route.CLOSED)], canaries=counts())
    assert ledger.is_shut(run)
    with pytest.raises(RoutesShut):
        ledger.intend(again, [intent(0)])
    assert not ledger.is_shut(other)
    kinds = Counter(event["type"] for event in events(database))
    assert (kinds["route.shut"], kinds["call.intent"]) == (1, 0)
    shut = next(event for event in events(database) if event["type"] == "route.shut")
    assert (shut["reason"], shut["chunk"], shut["cleared"]) == ("canary_cleared", 0, 1)
    assert shut["routes"] == ["closed", "closed_pseudonymised"]


def test_a_shut_run_says_so_when_it_is_closed(ledger: Ledger, database: Database) -> None:
    """The summary and `run.closed` name the reason."""
    run = running(ledger)
    claim = claimed(ledger, run)
    ledger.decided(claim, [decided_row(0)], canaries=counts(10))
    ledger.settle(claim, results=[result(0)])
    finished(ledger, claim)
    summary = ledger.close_run(run)
    assert summary.canaries.shut is ShutReason.RECALL
    closed = events(database)[-1]
    assert closed["type"] == "run.closed"
    assert isinstance(closed["canaries"], dict)
    assert (closed["canaries"]["shut"], closed["canaries"]["found"]) == ("recall_below_floor", 10)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM work.shut",
        "UPDATE work.shut SET run = run",
        "TRUNCATE work.shut",
        "DELETE FROM work.canary",
    ],
)
def test_the_writer_cannot_open_what_is_shut(ledger: Ledger, database: Database, statement: str) -> None:
    """The worker's own role may neither change nor delete the row that shuts a run."""
    ledger.decided(claimed(ledger, running(ledger)), [], canaries=counts(cleared=1))
    with pytest.raises(StorageError, match="denied"), database.begin(Role.WRITER) as connection:
        connection.execute(text(statement))


def test_the_database_itself_refuses_an_intent_of_a_shut_run(ledger: Ledger, database: Database) -> None:
    """A writer that does not ask the ledger is refused by the trigger."""
    run = running(ledger)
    ledger.decided(claimed(ledger, run), [], canaries=counts(cleared=1))
    insert = text(
        "INSERT INTO work.call (permit, run, chunk, document, attempt, state, body_hmac, fence, intended_at)"
        " VALUES ('p', :run, 0, :document, 1, 'intended', '', 1, now())"
    )
    with pytest.raises(StorageError, match="constraint"), database.begin(Role.WRITER) as connection:
        connection.execute(insert, {"run": run, "document": document_id(1)})


def test_chunks_that_end_at_once_shut_the_run_once(ledger: Ledger, database: Database) -> None:
    """Five workers whose counts are each an accident and together are none: one of them shuts, once."""
    run = running(ledger, chunks=5)
    claims = [claimed(ledger, run) for _ in range(5)]
    begin = threading.Barrier(5)

    def count(number: int) -> None:
        begin.wait()
        while True:
            try:
                ledger.decided(claims[number], [decided_row(number, ordinal=0)], canaries=counts(17))
            except StorageError as error:
                if (
                    not error.is_transient
                ):  # a slow machine may keep one waiting for longer than a lock's time
                    raise
            else:
                return

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(count, range(5)))
    log = events(database)
    kinds = Counter(event["type"] for event in log)
    assert (kinds["canary.measured"], kinds["route.shut"]) == (5, 1)
    so_far = [event["run_so_far"]["planted"] for event in log if event["type"] == "canary.measured"]  # type: ignore[index]
    assert so_far == [20 * number for number in range(1, 6)]
    assert ledger.summary(run).canaries.shut is ShutReason.RECALL


def test_no_intent_follows_a_shut_in_the_log(ledger: Ledger, database: Database) -> None:
    """While one worker intends call after call another one shuts the run: the log has no intent after that."""
    run = running(ledger, chunks=2)
    sender, shutter = claimed(ledger, run), claimed(ledger, run)
    ledger.decided(sender, [decided_row(number, route=Route.CLOSED) for number in range(200)])
    some = threading.Event()

    def send() -> None:
        try:
            for number in range(200):
                ledger.intend(sender, [intent(number)])
                if number == 20:
                    some.set()
        except RoutesShut:
            return

    thread = threading.Thread(target=send)
    thread.start()
    some.wait(60)
    ledger.decided(shutter, [], canaries=counts(cleared=1))
    thread.join()
    kinds = [event["type"] for event in events(database) if event["type"] in {"call.intent", "route.shut"}]
    assert kinds[-1] == "route.shut"
    assert 20 < len(kinds) < 200
