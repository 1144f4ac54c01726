"""Stopping and going on: signals, cancelling, held calls, and leases of workers that are gone."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from flows.workers import is_dead, owner_name
from policies.policy import read_shipped
from storage.database import Role
from tests.lib.installation import Installation, kill, write_records
from tests.lib.ledger_view import opened, rows
from tests.lib.texts import named, ordinary, regulated, variant

pytestmark = pytest.mark.slow


def _source(cordon: Installation, count: int = 60) -> Path:
    kinds = (ordinary, named, regulated)
    return write_records(
        cordon.home / "in.jsonl",
        [kinds[number % 3](number, mark=variant(number)) for number in range(count)],
    )


def _calls(cordon: Installation) -> int:
    assert cordon.closed is not None
    return cordon.closed.calls + cordon.on_prem.calls


def _until_calls(cordon: Installation, process: subprocess.Popen[str], count: int) -> None:
    deadline = time.monotonic() + 90
    while _calls(cordon) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def slow(install: Callable[..., Installation]) -> Installation:
    """Return an installation whose models take a quarter of a second, and whose chunks are small."""
    cordon = install(latency_seconds=0.25)
    cordon.extra["CORDON_CHUNK_DOCUMENTS"] = "20"
    return cordon


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_after_the_calls_in_flight(slow: Installation, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the run within seconds, leave no call unknown, and `resume` finishes it."""
    process = slow.start("run", str(_source(slow)), "--json")
    _until_calls(slow, process, 5)
    started = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 10
    assert process.returncode == 1
    assert "Traceback" not in err
    summary = slow("resume", "--json").last
    assert (summary["state"], summary["processed"]) == ("done", 60)
    with opened(slow) as (database, _, _ledger):
        assert rows(database, "SELECT count(*) FROM work.call WHERE state NOT IN ('answered', 'failed')") == [
            (0,)
        ]
    assert _calls(slow) == 60


def test_a_cancelled_run_is_not_claimed_until_it_is_resumed(slow: Installation) -> None:
    """Cancelling ends the run after at most the chunk in hand; nothing goes on by itself; `resume` finishes."""
    process = slow.start("run", str(_source(slow)), "--json")
    _until_calls(slow, process, 1)
    with opened(slow) as (_, _, ledger):
        (head,) = ledger.open_runs()
        assert ledger.cancel(head.run)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert _calls(slow) < 60
    with opened(slow) as (_, _, ledger):
        assert ledger.claim(head.run, owner="someone", lease_seconds=60) is None
    assert slow("resume", "--json").last["processed"] == 60


def test_a_dead_workers_chunk_is_taken_up_at_once(slow: Installation) -> None:
    """`resume` does not wait for the lease of a process that was killed on this machine."""
    process = slow.start("run", str(_source(slow)), "--json")
    _until_calls(slow, process, 3)
    kill(process)
    started = time.monotonic()
    assert slow("resume", "--json").last["processed"] == 60
    assert time.monotonic() - started < 60  # a lease is 90 s


def test_a_living_workers_chunk_is_not_taken(slow: Installation) -> None:
    """Two processes on one run share it: each document is done once, and both wait for its end."""
    first = slow.start("run", str(_source(slow)), "--json")
    _until_calls(slow, first, 1)
    second = slow("resume", "--json")
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert second.last["processed"] == 60
    assert _calls(slow) == 60


def test_a_chunk_that_kills_its_workers_is_given_up_and_may_be_tried_again(slow: Installation) -> None:
    """After five crashes a chunk is given up: the run has failed, exit code 1; naming it tries again."""
    process = slow.start("run", str(_source(slow, 40)), "--json")
    _until_calls(slow, process, 1)
    kill(process)
    with opened(slow) as (database, _, ledger):
        (head,) = ledger.open_runs()
        with database.begin(Role.WRITER) as connection:
            connection.execute(text("UPDATE work.chunk SET attempts = 5 WHERE state = 'claimed'"))
    assert slow("resume", "--json", code=1).last["state"] == "failed"
    slow("resume", "no-such-run", code=2)
    summary = slow("resume", head.run, "--json").last
    assert (summary["state"], summary["processed"]) == ("done", 40)


def test_a_policy_may_hold_documents_whose_call_is_unknown(slow: Installation) -> None:
    """With `unknown_call: hold` a document whose call a crash left open is withheld, and never sent twice."""
    policy = slow.home / "holding.yaml"
    shipped = read_shipped("default")
    assert "unknown_call: retry_once" in shipped
    policy.write_text(shipped.replace("unknown_call: retry_once", "unknown_call: hold"), encoding="utf-8")
    assert slow.closed is not None
    process = slow.start("run", str(_source(slow)), "--policy", str(policy), "--json")
    while slow.closed.calls < 4:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    kill(process)
    summary = slow("resume", "--json").last
    held = int(str(summary["withheld"]))
    assert held >= 4
    assert summary["processed"] == 60 - held
    with opened(slow) as (database, _, _ledger):
        unknown = rows(database, "SELECT count(DISTINCT document) FROM work.call WHERE state = 'unknown'")
    assert unknown == [(held,)]
    assert len(slow.closed.bodies) == len(set(slow.closed.bodies))
    reasons = {line["reason"] for line in slow("results", "--json").lines if line["state"] == "withheld"}
    assert reasons == {"call_unknown"}


def test_an_owner_is_dead_only_if_it_was_here_and_is_gone() -> None:
    """The living process is not; one that ended is; of another machine nobody here knows."""
    mine = owner_name()
    assert not is_dead(mine)
    host, machine, pid, started, chance = mine.rsplit(":", 4)
    child = subprocess.Popen(["/bin/true"])
    child.wait()
    assert is_dead(f"{host}:{machine}:{child.pid}:{started}:{chance}")
    assert is_dead(f"{host}:{machine}:{pid}:{float(started) - 100:.2f}:{chance}")  # a recycled process id
    assert not is_dead(f"{host}:000000000000:{child.pid}:{started}:{chance}")
    assert not is_dead("worker 7")
