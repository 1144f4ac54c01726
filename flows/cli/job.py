"""`cordon run | resume`: the main job."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from flows import local
from flows.cli.output import note, page, say_json, talk
from flows.cli.report import watched, write_summary
from flows.errors import CommandError, Usage
from flows.night import open_run, work
from flows.settings import Settings, current_environment, current_settings
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, check_on_prem, load_policy, load_task, open_stores, open_tools
from storage.rows import RunSpec

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
    with _interruptible() as stop, open_stores(settings) as stores:
        with _tools(settings, stores, policy=policy or settings.policy, task=task) as tools:
            spec = run_spec(tools, source, trigger="cli")
            opened = open_run(tools, source, spec=spec)
            _finish(stores, tools, opened, again=again, stop=stop, json=json)


@app.command()
def resume(
    run: Annotated[str | None, typer.Argument(help="A run's id; without one, every unfinished run.")] = None,
    *,
    json: Json = False,
) -> None:
    """Finish what a crash or a cancel left."""
    settings = current_settings()
    with _interruptible() as stop, open_stores(settings) as stores:
        unfinished = [one for one in stores.ledger.open_runs() if run in (None, one.run)]
        if run is not None and not unfinished:
            raise Usage("No unfinished run has that id. `cordon status` lists them.")
        for one in unfinished:
            with _tools(settings, stores, policy=one.policy_name, task=one.task_name) as tools:
                if (tools.policy.digest, tools.task.digest) != (one.policy_digest, one.task_digest):
                    raise Usage(
                        f"Run {one.run} was decided under another version of its policy or task. "
                        "Bring that version back, or run its source again."
                    )
                stores.ledger.resume(one.run)
                _finish(stores, tools, one.run, again=False, stop=stop, json=json)
        if not unfinished:
            note("Nothing to resume.")


def run_spec(tools: Tools, source: str, *, trigger: str) -> RunSpec:
    """Return what the ledger records of a run before it begins."""
    return RunSpec(
        source=source,
        policy_name=tools.policy.name,
        policy_digest=tools.policy.digest,
        task_name=tools.task.name,
        task_digest=tools.task.digest,
        on_prem_model=tools.on_prem_model,
        closed_model=tools.closed_model if tools.gate else None,
        detector=tools.detector.digest,
        trigger=trigger,
    )


@contextmanager
def _tools(settings: Settings, stores: Stores, *, policy: str, task: str) -> Iterator[Tools]:
    """Wire everything for a run, starting the local on-prem model if no other is configured."""
    law, question = load_policy(policy), load_task(task)
    url = local.start_on_prem_if_local(settings, current_environment(), say=note)
    with open_tools(settings, stores, policy=law, task=question, on_prem_url=url) as tools:
        check_on_prem(tools)
        yield tools


def _finish(stores: Stores, tools: Tools, run: str, *, again: bool, stop: StopSwitch, json: bool) -> None:
    """Work until the run is done, then say how it went; exit 1 if something failed."""
    try:
        with watched(stores.ledger, run, quiet=json) as tell:
            done = work(tools, run, again=again, stop=stop, tell=tell)
    except CommandError:
        if json:
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
    if summary.failed or not done:
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
