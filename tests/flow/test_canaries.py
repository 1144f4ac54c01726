"""Canaries: 300 strings planted in documents, found nowhere but in the sealed results (invariant 5)."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from flows.stand_in_faults import Fault
from storage import embedded
from tests.lib.installation import Installation
from tests.lib.sweep import Sweep
from tests.lib.texts import ordinary, regulated

pytestmark = pytest.mark.slow

STEM = "zqxcanary"
ON_PREM_FAULTS = ("answer_wrong_shape:0.45", "bad_request:0.04", "server_error:0.05:4")
CLOSED_FAULTS = (
    "answer_wrong_shape:0.25",
    "placeholder_lost:0.1",
    "rate_limited:0.05:2",
    "not_json:0.05:3",
    "reset:0.05:2",
    "bad_request:0.04",
)


def _canaries(kind: str, count: int = 100) -> Iterator[str]:
    return (f"{STEM}{kind}{number:03d}" for number in range(count))


def _confidential(number: int, canary: str) -> str:
    """Return a letter whose canary stands where a pattern finds it: names are the NER's, which misses some."""
    contact = [
        f"Write to {canary}@mail-example.com.",
        f"The agenda is at https://{canary}.example.org/agenda now.",
        f"My colleague is Paul Schneider <{canary.upper()}@example.net>.",
        f"Write to maria@{canary}.example.com instead.",
    ][number % 4]
    return (
        f"Dear Maria Lopez, thank you for your note about the workshop number {number}. We have read it with "
        f"interest. {contact} Please bring the printed agenda along. Kind regards, Maria Lopez."
    )


def _plant(folder: Path) -> Path:
    """Write the 300 documents, failing ones included; each canary once."""
    folder.mkdir(parents=True)
    lines = [
        # The id, the metadata and the text of a record are content, all three.
        json.dumps(
            {"id": canary, "text": regulated(number, mark=f"Ref {canary}."), "metadata": {"by": canary}}
        )
        for number, canary in enumerate(_canaries("reg"))
    ]
    lines += [
        json.dumps({"id": f"c{number}", "text": _confidential(number, canary)})
        for number, canary in enumerate(_canaries("conf"))
    ]
    raw_lines = [line.encode() for line in lines]
    failing = list(_canaries("fail"))
    for number, canary in enumerate(failing[:40]):
        raw_lines.append(
            [
                f'{{"id": "{canary}", "text": "never closed'.encode(),
                json.dumps({"id": f"f{number}", "text": [canary]}).encode(),
                b'{"text": "' + canary.encode() + b' \xff\xfe"}',
                json.dumps({"txt": canary}).encode(),
            ][number % 4]
        )
    (folder / "records.jsonl").write_bytes(b"\n".join(raw_lines) + b"\n")
    for canary in failing[40:60]:
        (folder / f"scan-{canary[-3:]}.pdf").write_bytes(
            b"%PDF-1.7\n1 0 obj (" + canary.encode() + b") endobj"
        )
    for canary in failing[60:70]:
        (folder / f"letter-{canary[-3:]}.docx").write_bytes(b"PK\x03\x04" + canary.encode() * 3)
    for canary in failing[70:85]:
        (folder / f"{canary}.xyz").write_bytes(canary.encode())
    for number, canary in enumerate(failing[85:]):
        (folder / canary).mkdir()
        (folder / canary / f"{canary}.txt").write_text(ordinary(number, mark=f"K{number}"), encoding="utf-8")
    return folder


@pytest.fixture
def planted(install: Callable[..., Installation]) -> Installation:
    """Return an installation whose models fail in every way, with 300 canaries to read."""
    cordon = install(*CLOSED_FAULTS, on_prem_faults=ON_PREM_FAULTS)
    (cordon.home / "tmp").mkdir()
    cordon.extra["TMPDIR"] = str(cordon.home / "tmp")
    _plant(cordon.home / "in")
    return cordon


