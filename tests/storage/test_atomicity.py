"""A change of state and its event are one transaction, whatever crashes and whoever competes.

A trigger of the test notes every change with its transaction; PostgreSQL's own `xmin` says
which transaction wrote each event. The two must tell the same story.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from policies.levels import Route
from storage import parts
from storage.database import Database, Role
from storage.errors import StaleClaim, StorageError
from storage.keys import Keys
from storage.ledger import Ledger
from storage.parts import write_parts
from storage.rows import Claim
from storage.states import NOUNS, RunState
from storage.work import book
from tests.storage.examples import (
    claimed,
    decided_row,
    document_id,
    event_types,
    intent,
    ledger_on,
    outcome,
    result,
    running,
)

_SPY = """
CREATE TABLE public.spied (xid text, noun text, before text, after text);
GRANT INSERT ON public.spied TO PUBLIC;
CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.spied VALUES (pg_current_xact_id()::xid::text, TG_TABLE_NAME,
        CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state);
    RETURN NEW;
END $$;
CREATE TRIGGER spy_insert AFTER INSERT ON work.{noun} FOR EACH ROW EXECUTE FUNCTION public.spy();
CREATE TRIGGER spy_update AFTER UPDATE ON work.{noun} FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR {again}) EXECUTE FUNCTION public.spy();
"""
_AGAIN = {"chunk": "OLD.fence <> NEW.fence", "document": "OLD.decided_at <> NEW.decided_at"}


@pytest.fixture
def spied(database: Database, database_url: str) -> Database:
    """Return a database in which every change of state is noted apart from the ledger."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        head, _, _ = _SPY.partition("CREATE TRIGGER")
        connection.execute(head.encode())
        for noun in NOUNS:
            triggers = _SPY[len(head) :].format(noun=noun, again=_AGAIN.get(noun, "false"))
            connection.execute(triggers.encode())
    return database


