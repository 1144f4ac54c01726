"""The nightly flow: what the schedule and Prefect's UI start.

Rules
1. Prefect schedules and shows; PostgreSQL is the truth. No state of Prefect's decides anything.
2. A Prefect task is one chunk of up to a thousand documents, never one document.
3. Parameters are names. What a flow raises is one of our own sentences; what a task raises is a code.
4. No result is persisted and nothing is cached: both would be copies of content outside the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Literal

import prefect
from prefect import Flow, State, flow
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.runtime import flow_run as this_flow_run
from pydantic import Field

from flows.artifacts import publish
from flows.errors import CommandError
from flows.law import law_of, read_law
from flows.night import left_over, open_run, run_spec, work_one, workshop
from flows.settings import Settings, current_settings
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, open_stores
from pipeline.errors import CordonError

Source = Annotated[
    str,
    Field(
        title="Source",
        description="What to read, on the worker: a folder, a file or a glob.",
        min_length=1,
        examples=["examples/documents"],
    ),
]
PolicyName = Annotated[
    Literal["configured", "default", "hipaa", "gdpr", "pci"],
    Field(title="Policy", description="The law to decide by; `configured` is what CORDON_POLICY names."),
]
TaskName = Annotated[
    Literal["triage", "extract", "summarise"],
    Field(title="Task", description="What the models are asked about each document."),
]
Again = Annotated[
    bool,
    Field(
        title="Again", description="Also do documents that already have a result for this policy and task."
    ),
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
) -> None:
    """Read, classify, decide, ask and store every document of a source, with an audit trail.

    What earlier nights left unfinished is finished first.
    """
    with _publishable_errors(), _opened_stores() as (settings, stores):
        _finish_left_over(settings, stores)
        law = read_law(settings.policy if policy == "configured" else policy, task)
        with workshop(settings, stores, law) as tools:
            spec = run_spec(tools, law, source, trigger=_trigger(), again=again)
            run = open_run(tools, spec)
            _work_off(tools, run)
        stores.ledger.close_run(run)
        stores.signer.checkpoint()
        publish(stores.ledger, run)


@flow(name="recover", persist_result=False, log_prints=False)
def recover() -> None:
    """Finish what a crash left. Runs that somebody cancelled stay as they are."""
    with _publishable_errors(), _opened_stores() as (settings, stores):
        _finish_left_over(settings, stores)


@nightly.on_cancellation
def _make_cancel_true(flow: Flow[..., None], flow_run: FlowRun, state: State[None]) -> None:  # noqa: ARG001 - Prefect passes them by name
    """Prefect ends the process of a cancelled flow run; this stops the run in PostgreSQL too."""
    with _publishable_errors(), _opened_stores() as (_, stores):
        for head in left_over(stores):
            if stores.ledger.spec(head.run).trigger.endswith(str(flow_run.id)):
                stores.ledger.cancel(head.run, reason="prefect")


@prefect.task(name="chunk", persist_result=False, cache_policy=NO_CACHE, log_prints=False)
def _chunk() -> bool:
    """Claim the next chunk and bring it to its end; return whether there may be another."""
    bench = _BENCH.get()
    with _publishable_errors():
        return work_one(bench.tools, bench.run, stop=bench.stop)


def _work_off(tools: Tools, run: str) -> None:
    token = _BENCH.set(Bench(tools=tools, run=run, stop=StopSwitch()))
    try:
        while _chunk():
            pass
    finally:
        _BENCH.reset(token)


def _finish_left_over(settings: Settings, stores: Stores) -> None:
    """Finish each run that a crash left, by the policy and task that it began with."""
    for head in left_over(stores):
        with workshop(settings, stores, law_of(stores.ledger.spec(head.run))) as tools:
            _work_off(tools, head.run)
        if stores.ledger.all_done(head.run):
            stores.ledger.close_run(head.run)


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
