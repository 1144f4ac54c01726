"""The nightly flow: what the schedule and Prefect's UI start.

Rules
1. Prefect schedules and shows; PostgreSQL is the truth. No state of Prefect's decides anything.
2. A Prefect task is one chunk of up to a thousand documents, never one document.
3. Parameters are names. What a flow raises is one of our own sentences; what a task raises is a code.
4. No result is persisted and nothing is cached: both would be copies of content outside the store.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import prefect
from prefect import Flow, State, flow, get_run_logger
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Completed, Failed
from pydantic import Field
from pydantic.fields import FieldInfo

from flows.artifacts import Progress, in_words, publish
from flows.chunk import LEASE_SECONDS
from flows.errors import CommandError
from flows.law import law_of, read_law
from flows.night import POLL_SECONDS, left_over, open_run, pick_up, run_spec, work_one, workshop
from flows.settings import Settings, current_settings
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, open_stores
from pipeline.errors import CordonError
from storage.states import RunState
from storage.work.summary import RunSummary


def _shown(title: str, description: str) -> FieldInfo:
    """Return what Prefect's form shows of a parameter; Prefect itself would show its bare name."""
    field: FieldInfo = Field(json_schema_extra={"title": title, "description": description})
    return field


Source = Annotated[
    str,
    Field(min_length=1),
    _shown("Source", "What to read, as the worker sees it: a folder, a file or a glob."),
]
PolicyName = Annotated[
    Literal["configured", "default", "hipaa", "gdpr", "pci"],
    _shown("Policy", "The law to decide by. `configured` is what CORDON_POLICY names."),
]
TaskName = Annotated[
    Literal["triage", "extract", "summarise"],
    _shown("Task", "What the models are asked about each document."),
]
Again = Annotated[
    bool,
    _shown("Again", "Also do documents that already have a result for this policy, task and model."),
]


class NightFailed(Exception):  # noqa: N818 - reads as what happened
    """The flow cannot go on; the message is a code or one of our own sentences, never content."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the tasks of a flow run share. It stays in this process: Prefect never sees it."""

    tools: Tools
    run: str
    stop: StopSwitch


_BENCH: ContextVar[Bench] = ContextVar("bench")


@flow(name="nightly", persist_result=False, log_prints=False)
def nightly(
    source: Source,
    policy: PolicyName = "configured",
    task: TaskName = "triage",
    again: Again = False,  # noqa: FBT002 - a checkbox of Prefect's form
) -> State[None]:
    """Read, classify, decide, ask and store every document of a source, with an audit trail.

    What earlier nights left unfinished is finished first.
    """
    with _publishable_errors(), _opened_stores() as (settings, stores):
        _finish_left_over(settings, stores)
        law = read_law(settings.policy if policy == "configured" else policy, task)
        with workshop(settings, stores, law, say=get_run_logger().info) as tools:
            spec = run_spec(tools, law, source, trigger=_trigger(), again=again)
            run = open_run(tools, spec)
            _work_off(tools, run)
        summary = _closed(stores, run)
        publish(stores.ledger, summary)
        # Every document is settled, but somebody must look before the next night: what alerts on Failed says so.
        end = Failed if summary.canaries.shut else Completed
        return end(message=in_words(summary))


@flow(name="recover", persist_result=False, log_prints=False)
def recover() -> None:
    """Finish what a crash left. Runs that somebody cancelled stay as they are."""
    with _publishable_errors(), _opened_stores() as (settings, stores):
        unfinished = _finish_left_over(settings, stores)
    if unfinished:
        raise NightFailed(f"Still unfinished: {', '.join(unfinished)}. `cordon resume` says why.")


