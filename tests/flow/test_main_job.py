"""The whole job by the command line: real PostgreSQL, real detector, stand-ins for the two models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lib.installation import Installation, write_records
from tests.lib.texts import named, ordinary, regulated

pytestmark = pytest.mark.slow


def _mixed(folder: Path) -> Path:
    write_records(folder / "records.jsonl", [ordinary(1), named(2), regulated(3)])
    (folder / "note.txt").write_text(ordinary(4), encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing of use")
    return folder


def test_each_document_takes_the_route_that_the_policy_says(cordon: Installation) -> None:
    """Ordinary text goes to the closed API, names go pseudonymised, a patient stays, a broken file is held."""
    summary = cordon("run", str(_mixed(cordon.home / "in")), "--json").last
    assert summary["state"] == "done"
    assert summary["documents"] == 5
    assert summary["by_route"] == {"closed": 2, "closed_pseudonymised": 1, "on_prem": 1, "quarantine": 1}
    assert (summary["processed"], summary["quarantined"], summary["failed"]) == (4, 1, 0)
    lines = {line["ref"]: line for line in cordon("results", "--json").lines}
    assert lines["r2"]["route"] == "on_prem"
    assert lines["r2"]["level"] == "regulated"
    assert lines["broken.pdf"]["state"] == "quarantined"
    assert lines["note.txt"]["answer"]["document_kind"]


def test_nothing_regulated_and_no_name_reaches_the_closed_api(cordon: Installation) -> None:
    """What arrives at the closed API is the ordinary text, and the letter without its names."""
    cordon("run", str(_mixed(cordon.home / "in")))
    assert cordon.closed is not None
    sent = b"\n".join(cordon.closed.bodies).decode()
    assert "packaging" in sent
    assert "[PERSON_1]" in sent
    for secret in ("536-22-", "angina", "Maria", "Lopez", "James", "Carter"):
        assert secret not in sent


def test_every_call_has_one_earlier_intent_in_the_log(cordon: Installation) -> None:
    """The log holds exactly one intent for each call that arrived, and verifies."""
    cordon("run", str(_mixed(cordon.home / "in")))
    intents = cordon("audit", "query", "--type", "call.intent", "--json").lines
    assert cordon.closed is not None
    assert len(intents) == cordon.closed.calls == 3
    assert "is whole" in cordon("audit", "verify").out


def test_a_second_run_does_not_do_the_work_again(cordon: Installation) -> None:
    """Documents with a result are skipped, `--again` does them, and results still show their answers."""
    source = str(_mixed(cordon.home / "in"))
    cordon("run", source)
    summary = cordon("run", source, "--json").last
    assert (summary["skipped"], summary["processed"]) == (4, 0)
    answers = [line["answer"] for line in cordon("results", "--json").lines]
    assert sum(answer is not None for answer in answers) == 4
    assert cordon("run", source, "--again", "--json").last["processed"] == 4


def test_without_a_key_cleared_documents_stay_on_prem(install: Callable[..., Installation]) -> None:
    """The closed routes are unavailable, and the default policy sends their documents to the on-prem model."""
    cordon = install(closed=False)
    summary = cordon("run", str(_mixed(cordon.home / "in")), "--json").last
    assert summary["processed"] == 4
    assert cordon.on_prem.calls == 4


def test_passing_faults_are_retried_with_an_intent_each(install: Callable[..., Installation]) -> None:
    """Two refusals and a dropped connection cost intents, not documents."""
    cordon = install("rate_limited:1:2", "reset:1:1")
    source = write_records(cordon.home / "in.jsonl", [ordinary(number) for number in range(6)])
    summary = cordon("run", str(source), "--json").last
    assert summary["processed"] == 6
    intents = cordon("audit", "query", "--type", "call.intent", "--json").lines
    assert cordon.closed is not None
    assert len(intents) == cordon.closed.calls


def test_an_absent_on_prem_model_is_exit_code_4(cordon: Installation) -> None:
    """A run that cannot reach the on-prem model says so before it reads a document."""
    cordon.extra["CORDON_ON_PREM_URL"] = "http://127.0.0.1:9/v1"
    ended = cordon("run", str(_mixed(cordon.home / "in")), code=4)
    assert "CORDON_ON_PREM_URL" in ended.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_BASE_URL", "https://elsewhere.example/v1"),
        ("HTTPS_PROXY", "http://127.0.0.1:3128"),
        ("all_proxy", "socks5://127.0.0.1:1080"),
        ("CORDON_CLOSED_URL", "http://elsewhere.example/v1"),
    ],
)
def test_a_setting_that_opens_a_way_out_is_refused(cordon: Installation, variable: str, value: str) -> None:
    """Exit code 3, a message that names the variable, and not its value."""
    cordon.extra[variable] = value
    ended = cordon("run", str(cordon.home), code=3)
    assert variable in ended.err
    assert value not in ended.err


def test_the_export_verifies_alone_and_a_changed_byte_is_found(cordon: Installation, tmp_path: Path) -> None:
    """An export passes against a remembered checkpoint; with one byte changed the exit code is 5."""
    cordon("run", str(_mixed(cordon.home / "in")))
    note = tmp_path / "anchor.note"
    note.write_text(cordon("audit", "checkpoint").out, encoding="utf-8")
    export = tmp_path / "export"
    cordon("audit", "export", str(export))
    cordon("audit", "verify", "--from", str(export), "--anchor", str(note))
    tile = next(export.rglob("seq=*.parquet"))
    raw = bytearray(tile.read_bytes())
    raw[len(raw) // 2] ^= 1
    tile.write_bytes(raw)
    cordon("audit", "verify", "--from", str(export), "--anchor", str(note), code=5)


def test_a_documents_story_names_the_rules(cordon: Installation) -> None:
    """`audit show` tells what was decided about one document, and why, without content."""
    cordon("run", str(_mixed(cordon.home / "in")))
    document = next(line["document"] for line in cordon("results", "--json").lines if line["ref"] == "r2")
    story = cordon("audit", "show", str(document), "--json")
    assert [event["type"] for event in story.lines] == ["doc.decided", "result.stored"]
    assert "national-id" in json.dumps(story.lines)
    assert "536-22" not in story.out
