"""`cordon run | plan | classify | resume | results`: the main job."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from flows import local
from flows.cli.context import current_environment, current_settings
from flows.cli.output import note, page, say_json, talk
from flows.cli.report import watched, write_summary
from flows.errors import CommandError, Usage
from flows.night import open_run, work
from flows.settings import Settings
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, check_on_prem, load_detector, load_policy, load_task, open_stores, open_tools
from pipeline.documents import Unreadable
from pipeline.read import SourceError, read_chunk, split_source
from policies.decide import decide, quarantine
from policies.policy import Policy
from storage.keys import Keys
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


@app.command()
def classify(
    source: Source,
    policy: PolicyName = None,
    *,
    spans: Annotated[bool, typer.Option("--spans", help="Say where each finding stands.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a document (the only form).")] = True,  # noqa: ARG001 - part of the stable command line
) -> None:
    """Say how sensitive each document is, and why. Stores nothing, sends nothing."""
    settings = current_settings()
    law = load_policy(policy or settings.policy)
    detector = load_detector(settings)
    identify = Keys.open(settings.home / "keys").identify
    try:
        for segments in split_source(source):
            for batch in _batched(read_chunk(segments, identify=identify)):
                documents = [one for one in batch if not isinstance(one, Unreadable)]
                assessments = iter(detector.assess(documents))
                for one in batch:
                    say_json(
                        _unreadable_line(one, law)
                        if isinstance(one, Unreadable)
                        else _document_line(one, next(assessments), law, spans=spans)
                    )
    except SourceError as error:
        raise Usage(f"SOURCE cannot be read: {error.code}.") from None


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
