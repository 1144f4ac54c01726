"""The shipped detector beside Presidio's stock pipeline: bars (c) and (d) of benchmarks.detection.

Rules
1. Both cores on both sides: `BatchAnalyzerEngine` in batches of 32 with `n_process=2`, and two detecting processes.
   They take turns, with texts that neither has seen; the clock on the wall counts. Processor time, of all
   processes together, is told beside it: it is what a busy machine leaves standing.
2. No ratio without the check: for (c) that recall is equal or better on every labelled set, for (d) that each document
   gets the level and route of a full look.
3. The rival's weights are of a moment's training, so that its structured identifiers are measured here, and its
   names are those that the published `en_core_web_sm` finds (`PUBLISHED`).
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.corpus import write_mix, write_night
from flows.settings import load_settings
from pipeline.canaries import make_canaries
from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.pool import DetectorPool
from pipeline.documents import Document
from pipeline.evaluate.labels import read_labels
from pipeline.evaluate.readers import read_sets
from pipeline.evaluate.records import LabelledSpan, Record
from pipeline.evaluate.spans import Counts, Rules, count, judge
from pipeline.evaluate.stock import StockPresidio
from policies.assessment import Assessment
from policies.decide import decide
from policies.policy import parse_policy, read_shipped
from policies.settled import Settled, settled_by

BARS: Final = ("c", "d")
_MIXES: Final = ("none", "mixed", "dense")
_BATCH: Final = 32
_ASKED: Final = 128
"""Documents that a run asks about at a time."""
_CANARIES: Final = 240
_BAR_C, _BAR_D = 6.0, 12.0
_NAMED: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP", "DATE_TIME", "CASE_NUMBER"})
"""What a model of names marks; what else is labelled and the detector knows is structured."""
PUBLISHED: Final = {
    "uner_ewt_dev": (0.72, 0.82),
    "inlegal_dev": (0.64, 0.86),
    "presidio_generated": (0.57, 0.73),
    "gum_dev": (0.48, 0.75),
    "wnut17_dev": (0.48, 0.64),
}
"""Recall of PERSON by stock Presidio with `en_core_web_sm`, right type and any finding, where it was measured."""

Counted = dict[str, Counts]


def measure(bar: str, *, model: Path, documents: int, rounds: int, data: Path | None) -> dict[str, Any]:
    """Return the figures of the bars in this module that `bar` names; `model` is the rival's."""
    wanted = [one for one in BARS if bar in (one, "all")]
    if not wanted:
        return {}
    rival, config = StockPresidio(str(model)), _config()
    detector = Detector(config)
    figures: dict[str, Any] = {}
    with DetectorPool(detector, config, processes=2, fewest_documents=1) as pool:
        sides = _Sides(rival=rival, pool=pool)
        sides.warm_up()
        if "c" in wanted:
            figures["c recall"] = recall = _recall(rival, detector, data)
            for mix in _MIXES if recall["equal_or_better"] else ():
                figures[f"c {mix}"] = _bar_c(sides, mix, documents, rounds)
        if "d" in wanted:
            figures["d"] = _bar_d(sides, detector, documents, rounds)
    return figures


def _config() -> DetectorConfig:
    settings = load_settings({})
    return DetectorConfig(ner_model=settings.ner_model, accepted=None, automata=settings.home / "automata")


