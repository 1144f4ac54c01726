"""Decisions and results: stored once, in one transaction with their events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from policies.levels import Level, Route
from storage.database import Database, Role
from storage.errors import StorageError
from storage.keys import Keys
from storage.ledger import Ledger
from storage.rows import DecidedRow, PastCalls, work_key
from storage.work import book
from tests.storage.examples import (
    CANARY,
    SPEC,
    claimed,
    decided_row,
    decision,
    document_id,
    event_types,
    events,
    finished,
    intent,
    ledger_on,
    no_result,
    outcome,
    result,
    running,
)


@pytest.fixture
def ledger(database: Database, keys: Keys) -> Ledger:
    """Return a ledger on a fresh database."""
    return ledger_on(database, keys)


def _states(database: Database) -> list[tuple[int, int, str, str]]:
    with database.begin(Role.WRITER) as connection:
        rows = connection.execute(
            text("SELECT chunk, ordinal, state, reason FROM work.document ORDER BY run, chunk, ordinal")
        )
        return [tuple(row) for row in rows]


def test_deciding_again_changes_nothing(ledger: Ledger, database: Database) -> None:
    """A chunk that is read again after a crash decides the same without a second event."""
    run = running(ledger)
    claim = claimed(ledger, run, lease_seconds=0)
    rows = [decided_row(0), decided_row(1)]
    assert ledger.decided(claim, rows) == frozenset()
    before = event_types(database)
    claim = claimed(ledger, run)
    assert ledger.decided(claim, rows) == frozenset()
    assert event_types(database) == [*before, "chunk.claimed"]


def test_a_decision_that_came_out_differently_replaces_the_first(ledger: Ledger, database: Database) -> None:
    """The newer decision holds as long as nothing was settled by the older one, and the log has both."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0, route=Route.CLOSED), decided_row(1)])
    stricter = replace(decided_row(0), decision=decision(Route.ON_PREM, Level.REGULATED))
    held = replace(decided_row(1), decision=decision(Route.QUARANTINE), state="quarantined", reason="policy")
    assert ledger.decided(claim, [stricter, held]) == {1}
    assert _states(database) == [(0, 0, "decided", ""), (0, 1, "quarantined", "policy")]
    routes = [event["route"] for event in events(database) if event["type"] == "doc.decided"]
    assert routes == ["closed", "on_prem", "on_prem"]


def test_a_settled_document_is_not_decided_again(ledger: Ledger, database: Database) -> None:
    """What has its end keeps it, and must not be asked about."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0), decided_row(1)])
    ledger.settle(claim, results=[result(0)])
    assert ledger.settled(claim) == {document_id(0)}
    assert ledger.decided(claim, [decided_row(0, route=Route.CLOSED), decided_row(1)]) == {0}
    assert _states(database) == [(0, 0, "processed", ""), (0, 1, "decided", "")]


def test_a_record_that_comes_twice_is_done_once(ledger: Ledger, database: Database) -> None:
    """A copy, in the same chunk or another, is skipped; the first stays to be done; nothing is lost."""
    run = running(ledger, chunks=2)
    first, second = claimed(ledger, run), claimed(ledger, run)
    assert ledger.decided(first, [decided_row(0), decided_row(0, ordinal=1), decided_row(2)]) == {1}
    assert ledger.decided(second, [decided_row(2, ordinal=0), decided_row(3, ordinal=1)]) == {0}
    assert ledger.settled(first) == set()
    assert ledger.settled(second) == {document_id(2)}
    assert ledger.decided(first, [decided_row(0), decided_row(0, ordinal=1), decided_row(2)]) == {1}
    assert _states(database) == [
        (0, 0, "decided", ""),
        (0, 1, "skipped", "duplicate"),
        (0, 2, "decided", ""),
        (1, 0, "skipped", "duplicate"),
        (1, 1, "decided", ""),
    ]
    assert event_types(database).count("doc.skipped") == 2


def test_another_record_at_a_decided_place_is_not_asked(ledger: Ledger, database: Database) -> None:
    """When the file changed under a resumed run, the record decided first fails, and the new one waits."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0)])
    assert ledger.decided(claim, [decided_row(9, ordinal=0)]) == {0}
    ledger.part_rows(claim)
    assert _states(database) == [(0, 0, "failed", "not_settled")]


def test_a_document_with_a_result_is_known(ledger: Ledger) -> None:
    """The next run finds what has a result for the same document, task, policy and model."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0), decided_row(1, route=Route.CLOSED), decided_row(2)])
    ledger.settle(claim, results=[result(0), result(1, route=Route.CLOSED), no_result(2, "failed", "x")])

    def key(number: int, model: str, task: str = SPEC.task_digest) -> bytes:
        return work_key(document_id(number), task_digest=task, policy_digest=SPEC.policy_digest, model=model)

    asked = [
        key(0, "clerk"),
        key(0, "gpt-5-mini"),
        key(1, "gpt-5-mini"),
        key(2, "clerk"),
        key(0, "clerk", "x"),
    ]
    assert ledger.known(asked) == {asked[0], asked[2]}
    assert ledger.known([]) == set()
    skipped = DecidedRow(ordinal=0, document=document_id(0), ref="r", state="skipped")
    second = claimed(ledger, running(ledger))
    assert ledger.decided(second, [skipped]) == {0}
    finished(ledger, second)


def test_settling_twice_stores_once(ledger: Ledger, database: Database) -> None:
    """A batch that is sent again, whole or in part, changes nothing and records nothing."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0), decided_row(1, route=Route.CLOSED)])
    call = intent(1)
    ledger.intend(claim, [call])
    batch = {"results": [result(0), result(1)], "calls": [outcome(call)]}
    ledger.settle(claim, **batch)
    before = events(database)
    ledger.settle(claim, **batch)
    ledger.settle(claim, results=[no_result(0, "failed", "late")], calls=[outcome(call, "failed")])
    assert events(database) == before
    assert _states(database) == [(0, 0, "processed", ""), (0, 1, "processed", "")]


