"""What texts made to cost time do cost: forty tricks, a fuzz, and growth with length.

    python -m benchmarks.pathological [--only bombs|fuzz|growth] [--characters N] [--fuzz N] [--seed N] [--json]

Rules
1. Seconds are of this thread's processor time, on one thread for linear algebra.
2. A bomb counts as survived if an assessment came back; its route is that under `policies/default.yaml`.
3. The fuzz strings fragments of the tricks and of prose together, by a seed; what is reported is the
   slowest text's time for each code point, as a multiple of the median.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is loaded

from benchmarks.corpus import write_mix  # noqa: E402
from pipeline.detect import Detector, DetectorConfig  # noqa: E402
from policies.decide import decide  # noqa: E402
from policies.policy import parse_policy, read_shipped  # noqa: E402
from tests.detect.bombs import BOMBS  # noqa: E402

_MOST_SECONDS: Final = 10
"""Goal G14, for each bomb."""
_MOST_TIMES: Final = 30
"""Of the median time for each code point, for each text of the fuzz."""
_MOST_GROWTH: Final = 10.5
_FUZZ_CHARACTERS: Final = 1_000_000
_FRAGMENTS: Final = (20, 200, 5_000, 60_000)
"""Lengths of the pieces that a text of the fuzz is made of."""


def _timed(detector: Detector, text: str) -> tuple[float, Any]:
    started = time.thread_time()
    assessment = detector.scan(text)
    return time.thread_time() - started, assessment


def bombs(detector: Detector, characters: int) -> dict[str, Any]:
    """Return seconds and route of each bomb, and the slowest."""
    policy = parse_policy(read_shipped("default"), name="default")
    seconds, routes = {}, {}
    for name, make in BOMBS.items():
        spent, assessment = _timed(detector, make(characters))
        decision = decide(assessment, policy)
        seconds[name] = round(spent, 2)
        routes[name] = f"{decision.level.name.lower()} {'complete' if assessment.complete else 'incomplete'}"
        print(f"{name:24} {spent:7.2f} s  {routes[name]}", flush=True)
    return {
        "characters": characters,
        "bombs": len(seconds),
        "alive": len(routes),
        "incomplete": sum(one.endswith("incomplete") for one in routes.values()),
        "incomplete, not regulated": sum(
            one.endswith("incomplete") and not one.startswith("regulated") for one in routes.values()
        ),
        "slowest": max(seconds, key=lambda name: seconds[name]),
        "most seconds": max(seconds.values()),
        "bar": _MOST_SECONDS,
    }


def _fuzzed(rng: random.Random, prose: str, characters: int) -> str:
    """Return a text strung together of prose and of one to three tricks."""
    tricks = rng.sample(sorted(BOMBS), rng.randint(1, 3))
    parts: list[str] = []
    length = 0
    while length < characters:
        size = rng.choice(_FRAGMENTS)
        start = rng.randrange(len(prose))
        part = BOMBS[rng.choice(tricks)](size) if rng.random() < 0.7 else prose[start : start + size]
        part += rng.choice(("", " ", "\n"))
        parts.append(part)
        length += len(part)
    return "".join(parts)[:characters]


def _fuzz_texts(seed: int, texts: int, characters: int) -> Iterator[str]:
    prose = "\n\n".join(write_mix("mixed", 200))
    for number in range(texts):
        yield _fuzzed(random.Random(f"{seed}:{number}"), prose, characters)


def fuzz(detector: Detector, seed: int, texts: int, characters: int) -> dict[str, Any]:
    """Return how much longer the slowest text took than the median one."""
    seconds = [_timed(detector, text)[0] for text in _fuzz_texts(seed, texts, characters)]
    median = statistics.median(seconds)
    return {
        "texts": texts,
        "characters": characters,
        "median seconds": round(median, 2),
        "most seconds": round(max(seconds), 2),
        "most / median": round(max(seconds) / median, 2),
        "bar": _MOST_TIMES,
    }


def growth(detector: Detector, rounds: int = 3) -> dict[str, Any]:
    """Return how time grows with dense text, names included, and whether it is looked at in full."""
    page = "\n\n".join(write_mix("dense", 10))[:20_000]
    seconds, late = {}, 0
    for times in (1, 10, 100):
        text = "\n\n".join([page] * times)
        turns = [_timed(detector, text) for _ in range(rounds if times < 100 else 1)]
        seconds[times] = min(spent for spent, _ in turns)
        late += sum(gap.reason.value == "recogniser_timed_out" for _, one in turns for gap in one.gaps)
    return {
        "seconds": {f"{20 * times} KB": round(value, 3) for times, value in seconds.items()},
        "t(200 KB)/t(20 KB)": round(seconds[10] / seconds[1], 2),
        "t(2 MB)/t(200 KB)": round(seconds[100] / seconds[10], 2),
        "gaps for lack of time": late,
        "bar": _MOST_GROWTH,
    }


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("bombs", "fuzz", "growth"))
    parser.add_argument("--characters", type=int, default=200_000, help="of each bomb")
    parser.add_argument("--fuzz", type=int, default=20, help="texts of a million code points")
    parser.add_argument("--fuzz-characters", type=int, default=_FUZZ_CHARACTERS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, default=Path("models/ner/weights"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    detector = Detector(DetectorConfig(ner_model=str(arguments.model), accepted=None, remembered_bytes=0))
    detector.scan("\n".join(write_mix("dense", 2)))  # what is loaded at the first use
    figures: dict[str, Any] = {}
    if arguments.only in (None, "bombs"):
        figures["bombs"] = bombs(detector, arguments.characters)
    if arguments.only in (None, "growth"):
        figures["growth"] = growth(detector)
    if arguments.only in (None, "fuzz"):
        figures["fuzz"] = fuzz(detector, arguments.seed, arguments.fuzz, arguments.fuzz_characters)
    for name, value in figures.items():
        print(json.dumps({name: value}) if arguments.json else f"{name}: {json.dumps(value)}")


if __name__ == "__main__":
    main()
