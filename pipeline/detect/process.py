"""One detecting process, and the right to kill it.

Rules
1. It gets no environment; of a document it gets text, gaps, coverage and id, and neither name nor source.
2. Whoever asks waits no longer than the documents may take; what is too slow or too large is killed.
3. It looks with the detector that this process accepted, or not at all.
4. When it ends, the next question starts another.
"""

from __future__ import annotations

import logging
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import psutil

import pipeline
from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.detecting import ANOTHER, READY
from pipeline.documents import Document
from policies.assessment import Assessment

_ROOT: Final = str(Path(pipeline.__file__).resolve().parents[1])
_PROGRAM: Final = "from pipeline.detect.detecting import main"
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); {program}; main(int(sys.argv[2]))"
_THREADS: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ANOTHER_DETECTOR: Final = "detecting_process_differs"
"""Code of the error that says that a process has another detector than the one that was accepted."""
_GLANCE_SECONDS: Final = 0.25
"""How often a process at work is asked what memory it has."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """What a detecting process may use."""

    start_seconds: float = 180.0
    """Generous: 3 s on a machine that has nothing else to do, and no text was seen yet."""
    wall_seconds: float = 30.0
    """What any question may take, whatever the machine does beside it."""
    wall_times: float = 4.0
    """So many times the processor time that patterns and views may take on the documents: the model of names
    takes twice as long as they do, and the machine may be busy."""
    recycle_bytes: int = 600 << 20
    """With more resident memory after a question it is replaced: three times what it has with the shipped model."""
    recycle_times: float = 1.5
    """Of what it had when it had started, at least: a larger model of names must not be loaded for each question."""
    kill_bytes: int = 3 << 30
    """With more resident memory at work it is killed, and what it held counts as not looked at."""
    program: str = _PROGRAM
    """Where the process finds its `main`: tests put one there that fails as they wish."""

    def wall_for(self, config: DetectorConfig, documents: Sequence[Document]) -> float:
        """Return the seconds within which the documents have to be assessed."""
        allowed = sum(config.seconds_for(len(one.text)) for one in documents)
        return self.wall_seconds + self.wall_times * allowed


class ProcessDied(Exception):  # noqa: N818 - an event that the caller handles
    """A detecting process ended, or was killed, before it had answered; the reason is a code."""


class DetectingProcess:
    """A process that is started at need; one question at a time."""

    def __init__(self, config: DetectorConfig, *, digest: str, limits: ProcessLimits) -> None:
        self._config = config
        self._digest = digest
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None
        self._most_bytes = 0.0

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        return None if self._process is None else self._process.pid

    def assess(self, documents: Sequence[Document], **more: Any) -> list[Assessment]:
        """Return an assessment of each document, in order, as `Detector.assess` does with `more`.

        Raises:
            ProcessDied: the process ended, or was killed for what it used.
            DetectorUnavailable: it cannot be started, or has another detector.
        """
        self._start()
        bare = [
            Document(id=one.id, ref="", text=one.text, gaps=one.gaps, coverage=one.coverage)
            for one in documents
        ]
        found = self._ask((bare, more), self._limits.wall_for(self._config, documents))
        if not self._answers(found, len(documents)):
            self._die("answer")
        if self._resident_bytes() > self._most_bytes:
            _log.info("detecting process replaced", extra={"reason": "memory"})
            self.end()
        return found  # type: ignore[no-any-return]

    def end(self) -> None:
        """Kill the process, if there is one, and wait until it is gone."""
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.wait()

    def _start(self) -> None:
        if self._process is not None:
            return
        try:
            self._open()
            said = self._ask((self._config, self._digest), self._limits.start_seconds)
        except (OSError, ProcessDied):
            self.end()
            raise DetectorUnavailable("detecting_process") from None
        if said != READY:
            self.end()
            raise DetectorUnavailable(ANOTHER_DETECTOR if said == ANOTHER else "detecting_process")
        limits = self._limits
        self._most_bytes = max(limits.recycle_bytes, limits.recycle_times * self._resident_bytes())

    def _open(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # A process that was stopped neither takes nor gives: a transfer that stands still is given up.
            seconds = struct.pack("ll", int(self._limits.wall_seconds) + 1, 0)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
            self._pipe = Connection(ours.detach())
            start = _START.format(program=self._limits.program)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-B", "-c", start, _ROOT, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback may hold text
                env=_THREADS,
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # a Ctrl-C is for us; we end it
            )

    def _ask(self, question: object, seconds: float) -> Any:
        pipe = self._pipe
        assert pipe is not None  # noqa: S101 - it was started
        deadline = time.monotonic() + seconds
        try:
            pipe.send(question)
            while not pipe.poll(_GLANCE_SECONDS):
                if time.monotonic() > deadline:
                    self._die("slow")
                if self._resident_bytes() > self._limits.kill_bytes:
                    self._die("memory")
            return pipe.recv()
        except (EOFError, OSError):
            return self._die("ended")

    def _die(self, reason: str) -> None:
        _log.warning("detecting process killed", extra={"reason": reason})
        self.end()
        raise ProcessDied(reason)

    def _resident_bytes(self) -> int:
        if self._process is None:
            return 0
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0  # it is gone, and its pipe will say so

    def _answers(self, found: object, count: int) -> bool:
        return (
            isinstance(found, list)
            and len(found) == count
            and all(isinstance(one, Assessment) and one.detector == self._digest for one in found)
        )
