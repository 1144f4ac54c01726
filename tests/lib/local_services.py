"""A whole installation for tests: `cordon up`, with stand-ins for both models, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from storage import embedded
from storage.database import Database
from tests.lib.closed_api import ClosedApi, closed_api

ROOT = Path(__file__).resolve().parents[2]
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """`cordon up`, and ways to look at it from outside."""

    home: Path
    environment: dict[str, str]
    on_prem: ClosedApi
    closed: ClosedApi

    def cordon(self, *arguments: str, **more: str) -> str:
        """Run a command of ours and return what it prints; any exit code but 0 fails the test."""
        done = subprocess.run(
            [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
            env=self.environment | more,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    @property
    def ui(self) -> str:
        """Address of Prefect's UI."""
        return json.loads((self.home / "services" / "prefect.json").read_text())["url"]

    def api(self, method: str, path: str, **fields: Any) -> httpx.Response:
        """Ask Prefect's API, and again where it says that its database is busy, as its own client does."""
        for _ in range(5):
            reply = httpx.request(
                method, f"{self.ui}/api{path}", json=fields or None, trust_env=False, timeout=60
            )
            if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return reply

    def deployment(self, name: str = "nightly") -> dict[str, Any]:
        """Return a deployment as Prefect holds it."""
        return self.api("GET", f"/deployments/name/{name}/{name}").json()

    def start(self, **parameters: Any) -> str:
        """Start a night as the UI's form does, and return the flow run's id."""
        reply = self.api(
            "POST", f"/deployments/{self.deployment()['id']}/create_flow_run", parameters=parameters
        )
        assert reply.status_code == 201, reply.text
        return reply.json()["id"]

    def flow_run(self, flow_run: str) -> dict[str, Any]:
        """Return a flow run as Prefect shows it."""
        return self.api("GET", f"/flow_runs/{flow_run}").json()

    def ended(self, flow_run: str, *, seconds: float = 120) -> dict[str, Any]:
        """Wait until a flow run is at its end, and return it."""
        return until(
            lambda: found if (found := self.flow_run(flow_run)).get("state_type") in FINAL else None,
            seconds=seconds,
        )

    def runs(self, flow_run: str | None = None) -> list[dict[str, Any]]:
        """Return the rows of `work.run`, those of one flow run if it is named."""
        database = Database(embedded.url(self.home), embedded=True)
        try:
            with database._engine(None).connect() as connection:
                rows = (
                    connection.exec_driver_sql("SELECT * FROM work.run ORDER BY opened_at").mappings().all()
                )
        finally:
            database.dispose()
        return [dict(row) for row in rows if flow_run is None or str(row["trigger"]).endswith(flow_run)]


def until(look: Callable[[], Any], *, seconds: float) -> Any:
    """Return what `look` finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"nothing within {seconds} s")


def processes_of(home: Path) -> list[psutil.Process]:
    """Return the living processes that belong to an installation, by their environment."""
    mine = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT_HOME", "").startswith(str(home)):
                mine.append(process)
        except psutil.Error:
            continue
    return mine


@contextmanager
def installed(*, cron: str) -> Iterator[Installation]:
    """Yield a running installation whose nights begin at `cron`; afterwards nothing of it is left running."""
    home = Path(tempfile.mkdtemp(prefix="cordon-up-"))
    source = home / "sources" / "scheduled"
    source.mkdir(parents=True)
    (source / "note.txt").write_text("The canteen serves soup on Monday.\n", encoding="utf-8")
    with closed_api(api_key=None) as on_prem, closed_api() as closed:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        environment = kept | {
            "CORDON_HOME": str(home),
            "CORDON_ON_PREM_URL": on_prem.url,
            "CORDON_ON_PREM_MODEL": on_prem.model,
            "CORDON_CLOSED_URL": closed.url,
            "CORDON_CLOSED_MODEL": closed.model,
            "CORDON_CRON": cron,
            "CORDON_SOURCE": str(source),
            "OPENAI_API_KEY": closed.api_key,
        }
        one = Installation(home=home, environment=environment, on_prem=on_prem, closed=closed)
        try:
            one.cordon("up")
            yield one
        finally:
            one.cordon("down")
            left = processes_of(home)
            shutil.rmtree(home, ignore_errors=True)
            assert left == []