def test_a_refused_log_refuses_the_change(
    ledger: Ledger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the events cannot be appended, the change did not happen either."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0, route=Route.CLOSED)])
    before = (events(database), _states(database))

    def refusing(connection: object, bodies: object) -> range:
        raise StorageError("denied")

    monkeypatch.setattr(book, "append", refusing)
    for write in (
        lambda: ledger.decided(claim, [decided_row(1)]),
        lambda: ledger.intend(claim, [intent(0)]),
        lambda: ledger.settle(claim, results=[result(0)]),
        lambda: ledger.part_rows(claim),
        lambda: ledger.release(claim),
        lambda: ledger.cancel(claim.run),
        lambda: ledger.open_run(SPEC),
    ):
        with pytest.raises(StorageError, match="denied"):
            write()
    monkeypatch.undo()
    assert (events(database), _states(database)) == before
    assert ledger.renew(claim, 60)


def test_intents_keep_their_order(ledger: Ledger, database: Database) -> None:
    """The places returned are those of the intents, in the order given; a permit is good for one."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(number, route=Route.CLOSED) for number in range(3)])
    calls = [intent(2), intent(0), intent(1)]
    seqs = ledger.intend(claim, calls)
    log = events(database)
    assert [log[seq]["permit"] for seq in seqs] == [call.permit.id for call in calls]
    with pytest.raises(StorageError, match="constraint"):
        ledger.intend(claim, [calls[0]])
    with pytest.raises(StorageError, match="constraint"):
        ledger.intend(claim, [intent(0, attempt=2)])
    ledger.settle(claim, calls=[outcome(calls[1], "failed")])
    ledger.intend(claim, [intent(0, attempt=2)])


def test_calls_left_open_become_unknown(ledger: Ledger, database: Database) -> None:
    """The next claim records what nobody can know, and says how many calls were made for each document."""
    run = running(ledger)
    crashed = claimed(ledger, run, lease_seconds=0)
    ledger.decided(crashed, [decided_row(number, route=Route.CLOSED) for number in range(3)])
    answered, retried = intent(0), intent(1)
    ledger.intend(crashed, [answered, retried])
    ledger.settle(crashed, results=[result(0)], calls=[outcome(answered), outcome(retried, "failed")])
    ledger.intend(crashed, [intent(1, attempt=2), intent(2)])
    claim = claimed(ledger, run)
    past = {
        document_id(1): PastCalls(made=2, unknown=1),
        document_id(2): PastCalls(made=1, unknown=1),
    }
    assert ledger.unknown(claim) == past
    assert ledger.unknown(claim) == past
    assert event_types(database).count("call.unknown") == 2
    ledger.intend(claim, [intent(1, attempt=3)])


def test_the_database_refuses_other_ways(ledger: Ledger, database: Database) -> None:
    """Not even the writer's own SQL takes an end back, or invents a state."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0)])
    ledger.settle(claim, results=[result(0)])
    for statement in (
        "UPDATE work.document SET state = 'decided', settled_at = NULL",
        "UPDATE work.document SET state = 'failed'",
        "UPDATE work.document SET state = 'lost'",
        "UPDATE work.chunk SET state = 'pending'",
        "UPDATE work.run SET state = 'planning'",
    ):
        with pytest.raises(StorageError, match="constraint"), database.begin(Role.WRITER) as connection:
            connection.execute(text(statement))


def test_nothing_stored_shows_content(ledger: Ledger, database: Database) -> None:
    """No column of any table holds a reference, a path or an answer in plain, in any encoding of ours."""
    run = running(ledger)
    claim = claimed(ledger, run)
    ledger.decided(claim, [decided_row(0), decided_row(1, route=Route.CLOSED)])
    call = intent(1)
    ledger.intend(claim, [call])
    ledger.settle(claim, results=[result(0), result(1, route=Route.CLOSED)], calls=[outcome(call)])
    finished(ledger, claim)
    ledger.close_run(run)
    needles = [CANARY.encode(), CANARY.encode().hex().encode(), CANARY.split()[1].encode()]
    dumped = b""
    for role, table in [
        *((Role.WRITER, f"work.{name}") for name in ("run", "chunk", "document", "call", "result", "part")),
        (Role.WRITER, "keys.doc_key"),
        (Role.SIGNER, "audit.entry"),
    ]:
        columns = "body" if table == "audit.entry" else "t.*"
        with database.begin(role) as connection:
            rows = connection.execute(text(f"SELECT {columns} FROM {table} t")).all()  # noqa: S608 - a constant
        assert rows or table == "work.part"
        dumped += b"\n".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for row in rows
            for value in row
        )
    assert not [needle for needle in needles if needle in dumped]
    assert document_id(0).encode() in dumped


def test_the_log_names_documents_by_hmac_only(ledger: Ledger, database: Database) -> None:
    """No event holds a document's id, and all events of one document agree on its name."""
    claim = claimed(ledger, running(ledger))
    ledger.decided(claim, [decided_row(0, route=Route.CLOSED)])
    call = intent(0)
    ledger.intend(claim, [call])
    ledger.settle(claim, results=[result(0)], calls=[outcome(call)])
    named = [event["document"] for event in events(database) if "document" in event]
    assert len(named) == 4
    assert len(set(named)) == 1
    assert document_id(0) not in str(events(database))
