"""What a detecting process does: load one detector, then look at what it is sent until its pipe closes.

Started by `process` without an environment. It leaves no core, for its memory holds text; it says nothing
but assessments, and ends with the process that asked.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, Final

from pipeline.detect.config import DetectorConfig
from pipeline.detect.detector import Detector

READY: Final = "ready"
ANOTHER: Final = "another_detector"


def main(descriptor: int, load: Callable[[DetectorConfig], Any] = Detector.load) -> None:
    """Serve the process at the other end of `descriptor` until it closes."""
    _silence()
    pipe: Connection[Any, Any] = Connection(descriptor)
    config, digest = pipe.recv()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    detector = load(replace(config, accepted=None))  # accepted is what the other process has: its digest
    if detector.digest != digest:
        pipe.send(ANOTHER)
        return
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector need not go over half a million objects again and again
    pipe.send(READY)
    while True:
        try:
            documents, more = pipe.recv()
        except EOFError:
            return
        pipe.send(detector.assess(documents, **more))


def _silence() -> None:
    """Point the standard streams at nothing: what a library prints may hold text."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.stdout = sys.stderr = os.fdopen(nothing, "w")
