"""What a process and its descendants use, as the kernel tells it (Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a process used, with the descendants that it waited for."""

    wall_seconds: float
    cpu_seconds: float
    """User and system."""
    peak_mib: float
    """Most resident memory at one moment, all of them together."""


def run_python(words: Sequence[str], environment: Mapping[str, str], *, folder: Path, output: Path) -> Used:
    """Run this Python to its end and return what it used; its standard output goes to `output`.

    Raises:
        SystemExit: it failed.
    """
    started = time.monotonic()
    with output.open("wb") as out:
        process = subprocess.Popen([sys.executable, *words], env=dict(environment), cwd=folder, stdout=out)
    memory = _Memory(process.pid)
    memory.start()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    memory.ended.set()
    memory.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the measured process ended with {process.returncode}")
    return Used(
        wall_seconds=wall,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_mib=memory.peak_bytes / (1 << 20),
    )


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, of its children that have ended, and of those that live."""
    total = 0
    for one in _family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15] if one == pid else fields[11:13]))
    return total / _TICKS


class _Memory(threading.Thread):
    """Watches the resident memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peak_bytes = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Sample until ended.

        What counts was seen twice in a row: a process that is just being started shares its parent's memory
        for a moment, and would count it twice.
        """
        before = 0
        while not self.ended.wait(_SAMPLE_SECONDS):
            now = sum(map(_resident_bytes, _family(self._pid)))
            self.peak_bytes = max(self.peak_bytes, min(before, now))
            before = now


def _family(pid: int) -> list[int]:
    """Return the process and its descendants, as far as they live."""
    found = [pid]
    for parent in found:
        try:
            lists = [path.read_text() for path in Path(f"/proc/{parent}/task").glob("*/children")]
        except OSError:
            continue
        found += [int(child) for line in lists for child in line.split()]
    return found


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
