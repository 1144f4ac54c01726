"""Claims: one worker a chunk, and a worker taken for dead writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from policies.levels import Route
from storage.database import Database
from storage.errors import StaleClaim
from storage.keys import Keys
from storage.ledger import MAX_ATTEMPTS, Ledger
from storage.rows import Claim
from storage.states import ChunkState, RunState
from tests.storage.examples import (
    claimed,
    decided_row,
    event_types,
    events,
    finished,
    intent,
    ledger_on,
    result,
    running,
)


@pytest.fixture
def ledger(database: Database, keys: Keys) -> Ledger:
    """Return a ledger on a fresh database."""
    return ledger_on(database, keys)


def test_many_workers_share_a_run(ledger: Ledger) -> None:
    """Eight workers that claim at once get every chunk exactly once."""
    run = running(ledger, chunks=40)

    def drain(owner: int) -> list[int]:
        chunks = []
        while claim := ledger.claim(run, owner=f"worker {owner}", lease_seconds=60):
            chunks.append(claim.chunk)
        return chunks

    with ThreadPoolExecutor(8) as pool:
        taken = [chunk for chunks in pool.map(drain, range(8)) for chunk in chunks]
    assert sorted(taken) == list(range(40))


def test_a_lease_that_ran_out_is_claimed_again_under_a_higher_fence(ledger: Ledger) -> None:
    """A silent worker's chunk goes to the next one; renewing tells the first that it lost it."""
    run = running(ledger)
    zombie = claimed(ledger, run, lease_seconds=0)
    claim = claimed(ledger, run)
    assert (claim.fence, claim.attempt) == (zombie.fence + 1, 2)
    assert not ledger.renew(zombie, 60)
    assert ledger.renew(claim, 60)
    assert ledger.claim(run, owner="third", lease_seconds=60) is None


def test_a_renewed_lease_holds(ledger: Ledger) -> None:
    """Renewing keeps others away."""
    run = running(ledger)
    claim = claimed(ledger, run, lease_seconds=0)
    assert ledger.renew(claim, 60)
    assert ledger.claim(run, owner="other", lease_seconds=60) is None


ZOMBIE_WRITES: dict[str, Callable[[Ledger, Claim], object]] = {
    "decided": lambda ledger, claim: ledger.decided(claim, [decided_row(1)]),
    "intend": lambda ledger, claim: ledger.intend(claim, [intent(0)]),
    "settle": lambda ledger, claim: ledger.settle(claim, results=[result(0)]),
    "unknown": lambda ledger, claim: ledger.unknown(claim),
    "part_rows": lambda ledger, claim: ledger.part_rows(claim),
    "finish": lambda ledger, claim: ledger.finish(claim, ()),
    "fail": lambda ledger, claim: ledger.fail(claim, "x"),
    "release": lambda ledger, claim: ledger.release(claim),
}


def test_a_zombie_writes_nothing(ledger: Ledger, database: Database) -> None:
    """Every write of a worker whose chunk was taken over is refused, and leaves neither row nor event."""
    run = running(ledger)
    zombie = claimed(ledger, run, lease_seconds=0)
    ledger.decided(zombie, [decided_row(0, route=Route.CLOSED)])
    claimed(ledger, run)
    before = events(database)
    for write in ZOMBIE_WRITES.values():
        with pytest.raises(StaleClaim):
            write(ledger, zombie)
    assert events(database) == before


def test_nobody_writes_to_a_finished_chunk(ledger: Ledger) -> None:
    """Once a chunk is done its claim is worth nothing."""
    run = running(ledger)
    claim = claimed(ledger, run)
    finished(ledger, claim)
    for write in ZOMBIE_WRITES.values():
        with pytest.raises(StaleClaim):
            write(ledger, claim)


def test_a_released_chunk_counts_no_attempt(ledger: Ledger) -> None:
    """Giving a chunk back is no failure, however often it happens."""
    run = running(ledger)
    for _ in range(MAX_ATTEMPTS + 2):
        claim = claimed(ledger, run)
        assert claim.attempt == 1
        ledger.release(claim, reason="cancelled")


def test_a_chunk_that_kills_its_workers_is_given_up(ledger: Ledger, database: Database) -> None:
    """After so many crashes the chunk fails, and resuming the run gives it another chance."""
    run = running(ledger)
    for _ in range(MAX_ATTEMPTS):
        claimed(ledger, run, lease_seconds=0)
    assert ledger.claim(run, owner="tester", lease_seconds=0) is None
    assert ledger.close_run(run).state is RunState.FAILED
    assert event_types(database)[-2:] == ["chunk.failed", "run.closed"]
    assert ledger.resume(run) is RunState.RUNNING
    finished(ledger, claimed(ledger, run))
    assert ledger.close_run(run).state is RunState.DONE


def test_a_failing_chunk_is_tried_again_so_many_times(ledger: Ledger) -> None:
    """A failure that was noticed counts like a crash."""
    run = running(ledger)
    states = [ledger.fail(claimed(ledger, run), "on_prem_unavailable") for _ in range(MAX_ATTEMPTS)]
    assert states == [ChunkState.PENDING] * (MAX_ATTEMPTS - 1) + [ChunkState.FAILED]


def test_giving_up_a_chunk_settles_the_calls_that_its_last_worker_left_open(
    ledger: Ledger, database: Database
) -> None:
    """Nobody claims the chunk again, so this is the last chance to say that their outcome is unknown."""
    run = running(ledger)
    for _ in range(MAX_ATTEMPTS):
        claim = claimed(ledger, run, lease_seconds=0)
    ledger.decided(claim, [decided_row(0, route=Route.CLOSED)])
    ledger.intend(claim, [intent(0)])
    assert ledger.claim(run, owner="another", lease_seconds=60) is None
    assert event_types(database)[-2:] == ["call.unknown", "chunk.failed"]
