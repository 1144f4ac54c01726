"""A run from its first chunk to its last, whoever started it: command line, schedule or Prefect's UI.

PostgreSQL is the truth: any number of processes may work on one run, and each of them only claims a chunk,
brings it to its end, and claims the next. Starting up is recovering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

from flows import local
from flows.chunk import LEASE_SECONDS, process_chunk
from flows.doctor import advice_for
from flows.errors import Unavailable, Usage
from flows.law import Law
from flows.settings import Settings, current_environment
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, check_on_prem, open_tools
from flows.workers import is_dead
from pipeline.documents import Segment
from pipeline.providers import cost_microusd
from pipeline.read import SourceError, split_source
from policies.levels import Route
from storage.errors import StorageError
from storage.rows import RunSpec
from storage.states import RunState
from storage.work.runs import RunHead
from storage.work.summary import RunSummary

_CHARACTERS_A_TOKEN = 4
"""For English and the tokenizers in use; other languages take more."""
POLL_SECONDS = 2.0
"""Time between two looks at chunks that another process holds."""

_SOURCE_PROBLEMS = {
    "not_found": "SOURCE does not exist. Name a file, a folder or a glob.",
    "empty": "SOURCE holds no documents. Name a file, a folder or a glob with some.",
}
_STOPPED = {
    "database_unavailable": "PostgreSQL stopped answering.",
    "lease_lost": "Another process took over this run's work.",
}
_GO_ON = "Nothing is lost: `cordon resume` goes on once it is back."


def silent(_message: str) -> None:
    """Say nothing."""


@contextmanager
def workshop(
    settings: Settings,
    stores: Stores,
    law: Law,
    *,
    say: Callable[[str], None] = silent,
    asks_models: bool = True,
) -> Iterator[Tools]:
    """Wire everything that a run needs, starting the local on-prem model if no other is configured.

    A plan asks no model: then none is started, and none is looked for.

    Raises:
        Unavailable: the on-prem model does not answer.
        Usage: it serves other models than the one configured, or the detector cannot be loaded.
    """
    if not asks_models:
        with open_tools(settings, stores, law=law, on_prem_url=local.on_prem_address(settings)) as tools:
            yield tools
        return
    if slow := advice_for(settings):
        codes = ", ".join(one.code for one in slow)
        say(f"Detection is slower here than it need be ({codes}): `cordon status` says what helps.")
    url = local.start_on_prem_if_local(settings, current_environment(), say=say)
    with open_tools(settings, stores, law=law, on_prem_url=url) as tools:
        check_on_prem(tools)
        yield tools


def run_spec(
    tools: Tools, law: Law, source: str, *, trigger: str, again: bool = False, plan_only: bool = False
) -> RunSpec:
    """Return what the ledger records of a run before it begins."""
    return RunSpec(
        source=source,
        policy_name=law.policy.name,
        policy_digest=law.policy.digest,
        policy_text=law.policy_text,
        task_name=law.task.name,
        task_digest=law.task.digest,
        task_text=law.task_text,
        on_prem_model=tools.on_prem_model,
        closed_model=tools.closed_model,
        detector=tools.detector.digest,
        trigger=trigger,
        again=again,
        plan_only=plan_only,
    )


def open_run(tools: Tools, spec: RunSpec) -> str:
    """Split the source into chunks and return the id of the new run.

    Raises:
        Usage: the source does not exist or holds nothing.
    """
    with source_problems():
        chunks = _split(tools, spec.source)
        first = next(chunks)  # a source that cannot be read opens no run
        run = tools.ledger.open_run(spec)
        tools.ledger.plan(run, chain([first], chunks))
    return run


def work(tools: Tools, run: str, *, stop: StopSwitch, tell: Callable[[], None] = lambda: None) -> bool:
    """Claim and process chunks until every chunk is done, by whomever; return whether that is so.

    It is not when the switch was thrown, or the run was cancelled.

    Raises:
        Unavailable: a service stopped answering; `cordon resume` goes on from here.
    """
    with _database_problems():
        pick_up(tools, run)
        while not stop.thrown and tools.ledger.run_state(run) is RunState.RUNNING:
            if work_one(tools, run, stop=stop):
                tell()
            elif tools.ledger.all_done(run):
                break
            else:  # another process holds what is left: it ends it, or its lease does
                stop.wait(POLL_SECONDS)
                pick_up(tools, run)
        return not stop.thrown and tools.ledger.all_done(run)


def work_one(tools: Tools, run: str, *, stop: StopSwitch) -> bool:
    """Claim one chunk and bring it to its end; return whether there may be another.

    Raises:
        Unavailable: a service stopped answering.
    """
    with _database_problems():
        claim = tools.ledger.claim(run, owner=tools.owner, lease_seconds=LEASE_SECONDS)
        if claim is None:
            return False
        if process_chunk(tools, claim, stop=stop):
            return not stop.thrown
    if stop.reason not in ("cancelled", "interrupted"):
        problem = _STOPPED.get(stop.reason, f"The on-prem model stopped answering ({stop.reason}).")
        raise Unavailable(f"{problem} {_GO_ON}")
    return False


def left_over(stores: Stores) -> list[RunHead]:
    """Return the runs that a crash left unfinished; a cancelled one waits for `cordon resume`."""
    return [head for head in stores.ledger.open_runs() if head.state is not RunState.CANCELLED]


def pick_up(tools: Tools, run: str) -> None:
    """Bring a run that a crash left to where its chunks can be claimed.

    A plan is stored whole or not at all: an interrupted one is made again. Leases that dead processes of this
    machine hold end now; those of other machines run out by themselves.
    """
    if tools.ledger.run_state(run) is RunState.PLANNING:
        with source_problems():
            tools.ledger.plan(run, _split(tools, tools.ledger.spec(run).source))
    dead = [owner for owner in tools.ledger.owners(run) if is_dead(owner)]
    if dead:
        tools.ledger.end_leases(run, dead)


def _split(tools: Tools, source: str) -> Iterator[tuple[Segment, ...]]:
    return split_source(source, chunk_documents=tools.chunk_documents, limits=tools.limits)


@contextmanager
def _database_problems() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        if error.is_transient:
            raise Unavailable(f"{_STOPPED['database_unavailable']} {_GO_ON}") from None
        raise


@contextmanager
def source_problems() -> Iterator[None]:
    """Say what is wrong with a source that cannot be read, and what to name instead."""
    try:
        yield
    except SourceError as error:
        raise Usage(_SOURCE_PROBLEMS.get(error.code, f"SOURCE cannot be read ({error.code}).")) from None


def estimate_usd(tools: Tools, summary: RunSummary) -> dict[str, float]:
    """Return what the closed routes would cost, in US dollars: four characters a token, answers half as long as allowed."""
    estimate = {}
    for route in (Route.CLOSED, Route.CLOSED_PSEUDONYMISED):
        documents = summary.by_route.get(route.value, 0)
        characters = summary.characters_by_route.get(route.value, 0) + documents * len(tools.task.prompt)
        answers = documents * tools.task.limits.max_output_tokens // 2
        cost = cost_microusd(tools.closed_model_for(route), characters // _CHARACTERS_A_TOKEN, answers)
        estimate[route.value] = cost / 1_000_000
    return estimate
