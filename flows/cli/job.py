"""`cordon run | plan | resume`: the main job."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer

from flows.cli.output import line, note, page, say_json, talk
from flows.cli.report import watched, write_summary
from flows.errors import CommandError, Refused, Usage
from flows.law import law_of, read_law
from flows.night import estimate_usd, open_run, run_spec, work, workshop
from flows.settings import current_settings
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, open_stores
from pipeline.providers import price_of
from storage.errors import StorageError
from storage.states import DocumentState, RunState

app = typer.Typer()

Source = Annotated[
    str,
    typer.Argument(help="A file, a folder or a glob: JSONL, CSV, Parquet, text, PDF, DOCX, XLSX, HTML, EML."),
]
PolicyName = Annotated[str | None, typer.Option("--policy", help="A shipped policy's name, or a YAML file.")]
TaskName = Annotated[str, typer.Option("--task", help="A shipped task's name, or a YAML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def run(
    source: Source,
    policy: PolicyName = None,
    task: TaskName = "triage",
    *,
    again: Annotated[bool, typer.Option("--again", help="Also do documents that have a result.")] = False,
    json: Json = False,
) -> None:
    """Do the main job: read, classify, decide, ask, check and store, with an audit trail."""
    settings = current_settings()
    law = read_law(policy or settings.policy, task)
    with (
        _interruptible() as stop,
        open_stores(settings) as stores,
        workshop(settings, stores, law, say=note) as tools,
    ):
        opened = open_run(tools, run_spec(tools, law, source, trigger="cli", again=again))
        _work_and_tell(stores, tools, opened, stop=stop, json=json)


@app.command()
def plan(
    source: Source,
    policy: PolicyName = None,
    task: TaskName = "triage",
    *,
    json: Json = False,
) -> None:
    """Do the same up to the decision: counts and cost by route. Sends nothing, stores the plan."""
    settings = current_settings()
    law = read_law(policy or settings.policy, task)
    with (
        _interruptible() as stop,
        open_stores(settings) as stores,
        workshop(settings, stores, law, asks_models=False) as tools,
    ):
        planned = open_run(tools, run_spec(tools, law, source, trigger="cli", again=True, plan_only=True))
        with watched(stores.ledger, planned, quiet=json):
            work(tools, planned, stop=stop)
        summary = stores.ledger.close_run(planned)
        estimate = estimate_usd(tools, summary)
    if json:
        say_json(summary.as_json() | {"estimate": {"usd": estimate, "sends": "nothing"}})
        return
    write_summary(page, summary)
    if price_of(tools.closed_model) is None:
        line(f"\nNothing was sent. No price is known for the closed model {tools.closed_model}.")
    else:
        usd = sum(estimate.values())
        line(f"\nNothing was sent. `cordon run` would cost about ${usd:.4f} at list prices.")


@app.command()
def resume(
    run: Annotated[str | None, typer.Argument(help="A run's id; without one, every unfinished run.")] = None,
    *,
    json: Json = False,
) -> None:
    """Finish what a crash or a cancel left, by the policy and task that it began with."""
    settings = current_settings()
    with _interruptible() as stop, open_stores(settings) as stores:
        unfinished = _unfinished(stores, run)
        for one in unfinished:
            law = law_of(stores.ledger.spec(one))
            with workshop(settings, stores, law, say=note) as tools:
                stores.ledger.resume(one)
                _work_and_tell(stores, tools, one, stop=stop, json=json)
        if not unfinished:
            note("Nothing to resume.")


def _unfinished(stores: Stores, run: str | None) -> list[str]:
    """Return the runs to finish: all that are open, or the one that is named, which may also have failed."""
    runs = [head.run for head in stores.ledger.open_runs()]
    if run is None:
        return runs
    with suppress(StorageError):
        if run in runs or stores.ledger.run_state(run) is RunState.FAILED:
            return [run]
    raise Usage("No unfinished run has that id. `cordon status` lists them.")


def _work_and_tell(stores: Stores, tools: Tools, run: str, *, stop: StopSwitch, json: bool) -> None:
    """Work until the run is done, then say how it went; exit 3 if canaries shut it, 1 if something failed or is left."""
    try:
        with watched(stores.ledger, run, quiet=json):
            done = work(tools, run, stop=stop)
    except CommandError:
        if json:
            with suppress(StorageError):  # PostgreSQL itself may be what stopped
                say_json(stores.ledger.summary(run).as_json())
        raise
    summary = stores.ledger.close_run(run) if done else stores.ledger.summary(run)
    stores.signer.checkpoint()
    if json:
        say_json(summary.as_json())
    else:
        write_summary(page, summary)
        if not done:
            note(f"Stopped before the end. `cordon resume {run}` goes on.")
    if summary.canaries.shut:  # before anything that failed: until somebody has looked, every night ends so
        raise typer.Exit(Refused.exit_code)
    if not done or summary.state is RunState.FAILED or summary.count(DocumentState.FAILED):
        raise typer.Exit(1)


@contextmanager
def _interruptible() -> Iterator[StopSwitch]:
    """Turn Ctrl-C and SIGTERM into a clean stop after what is in flight; a second one ends at once."""
    stop = StopSwitch()

    def interrupt(_signal: int, _frame: object) -> None:
        if stop.thrown:
            raise KeyboardInterrupt
        stop.throw("interrupted")
        talk.print("Stopping after the calls in flight ...")

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
