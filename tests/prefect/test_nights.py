"""Nights under a real Prefect server, started as its schedule and its UI start them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from flows.stand_in_faults import Fault
from tests.lib.local_services import Installation, processes_of, until

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(300)]

CANARY = "Zephyrine Quatermass-Obolensky"
FILE_CANARY = "kestrel-7741-marginalia"
NOTICES = 240


def _notices(folder: Path, count: int, *, about: str) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        text = f"Notice {number}: {about} is open on day {number % 30} until noon."
        (folder / f"{number:04}.txt").write_text(text, encoding="utf-8")
    return folder


def _process_of(installation: Installation, flow_run: str) -> psutil.Process:
    """Return the process in which a flow run executes: the youngest that was told its id."""
    told = [
        process
        for process in processes_of(installation.home)
        if flow_run in process.environ().values() or flow_run in " ".join(process.cmdline())
    ]
    return max(told, key=lambda process: process.create_time())


def test_the_schedule_fires(installation: Installation):
    """A run that nobody asked for begins when the cron expression says so, and is done."""
    assert installation.deployment()["schedules"][0]["schedule"]["cron"] == "* * * * *"
    run = until(
        lambda: next(
            (
                run
                for run in installation.runs()
                if run["trigger"].startswith("schedule:") and run["closed_at"]
            ),
            None,
        ),
        seconds=180,
    )
    installation.api("PATCH", f"/deployments/{installation.deployment()['id']}", paused=True)
    assert run["state"] == "done"


def test_a_night_from_the_form(installation: Installation):
    """A flow run with the form's parameters ends Completed, with results in PostgreSQL and artifacts."""
    source = _notices(installation.home / "sources" / "form", 3, about="the library")
    (source / f"{FILE_CANARY}.pdf").write_bytes(b"%PDF-1.7 broken " + CANARY.encode())
    for number in range(4):
        text = f"Patient {CANARY}, SSN 536-90-439{number}, was treated for diabetes."
        (source / f"{FILE_CANARY}-{number}.txt").write_text(text, encoding="utf-8")
    installation.on_prem.server.faults[:] = [
        Fault.parse("bad_request:0.5"),
        Fault.parse("answer_not_json:0.5"),
    ]
    flow_run = installation.start(source=str(source), policy="hipaa", task="triage", again=True)
    ended = installation.ended(flow_run)
    installation.on_prem.server.faults.clear()
    assert ended["state_type"] == "COMPLETED", ended["state"]["message"]
    assert ended["state"]["message"].startswith("8 documents: ")
    (run,) = installation.runs(flow_run)
    assert (run["state"], run["policy_name"]) == ("done", "hipaa")
    shown = installation.api(
        "POST", "/artifacts/filter", artifacts={"flow_run_id": {"any_": [flow_run]}}
    ).json()
    assert {(one["key"], one["type"]) for one in shown} >= {
        ("night-summary", "table"),
        ("nights", "image"),
        ("night-next", "markdown"),
        ("progress", "progress"),
    }
    assert next(one["data"] for one in shown if one["key"] == "progress") == 100


@pytest.mark.parametrize(
    "parameters",
    [
        {"source": ""},
        {"source": "x", "policy": "none"},
        {"source": "x", "task": "translate"},
        {"source": "x", "again": "maybe"},
        {"source": 7},
    ],
)
def test_other_parameters_are_refused(installation: Installation, parameters: dict):
    """What the form does not allow, the API refuses too."""
    reply = installation.api(
        "POST", f"/deployments/{installation.deployment()['id']}/create_flow_run", parameters=parameters
    )
    assert reply.status_code in (409, 422)


def test_cancelling_stops_the_run(installation: Installation):
    """A night cancelled in the UI stops calling within seconds, and PostgreSQL says so."""
    source = _notices(installation.home / "sources" / "cancelled", NOTICES, about="the garage")
    installation.closed.server.latency_seconds = 2.0
    flow_run = installation.start(source=str(source))
    before = installation.closed.calls
    until(lambda: installation.runs(flow_run) and installation.closed.calls > before, seconds=120)
    installation.api(
        "POST", f"/flow_runs/{flow_run}/set_state", state={"type": "CANCELLING", "name": "Cancelling"}
    )
    until(lambda: installation.runs(flow_run)[0]["state"] == "cancelled", seconds=20)
    until(lambda: installation.flow_run(flow_run)["state_type"] == "CANCELLED", seconds=30)
    installation.closed.server.latency_seconds = 0.0
    calls = installation.closed.calls
    assert calls - before < NOTICES
    assert not [one for one in processes_of(installation.home) if flow_run in one.environ().values()]
    assert installation.closed.calls == calls


def test_up_twice_is_up_once(installation: Installation):
    """A second `cordon up` finds what runs, and starts nothing."""
    before = {one.name: one.read_text() for one in (installation.home / "services").iterdir()}
    installation.cordon("up")
    assert {one.name: one.read_text() for one in (installation.home / "services").iterdir()} == before


def test_a_killed_night_is_finished(installation: Installation):
    """What `kill -9` interrupted is finished by itself: every document has an end, no result twice."""
    source = _notices(installation.home / "sources" / "killed", NOTICES, about="the canteen")
    installation.closed.server.latency_seconds = 2.0
    killed = installation.start(source=str(source))
    before = installation.closed.calls
    until(lambda: installation.runs(killed) and installation.closed.calls > before, seconds=120)
    os.kill(_process_of(installation, killed).pid, signal.SIGKILL)
    installation.closed.server.latency_seconds = 0.0
    run = until(
        lambda: next((run for run in installation.runs(killed) if run["closed_at"]), None), seconds=200
    )
    assert run["state"] == "done"
    lines = installation.cordon("results", "--run", run["run"], "--json").splitlines()
    answers = [json.loads(line) for line in lines]
    assert len({answer["document"] for answer in answers}) == NOTICES == len(answers)
    assert {answer["state"] for answer in answers} <= {"processed", "withheld"}


def test_prefect_and_the_logs_hold_no_content(installation: Installation):
    """Neither Prefect's files nor any log hold a text, a name or the name of a file."""
    canaries = [CANARY.encode(), FILE_CANARY.encode(), b"Quatermass", b"is open on day"]
    folders = [installation.home / "prefect", installation.home / "logs"]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert any(file.name.startswith("prefect.db") for file in files)
    assert [(file.name, canary) for file in files for canary in canaries if canary in file.read_bytes()] == []
    assert list((installation.home / "prefect").glob("storage/*")) == []


def test_logs_are_private(installation: Installation):
    """Only their owner reads the logs of the services."""
    folder = installation.home / "logs"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
