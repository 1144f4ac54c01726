"""`cordon demo`: the main job on the documents in `examples/`, from nothing to a verified log."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import typer

from flows import local, services
from flows.cli.evidence import tell, verified_live
from flows.cli.output import line, page, talk
from flows.cli.report import watched, write_summary
from flows.cli.services import start_all
from flows.errors import CommandError, Unavailable
from flows.settings import (
    Settings,
    child_environment,
    current_environment,
    current_settings,
    prefect_environment,
    settings_environment,
)
from flows.wiring import Stores, open_stores
from storage.results import read_results

app = typer.Typer()

SAMPLES = 3
_START_SECONDS = 90
STAND_IN_KEY = "stand-in"
STAND_IN_MODEL = "stand-in"


class DemoFailed(CommandError):  # noqa: N818 - reads as what happened
    """The night of the demo did not complete."""


@app.command(hidden=True)
def demo() -> None:
    """Run the main job on the example documents, under Prefect, with real parts."""
    settings, environ = current_settings(), dict(current_environment())
    line("[bold]Cordon[/]: the main job on the documents in examples/documents")
    environ |= _closed_api(settings, environ)
    with open_stores(settings) as stores:
        running = start_all(settings, environ)
        before = {head.run for head in stores.ledger.runs()}
        process = _start_night(settings, environ, api=f"{running['prefect'].url}/api")
        run = _await_run(stores, process, before)
        with watched(stores.ledger, run, quiet=False):
            failed = process.wait() != 0
        write_summary(page, stores.ledger.summary(run))
        if failed:
            raise DemoFailed(f"The night did not complete. `cordon resume {run}` goes on with it.")
        _samples(stores, run)
        page.print()
        tell(verified_live(stores), json=False)
    _next_steps(running["prefect"].url)


def _closed_api(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Say which closed API is used; without a key, start the stand-in and return where it is."""
    if settings.closed_available:
        line(f"Closed API: {settings.closed_url} with the key that you have set.")
        return {}
    line(
        "Closed API: [yellow]a stand-in on loopback[/], because OPENAI_API_KEY is not set. "
        "Nothing leaves this machine, and its answers are made up by simple rules."
    )
    running = services.start(settings.home, local.stand_in(environ))
    return {
        "CORDON_CLOSED_URL": running.url,
        "CORDON_CLOSED_MODEL": STAND_IN_MODEL,
        "OPENAI_API_KEY": STAND_IN_KEY,
    }


def _start_night(settings: Settings, environ: Mapping[str, str], *, api: str) -> subprocess.Popen[bytes]:
    source = settings.root / "examples" / "documents"
    log = services.log_path(settings.home, "demo")
    log.touch(mode=0o600)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.start", str(source), "--again"],
            env=child_environment(
                environ,
                **prefect_environment(settings.home, api_url=api),
                **settings_environment(environ, settings),
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _await_run(stores: Stores, process: subprocess.Popen[bytes], before: set[str]) -> str:
    """Return the run that the night has opened."""
    with talk.status("The night begins: Prefect starts the flow, the detector is loaded ..."):
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            for head in stores.ledger.runs(limit=1):
                if head.run not in before:
                    return head.run
            services.pause(0.3)
    for head in stores.ledger.runs(limit=1):
        if head.run not in before:
            return head.run
    raise Unavailable("The night did not begin. Its log: logs/demo.log under CORDON_HOME.")


def _samples(stores: Stores, run: str) -> None:
    """Print three decisions with their reasons: one that left, one that stayed, one in between."""
    line("\n[bold]Three decisions, and why[/]")
    seen: set[str | None] = set()
    for result in read_results(stores.database, stores.vault, run=run):
        if result.route in seen or result.state != "processed" or len(seen) == SAMPLES:
            continue
        seen.add(result.route)
        rules = ", ".join(result.rules) or "everything was seen, and nothing found"
        line(f"  {result.ref}: [bold]{result.level}[/] → {result.route}")
        line(f"    because: {rules}", style="dim", markup=False)
        line(f"    answer:  {result.answer}", style="dim", markup=False)


def _next_steps(ui: str) -> None:
    cordon = Path(".venv/bin/cordon")
    steps = (
        (f"{cordon} run YOUR_FOLDER", "the same on your own documents"),
        (f"{cordon} results", "what was stored"),
        (f"{cordon} audit query --type call.intent", "what left, when, and why it was allowed"),
        (f"{cordon} policy check", "the policy in words"),
        (ui, "Prefect: the night that just ran, and its schedule"),
        (f"{cordon} down", "stop the services that now run"),
    )
    line("\n[bold]Next[/]")
    for command, what in steps:
        line(f"  {command:<46} {what}")
