"""Runs: opened, planned, cancelled, resumed, closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.documents import Segment
from policies.levels import Route
from storage.database import Database
from storage.errors import SealError, StorageError, TransitionError
from storage.keys import Keys
from storage.ledger import Ledger
from storage.states import RunState
from storage.vault import Vault
from tests.storage.examples import (
    NOW,
    SPEC,
    claimed,
    decided_row,
    event_types,
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


def test_a_run_keeps_what_it_was_opened_with(ledger: Ledger) -> None:
    """A resumed run reads the same source under the same policy and task."""
    run = ledger.open_run(SPEC)
    assert ledger.spec(run) == SPEC
    assert run.startswith(f"{NOW:%Y%m%d}-")
    assert ledger.run_state(run) is RunState.PLANNING


def test_another_installation_cannot_read_the_source(database: Database, ledger: Ledger, tmp_path) -> None:
    """Where documents come from is sealed too."""
    run = ledger.open_run(SPEC)
    other = Ledger(database, Vault(Keys.open(tmp_path / "other")), lambda: NOW)
    with pytest.raises(SealError):
        other.spec(run)


def test_a_plan_streams_and_keeps_its_segments(ledger: Ledger) -> None:
    """Chunks are stored as they come, and come back as they were."""
    run = ledger.open_run(SPEC)
    assert ledger.plan(run, (segments(number + 1, name=f"{number}.jsonl") for number in range(5))) == 5
    assert claimed(ledger, run).segments == segments(1, name="0.jsonl")
    assert claimed(ledger, run).segments == segments(2, name="1.jsonl")
    progress = ledger.progress(run)
    assert (progress.chunks, progress.documents, progress.chunks_done) == (5, 15, 0)


def test_an_interrupted_plan_leaves_nothing(ledger: Ledger, database: Database) -> None:
    """A source that breaks in the middle leaves the run unplanned; planning again starts afresh."""
    run = ledger.open_run(SPEC)

    def breaking() -> Iterator[tuple[Segment, ...]]:
        yield segments(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.plan(run, breaking())
    assert ledger.run_state(run) is RunState.PLANNING
    assert ledger.claim(run, owner="tester", lease_seconds=60) is None
    assert ledger.plan(run, [segments(3)]) == 1
    assert event_types(database) == ["policy.activated", "run.opened", "run.planned"]
    with pytest.raises(TransitionError):
        ledger.plan(run, [segments(3)])


def test_a_run_can_be_cancelled_while_it_is_planned(ledger: Ledger) -> None:
    """Cancelling does not wait for the walk through the source, and the plan is then dropped."""
    run = ledger.open_run(SPEC)

    def cancelling() -> Iterator[tuple[Segment, ...]]:
        yield segments(3)
        assert ledger.cancel(run)
        yield segments(3)

    with pytest.raises(TransitionError):
        ledger.plan(run, cancelling())
    assert ledger.run_state(run) is RunState.CANCELLED
    assert ledger.progress(run).chunks == 0


def test_a_policy_is_activated_once(ledger: Ledger, database: Database) -> None:
    """The log says when a policy was used for the first time."""
    ledger.open_run(SPEC)
    ledger.open_run(SPEC)
    ledger.open_run(replace(SPEC, policy_digest="sha256:" + "d" * 64))
    assert event_types(database).count("policy.activated") == 2


def test_a_cancelled_run_hands_out_no_chunk_until_it_is_resumed(ledger: Ledger) -> None:
    """Cancelling stops the claiming; what is claimed may finish; resuming goes on."""
    run = running(ledger, chunks=2)
    claim = claimed(ledger, run)
    assert ledger.cancel(run, reason="operator")
    assert not ledger.cancel(run)
    assert ledger.claim(run, owner="tester", lease_seconds=60) is None
    assert ledger.renew(claim, 60)
    finished(ledger, claim)
    assert [head.state for head in ledger.open_runs()] == [RunState.CANCELLED]
    assert ledger.resume(run) is RunState.RUNNING
    finished(ledger, claimed(ledger, run))
    assert ledger.close_run(run).state is RunState.DONE
    assert ledger.open_runs() == []
    assert ledger.resume(run) is RunState.DONE


def test_a_run_cancelled_before_its_plan_is_planned_again(ledger: Ledger) -> None:
    """Resuming a run that was cancelled while planning goes back to planning."""
    run = ledger.open_run(SPEC)
    ledger.cancel(run)
    assert ledger.resume(run) is RunState.PLANNING
    ledger.plan(run, [segments(1)])
    assert ledger.run_state(run) is RunState.RUNNING


def test_a_run_with_work_left_is_not_closed(ledger: Ledger) -> None:
    """Closing waits for the last chunk, and may be repeated."""
    run = running(ledger)
    assert not ledger.all_done(run)
    with pytest.raises(StorageError, match="run_not_finished"):
        ledger.close_run(run)
    finished(ledger, claimed(ledger, run))
    assert ledger.all_done(run)
    assert ledger.close_run(run) == ledger.close_run(run)


def test_unknown_runs_are_an_error(ledger: Ledger) -> None:
    """A run that does not exist is not an empty one."""
    for ask in (
        ledger.run_state,
        ledger.spec,
        ledger.summary,
        ledger.cancel,
        ledger.resume,
        ledger.close_run,
    ):
        with pytest.raises(StorageError, match="no_such_run"):
            ask("20260101-00000000")


def test_a_summary_counts_every_record_once(ledger: Ledger) -> None:
    """Counts by state add up to the records, by whatever way each came to its end."""
    run = running(ledger, chunks=2)
    first = claimed(ledger, run)
    rows = [decided_row(0), decided_row(1, route=Route.CLOSED), decided_row(2), decided_row(0, ordinal=3)]
    ledger.decided(first, rows)
    ledger.settle(
        first,
        results=[
            result(0),
            result(1, route=Route.CLOSED),
            no_result(2, "withheld", "closed_unavailable"),
        ],
    )
    finished(ledger, first)
    second = claimed(ledger, run)
    ledger.decided(second, [replace(decided_row(4, ordinal=0), state="quarantined", reason="damaged")])
    for _ in range(4):
        ledger.fail(second, "reader_crashed")
        second = claimed(ledger, run)
    ledger.fail(second, "reader_crashed")
    summary = ledger.close_run(run)
    assert summary.as_json() | {"seconds": 0.0} == {
        "run": run,
        "state": "failed",
        "documents": 7,
        "by_route": {"closed": 1, "on_prem": 4},
        "by_level": {"regulated": 5},
        "processed": 2,
        "withheld": 1,
        "failed": 2,
        "quarantined": 1,
        "skipped": 1,
        "tokens": {"prompt": 20, "completion": 10},
        "cost": {"usd": 7e-06, "by_route": {"closed": 7e-06}},
        "canaries": {
            "documents": 0,
            "planted": 0,
            "found": 0,
            "recall": None,
            "interval": [0.0, 1.0],
            "cleared": 0,
            "entities": {},
            "shut": None,
        },
        "seconds": 0.0,
    }
