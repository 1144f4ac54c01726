"""How a command ends when the detecting processes that it needs cannot be had."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from flows import wiring
from flows.cli import main
from flows.settings import load_settings
from pipeline.detect.pool import DetectorPool
from pipeline.detect.process import ProcessLimits
from tests.lib.installation import Installation, write_records
from tests.lib.texts import ordinary

ANOTHER = """
from multiprocessing.connection import Connection
def main(descriptor):
    pipe = Connection(descriptor)
    pipe.recv()
    pipe.send("another_detector")
    pipe.recv()
"""


@pytest.mark.parametrize(
    ("program", "code", "says"),
    [
        ("raise SystemExit(1)", 4, "CORDON_DETECTOR_PROCESSES=1"),
        (f"exec({ANOTHER!r})", 3, "Start again."),
    ],
)
def test_a_process_that_cannot_be_had_ends_a_command_with_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    program: str,
    code: int,
    says: str,
) -> None:
    """One publishable line that says what to do, and the exit code of what is missing or refused; no document is told."""
    records = write_records(tmp_path / "in.jsonl", [ordinary(1), ordinary(2)])
    limits = ProcessLimits(program=program)
    monkeypatch.setattr(wiring, "DetectorPool", partial(DetectorPool, fewest_documents=1, limits=limits))
    monkeypatch.setenv("CORDON_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDON_DETECTOR_PROCESSES", "2")
    monkeypatch.setattr(sys, "argv", ["cordon", "classify", str(records), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == code
    assert says in said.err
    assert "Internal error" not in said.err
    assert said.out == ""


def test_detecting_processes_find_what_is_named_from_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files named relative to where the command runs are found from everywhere; a package's name is no file."""
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    named = {"CORDON_NER_MODEL": "model", "CORDON_RECOGNISERS": "not_there", "CORDON_HOME": "home"}
    config = wiring.detector_config(load_settings(named))
    assert config.ner_model == str(tmp_path / "model")
    assert config.recognisers == "not_there"
    assert config.automata is not None
    assert config.automata.is_absolute()


def test_status_and_a_run_say_what_slows_detection_down(cordon: Installation) -> None:
    """`cordon status` lists it, for programs too; a run says it once, in one line of codes."""
    cordon.extra |= {"CORDON_DETECTOR_PROCESSES": "40", "OPENBLAS_NUM_THREADS": "1"}
    (status,) = cordon("status", "--json").lines
    (advice,) = status["advice"]
    assert advice["code"] == "processes"
    assert "CORDON_DETECTOR_PROCESSES=" in advice["says"]
    assert f"slow: {advice['says']}" in " ".join(cordon("status").out.split())
    records = write_records(cordon.home / "in.jsonl", [ordinary(1)])
    ran = cordon("run", str(records), "--json")
    assert ran.err.count("(processes)") == 1
