"""One reader process, and the right to kill it.

Rules
1. The process gets no environment, no network where the kernel allows that, and no
   right to write files; it limits its own memory and processor time before it reads.
2. Silence longer than the limit kills it. Whatever it says is checked, never trusted.
3. When it dies, the next question starts another.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pipeline
from pipeline.documents import UnreadableReason
from pipeline.read import frames
from pipeline.read.errors import ReaderUnavailable
from pipeline.read.limits import ReadLimits

_ROOT = str(Path(pipeline.__file__).resolve().parents[1])
_START = "import sys; sys.path.append(sys.argv[1]); from pipeline.read.worker import main; main()"
_START_SECONDS = 60.0
"""Generous: a loaded machine imports slowly, and nothing untrusted has been read yet."""
_READ_BYTES = 1 << 18


class ReaderDied(Exception):  # noqa: N818 - an event the caller handles
    """The reader process ended before it had answered."""

    def __init__(self, reason: UnreadableReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Sandbox:
    """A reader process that is started at need and ended with the `with` block."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        # Escaped, a character is at most twelve bytes in two code units; a batch is closed once it is full.
        self._frame_bytes = 12 * (limits.text_characters + limits.metadata_characters) + (4 << 20)
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def pid(self) -> int | None:
        """The reader process's id, while there is one."""
        return None if self._process is None else self._process.pid

    def ask(self, request: Mapping[str, object]) -> Iterator[list[object]]:
        """Yield the batches of the answer to `request`.

        Raises:
            ReaderDied: it crashed, or was stopped for what it used.
            ReaderUnavailable: it cannot even be started.
        """
        self._start()
        complete = False
        try:
            self._send(request)
            while (batch := self._receive(self._limits.wall_seconds)) is not None:
                yield batch
            complete = True
        finally:
            if not complete:  # an answer half read would be taken for the next one
                self._end()

    def _start(self) -> None:
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-B", "-c", _START, _ROOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # parsers write content there
                env={"OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"},
                cwd="/",
                start_new_session=True,  # a Ctrl-C is for us; we end it
                bufsize=0,
            )
            self._buffer.clear()
            self._send(self._limits.to_json())
            started = self._receive(_START_SECONDS) == ["ready"]
        except (OSError, ReaderDied):
            started = False
        if not started:
            self._end()
            raise ReaderUnavailable

    def _send(self, value: object) -> None:
        process = self._running()
        assert process.stdin is not None  # noqa: S101 - it was opened as a pipe
        try:
            process.stdin.write(frames.encode(value))
        except BrokenPipeError:
            raise ReaderDied(self._cause()) from None

    def _receive(self, seconds: float) -> list[object] | None:
        deadline = time.monotonic() + seconds
        length = frames.body_bytes(self._take(frames.HEADER_BYTES, deadline))
        if length > self._frame_bytes:
            self._end()
            raise ReaderDied(UnreadableReason.TOO_LARGE)
        try:
            value = json.loads(self._take(length, deadline))
        except (ValueError, RecursionError):
            value = False
        if value is None or isinstance(value, list):
            return value
        self._end()
        raise ReaderDied(UnreadableReason.READER_CRASHED)

    def _take(self, count: int, deadline: float) -> bytes:
        stdout = self._running().stdout
        assert stdout is not None  # noqa: S101 - it was opened as a pipe
        poll = select.poll()
        poll.register(stdout, select.POLLIN)
        while len(self._buffer) < count:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                self._end()
                raise ReaderDied(UnreadableReason.TOO_SLOW)
            received = os.read(stdout.fileno(), _READ_BYTES)
            if not received:
                raise ReaderDied(self._cause())
            self._buffer += received
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ReaderDied(UnreadableReason.READER_CRASHED)
        return self._process

    def _cause(self) -> UnreadableReason:
        """End the process that closed its pipe, and say why it did."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):  # it closed the pipe but lives: ended below
                self._process.wait(1.0)
        code = self._end()
        if code == -signal.SIGXCPU:
            return UnreadableReason.TOO_SLOW
        if code == frames.OUT_OF_MEMORY:
            return UnreadableReason.TOO_MUCH_MEMORY
        return UnreadableReason.READER_CRASHED

    def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        return process.wait()
