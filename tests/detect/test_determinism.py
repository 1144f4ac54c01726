from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.checksums import dea, luhn, npi, vin
from pipeline.documents import Document

ROOT = Path(__file__).parents[2]
TEXT = "Mary Walker, SSN 536\u201322\u20138741, 4111 1111 1111 1112, m@hospital.local, +1 212 555 0187, DIAGNOSIS: asthma"
PROGRAM = """
import json, sys
from pipeline.detect import Detector, DetectorConfig
detector = Detector.load(DetectorConfig(ner_model=sys.argv[1], accepted=None))
print(json.dumps([detector.digest, dict(detector.manifest), repr(detector.scan(sys.argv[2]))]))
"""


def test_two_processes_agree(names_model: Path) -> None:
    """Digest and assessment do not depend on the process, its hash seed or its memory addresses."""
    answers = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(names_model), TEXT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
            cwd=ROOT,
        ).stdout
        for seed in ("1", "2")
    ]
    assert json.loads(answers[0]) == json.loads(answers[1])


def test_batches_do_not_matter(detector: Detector) -> None:
    """A document is assessed the same alone and among others."""
    documents = [Document(id=f"{n:032x}", ref="", source="", text=f"{TEXT} {n}") for n in range(40)]
    together = detector.assess(documents)
    assert together == [assessment for one in documents for assessment in detector.assess([one])]


def test_nothing_is_logged(
    detector: Detector, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Detection says nothing, at any level, about what it looks at."""
    caplog.set_level(logging.DEBUG)
    detector.scan(TEXT)
    printed = capfd.readouterr()
    assert caplog.text + printed.out + printed.err == ""


@pytest.mark.slow
def test_memory_stays_flat(config: DetectorConfig) -> None:
    """Two thousand documents full of new words leave no trace after the first hundreds."""
    detector = Detector.load(config)
    process, sizes = psutil.Process(), []
    for start in range(0, 2_000, 200):
        detector.assess(
            [
                Document(
                    id="", ref="", source="", text=" ".join(f"w{start + n}x{word} the" for word in range(20))
                )
                for n in range(200)
            ]
        )
        sizes.append(process.memory_info().rss)
    assert sizes[-1] - sizes[4] < 8 << 20


CHECKS = [
    (luhn, "4111 1111 1111 1111", True),
    (luhn, "4111 1111 1111 1112", False),
    (luhn, "", False),
    (npi, "1245319599", True),
    (npi, "1245319598", False),
    (npi, "124531959", False),
    (dea, "AB1234563", True),
    (dea, "AB1234564", False),
    (dea, "AB12", False),
    (vin, "1HGCM82633A004352", True),
    (vin, "1HGCM82633A004353", False),
    (vin, "1HGCM82633A00435I", False),
]


@pytest.mark.parametrize(("check", "text", "expected"), CHECKS)
def test_check_digits(check: object, text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Published examples pass, neighbours fail, and the wrong length is no error."""
    assert check(text) is expected  # type: ignore[operator]
