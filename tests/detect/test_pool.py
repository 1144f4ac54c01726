"""Several processes look as one does, and what one of them cannot finish is never clean."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.corpus import write_mix
from pipeline.detect import Detector, DetectorConfig, DetectorUnavailable
from pipeline.detect.pool import DetectorPool
from pipeline.detect.process import DetectingProcess, ProcessDied, ProcessLimits
from pipeline.documents import Document
from policies.assessment import Gap, GapReason
from policies.proof import Coverage
from tests.lib.detecting import END, HANG, LIE, SWELL, program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "documents"
MEGABYTE = 1 << 20
LOST = (GapReason.RECOGNISER_FAILED, "process")


def documents(texts: list[str]) -> list[Document]:
    """Return a document for each text; every third one with a gap and coverage of its own."""
    gap, coverage = Gap(reason=GapReason.IMAGE), Coverage(kind="pages", read=1, of=2)
    return [
        Document(
            id=f"{place:032x}",
            ref=f"secret-name-{place}",
            text=text,
            gaps=() if place % 3 else (gap,),
            coverage=() if place % 3 else (coverage,),
        )
        for place, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def quick(config: DetectorConfig, tmp_path_factory: pytest.TempPathFactory) -> DetectorConfig:
    """Return a configuration with which a process starts quickly."""
    return replace(config, automata=tmp_path_factory.mktemp("automata"))


@pytest.fixture(scope="module")
def one(quick: DetectorConfig) -> Detector:
    return Detector(quick)


@pytest.fixture(scope="module")
def pool(one: Detector, quick: DetectorConfig) -> Iterator[DetectorPool]:
    """Return two processes that start at the first document."""
    with DetectorPool(one, quick, processes=2, fewest_documents=1) as pool:
        yield pool


@pytest.fixture(scope="module")
def frail(one: Detector, quick: DetectorConfig) -> Iterator[DetectorPool]:
    """Return a pool that fails where a text tells it to, and has little patience."""
    limits = ProcessLimits(
        wall_seconds=1.0, wall_times=0.0, kill_bytes=450 * MEGABYTE, program=program(one.digest)
    )
    with DetectorPool(one, quick, processes=1, fewest_documents=1, limits=limits) as pool:
        yield pool


@pytest.fixture
def process(one: Detector, quick: DetectorConfig) -> Iterator[DetectingProcess]:
    """Return a process of a frail detector that is replaced after every question."""
    limits = ProcessLimits(
        wall_seconds=0.5,
        wall_times=0.0,
        recycle_bytes=MEGABYTE,
        recycle_times=0.0,
        program=program(one.digest),
    )
    process = DetectingProcess(quick, digest=one.digest, limits=limits)
    yield process
    process.end()


@pytest.mark.parametrize("size", [7, 200])
def test_processes_find_what_one_finds_in_order(pool: DetectorPool, one: Detector, size: int) -> None:
    """In batches of any size, every assessment is the one that one process gives, at its place."""
    paths = [path for path in sorted(EXAMPLES.rglob("*.*")) if path.is_file()]
    texts = [path.read_text("utf-8", "replace")[:5_000] for path in paths]
    texts += [*write_mix("dense", 20), "", "Grüße 😀 aus Köln", "x " * 100_000]
    everything = documents(texts)
    found = [
        assessment
        for start in range(0, len(everything), size)
        for assessment in pool.assess(everything[start : start + size])
    ]
    assert found == one.assess(everything)
    assert sum(len(assessment.findings) for assessment in found) > len(found)
    assert len(pool.pids) == 2


def test_a_pool_says_what_the_detector_says(pool: DetectorPool, one: Detector) -> None:
    """Digest, manifest, entities and the look at an answer are the detector's own."""
    assert (pool.digest, pool.manifest, pool.entities) == (one.digest, one.manifest, one.entities)
    assert pool.scan("Mary Walker, SSN 536-22-8741") == one.scan("Mary Walker, SSN 536-22-8741")


