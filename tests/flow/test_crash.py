"""Crashes: a run that is killed again and again loses nothing and repeats nothing that it need not."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from storage import embedded
from tests.lib.installation import Installation, kill, write_records
from tests.lib.ledger_view import arrivals_by_intent, opened, rows
from tests.lib.texts import named, ordinary, regulated, variant

pytestmark = pytest.mark.slow

KILLS = 7
DOCUMENTS = 120


def _source(cordon: Installation, count: int = DOCUMENTS) -> Path:
    kinds = (ordinary, named, regulated, ordinary)
    texts = [kinds[number % 4](number, mark=variant(number)) for number in range(count)]
    return write_records(cordon.home / "in.jsonl", texts)


def _calls(cordon: Installation) -> int:
    assert cordon.closed is not None
    return cordon.closed.calls + cordon.on_prem.calls


def _wait(process: subprocess.Popen[str], until: Callable[[], bool], *, seconds: float = 60) -> bool:
    """Wait until something is so; False when the process ended before."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "nothing happened"
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    return True


@pytest.mark.timeout(600)
def test_kill_9_anywhere_loses_nothing_and_repeats_no_result(install: Callable[..., Installation]) -> None:
    """Killed seven times at seeded moments, a run ends with each document done once, and a log that explains each call."""
    chance = random.Random(20)
    cordon = install(latency_seconds=0.05)
    cordon.extra["CORDON_CHUNK_DOCUMENTS"] = "12"
    source = _source(cordon)
    kills = 0
    words: tuple[str, ...] = ("run", str(source), "--json")
    while kills < KILLS:
        process = cordon.start(*words)
        before, more = _calls(cordon), chance.randrange(1, 24)
        if not _wait(process, lambda target=before + more: _calls(cordon) >= target):
            _, err = process.communicate()
            pytest.fail(f"the run ended after {kills} kills: {process.returncode} {err[-500:]}")
        time.sleep(chance.random() * 0.3)
        kill(process)
        kills += 1
        words = ("resume", "--json")
    summary = cordon("resume", "--json").last
    _check_whole(cordon, summary)
    _check_calls(cordon, kills)


def _check_whole(cordon: Installation, summary: dict[str, object]) -> None:
    """Every document has exactly one end, in the database, in `cordon results` and in Parquet.

    That end is a result, unless two crashes each left a call of the document unknown: it is asked once more,
    never twice, and then withheld.
    """
    lines = cordon("results", "--json").lines
    assert sorted(str(line["ref"]) for line in lines) == sorted(f"r{number}" for number in range(DOCUMENTS))
    endings = Counter((line["state"], line["reason"]) for line in lines)
    assert set(endings) <= {("processed", ""), ("withheld", "call_unknown")}
    assert all(line["answer"] for line in lines if line["state"] == "processed")
    done = endings["processed", ""]
    assert (summary["state"], summary["documents"], summary["processed"]) == ("done", DOCUMENTS, done)
    with opened(cordon) as (database, _, _ledger):
        ((results, distinct),) = rows(database, "SELECT count(*), count(DISTINCT document) FROM work.result")
        twice = rows(
            database,
            "SELECT document FROM work.call WHERE state = 'unknown' GROUP BY document HAVING count(*) > 1",
        )
        parts = rows(database, "SELECT path, rows FROM work.part")
    assert results == distinct == done
    assert DOCUMENTS - done == len(twice)
    folder = cordon.home / ".cordon" / "results"
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*.parquet")}
    assert sorted(str(path) for path, _ in parts) == sorted(files)
    tables = {name: pq.read_table(path, partitioning=None) for name, path in files.items()}
    assert {name: table.num_rows for name, table in tables.items()} == dict(parts)
    documents = [value for table in tables.values() for value in table.column("document").to_pylist()]
    assert len(documents) == len(set(documents)) == DOCUMENTS
    assert not [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet"]


def _check_calls(cordon: Installation, kills: int) -> None:
    """Each call that arrived has its intent; each intent beyond is one whose outcome a crash left unknown."""
    arrivals, intents, unknown = arrivals_by_intent(cordon)
    assert "unaudited" not in arrivals
    assert not arrivals - intents
    assert not (intents - arrivals) - unknown
    # A body that arrived twice was repeated only because the first call's outcome was unknown.
    assert all(count - 1 <= unknown[body] for body, count in arrivals.items())
    assert sum(unknown.values()) <= kills * 12
    assert "is whole" in cordon("audit", "verify").out
    events = [event["type"] for event in cordon("audit", "query", "--json").lines]
    assert events.count("call.intent") == sum(intents.values())
    assert events.count("result.stored") + events.count("doc.withheld") == DOCUMENTS
    assert events.count("run.closed") == 1


def test_a_database_that_dies_ends_the_run_with_code_4_and_nothing_lost(
    install: Callable[..., Installation],
) -> None:
    """PostgreSQL stopped at once in mid-run: no call goes on without it, and resuming finishes the run."""
    cordon = install(latency_seconds=0.1)
    cordon.extra["CORDON_CHUNK_DOCUMENTS"] = "16"
    process = cordon.start("run", str(_source(cordon)), "--json")
    assert _wait(process, lambda: _calls(cordon) > 20)
    embedded._control(cordon.home / ".cordon", "stop", "-m", "immediate")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert "cordon resume" in err
    assert "Traceback" not in err
    calls = _calls(cordon)
    time.sleep(0.5)
    assert _calls(cordon) == calls
    summary = cordon("resume", "--json").last
    _check_whole(cordon, summary)
    _check_calls(cordon, kills=2)
