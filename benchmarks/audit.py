"""What the audit log costs: to write, to sign, to prove, to export, and to verify alone.

    python -m benchmarks.audit [--events 1000000]

Prints one JSON object. The verifier runs as its own process, as an outsider's would, with
nothing of the database; its peak memory is read from the kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage import embedded
from storage.audit.append import append
from storage.audit.events import Actor, Event, encode
from storage.audit.export import write_export
from storage.audit.live import verify_live
from storage.audit.signer import Signer
from storage.auditor.merkle import Frontier, leaf_hash
from storage.auditor.notes import Verifier, sign_checkpoint
from storage.database import Database, Role

ORIGIN = "benchmark/audit"
BATCH = 1000
ROUNDS = 20
WORKER = Actor(kind="service", id="worker-1", host="node-7", build="0.1.0")
T = TypeVar("T")


def event(number: int) -> bytes:
    """Return a decision as a run records it: about 700 bytes."""
    return encode(
        Event(
            type="doc.decided",
            document_hmac=f"{number:064x}",
            run="b" * 32,
            fields={
                "level": "regulated",
                "route": "on_prem",
                "policy": "sha256:" + "a" * 64,
                "rules": ["hipaa.identifier_with_health", "default.person"],
                "complete": True,
                "detector": "sha256:" + "d" * 64,
                "entities": {"PERSON": 3, "US_SSN": 1, "DATE_TIME": 2},
                "topics": ["health"],
                "chunk": number // BATCH,
                "characters": 1843,
                "language": "en",
            },
        ),
        now=datetime.now(UTC),
        actor=WORKER,
        nonce=os.urandom(16),
    )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns and the seconds it took."""
    start = time.perf_counter()
    done = work()
    return done, time.perf_counter() - start


def database_costs(home: Path) -> dict[str, object]:
    """Measure writing, signing and proving in batches of 1,000, and verifying the live log."""
    database = Database(embedded.start(home), embedded=True)
    try:
        database.migrate()
        signer = Signer(
            database.engine(Role.SIGNER), Ed25519PrivateKey.generate(), home / "state.note", ORIGIN
        )
        signer.checkpoint()
        seconds = {"encode": 0.0, "append": 0.0, "sign": 0.0, "prove": 0.0}
        for turn in range(ROUNDS):
            bodies, took = timed(lambda turn=turn: [event(turn * BATCH + n) for n in range(BATCH)])
            seconds["encode"] += took
            seqs, took = timed(lambda bodies=bodies: write(database, bodies))
            seconds["append"] += took
            seconds["sign"] += timed(signer.checkpoint)[1]
            seconds["prove"] += timed(lambda seqs=seqs: signer.prove(seqs))[1]
        _, one_by_one = timed(lambda: [write(database, [event(n)]) for n in range(200)])
        verdict, live = timed(lambda: verify_live(database.engine(Role.SIGNER), signer.verifier))
        with database.engine(Role.SIGNER).connect() as connection:
            stored = connection.exec_driver_sql("SELECT pg_total_relation_size('audit.entry')").scalar_one()
        return {
            "microseconds_per_event": {
                name: round(took / ROUNDS / BATCH * 1e6, 1) for name, took in seconds.items()
            },
            "append_single_ms": round(one_by_one / 200 * 1e3, 2),
            "sign_and_prove_1000_ms": round((seconds["sign"] + seconds["prove"]) / ROUNDS * 1e3, 1),
            "stored_bytes_per_event": stored // verdict.size,
            "verify_live_events_per_second": round(verdict.size / live),
            "verify_live": verdict.code.value,
        }
    finally:
        database.dispose()
        embedded.stop(home)


def write(database: Database, bodies: list[bytes]) -> range:
    """Append in one transaction."""
    with database.begin(Role.WRITER) as connection:
        return append(connection, bodies)


def verifier_costs(folder: Path, events: int) -> dict[str, object]:
    """Measure an outsider's verification of an export of so many events, signed every 1,000."""
    key = Ed25519PrivateKey.generate()
    bodies = [event(number) for number in range(min(events, 20_000))]  # repeated: hashing does not mind
    frontier = Frontier()
    checkpoints = []
    for number in range(events):
        frontier.append(leaf_hash(bodies[number % len(bodies)]))
        if frontier.size % BATCH == 0 or frontier.size == events:
            checkpoints.append(sign_checkpoint(key, origin=ORIGIN, size=frontier.size, root=frontier.root()))

    def read(first: int, end: int) -> Iterator[tuple[int, bytes]]:
        return ((number, bodies[number % len(bodies)]) for number in range(first, end))

    verifier = Verifier.of(key, ORIGIN)
    _, writing = timed(lambda: write_export(folder, bodies=read, checkpoints=checkpoints, verifier=verifier))
    (folder.parent / "anchor.note").write_bytes(checkpoints[len(checkpoints) // 2].note)
    command = [sys.executable, "-m", "storage.auditor", str(folder), "--key", verifier.vkey]
    command += ["--anchor", str(folder.parent / "anchor.note")]
    done, verifying = timed(lambda: subprocess.run(command, capture_output=True, check=True))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "events": events,
        "checkpoints": len(checkpoints),
        "export_events_per_second": round(events / writing),
        "export_bytes_per_event": sum(p.stat().st_size for p in folder.rglob("*.parquet")) // events,
        "verify_seconds": round(verifying, 1),
        "verify_events_per_second": round(events / verifying),
        "verify_cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "verify_peak_mib": used.ru_maxrss // 1024,
        "verdict": json.loads(done.stdout)["code"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What the audit log costs.")
    parser.add_argument("--events", type=int, default=200_000, help="entries of the exported log (200,000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordon-audit-") as folder:
        # the verifier first: the peak of children must be its own, not PostgreSQL's
        exported = verifier_costs(Path(folder) / "export", options.events)
        database = database_costs(Path(folder) / "home")
    print(json.dumps({"database": database, "verifier": exported}, indent=2))


if __name__ == "__main__":
    main()
