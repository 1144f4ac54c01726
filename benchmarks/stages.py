"""Where the processor time of a run goes, by stage: `cordon run` with a clock at each boundary.

    python -m benchmarks.stages REPORT run SOURCE --json

Started by `benchmarks.pipeline --profile`. The clock counts the processor time of each thread, and charges
every moment to exactly one stage: a stage that calls into another one stops while that one runs. A coroutine
is charged for its own steps only, not for what the event loop does between them. The wrappers themselves
cost less than 2 µs a call, which is charged to the stage that calls.
"""

from __future__ import annotations

import asyncio
import functools
import json
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import flows.answers
import flows.chunk
import flows.closed_lane
import flows.night
import flows.on_prem_lane
import pipeline.gate
import pipeline.on_prem
from flows.cli import main
from flows.closed_lane import ClosedLane
from pipeline.detect import Detector
from pipeline.gate import Gate
from pipeline.on_prem import OnPrem
from storage.audit.notary import LogNotary
from storage.audit.signer import Signer
from storage.ledger import Ledger
from storage.vault import Vault
from storage.work.book import Change

START = "start and end of the process"
LOOP = "event loop, sockets of the model clients"
CHUNK = "chunk, lanes, rest"


class _Place(threading.local):
    """What this thread is doing, and since when."""

    def __init__(self) -> None:
        self.stage = CHUNK
        self.since = time.thread_time_ns()


class Clock:
    """Charges processor time to stages."""

    def __init__(self) -> None:
        self.nanoseconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._place = _Place()
        self._lock = threading.Lock()

    def switch(self, stage: str) -> str:
        """Charge what passed to the current stage, go to `stage`, return the one left."""
        place = self._place
        now = time.thread_time_ns()
        with self._lock:
            self.nanoseconds[place.stage] += now - place.since
        before, place.stage, place.since = place.stage, stage, now
        return before

    def call(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return `work`, timed as `stage`."""

        @functools.wraps(work)
        def timed(*args: Any, **options: Any) -> Any:
            before = self.switch(stage)
            self.calls[stage] += 1
            try:
                return work(*args, **options)
            finally:
                self.switch(before)

        return timed

    def steps(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the coroutine function `work`, each step of it timed as `stage`."""

        @functools.wraps(work)
        async def timed(*args: Any, **options: Any) -> Any:
            self.calls[stage] += 1
            return await _Steps(self, stage, work(*args, **options))

        return timed

    def items(self, stage: str, work: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """Return the generator function `work`, the making of each item timed as `stage`."""

        @functools.wraps(work)
        def timed(*args: Any, **options: Any) -> Iterator[Any]:
            each = iter(work(*args, **options))
            while True:
                before = self.switch(stage)
                try:
                    item = next(each)
                except StopIteration:
                    return
                finally:
                    self.switch(before)
                self.calls[stage] += 1
                yield item

        return timed


class _Steps:
    """Drives a coroutine and times each of its steps."""

    def __init__(self, clock: Clock, stage: str, coroutine: Any) -> None:
        self._clock, self._stage, self._coroutine = clock, stage, coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        send: Callable[[Any], Any] = self._coroutine.send
        value: Any = None
        while True:
            before = self._clock.switch(self._stage)
            try:
                waits_for = send(value)
            except StopIteration as stop:
                return stop.value
            finally:
                self._clock.switch(before)
            try:
                value, send = (yield waits_for), self._coroutine.send
            except BaseException as error:  # noqa: BLE001 - handed on, as `await` does
                value, send = error, self._coroutine.throw


CALLS: tuple[tuple[str, object, str], ...] = (
    (CHUNK, flows.night, "process_chunk"),
    (LOOP, asyncio.Runner, "run"),
    ("detection: documents", Detector, "assess"),
    ("detection: answers, last looks", Detector, "scan"),
    ("decide", flows.chunk, "decide"),
    ("store: known results", Ledger, "known"),
    ("store: decisions", Ledger, "decided"),
    ("store: results and outcomes", Ledger, "settle"),
    ("store: intents", Ledger, "intend"),
    ("store: rows of the part", Ledger, "part_rows"),
    ("store: Parquet part", flows.chunk, "write_parts"),
    ("store: chunk claimed and finished", Ledger, "claim"),
    ("store: chunk claimed and finished", Ledger, "settled"),
    ("store: chunk claimed and finished", Ledger, "unknown"),
    ("store: chunk claimed and finished", Ledger, "finish"),
    ("store: chunk claimed and finished", Ledger, "renew"),
    ("store: keys of documents", Vault, "keys_for"),
    ("ingest: plan", Ledger, "plan"),
    ("store: counts of the run", Ledger, "close_run"),
    ("store: counts of the run", Ledger, "progress"),
    ("audit: events", Change, "note"),
    ("audit: append", Change, "write_events"),
    ("audit: sign checkpoints", Signer, "checkpoint"),
    ("audit: make proofs", Signer, "prove"),
    ("audit: check proofs", LogNotary, "check"),
    ("pseudonymise", flows.closed_lane, "pseudonymise_until_clean"),
    ("permit", flows.closed_lane, "issue_permit"),
    ("answer: check, level", flows.on_prem_lane, "check_answer"),
    ("answer: check, level", flows.closed_lane, "check_answer"),
    ("answer: check, level", flows.closed_lane, "check_pseudonymised"),
    ("answer: check, level", pipeline.on_prem, "check_reply"),
    ("answer: check, level", flows.answers, "answer_level"),
    ("gate: checks", Gate, "_check"),
    ("request: body", pipeline.on_prem, "request_body"),
    ("request: body", flows.closed_lane, "request_body"),
)
"""Stage, and the function that is its boundary. Two boundaries may share a stage."""
STEPS: tuple[tuple[str, object, str], ...] = (
    (CHUNK, flows.chunk, "_ask"),
    (CHUNK, flows.chunk, "on_prem_lane"),
    (CHUNK, ClosedLane, "run"),
    ("model client: on-prem", OnPrem, "ask"),
    ("model client: closed API", Gate, "_send"),
)


def install(clock: Clock) -> None:
    """Put the clock at every boundary."""
    for stage, owner, name in CALLS:
        setattr(owner, name, clock.call(stage, getattr(owner, name)))
    for stage, owner, name in STEPS:
        setattr(owner, name, clock.steps(stage, getattr(owner, name)))
    modules: Any = (flows.on_prem_lane, flows.closed_lane)
    for module in modules:
        module.in_pool = _timed_pool(clock, module.in_pool)
    chunk: Any = flows.chunk
    chunk.read_chunk = clock.items("ingest: read", chunk.read_chunk)


def _timed_pool(clock: Clock, in_pool: Callable[..., Any]) -> Callable[..., Any]:
    async def timed(things: Any, work: Callable[..., Any], *, size: int) -> None:
        await in_pool(things, clock.steps(CHUNK, work), size=size)

    return timed


def run() -> None:
    """Run the command line with the clock in it, and write the report."""
    report = Path(sys.argv.pop(1))
    clock = Clock()
    install(clock)
    clock.switch(START)
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    clock.switch(START)
    own = resource.getrusage(resource.RUSAGE_SELF)
    readers = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = {stage: spent / 1e9 for stage, spent in clock.nanoseconds.items()}
    seconds["ingest: reader processes"] = readers.ru_utime + readers.ru_stime
    seconds[START] += own.ru_utime + own.ru_stime - sum(clock.nanoseconds.values()) / 1e9
    report.write_text(json.dumps({"seconds": seconds, "calls": clock.calls}), encoding="utf-8")
    raise SystemExit(code)


if __name__ == "__main__":
    run()
