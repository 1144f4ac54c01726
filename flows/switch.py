"""The stop switch: one place where a chunk learns that it must not go on; and the shutter of its way out.

A thread renews the chunk's lease and reads the run's state. It throws the switch when the lease is lost, the
run was cancelled, or the process was told to end; the work looks at the switch before every call to a model.
Nothing depends on the switch for correctness: every write carries the fencing token.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class StopSwitch:
    """Thrown once, with the code of the reason; never reset."""

    def __init__(self) -> None:
        self._thrown = threading.Event()
        self.reason = ""
        self._until = math.inf

    def hold_until(self, moment: float) -> None:
        """Throw itself, for `lease_lost`, once monotonic time is past `moment`; a later call moves it.

        A process that was stopped for longer than its lease must not even begin a call when it wakes up: the
        thread that would tell it so wakes up no earlier than the one that calls.
        """
        self._until = moment

    def throw(self, reason: str) -> None:
        """Stop whoever looks; the first reason stays."""
        if not self._thrown.is_set():
            self.reason = reason
            self._thrown.set()

    @property
    def thrown(self) -> bool:
        """Whether the work must stop."""
        if time.monotonic() > self._until:
            self.throw("lease_lost")
        return self._thrown.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; return whether the switch is thrown."""
        return self._thrown.wait(seconds)


class Shutter:
    """Whether a run's closed routes are shut, as PostgreSQL says at the moment; once shut, shut.

    Asked before every call, so that no worker sends anything more after another one's canaries were missed.
    """

    def __init__(self, look: Callable[[], bool]) -> None:
        self._look = look
        self._is_shut = False

    async def is_shut(self) -> bool:
        """Look, unless it is known already.

        Raises:
            StorageError: the database does not answer; then nothing is sent either.
        """
        self._is_shut = self._is_shut or await asyncio.to_thread(self._look)
        return self._is_shut


class Heartbeat:
    """Calls `beat` every `seconds` while the `with` block runs; `beat` throws the switch itself."""

    def __init__(self, beat: Callable[[], None], *, seconds: float) -> None:
        self._beat = beat
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self._beat()