@dataclass(frozen=True, slots=True)
class _Spent:
    wall: float
    processor: float
    """Of this process and all that it started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """Both rivals, each with two processes."""

    rival: StockPresidio
    pool: DetectorPool

    def warm_up(self) -> None:
        """Let both load what they load at the first use."""
        texts = write_mix("mixed", 64, seed=-1)  # of no round: what was seen is remembered
        self.presidio(texts[:8])
        self.cordon(texts)

    def presidio(self, texts: Sequence[str]) -> _Spent:
        """Look at `texts` as Presidio's batches do."""
        batches = self.rival._batches  # noqa: SLF001 - Presidio as it comes, as `cordon evaluate` has it

        def look() -> None:
            batches.analyze_iterator(texts, "en", batch_size=_BATCH, n_process=2)

        return self._spent(look)

    def cordon(self, texts: Sequence[str], says: Settled | None = None) -> tuple[_Spent, list[Assessment]]:
        """Look at `texts` as a run does; `says` may end each look."""
        documents = [Document(id=f"{at:032x}", ref="", text=text) for at, text in enumerate(texts)]
        found: list[Assessment] = []

        def look() -> None:
            for start in range(0, len(documents), _ASKED):
                batch = documents[start : start + _ASKED]
                found.extend(self.pool.assess(batch, settled=[says] * len(batch) if says else ()))

        return self._spent(look), found

    def _spent(self, look: Callable[[], None]) -> _Spent:
        wall, processor = time.perf_counter(), self._processor()
        look()
        return _Spent(time.perf_counter() - wall, self._processor() - processor)

    def _processor(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = [psutil.Process(pid).cpu_times() for pid in self.pool.pids]
        return (
            time.process_time()
            + ended.ru_utime
            + ended.ru_stime
            + sum(one.user + one.system for one in running)
        )


def _bar_c(sides: _Sides, mix: str, documents: int, rounds: int) -> dict[str, Any]:
    """Race everything that ships against everything that the stock pipeline does."""
    pairs = []
    for number in range(rounds):
        texts = write_mix(mix, documents, seed=number)
        pairs.append((sides.presidio(texts), sides.cordon(texts)[0]))
    return {**_ratios(pairs, documents), "bar": _BAR_C}


def _bar_d(sides: _Sides, detector: Detector, documents: int, rounds: int) -> dict[str, Any]:
    """Race over a night of which 30 % is regulated and 40 % carries boilerplate, with the early exit."""
    policy = parse_policy(read_shipped("default") + "\nexhaustive: false\n", name="early")
    pairs, ended, different = [], 0, 0
    for number in range(rounds):
        texts = write_night(documents, seed=number)
        theirs = sides.presidio(texts)
        ours, early = sides.cordon(texts, settled_by(policy))
        pairs.append((theirs, ours))
        full = detector.assess([Document(id="", ref="", text=text) for text in texts])
        for one, other in zip(early, full, strict=True):
            first, second = decide(one, policy), decide(other, policy)
            different += (first.level, first.route) != (second.level, second.route)
            ended += one.proof.is_stopped
    if different:
        return {"same_routes": False, "different_documents": different}
    return {
        "same_routes": True,
        "ended_early": round(ended / (documents * rounds), 3),
        **_ratios(pairs, documents),
        "bar": _BAR_D,
    }


def _ratios(pairs: Sequence[tuple[_Spent, _Spent]], documents: int) -> dict[str, Any]:
    """Return medians over rounds of (Presidio's, ours), with their range."""

    def told(which: Callable[[_Spent], float]) -> dict[str, Any]:
        ratios = [which(theirs) / which(ours) for theirs, ours in pairs]
        return {
            "ratio": round(statistics.median(ratios), 2),
            "range": [round(min(ratios), 2), round(max(ratios), 2)],
            "milliseconds": {
                "presidio": round(1000 * statistics.median(which(one) for one, _ in pairs) / documents, 2),
                "cordon": round(1000 * statistics.median(which(one) for _, one in pairs) / documents, 2),
            },
        }

    processor = told(lambda one: one.processor)
    return {
        **told(lambda one: one.wall),
        "processor_time": processor,
        "documents_a_second_and_core": round(1000 / processor["milliseconds"]["cordon"]),
    }


def _recall(rival: StockPresidio, detector: Detector, data: Path | None) -> dict[str, Any]:
    """Return recall by overlap of both on every labelled set, and whether ours is equal or better everywhere."""
    figures: dict[str, Any] = {}
    fair = True
    for name, records in _labelled(data):
        theirs, ours = (_counted(side, records) for side in (rival, detector))
        structured = detector.entities - _NAMED
        figures[name] = told = {
            "structured": [_share(theirs, structured), _share(ours, structured)],
            "person": [PUBLISHED.get(name), _person(ours)],
        }
        first, second = told["structured"]
        fair = fair and (first is None or first <= second)
        if name in PUBLISHED:
            mine = _person(ours) or (0.0, 0.0)
            fair = fair and all(one <= other for one, other in zip(PUBLISHED[name], mine, strict=True))
    return {"equal_or_better": fair, "presidio_then_cordon": figures}


def _labelled(data: Path | None) -> Iterator[tuple[str, Sequence[Record]]]:
    yield (
        "canaries",
        [
            Record(
                id=str(at),
                text=canary.document.text,
                spans=tuple(
                    LabelledSpan(start=one.start, end=one.end, entity=one.entity) for one in canary.planted
                ),
            )
            for at, canary in enumerate(make_canaries(b"recall" * 6, count=_CANARIES, documents=_CANARIES))
            if canary.language == "en"
        ],
    )
    if data is not None:
        for one in read_sets(data, read_labels(None)).sets:
            if records := [record for record in one.records if record.labelled]:
                yield one.name, records


def _counted(side: StockPresidio | Detector, records: Sequence[Record]) -> Counted:
    labels = read_labels(None)
    entities = frozenset(span.entity for record in records for span in record.spans)
    rules = Rules(entities=entities, also=labels.also, threshold=lambda _: 0.0)
    found = side.assess([Document(id="", ref="", text=record.text) for record in records])
    return count(judge(record, one.findings, rules) for record, one in zip(records, found, strict=True))


def _share(counted: Counted, entities: frozenset[str]) -> float | None:
    """Return the share that was found under its own type: any finding would count what an untrained model marks."""
    rows = [row for entity, row in counted.items() if entity in entities]
    labelled = sum(row.labelled for row in rows)
    return round(sum(row.found for row in rows) / labelled, 3) if labelled else None


def _person(counted: Counted) -> tuple[float, float] | None:
    row = counted.get("PERSON")
    if row is None:
        return None
    return round(row.found / row.labelled, 3), round(row.found_any / row.labelled, 3)