def _dump(cordon: Installation) -> bytes:
    """Return every value of every table, as PostgreSQL prints it, and bytea as the bytes that they are."""
    values: list[bytes] = []
    with psycopg.connect(embedded.url(cordon.home / ".cordon"), autocommit=True) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname IN ('audit', 'work', 'keys', 'public')"
        ).fetchall()
        assert len(tables) > 8
        for (table,) in tables:
            for row in connection.execute(f"TABLE {table}".encode()):
                values += [bytes(value) if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(values)


def _sweep_all(cordon: Installation, sweep: Sweep, *said: str) -> None:
    """No canary is in what was printed, sent, stored, exported or left lying about."""
    for text in said:
        assert sweep.hits(text.encode()) == []
    assert cordon.closed is not None
    for arrival in cordon.closed.arrivals:
        assert sweep.hits(arrival.body) == []
        assert sweep.hits(json.dumps(dict(arrival.headers)).encode() + arrival.path.encode()) == []
    assert sweep.hits(_dump(cordon)) == []
    with psycopg.connect(embedded.url(cordon.home / ".cordon"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    assert sweep.folder(cordon.home, besides=[cordon.home / "in"]) == {}


def test_the_sweep_finds_what_is_there(planted: Installation) -> None:
    """The sweep's own control: every kind of planted document is found, and packed or encoded strings are."""
    sweep = Sweep(_canaries("reg"), stem=STEM)
    found = sweep.folder(planted.home / "in")
    assert {Path(path).suffix for path in found} >= {".jsonl", ".pdf", ".docx", ".xyz", ".txt"}
    secret = f"{STEM}reg007"
    for packed in (
        gzip.compress(secret.encode()),
        base64.b64encode(b"x" + secret.encode() + b"yz"),
        base64.urlsafe_b64encode(b"xx" + secret.encode()),
        secret.encode("utf-16"),
        secret.upper().encode(),
        secret.encode().hex().encode(),
    ):
        assert sweep.hits(packed), packed
    assert not sweep.hits(b"nothing of the kind")


def test_300_canaries_are_found_nowhere_after_a_run_in_which_everything_fails(planted: Installation) -> None:
    """Neither the closed API, nor any output, log, table, file or export shows a canary in any encoding."""
    sweep = Sweep([*_canaries("reg"), *_canaries("conf"), *_canaries("fail")], stem=STEM)
    planted_source = str(planted.home / "in")
    plan = planted("plan", planted_source, "--json")
    ran = planted("run", planted_source, "--json", code=None)
    assert ran.code in (0, 1), ran.err[-500:]
    summary = ran.last
    assert summary["documents"] == 300
    # The faults did their work: every ending that a document can have is among the 300.
    assert int(str(summary["failed"])) > 5
    assert int(str(summary["quarantined"])) == 85
    assert int(str(summary["processed"])) > 150
    assert summary["by_route"]["closed_pseudonymised"] > 60
    export = planted("audit", "export", str(planted.home / "export"))
    shown = planted("audit", "query", "--json")
    others = [planted(*words) for words in (("audit", "verify"), ("audit", "checkpoint"), ("status",))]
    said = [text for ended in (plan, ran, export, shown, *others) for text in (ended.out, ended.err)]
    assert len(shown.lines) > 600
    _sweep_all(planted, sweep, *said)
    # The canaries were really there: the owner of the keys reads them back.
    read_back = planted("results", "--json").out
    assert f"{STEM}reg042" in read_back
    assert sweep.bytes_seen > 10_000_000


@pytest.mark.parametrize("what", ["on_prem", "postgres"])
def test_what_stops_in_mid_run_tells_no_canary(install: Callable[..., Installation], what: str) -> None:
    """A model or a database that dies in mid-run ends it with code 4, one line, and no word of any document."""
    cordon = install(latency_seconds=0.1)
    _plant(cordon.home / "in")
    cordon.extra["CORDON_CHUNK_DOCUMENTS"] = "60"
    process = cordon.start("run", str(cordon.home / "in"))
    _wait_for_calls(cordon, process, 25)
    if what == "on_prem":
        cordon.on_prem.server.faults.append(Fault.parse("reset"))
    else:
        embedded._control(cordon.home / ".cordon", "stop", "-m", "immediate")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err[-500:]
    assert "cordon resume" in err
    assert "Traceback" not in err + out
    embedded.start(cordon.home / ".cordon")
    _sweep_all(cordon, Sweep(_canaries("reg"), stem=STEM), out, err)


def _wait_for_calls(cordon: Installation, process: subprocess.Popen[str], count: int) -> None:
    deadline = time.monotonic() + 240
    while cordon.on_prem.calls < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
