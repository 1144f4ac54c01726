"""How fast documents are looked at, beside Presidio: bars (a) to (d), and growth with length.

    python -m benchmarks.detection --bar a|a2|b|c|d|growth|memory|processes|all [--rounds N] [--documents N]
        [--json] [--model FOLDER] [--data FOLDER]

Rules
1. Rivals take turns in one run; what is reported is the median of the rounds' ratios, with their range.
2. A ratio of (a) or (b) is printed only if the findings were compared and are equal in every document:
   entity, start, end and score to six places. What (c) and (d) ask instead, `shipped` says.
3. One thread for linear algebra; versions and processor are printed.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is loaded

from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine  # noqa: E402

from benchmarks import detecting, shipped  # noqa: E402
from benchmarks.corpus import write_mix  # noqa: E402
from benchmarks.shape import build  # noqa: E402
from pipeline.detect import Detector, DetectorConfig  # noqa: E402
from pipeline.detect.like_presidio import LikePresidio, Result  # noqa: E402
from pipeline.evaluate.stock import StockPresidio  # noqa: E402

_MIXES = ("none", "mixed", "dense")
_WARM_UP = 10
_BATCH = 32
_MOST_GROWTH = 10.5
"""Of time, for ten times the text."""

Findings = list[list[tuple[str, int, int, float]]]


def _comparable(found: Sequence[Sequence[Any]]) -> Findings:
    return [
        sorted(
            (str(getattr(one, "entity", None) or one.entity_type), one.start, one.end, round(one.score, 6))
            for one in document
        )
        for document in found
    ]


def _presidio(model: Path) -> AnalyzerEngine:
    analyzer = StockPresidio(str(model))._analyzer  # noqa: SLF001 - Presidio as it comes, as `cordon evaluate` has it
    ours = [
        one.name for one in analyzer.registry.recognizers if not type(one).__module__.startswith("presidio_")
    ]
    if ours != ["EmailRecognizer"]:
        raise SystemExit(f"not Presidio's own recognisers: {ours}")
    return analyzer


def _timed(work: Callable[[], Any], clock: Callable[[], float]) -> tuple[float, Any]:
    started = clock()
    found = work()
    return clock() - started, found


def _race(
    rivals: dict[str, Callable[[], Any]], rounds: int, clock: Callable[[], float], documents: int
) -> dict[str, Any]:
    """Let Presidio and ours take turns, and return ratios if both found the same."""
    ratios, spent = [], {name: [] for name in rivals}
    for _ in range(rounds):
        answers = {}
        for name, work in rivals.items():
            seconds, found = _timed(work, clock)
            spent[name].append(1000 * seconds / documents)
            answers[name] = _comparable(found)
        first, second = answers.values()
        different = sum(one != other for one, other in zip(first, second, strict=True))
        if different:
            return {"equal": False, "different_documents": different}
        theirs, ours = (values[-1] for values in spent.values())
        ratios.append(theirs / ours)
    return {
        "equal": True,
        "ratio": round(statistics.median(ratios), 2),
        "range": [round(min(ratios), 2), round(max(ratios), 2)],
        "milliseconds": {name: round(statistics.median(values), 2) for name, values in spent.items()},
        "findings": sum(map(len, first)),
    }


def bar_a(model: Path, mix: str, documents: int, rounds: int) -> dict[str, Any]:
    """Whole documents, one process each: `BatchAnalyzerEngine` in batches of 32 against ours."""
    texts = write_mix(mix, documents)
    batch, ours = BatchAnalyzerEngine(_presidio(model)), LikePresidio(_presidio(model))
    batch.analyze_iterator(texts[:_WARM_UP], "en", batch_size=_BATCH)
    list(ours.analyze(texts[:_WARM_UP]))
    return _race(
        {
            "presidio": lambda: batch.analyze_iterator(texts, "en", batch_size=_BATCH),
            "cordon": lambda: list(ours.analyze(texts)),
        },
        rounds,
        time.process_time,
        documents,
    )


def bar_a2(model: Path, mix: str, documents: int, rounds: int) -> dict[str, Any]:
    """As (a), two processes each: spaCy's own inside `BatchAnalyzerEngine`, and whole batches in two of ours."""
    global _forked
    texts = write_mix(mix, documents)
    batch, _forked = BatchAnalyzerEngine(_presidio(model)), LikePresidio(_presidio(model))
    batch.analyze_iterator(texts[:_WARM_UP], "en", batch_size=_BATCH)
    list(_forked.analyze(texts[:_WARM_UP]))
    pieces = [texts[start : start + _BATCH // 2] for start in range(0, documents, _BATCH // 2)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return _race(
            {
                "presidio": lambda: batch.analyze_iterator(texts, "en", batch_size=_BATCH, n_process=2),
                "cordon": lambda: list(chain.from_iterable(pool.map(_analyze, pieces, chunksize=1))),
            },
            rounds,
            time.perf_counter,
            documents,
        )


_forked: LikePresidio | None = None


def _analyze(texts: Sequence[str]) -> list[list[Result]]:
    assert _forked is not None  # noqa: S101 - the process was forked after it was set
    return list(_forked.analyze(texts))


def bar_b(model: Path, mix: str, documents: int, rounds: int) -> dict[str, Any]:
    """Everything after the spaCy pipeline, of the same parsed documents."""
    texts = write_mix(mix, documents)
    analyzer = _presidio(model)
    ours = LikePresidio(_presidio(model))
    docs = list(analyzer.nlp_engine.nlp["en"].pipe(texts, batch_size=_BATCH))

    def presidio() -> list[Any]:
        artifacts = (analyzer.nlp_engine._doc_to_nlp_artifact(doc, "en") for doc in docs)  # noqa: SLF001
        return [
            analyzer.analyze(text, "en", nlp_artifacts=one)
            for text, one in zip(texts, artifacts, strict=True)
        ]

    def cordon() -> list[list[Result]]:
        return [ours.analyze_doc(text, doc) for text, doc in zip(texts, docs, strict=True)]

    for work in (presidio, cordon):
        work()
    return _race({"presidio": presidio, "cordon": cordon}, rounds, time.process_time, documents)


def bar_growth(rounds: int) -> dict[str, Any]:
    """Seconds of the shipped patterns, views, topics and language on 20 KB, 200 KB and 2 MB of dense text."""
    detector = Detector(DetectorConfig(accepted=None, remembered_bytes=0))
    gc.collect()
    gc.freeze()  # as a detecting process does
    page = "\n\n".join(write_mix("dense", 10))[:20_000]
    seconds = {}
    for times in (1, 10, 100):
        text = "\n\n".join([page] * times)
        turns = rounds if times < 100 else 1
        seconds[times] = min(_timed(partial(detector.scan, text), time.process_time)[0] for _ in range(turns))
    return {
        "seconds": {f"{20 * times} KB": round(value, 3) for times, value in seconds.items()},
        "t(200 KB)/t(20 KB)": round(seconds[10] / seconds[1], 2),
        "t(2 MB)/t(200 KB)": round(seconds[100] / seconds[10], 2),
        "bar": _MOST_GROWTH,
    }


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    names = ("presidio-analyzer", "spacy", "thinc", "regex", "phonenumbers", "numpy", "hyperscan")
    found = {name: metadata.version(name) for name in names}
    cpu = next(
        (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ""
    )
    return {
        **found,
        "python": sys.version.split()[0],
        "processor": cpu.partition(": ")[2],
        "load": " ".join(f"{one:.1f}" for one in os.getloadavg()),
        "model": "the shape of en_core_web_sm (cost as the published one, weights of a moment's training)",
    }


def main() -> None:
    """Measure the bars that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bar", default="all", choices=("a", "a2", "b", *shipped.BARS, "growth", *detecting.BARS, "all")
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--model", type=Path, default=Path("build/benchmarks/sm-shape"))
    parser.add_argument("--data", type=Path, help="labelled sets, for recall beside the canaries'")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"machine": machine()}
    for bar, measure in (("a", bar_a), ("a2", bar_a2), ("b", bar_b)):
        if arguments.bar in (bar, "all"):
            model = build(arguments.model)
            for mix in _MIXES:
                figures[f"{bar} {mix}"] = measure(model, mix, arguments.documents, arguments.rounds)
    if arguments.bar in ("growth", "all"):
        figures["growth"] = bar_growth(min(arguments.rounds, 3))
    if arguments.bar in (*shipped.BARS, "all"):
        figures |= shipped.measure(
            arguments.bar,
            model=build(arguments.model),
            documents=arguments.documents,
            rounds=arguments.rounds,
            data=arguments.data,
        )
    figures |= detecting.measure(arguments.bar, arguments.documents)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name}: {json.dumps(value)}")


if __name__ == "__main__":
    main()