def _stories(database_url: str) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Return (transaction, event) as the changes of state ask for, and as the log has them."""
    named = {
        (noun, None if change.before is None else change.before.value, change.after.value): change.event
        for noun, table in NOUNS.items()
        for change in table
    }
    with psycopg.connect(database_url) as connection:
        changes = connection.execute(
            "SELECT xid, noun, before, after FROM public.spied WHERE NOT (noun = 'chunk' AND before IS NULL)"
        ).fetchall()
        log = connection.execute("SELECT xmin::text, body FROM audit.entry").fetchall()
    expected = Counter((xid, named[noun, before, after]) for xid, noun, before, after in changes)
    kinds = set(named.values())
    written = Counter((xid, json.loads(body)["type"]) for xid, body in log)
    return expected, Counter({pair: count for pair, count in written.items() if pair[1] in kinds})


def _work(ledger: Ledger, claim: Claim, folder: Path, sent: Path, numbers: range) -> None:
    """Do what a worker does with a chunk: half of its documents leave, and `sent` notes each call."""
    for document in ledger.unknown(claim):
        with sent.open("a") as log:
            log.write(f"unknown {document}\n")
    done = ledger.settled(claim)
    rows = [
        decided_row(number, ordinal=ordinal, route=Route.CLOSED if ordinal % 2 else Route.ON_PREM)
        for ordinal, number in enumerate(numbers)
    ]
    skip = ledger.decided(claim, [row for row in rows if row.document not in done])
    todo = [
        (row, number)
        for row, number in zip(rows, numbers, strict=True)
        if row.document not in done and row.ordinal not in skip
    ]
    calls = {number: intent(number) for row, number in todo if row.ordinal % 2}
    if calls:
        ledger.intend(claim, list(calls.values()))
    for row, number in todo:
        if number in calls:
            with sent.open("a") as log:
                log.write(f"sent {row.document}\n")
        results = [result(number, route=row.decision.route if row.decision else Route.ON_PREM)]
        ledger.settle(claim, results=results, calls=[outcome(calls[number])] if number in calls else [])
    ledger.finish(claim, write_parts(folder, claim, ledger.part_rows(claim)))


def _with_failpoints(kill_at: int) -> None:
    """Kill this process at the n-th point: before and after events are written, and around each rename."""
    reached = 0

    def point() -> None:
        nonlocal reached
        reached += 1
        if reached == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **named: object) -> object:
            point()
            value = function(*arguments, **named)
            point()
            return value

        return wrapped

    book.append = around(book.append)  # type: ignore[assignment]
    parts.write_atomically = around(parts.write_atomically)  # type: ignore[assignment]


def _killed(url: str, keys: Keys, run: str, *, folder: Path, sent: Path, kill_at: int) -> bool:
    """Work on the run in a process that is killed at its n-th failpoint; return whether it was."""
    child = os.fork()
    if child == 0:
        try:
            _with_failpoints(kill_at)
            ledger = ledger_on(Database(url, embedded=True), keys)
            claim = claimed(ledger, run, lease_seconds=0)
            _work(ledger, claim, folder, sent, range(kill_at * 10, kill_at * 10 + 4))
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_a_crash_at_any_point_loses_and_repeats_nothing(
    spied: Database, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    """Whatever point a worker is killed at, the next one ends the chunk with one result a document."""
    ledger = ledger_on(spied, keys)
    sent, folder = tmp_path / "sent", tmp_path / "results"
    sent.touch()
    kill_at, was_killed = 0, True
    while was_killed:
        kill_at += 1
        run = running(ledger)
        was_killed = _killed(database_url, keys, run, folder=folder, sent=sent, kill_at=kill_at)
        while not ledger.all_done(run):  # the server may take a moment to see that the first one died
            if claim := ledger.claim(run, owner="second", lease_seconds=60):
                _work(ledger, claim, folder, sent, range(kill_at * 10, kill_at * 10 + 4))
        summary = ledger.close_run(run)
        assert (summary.state, summary.as_json()["processed"]) == (RunState.DONE, 4)
    assert kill_at > 20
    lines = Counter(sent.read_text().splitlines())
    for name, count in lines.items():
        kind, document = name.split()
        # A second send is explained: the first one's outcome is on record as unknown.
        assert kind == "unknown" or count <= 1 + lines[f"unknown {document}"]
    expected, written = _stories(database_url)
    assert written == expected
    _parts_are_whole(spied, folder)


def _parts_are_whole(database: Database, folder: Path) -> None:
    """Every file has its row, with its digest; every row its file; no draft is left but by a kill."""
    with database.begin(Role.WRITER) as connection:
        rows = connection.execute(text("SELECT path, digest FROM work.part")).all()
    assert {row.path for row in rows} == {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}
    assert all(parts.digest((folder / row.path).read_bytes()) == row.digest for row in rows)


def test_competing_workers_tell_one_story(
    spied: Database, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    """Four hundred random steps of workers, zombies, cancels and resumes: events equal changes, ends are final."""
    dice = random.Random(20260301)
    ledger = ledger_on(spied, keys)
    run = running(ledger, chunks=6)
    claims: list[Claim] = []
    ends: dict[str, str] = {}

    steps = _steps(ledger, dice, tmp_path)
    for step in range(400):
        claim = dice.choice(claims) if claims and dice.random() < 0.8 else None
        if claim is None:
            claims += filter(
                None, [ledger.claim(run, owner=f"worker {step}", lease_seconds=dice.choice([0, 0, 60]))]
            )
            continue
        try:
            dice.choice(steps[: len(steps) - (step < 200)])(claim)  # nothing is finished in the first half
        except StaleClaim:
            claims.remove(claim)
        except StorageError as error:
            if error.code != "constraint":  # a second open call for one document is what may be refused
                raise
        ends = _no_end_changed(spied, ends)
    expected, written = _stories(database_url)
    assert written == expected
    assert len(written) > 100


def _steps(ledger: Ledger, dice: random.Random, folder: Path) -> list[Callable[[Claim], object]]:
    """Return what a worker may do with a claim at any time; the last step ends the chunk."""

    def decide(claim: Claim) -> None:
        rows = [decided_row(claim.chunk * 2 + ordinal, ordinal=ordinal) for ordinal in range(3)]
        ledger.decided(claim, dice.sample(rows, dice.randint(1, 3)))

    def intend(claim: Claim) -> None:
        ledger.intend(claim, [intent(claim.chunk * 2 + dice.randrange(3))])

    def settle(claim: Claim) -> None:
        ledger.settle(claim, results=[result(claim.chunk * 2 + dice.randrange(3))])

    def interrupt(claim: Claim) -> None:
        if dice.random() < 0.3:
            ledger.cancel(claim.run)
            ledger.resume(claim.run)

    def finish(claim: Claim) -> None:
        ledger.finish(claim, write_parts(folder, claim, ledger.part_rows(claim)))

    return [decide, decide, settle, settle, intend, interrupt, ledger.unknown, ledger.release, finish]


def _no_end_changed(database: Database, before: dict[str, str]) -> dict[str, str]:
    with database.begin(Role.WRITER) as connection:
        rows = connection.execute(
            text("SELECT chunk || '/' || ordinal AS place, state FROM work.document WHERE state <> 'decided'")
        )
        now = {row.place: row.state for row in rows}
    assert {place: now.get(place) for place in before} == before
    return now


def test_the_spy_sees(spied: Database, database_url: str, keys: Keys) -> None:
    """The comparison would notice an event that is missing."""
    ledger = ledger_on(spied, keys)
    ledger.decided(claimed(ledger, running(ledger)), [decided_row(0)])
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO public.spied VALUES ('1', 'document', NULL, 'decided')")
    expected, written = _stories(database_url)
    assert sum((expected - written).values()) == 1
    assert event_types(spied)[-1] == "doc.decided"
    assert document_id(0)
