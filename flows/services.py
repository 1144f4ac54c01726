"""The local services: started once, found again by any later command, stopped by `cordon down`.

Rules
1. A service is known by its record `CORDON_HOME/services/<name>.json`: process id, start time, address.
   A process id alone can be recycled, so a record counts only while the start time matches.
2. Services listen on loopback only, log to `CORDON_HOME/logs/<name>.log`, and outlive the command that
   started them.
3. Only what a record names is ever stopped.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import psutil

from flows.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How to start one service and how to tell that it answers."""

    name: str
    title: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    port: int
    health: str
    """Path (or another service's address) that answers 200 once this one is ready.

    If empty, a port that listens (if there is one) is enough.
    """
    url_path: str = ""
    start_seconds: int = 60
    """How long a start may take before it counts as failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that was started and is still the process that its record names."""

    name: str
    title: str
    pid: int
    created: float
    """Start time of the process, seconds since the epoch, as the kernel tells it."""
    url: str
    health: str


def start(home: Path, service: Service) -> Running:
    """Start `service` unless it runs already, and wait until it answers.

    Raises:
        Unavailable: the process ended, or did not answer in time; names its log.
    """
    running = find(home, service.name)
    if running is None:
        running = launch(home, service)
    wait(home, running, seconds=service.start_seconds)
    return running


def launch(home: Path, service: Service) -> Running:
    """Start the process of `service` and record it, without waiting."""
    log_file = log_path(home, service.name)
    log_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_file.touch(mode=0o600)
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            list(service.command),
            env=dict(service.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # the terminal's Ctrl-C is not for the services
            cwd=home,
        )
    running = Running(
        name=service.name,
        title=service.title,
        pid=process.pid,
        created=psutil.Process(process.pid).create_time(),
        url=f"http://127.0.0.1:{service.port}{service.url_path}" if service.port else "",
        health=urljoin(f"http://127.0.0.1:{service.port}", service.health) if service.health else "",
    )
    _record(home, running)
    return running


def wait(home: Path, running: Running, *, seconds: int) -> None:
    """Wait until the service answers.

    Raises:
        Unavailable: it ended or did not answer within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not answers(running):
        if not _is_alive(running):
            raise Unavailable(
                f"{running.title} ended while starting. Its log: {log_path(home, running.name)}"
            )
        if time.monotonic() > deadline:
            raise Unavailable(
                f"{running.title} did not answer within {seconds} s. Its log: {log_path(home, running.name)}"
            )
        time.sleep(0.2)


def answers(running: Running) -> bool:
    """Whether the service is alive and its health address says so."""
    if not _is_alive(running):
        return False
    if not running.health:
        return not running.url or _listens(running.url)
    try:
        reply = httpx.get(running.health, timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return reply.status_code == httpx.codes.OK


def find(home: Path, name: str) -> Running | None:
    """Return the service called `name` if its process still lives."""
    try:
        running = Running(**json.loads(_record_path(home, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return running if _is_alive(running) else None


def running_services(home: Path) -> Iterator[Running]:
    """Yield every recorded service that lives, by name."""
    for record in sorted((home / "services").glob("*.json")):
        running = find(home, record.stem)
        if running is not None:
            yield running


def stop(home: Path, name: str, *, seconds: float = 15) -> bool:
    """Stop the service and its children; kill what does not end in time. Return whether one ran."""
    running = find(home, name)
    if running is not None:
        _end_tree(running.pid, seconds=seconds)
    _record_path(home, name).unlink(missing_ok=True)
    return running is not None


def free_port(preferred: int) -> int:
    """Return `preferred` if nothing listens there, else a port that the kernel picks."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Unavailable("No free port on loopback.")


def log_path(home: Path, name: str) -> Path:
    """Return where the service's own output goes."""
    return home / "logs" / f"{name}.log"


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    with (
        contextlib.suppress(OSError),
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2),
    ):
        return True
    return False


def _end_tree(pid: int, *, seconds: float) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        parent.terminate()
        psutil.wait_procs([parent], timeout=seconds)
        alive = [process for process in family if process.is_running()]
        for process in alive:  # orphans that the parent did not end, asked before they are killed
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        _, alive = psutil.wait_procs(alive, timeout=seconds)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=5)


def _is_alive(running: Running) -> bool:
    try:
        process = psutil.Process(running.pid)
        return (
            abs(process.create_time() - running.created) < 1  # clock ticks round differently
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False


def _record(home: Path, running: Running) -> None:
    path = _record_path(home, running.name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    draft.write_text(
        json.dumps({name: getattr(running, name) for name in running.__slots__}), encoding="utf-8"
    )
    draft.replace(path)


def _record_path(home: Path, name: str) -> Path:
    return home / "services" / f"{name}.json"


def pause(seconds: float = 0.5) -> None:
    """Wait between two looks at a service that is starting."""
    time.sleep(seconds)
