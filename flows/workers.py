"""Who works: the name under which a process holds leases, and whether the one of that name still lives.

A lease outlives its worker by a minute and a half, which is right for a machine that cannot be seen. On this
machine the kernel knows better: what a dead process held can be taken up at once. A wrong guess costs no
correctness, because every write carries the fencing token.
"""

from __future__ import annotations

import hashlib
import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path

import psutil

_TICK_SECONDS = 1.0
"""Start times of one process differ by a clock tick at most; a recycled process id is older or younger."""


def owner_name() -> str:
    """Return who holds this process's leases: host, machine, process id, its start time, a random part."""
    started = psutil.Process().create_time()
    return f"{socket.gethostname()}:{_machine()}:{os.getpid()}:{started:.2f}:{uuid.uuid4().hex[:8]}"


def is_dead(owner: str) -> bool:
    """Whether the process that calls itself `owner` surely lives no more: it was one of this machine's."""
    try:
        _, machine, raw_pid, raw_started, _ = owner.rsplit(":", 4)
        pid, started = int(raw_pid), float(raw_started)
    except ValueError:
        return False
    if machine != _machine():
        return False
    try:
        process = psutil.Process(pid)
        return (
            abs(process.create_time() - started) > _TICK_SECONDS or process.status() == psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def _machine() -> str:
    """Return what tells one space of process ids from another: this boot, and the container in it."""
    parts = [socket.gethostname(), f"{uuid.getnode():x}"]
    with suppress(OSError):
        parts = [Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()]
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
