"""What texts made to cost time do cost: forty tricks, a fuzz, and growth with length.

    python -m benchmarks.pathological [--only bombs|fuzz|growth] [--characters N] [--fuzz N] [--seed N] [--json]

Rules
1. Seconds are of this thread's processor time, on one thread for linear algebra.
2. A bomb counts as survived if an assessment came back; its route is that under `policies/default.yaml`.
3. The fuzz strings fragments of the tricks, of prose and of units drawn at random together, by a seed: pieces of
   mark-up, escapes, digits and signs of all planes, put together and repeated. What is reported is the slowest
   text's time for each code point, as a multiple of the median, and how to make the slowest ones again.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import string
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
_OF_UNITS: Final = 0.6
"""Share of the texts that are made of units and of no trick."""
_SLOWEST: Final = 5
_PLANES: Final = (
    (0x21, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x600, 0x6FF), (0x1E00, 0x1FFF), (0x2000, 0x206F),
    (0x2100, 0x24FF), (0x2800, 0x28FF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xFE00, 0xFEFF), (0xFF00, 0xFFEF),
    (0x1D400, 0x1D7FF), (0x1F100, 0x1F1FF), (0x1F600, 0x1F64F), (0xE0000, 0xE007F),
)  # fmt: skip
"""Blocks of Unicode from which signs are drawn."""
_PIECES: Final = (
    "<b>", "</b>", "<!--", "-->", "&#49;", "&amp;", "%31", "=31", "=\n", "\\u0031", "\\x31", "\\", "**", "`", "~~", "'+'",
    '" + "', "+AGE-", "xn--", "<~", "~>", "begin 644 x\n", "0x53, ", "01010011 ", "083 ", ".- ", "-....", "U+0031 ",
    "\u200b", "\u00ad", "\u202e", "\ufe0f", "\n", "\n> ", "\n- ", "\t", " ", "  ", "|", "-", ".", "/", "_", "@", " (at) ",
    " dot ", "SSN ", "IBAN ", "card ", "password=", "tel. ", "born ", "DE89", "4111 1111 1111 1111", "536-22-8741", "+49 30 ",
    "one ", "five three ", "alpha ", "double ", "first ", "a", "A", "Ab", "aB1", "1", "0", "S3", "O0", "eyJ", "QUFB", "414141",
    "AKIA", "-----BEGIN ", "http://", "www.", "{", "[", "(", "((", '"', "'", "Mary Walker ", "Dr. ", "the ", "der ",
)  # fmt: skip
"""What recognisers and views look for, or begin to."""


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


def _unit(rng: random.Random) -> str:
    """Return a few pieces put together: what no list of tricks has."""
    pieces = []
    for _ in range(rng.randint(1, 6)):
        kind = rng.random()
        if kind < 0.5:
            pieces.append(rng.choice(_PIECES))
        elif kind < 0.7:
            pieces.append("".join(rng.choices(string.printable, k=rng.randint(1, 4))))
        elif kind < 0.85:
            pieces.append("".join(rng.choices(string.digits, k=rng.randint(1, 12))))
        else:
            first, last = rng.choice(_PLANES)
            pieces.append(chr(rng.randint(first, last)) * rng.randint(1, 3))
    return "".join(pieces)


def _fuzzed(rng: random.Random, prose: str, characters: int) -> str:
    """Return a text strung together of prose and of one to three tricks, or of a few units."""
    makers = [BOMBS[name] for name in rng.sample(sorted(BOMBS), rng.randint(1, 3))]
    if rng.random() < _OF_UNITS:
        units = [_unit(rng) for _ in range(rng.randint(1, 3))]
        makers = [lambda size, unit=unit: (unit * (size // len(unit) + 1))[:size] for unit in units]
    of_prose = rng.choice((0.0, 0.3))
    parts: list[str] = []
    length = 0
    while length < characters:
        size = rng.choice(_FRAGMENTS)
        start = rng.randrange(len(prose))
        part = prose[start : start + size] if rng.random() < of_prose else rng.choice(makers)(size)
        part += rng.choice(("", " ", "\n"))
        parts.append(part)
        length += len(part)
    return "".join(parts)[:characters]


def _fuzz_texts(seed: int, texts: int, characters: int) -> Iterator[str]:
    prose = "\n\n".join(write_mix("mixed", 200))
    for number in range(texts):
        yield _fuzzed(random.Random(f"{seed}:{number}"), prose, characters)


def fuzz(detector: Detector, seed: int, texts: int, characters: int) -> dict[str, Any]:
    """Return how much longer the slowest text took than the median one, and the slowest by number and seconds."""
    policy = parse_policy(read_shipped("default"), name="default")
    seconds, missed = [], 0
    for text in _fuzz_texts(seed, texts, characters):
        spent, assessment = _timed(detector, text)
        seconds.append(spent)
        missed += not assessment.complete and decide(assessment, policy).level.name != "REGULATED"
    median = statistics.median(seconds)
    slowest = sorted(range(texts), key=lambda number: -seconds[number])[:_SLOWEST]
    return {
        "texts": texts,
        "characters": characters,
        "median seconds": round(median, 2),
        "most seconds": round(max(seconds), 2),
        "most / median": round(max(seconds) / median, 2),
        "bar": _MOST_TIMES,
        "slowest": {f"{seed}:{number}": round(seconds[number], 2) for number in slowest},
        "incomplete, not regulated": missed,
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
    gc.collect()
    gc.freeze()  # as a detecting process does
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