@nightly.on_cancellation
def _make_cancel_true(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect passes them by name
    """Prefect ends the process of a cancelled flow run; this stops the run in PostgreSQL too."""
    with _publishable_errors(), _opened_stores() as (_, stores):
        for head in left_over(stores):
            if stores.ledger.spec(head.run).trigger.endswith(str(flow_run.id)):
                stores.ledger.cancel(head.run, reason="prefect")


@nightly.on_crashed
def _ask_for_recovery(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect passes them by name
    """Have what the dead process left finished now.

    `recover` itself has no such hook: what ends one process after another waits for a person or the next night.
    """
    with _publishable_errors():
        run_deployment("recover/recover", timeout=0, as_subflow=False)


@prefect.task(name="chunk", persist_result=False, cache_policy=NO_CACHE, log_prints=False)
def _chunk() -> bool:
    """Claim the next chunk and bring it to its end; return whether there may be another."""
    bench = _BENCH.get()
    with _publishable_errors():
        return work_one(bench.tools, bench.run, stop=bench.stop)


def _work_off(tools: Tools, run: str, *, patience_seconds: float = math.inf) -> None:
    """Claim chunks until none is left, or for `patience_seconds` after the last one that was free.

    Another process may hold what is left, since whoever starts finishes what is open: it ends its chunk, or
    it has died, and its lease runs out.
    """
    stop = StopSwitch()
    pick_up(tools, run)
    progress = Progress(tools.ledger, run)
    token = _BENCH.set(Bench(tools=tools, run=run, stop=stop))
    try:
        with _ending_cleanly(stop):
            patience = patience_seconds
            while not stop.thrown and not _is_over(tools, run) and patience > 0:
                if _chunk():
                    progress.tell()
                    patience = patience_seconds
                else:
                    stop.wait(POLL_SECONDS)
                    patience -= POLL_SECONDS
                    pick_up(tools, run)
    finally:
        _BENCH.reset(token)
    progress.tell()


def _is_over(tools: Tools, run: str) -> bool:
    return tools.ledger.all_done(run) or tools.ledger.run_state(run) is not RunState.RUNNING


def _finish_left_over(settings: Settings, stores: Stores) -> list[str]:
    """Finish each run that a crash left, by the policy and task that it began with; return those that are not.

    One that cannot be finished (its model is gone, its policy is not valid any more) keeps no other from its night.
    """
    unfinished: list[str] = []
    for head in left_over(stores):
        try:
            with (
                _publishable_errors(),
                workshop(settings, stores, law_of(stores.ledger.spec(head.run))) as tools,
            ):
                _work_off(tools, head.run, patience_seconds=LEASE_SECONDS + POLL_SECONDS)
                summary = _closed(stores, head.run)
                if summary.canaries.shut:
                    get_run_logger().warning(
                        "Run %s: closed routes shut (%s)", head.run, summary.canaries.shut
                    )
        except NightFailed as failed:
            get_run_logger().warning("Run %s is still unfinished: %s", head.run, failed)
            unfinished.append(head.run)
    return unfinished


def _closed(stores: Stores, run: str) -> RunSummary:
    """Close the run, have the log signed, and sum up.

    Raises:
        NightFailed: the run was cancelled, or another process still holds a chunk of it.
    """
    if stores.ledger.run_state(run) is RunState.CANCELLED:
        raise NightFailed("The run was cancelled. `cordon resume` goes on with it.")
    if not stores.ledger.all_done(run):
        raise NightFailed("Another process still works on this run, and will close it.")
    summary = stores.ledger.close_run(run)
    stores.signer.checkpoint()
    return summary


@contextmanager
def _ending_cleanly(stop: StopSwitch) -> Iterator[None]:
    """Let SIGTERM (a cancel, `cordon down`) end the chunk after the calls in flight, then this process.

    Prefect's own handler would end it in the middle, and the chunk's lease would have to run out.
    """
    told: list[int] = []

    def tell(number: int, _frame: object) -> None:
        told.append(number)
        stop.throw("interrupted")

    before = signal.signal(signal.SIGTERM, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
    if told:
        signal.raise_signal(signal.SIGTERM)


def _trigger() -> str:
    """Return who started this: the schedule or a person, and Prefect's id of the flow run."""
    by = "schedule" if "auto-scheduled" in (this_flow_run.tags or []) else "prefect"
    return f"{by}:{this_flow_run.id}"


@contextmanager
def _opened_stores() -> Iterator[tuple[Settings, Stores]]:
    settings = current_settings()
    with open_stores(settings) as stores:
        yield settings, stores


@contextmanager
def _publishable_errors() -> Iterator[None]:
    """Let no exception through that could hold content: Prefect stores what a flow raises."""
    try:
        yield
    except (NightFailed, CommandError) as error:
        raise NightFailed(str(error)) from None
    except CordonError as error:
        raise NightFailed(error.code) from None
    except Exception as error:  # noqa: BLE001 - a foreign exception may hold content: only its type is said
        raise NightFailed(f"internal_error:{type(error).__name__}") from None
