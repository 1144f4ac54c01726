"""A run from its first chunk to its last, whoever started it: command line, schedule or Prefect's UI.

PostgreSQL is the truth: any number of processes may work on one run, and each of them only claims a chunk,
brings it to its end, and claims the next. Starting up is recovering.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flows.chunk import LEASE_SECONDS, process_chunk
from flows.errors import Unavailable, Usage
from flows.switch import StopSwitch
from flows.tools import Tools
from pipeline.read import SourceError, split_source
from storage.rows import RunSpec

_SOURCE_PROBLEMS = {
    "not_found": "SOURCE does not exist. Name a file, a folder or a glob.",
    "empty": "SOURCE holds no documents that can be read.",
}
_STOPPED = {
    "on_prem_unavailable": "The on-prem model stopped answering.",
    "database_unavailable": "PostgreSQL stopped answering.",
    "lease_lost": "Another process took over this run's work.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: settled documents and the chunks that are planned."""

    chunks_done: int
    chunks: int


def open_run(tools: Tools, source: str, *, spec: RunSpec) -> str:
    """Plan `source` as chunks and return the id of the new run.

    Raises:
        Usage: the source does not exist or holds nothing.
    """
    try:
        chunks = split_source(source, limits=tools.limits)
        run = tools.ledger.open_run(spec)
        tools.ledger.plan(run, chunks)
    except SourceError as error:
        raise Usage(_SOURCE_PROBLEMS.get(error.code, "SOURCE cannot be read.")) from None
    return run


def work(
    tools: Tools, run: str, *, again: bool, stop: StopSwitch, tell: Callable[[], None] = lambda: None
) -> bool:
    """Claim and process chunks until none is left; return whether the run is finished.

    Raises:
        Unavailable: a service stopped answering; `cordon resume` goes on from here.
    """
    while not stop.thrown:
        claim = tools.ledger.claim(run, owner=tools.owner, lease_seconds=LEASE_SECONDS)
        if claim is None:
            return tools.ledger.all_done(run)
        process_chunk(tools, claim, again=again, stop=stop)
        tell()
    if stop.reason in ("cancelled", "interrupted"):
        return False
    problem = _STOPPED.get(stop.reason, f"The on-prem model does not answer ({stop.reason}).")
    raise Unavailable(f"{problem} Nothing is lost: `cordon resume` goes on once it is back.")


def owner_name() -> str:
    """Return who holds this process's leases: host, process id and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
