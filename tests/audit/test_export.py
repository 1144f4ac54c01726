"""Exports: written whole, verified alone, readable by anyone's tools."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

import storage.audit.export
import storage.auditor.archive
from storage.audit.export import ExportRefused, export_log
from storage.auditor.archive import verify_export
from storage.auditor.build import build_verifier
from storage.auditor.verdict import Code
from storage.database import Role
from tests.audit.logs import paper_log

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def small_files(monkeypatch):
    """Let a file hold 32 entries."""
    monkeypatch.setattr(storage.auditor.archive, "TILE_ENTRIES", 32)
    monkeypatch.setattr(storage.audit.export, "TILE_ENTRIES", 32)


def verify_command(
    *arguments: object, program: list[object] | None = None, offline: bool = False, cwd: Path = REPOSITORY
) -> tuple[int, dict]:
    """Run the verifier as a stranger would and return its exit code and verdict."""
    command = [*(program or [sys.executable, "-m", "storage.auditor"]), *arguments]
    prefix = ["unshare", "-n", "--"] if offline else []
    done = subprocess.run(
        [*prefix, *map(str, command)],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def can_unshare() -> bool:
    program = shutil.which("unshare")
    return (
        program is not None
        and subprocess.run([program, "-n", "true"], capture_output=True, check=False).returncode == 0
    )


def test_an_export_verifies_against_the_checkpoint_kept(live, tmp_path):
    """What the database signed is what the files prove."""
    live.grow(40)
    signer = live.signer()
    kept = signer.checkpoint().note
    live.grow(300)
    newest = signer.checkpoint()
    live.grow(5)  # not signed, so not exported
    export = export_log(live.database.engine(Role.SIGNER), tmp_path / "out", signer.verifier)
    assert (export.size, export.checkpoint) == (340, newest)
    verdict = verify_export(tmp_path / "out", verifier=signer.verifier, anchors=[kept, newest.note])
    assert (verdict.code, verdict.size, verdict.checkpoints, verdict.is_anchored) == (Code.OK, 340, 4, True)


@pytest.mark.usefixtures("small_files")
def test_a_later_export_takes_over_whole_files(live, tmp_path):
    """Full files are not written again, the tail is replaced, and nothing is left beside."""
    signer = live.signer()
    engine = live.database.engine(Role.SIGNER)
    for count, files, kept in ((70, 3, 0), (30, 4, 2), (0, 4, 3)):
        live.grow(count)
        signer.checkpoint()
        export = export_log(engine, tmp_path / "out" / "log", signer.verifier)
        assert (export.files, export.kept) == (files, kept)
        assert verify_export(tmp_path / "out" / "log").code is Code.OK
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["log"]


@pytest.mark.usefixtures("small_files")
def test_another_logs_files_are_not_taken_over(tmp_path):
    """Where the export of another log stands, nothing of it is kept."""
    paper_log(70, (70,)).export(tmp_path / "out")
    log = paper_log(70, (70,))
    assert verify_export(log.export(tmp_path / "out"), verifier=log.verifier).code is Code.OK


def test_an_unsigned_log_is_not_exported(live, tmp_path):
    """Without a checkpoint there is nothing to prove."""
    live.grow(3)
    with pytest.raises(ExportRefused, match="no_checkpoint"):
        export_log(live.database.engine(Role.SIGNER), tmp_path / "out", live.signer().verifier)
    assert list(tmp_path.glob("*out*")) == []


def test_a_folder_with_something_else_is_left_alone(live, tmp_path):
    """An export replaces an export, and nothing else."""
    live.grow(3)
    signer = live.signer()
    signer.checkpoint()
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportRefused, match="not_an_export"):
        export_log(live.database.engine(Role.SIGNER), tmp_path, signer.verifier)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    "offline",
    [
        False,
        pytest.param(True, marks=pytest.mark.skipif(not can_unshare(), reason="no network namespaces here")),
    ],
)
def test_the_command_needs_no_database_and_no_network(tmp_path, offline):
    """The verifier's command judges an export by its exit code and one JSON object."""
    log = paper_log(50, (20, 50))
    folder = log.export(tmp_path / "export")
    (tmp_path / "kept.note").write_bytes(log.checkpoints[0].note)
    arguments = (folder, "--key", log.verifier.vkey, "--anchor", tmp_path / "kept.note")
    assert verify_command(*arguments, offline=offline) == (
        0,
        {
            "code": "ok",
            "reason": "",
            "seq": None,
            "size": 50,
            "checkpoints": 3,
            "unsigned": 0,
            "anchored": True,
        },
    )
    (folder / "checkpoints" / "000000000050.note").unlink()
    code, verdict = verify_command(*arguments, offline=offline)
    assert (code, verdict["code"], verdict["seq"]) == (5, "incomplete", 20)


def test_the_verifier_is_one_file(tmp_path):
    """Built as one file, the verifier runs anywhere, and is the same bytes whoever builds it."""
    program = build_verifier(tmp_path / "verify.pyz")
    assert build_verifier(tmp_path / "again.pyz").read_bytes() == program.read_bytes()
    folder = paper_log(50, (50,)).export(tmp_path / "export")
    code, verdict = verify_command(folder, program=[sys.executable, "-I", program], cwd=tmp_path)
    assert (code, verdict["code"]) == (0, "ok")


def test_the_verifier_imports_nothing_of_cordon(tmp_path):
    """A copy of the folder works where Cordon is not."""
    shutil.copytree(REPOSITORY / "storage" / "auditor", tmp_path / "auditor")
    folder = paper_log(5, (5,)).export(tmp_path / "export")
    code, _ = verify_command(folder, program=[sys.executable, "-m", "auditor"], cwd=tmp_path)
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "unreadable_folder"),
        (["."], "not_an_export"),
        (["export", "--key", "x+y+z"], "malformed_key"),
        (["export", "--anchor", "nowhere"], "unreadable_input_2"),
        (["export", "--anchor", "export/keys.vkey"], "anchor_malformed"),
        (["export/keys.vkey"], "not_a_bundle"),
    ],
)
def test_what_cannot_be_judged_is_not_called_tampered(tmp_path, arguments, reason):
    """Missing or unreadable inputs are unverifiable: exit code 2."""
    paper_log(5, (5,)).export(tmp_path / "export")
    code, verdict = verify_command(
        *arguments, program=[sys.executable, build_verifier(tmp_path / "v.pyz")], cwd=tmp_path
    )
    assert (code, verdict["code"], verdict["reason"]) == (2, "unverifiable", reason)


def test_ordinary_tools_can_ask_an_export(tmp_path):
    """DuckDB counts events by type and route from the files alone, as the documentation shows."""
    folder = paper_log(50, (50,)).export(tmp_path / "export")
    rows = duckdb.sql(
        f"SELECT type, route, count(*) FROM '{folder}/entries/*.parquet' GROUP BY ALL"  # noqa: S608 - a path of ours
    ).fetchall()
    assert rows == [("doc.quarantined", "quarantine", 50)]
    assert pq.read_table(next((folder / "entries").iterdir())).column("seq").to_pylist() == list(range(50))
