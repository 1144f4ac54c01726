"""`cordon up | down | status`: the local services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import httpx
import typer

from flows import local, services
from flows.cli.output import line, note, page, say_json, table, talk
from flows.doctor import advice_for
from flows.errors import Unavailable
from flows.night import left_over
from flows.services import Running, Service
from flows.settings import Settings, current_environment, current_settings
from flows.wiring import open_stores
from storage import embedded

app = typer.Typer()


@app.command()
def up() -> None:
    """Start PostgreSQL, Prefect with its UI and the nightly schedule, and the on-prem model."""
    settings, environ = current_settings(), current_environment()
    with open_stores(settings) as stores:
        unfinished = left_over(stores)
    running = start_all(settings, environ)
    api = f"{running['prefect'].url}/api"
    if unfinished:
        _start_recovery(api)
        note(f"{len(unfinished)} unfinished run(s) are being finished (flow `recover`).")
    _show(settings)
    line(f"\nPrefect's UI: {running['prefect'].url}   ·   stop everything: cordon down")


@app.command()
def down() -> None:
    """Stop the local services. What was committed stays; unfinished runs go on at the next start."""
    settings = current_settings()
    stopped = [
        name for name in ("schedule", "stand_in", "on_prem", "prefect") if services.stop(settings.home, name)
    ]
    if not settings.database_url and embedded.is_running(settings.home):
        embedded.stop(settings.home)
        stopped.append("postgres")
    line(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


@app.command()
def status(*, json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False) -> None:
    """Say which services run, what makes detection slow, and which runs are unfinished."""
    settings = current_settings()
    if json:
        say_json(
            {
                "services": [_as_json(one) for one in services.running_services(settings.home)]
                + ([{"name": "postgres", "answers": True}] if _has_postgres(settings) else []),
                "advice": [{"code": one.code, "says": one.says} for one in advice_for(settings)],
            }
        )
        return
    _show(settings)
    for one in advice_for(settings):
        line(f"slow: {one.says}", style="yellow", markup=False)
    if not _has_postgres(settings):
        return
    with open_stores(settings) as stores:
        for head in stores.ledger.open_runs():
            line(
                f"unfinished run {head.run}: {head.state.value} · policy {head.policy_name} · task {head.task_name}"
            )


def start_all(settings: Settings, environ: Mapping[str, str]) -> dict[str, Running]:
    """Start Prefect and the model side by side, then the schedule, and wait until all answer.

    Raises:
        Unavailable: one of them does not; names its log.
    """
    started: dict[str, tuple[Running, int]] = {}

    def launch(service: Service) -> None:
        found = services.find(settings.home, service.name)
        if found is None:
            note(f"Starting {service.title} ...")
        started[service.name] = (found or services.launch(settings.home, service), service.start_seconds)

    launch(local.prefect_server(settings, environ))
    if not settings.on_prem_url:
        launch(local.on_prem_model(settings, environ))
    prefect, seconds = started["prefect"]
    services.wait(settings.home, prefect, seconds=seconds)
    launch(local.schedule(settings, environ, api_url=f"{prefect.url}/api"))
    with talk.status("Waiting for the services ..."):
        for running, limit in started.values():
            services.wait(settings.home, running, seconds=limit)
    return {name: running for name, (running, _) in started.items()}


def _start_recovery(api: str) -> None:
    """Ask Prefect to run the `recover` deployment; the schedule's process may still be registering it."""
    transport = httpx.HTTPTransport(retries=3)
    with httpx.Client(base_url=api, transport=transport, trust_env=False, timeout=10) as client:
        for _ in range(60):
            found = client.get("/deployments/name/recover/recover")
            if found.status_code == httpx.codes.OK:
                client.post(f"/deployments/{found.json()['id']}/create_flow_run", json={}).raise_for_status()
                return
            services.pause()
    raise Unavailable("The deployment `recover` did not appear in Prefect. Run `cordon resume`.")


def _show(settings: Settings) -> None:
    grid = table("Services", "service", "state", "address")
    postgres = "answers" if _has_postgres(settings) else "stopped"
    grid.add_row("PostgreSQL", postgres, "CORDON_DATABASE_URL" if settings.database_url else "embedded")
    for one in services.running_services(settings.home):
        state = "answers" if services.answers(one) else "starting"
        grid.add_row(one.title, state, one.url or f"process {one.pid}")
    if settings.on_prem_url:
        grid.add_row("on-prem model", "configured", settings.on_prem_url)
    page.print(grid)
    line(f"Logs: {settings.home / 'logs'}", style="dim")


def _has_postgres(settings: Settings) -> bool:
    return bool(settings.database_url) or embedded.is_running(settings.home)


def _as_json(one: Running) -> dict[str, object]:
    return {"name": one.name, "pid": one.pid, "url": one.url, "answers": services.answers(one)}
