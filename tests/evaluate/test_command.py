"""The command, from files to files, with a small detector that really runs."""

from __future__ import annotations

import json
import stat

import pytest
import spacy
from typer.testing import CliRunner

from flows.cli import app

RECORDS = [
    {"id": "1", "text": "Mary Walker wrote, SSN 536-22-8741.", "spans": [[0, 11, "PER"], [23, 34, "US_SSN"]]},
    {"id": "2", "text": "Then Jonas Berg answered the letter.", "spans": [[5, 15, "PER"]]},
    {"id": "3", "text": "A manual for the machine.", "spans": [], "sensitive": False},
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a pipeline that knows one name."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Mary Walker"}])
    folder = tmp_path_factory.mktemp("names") / "model"
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def evaluate(tmp_path, model, monkeypatch):
    monkeypatch.setenv("CORDON_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDON_NER_MODEL", str(model))
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    return lambda *words: CliRunner().invoke(app, ["evaluate", str(data), *map(str, words)])


def test_a_report_is_written_and_printed(evaluate, tmp_path):
    """JSON on stdout, files in the folder, and no words of the data in any of them."""
    out = tmp_path / "out"
    ended = evaluate("--json", "--out", out)
    assert ended.exit_code == 0, ended.exception
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["systems"][0]["all"]["entities"]["PERSON"]["recall"]["hits"] == 1
    assert report["systems"][0]["all"]["entities"]["US_SSN"]["recall"]["hits"] == 1
    assert {path.name for path in out.iterdir()} == {
        "report.html", "report.json", "documents.jsonl", "misses.jsonl",
    }  # fmt: skip
    assert json.loads((out / "report.json").read_text()) == report
    said = "".join(path.read_text() for path in out.iterdir()) + ended.output
    for words in ("Mary", "Jonas", "536-22", "machine"):
        assert words not in said


def test_text_is_shown_only_when_asked_and_only_to_the_owner(evaluate, tmp_path):
    """Misses with their words go into a file that nobody else can read."""
    out = tmp_path / "out"
    assert evaluate("--show-text", "--out", out).exit_code == 0
    file = out / "misses-with-text.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (miss,) = map(json.loads, file.read_text().splitlines())
    assert (miss["id"], miss["text"], miss["before"]) == ("2", "Jonas Berg", "Then ")
    refused = evaluate("--show-text")
    assert refused.exception.exit_code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-under", "recall:PERSON=0.5", "--fail-over", "leak=0"], None),
        (["--fail-under", "recall:PERSON=0.6"], 1),
        (["--fail-under", "recall:PERSN=0.1"], 1),  # nothing counted is no proof
        (["--fail-under", "recal:PERSON=0.1"], 2),
        (["--format", "xml"], 2),
        (["--policy", "none"], 2),
        (["--detector", "no-such-model"], 2),
        (["--against", "presidio:no-such-model"], 2),
        (["--policy", "default", "--policy", "hipaa", "--against", "shipped"], 2),
        (["--public-names", "no-such-file"], 2),
    ],
)
def test_the_command_ends_as_it_should(evaluate, words, code):
    """1 when a condition fails, 2 when the command is wrong."""
    ended = evaluate("--json", *words)
    assert code == getattr(ended.exception, "exit_code", None), ended.exception


def test_two_policies_are_compared(evaluate):
    """Both decide over one look; the table names both."""
    ended = evaluate("--policy", "default", "--policy", "pci")
    assert ended.exit_code == 0, ended.exception
    assert "pci minus default" in ended.stdout


def test_presidio_is_a_rival(evaluate, model):
    """Stock Presidio with the same model finds the same name, and is measured by the same spans."""
    ended = evaluate("--json", "--against", f"presidio:{model}")
    assert ended.exit_code == 0, ended.exception
    report = json.loads(ended.stdout.splitlines()[-1])
    person = report["comparison"]["all"]["entities"]["PERSON"]["recall"]
    assert tuple(person[key] for key in ("both", "only_first", "only_second", "neither")) == (1, 0, 0, 1)