def test_a_process_killed_at_work_costs_nothing(pool: DetectorPool, one: Detector) -> None:
    """What it held is looked at by its successor, and the other one goes on."""
    batch = documents(write_mix("dense", 40))
    pool.assess(batch[:2])
    victim = pool.pids[0]
    killer = threading.Timer(0.1, os.kill, (victim, signal.SIGKILL))
    killer.start()
    found = pool.assess(batch)
    killer.join()
    assert found == one.assess(batch)
    assert victim not in pool.pids


@pytest.mark.parametrize("size", [0, 2])
def test_few_documents_start_no_process(one: Detector, quick: DetectorConfig, size: int) -> None:
    """Until there are enough, documents are looked at here."""
    batch = documents(["Mary Walker", "Boston"][:size])
    with DetectorPool(one, quick, processes=2, fewest_documents=3) as pool:
        assert pool.assess(batch) == one.assess(batch)
        assert pool.pids == []


@pytest.mark.parametrize("trouble", [END, HANG, SWELL, LIE])
def test_what_no_process_can_finish_is_not_looked_at(
    frail: DetectorPool, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A document that ends two processes is incomplete and says why; its neighbours are seen; no log has text."""
    caplog.set_level(logging.DEBUG)
    found = frail.assess(documents(["one", trouble, "three"]))
    lost = [LOST in {(gap.reason, gap.detail) for gap in assessment.gaps} for assessment in found]
    assert lost == [False, True, False]
    assert [assessment.characters for assessment in found] == [3, 0, 5]
    assert not found[1].complete
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "killed" in logged
    assert trouble not in logged
    assert "secret-name" not in logged


def test_what_the_reader_could_not_see_is_kept(one: Detector) -> None:
    """A document at which nobody looked keeps its own gaps, and its proof has every hole."""
    (document,) = documents(["Mary Walker"])
    lost = one.unseen(document, Gap(reason=GapReason.RECOGNISER_FAILED, detail="process"))
    reasons = {gap.reason for gap in lost.gaps}
    assert reasons == {GapReason.IMAGE, GapReason.RECOGNISER_FAILED, GapReason.NOT_COVERED}
    assert lost.proof.characters == len(document.text)


def test_a_process_that_grew_is_replaced(process: DetectingProcess) -> None:
    """After a question that left it above its limit, its answer counts, and another answers the next one."""
    (assessment,) = process.assess(documents(["Mary Walker"]))
    assert assessment.characters == len("Mary Walker")
    assert process.pid is None


def test_a_process_that_takes_nothing_is_given_up(process: DetectingProcess) -> None:
    """A process that was stopped cannot hold a question that is too large for the pipe for ever."""
    process._start()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(ProcessDied):
        process.assess(documents(["x" * 4_000_000]))
    assert time.monotonic() - started < 15
    assert process.pid is None


@pytest.mark.parametrize(
    ("start", "code"),
    [(program("sha256:another"), "detecting_process_differs"), ("raise SystemExit(1)", "detecting_process")],
)
def test_without_the_accepted_detector_nothing_is_looked_at(
    one: Detector, quick: DetectorConfig, start: str, code: str
) -> None:
    """A process that has another detector, or does not start, is an error that stops the run."""
    limits = ProcessLimits(program=start)
    with DetectorPool(one, quick, processes=2, fewest_documents=1, limits=limits) as pool:
        with pytest.raises(DetectorUnavailable) as raised:
            pool.assess(documents(["one", "two"]))
        assert raised.value.code == code
        assert pool.pids == []


def test_nothing_is_left_of_closed_processes(frail: DetectorPool) -> None:
    """Closing ends every process, a stopped one as well, and leaves no zombie."""
    frail.assess(documents(["Mary Walker"]))
    (pid,) = frail.pids
    assert pid in {child.pid for child in psutil.Process().children()}
    os.kill(pid, signal.SIGSTOP)
    frail.close()
    assert not psutil.pid_exists(pid)
    assert frail.pids == []
