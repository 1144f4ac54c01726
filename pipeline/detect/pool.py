"""Several detecting processes that look as one detector does.

Rules
1. Documents go whole to one process each; assessments come in the order of the documents, and are those of one process.
2. What a process held when it died is asked once more, each document alone. Where that fails too, the
   document was not looked at, and its assessment says so.
3. Few documents, and answers, are looked at in this process: others take seconds to start.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.detector import Detector
from pipeline.detect.process import DetectingProcess, ProcessDied, ProcessLimits
from pipeline.documents import Document
from policies.assessment import Assessment, Gap, GapReason

FEWEST_DOCUMENTS: Final = 64
"""Before so many documents were seen, all in all, no process is started."""
_PIECE_DOCUMENTS: Final = 16
"""Documents that a process gets at a time: the model of names gains nothing from more."""
_PIECE_CHARACTERS: Final = 200_000
"""Code points after which a piece is closed: none should be waited for when all others are done."""
_NOT_LOOKED_AT: Final = Gap(reason=GapReason.RECOGNISER_FAILED, detail="process")


class DetectorPool:
    """A detector with further processes to look with; ended with the `with` block, or with this process."""

    def __init__(
        self,
        detector: Detector,
        config: DetectorConfig,
        *,
        processes: int,
        fewest_documents: int = FEWEST_DOCUMENTS,
        limits: ProcessLimits | None = None,
    ) -> None:
        self._detector = detector
        self.digest = detector.digest
        self.manifest = detector.manifest
        self.entities = detector.entities
        self._fewest = fewest_documents
        self._seen = 0
        self._lock = threading.Lock()
        self._processes = [
            DetectingProcess(config, digest=detector.digest, limits=limits or ProcessLimits())
            for _ in range(processes)
        ]
        self._end = weakref.finalize(self, _end_all, self._processes)  # also when the interpreter ends

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that run now."""
        return [one.pid for one in self._processes if one.pid is not None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process; nothing is left of them."""
        self._end()

    def scan(self, text: str) -> Assessment:
        """Return the assessment of a text that is no document, made in this process."""
        return self._detector.scan(text)

    def assess(self, documents: Sequence[Document], *, settled: Sequence[Any] = ()) -> list[Assessment]:
        """Return an assessment of each document, in order, as the detector would; takes what it takes.

        No document's trouble raises or touches another's assessment.

        Raises:
            DetectorUnavailable: a process cannot be started, or has another detector; or the pool was closed.
        """
        if not self._end.alive:
            raise DetectorUnavailable("pool_closed")
        with self._lock:
            self._seen += len(documents)
            if self._seen < self._fewest or not documents:
                return self._detector.assess(documents, **_more(settled))
            return self._spread(documents, settled)

    def _spread(self, documents: Sequence[Document], settled: Sequence[Any]) -> list[Assessment]:
        found: dict[int, Assessment] = {}
        pieces = deque(_pieces(documents, -(-len(documents) // len(self._processes))))
        at_work = self._processes[: len(pieces)]

        def work(process: DetectingProcess) -> None:
            while pieces:
                try:
                    start, end = pieces.popleft()
                except IndexError:  # another thread was faster
                    return
                answer = self._look(process, documents[start:end], settled[start:end])
                found.update(zip(range(start, end), answer, strict=True))

        with ThreadPoolExecutor(len(at_work)) as threads:
            try:
                for done in [threads.submit(work, one) for one in at_work]:
                    done.result()
            finally:
                pieces.clear()  # after an error, or a Ctrl-C, nothing further is begun
        return [found[place] for place in range(len(documents))]

    def _look(
        self, process: DetectingProcess, documents: Sequence[Document], settled: Sequence[Any]
    ) -> list[Assessment]:
        try:
            return process.assess(documents, **_more(settled))
        except ProcessDied:
            return [
                self._look_again(process, one, settled[place : place + 1])
                for place, one in enumerate(documents)
            ]

    def _look_again(
        self, process: DetectingProcess, document: Document, settled: Sequence[Any]
    ) -> Assessment:
        try:
            (assessment,) = process.assess([document], **_more(settled))
        except ProcessDied:
            return self._detector.unseen(document, _NOT_LOOKED_AT)
        return assessment


def _more(settled: Sequence[Any]) -> dict[str, Any]:
    return {"settled": settled} if any(settled) else {}


def _pieces(documents: Sequence[Document], share: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of consecutive documents that are looked at together."""
    start = characters = 0
    for place, one in enumerate(documents):
        is_full = place - start >= min(share, _PIECE_DOCUMENTS)
        if place > start and (is_full or characters + len(one.text) > _PIECE_CHARACTERS):
            yield start, place
            start, characters = place, 0
        characters += len(one.text)
    yield start, len(documents)


def _end_all(processes: Sequence[DetectingProcess]) -> None:
    for one in processes:
        one.end()
