"""What detecting processes cost: memory of one, and the time that two take beside one.

Rules
1. The shipped model and the generated corpus; one thread for linear algebra in every process.
2. Times are printed only if the assessments are equal; starting the processes is timed apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.corpus import write_mix
from flows.settings import load_settings
from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.pool import DetectorPool
from pipeline.documents import Document
from policies.assessment import Assessment

BARS = ("memory", "processes")
_MEMORY_DOCUMENTS = 2000
_MOST_MEGABYTES = 600
_BATCH = 128
"""As a run asks."""


def measure(bar: str, documents: int) -> dict[str, Any]:
    """Return the figures of the bars in this module that `bar` names."""
    figures = {}
    if bar in ("memory", "all"):
        figures["memory"] = _memory()
    if bar in ("processes", "all"):
        figures["processes"] = _processes(documents)
    return figures


def _config() -> DetectorConfig:
    settings = load_settings({})
    return DetectorConfig(
        ner_model=settings.ner_model, accepted=None, automata=settings.home / "automata", remembered_bytes=0
    )


def _memory() -> dict[str, Any]:
    """Peak of resident memory of one detecting process, looked at after every batch and at its own peak."""
    config = _config()
    batches = list(_batches(_MEMORY_DOCUMENTS))
    with DetectorPool(Detector(config), config, processes=1, fewest_documents=1) as pool:
        after = []
        for batch in batches:
            pool.assess(batch)
            (pid,) = pool.pids
            after.append(psutil.Process(pid).memory_info().rss / 1e6)
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (peak,) = (int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM"))
    return {
        "documents": _MEMORY_DOCUMENTS,
        "peak_megabytes": round(peak),
        "first_batch": round(after[0]),
        "last_batch": round(after[-1]),
        "bar": _MOST_MEGABYTES,
    }


def _processes(documents: int) -> dict[str, Any]:
    """Wall time of two processes against one, once they have started."""
    config = _config()
    detector = Detector(config)
    batches = list(_batches(documents))
    seconds: dict[str, float] = {}
    found: list[list[Assessment]] = []
    for count in (1, 2):
        with DetectorPool(detector, config, processes=count, fewest_documents=1) as pool:
            started = time.perf_counter()
            pool.assess(batches[0][: 2 * count])
            ready = time.perf_counter()
            found.append([one for batch in batches for one in pool.assess(batch)])
            seconds[f"start {count}"] = round(ready - started, 2)
            seconds[f"{count}"] = round(time.perf_counter() - ready, 2)
    equal = found[0] == found[1]
    if not equal:
        return {"equal": False}
    return {"equal": True, "seconds": seconds, "ratio": round(seconds["1"] / seconds["2"], 2)}


def _batches(documents: int) -> Iterator[Sequence[Document]]:
    everything = [
        Document(id=f"{place:032x}", ref="", text=text)
        for place, text in enumerate(write_mix("mixed", documents))
    ]
    for start in range(0, documents, _BATCH):
        yield everything[start : start + _BATCH]
