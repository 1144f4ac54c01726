"""Parquet parts: readable by the tools people have, whole or not there, and sealed."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from policies.levels import Route
from storage.database import Database, Role
from storage.errors import StorageError
from storage.keys import Keys
from storage.ledger import Ledger
from storage.parts import COLUMNS, write_parts
from storage.rows import Claim, PartRow
from storage.vault import Vault, digest
from tests.storage.examples import (
    CANARY,
    SPEC,
    claimed,
    decided_row,
    document_id,
    ledger_on,
    no_result,
    result,
    running,
)

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "schema.md"


def _query(language: str) -> str:
    """Return the query of that language in the documentation."""
    return DOCUMENTATION.read_text().split(f"```{language}\n")[1].split("```")[0]


@pytest.fixture
def ledger(database: Database, keys: Keys) -> Ledger:
    """Return a ledger on a fresh database."""
    return ledger_on(database, keys)


@pytest.fixture
def night(ledger: Ledger) -> tuple[Claim, list[PartRow]]:
    """Return a worked-on chunk with its rows: two processed, one withheld, one copy."""
    claim = claimed(ledger, running(ledger))
    rows = [decided_row(0), decided_row(1, route=Route.CLOSED), decided_row(2), decided_row(0, ordinal=3)]
    ledger.decided(claim, rows)
    closed = replace(result(1, route=Route.CLOSED), model="gpt-5-mini")
    ledger.settle(claim, results=[result(0), closed, no_result(2, "withheld", "closed_unavailable")])
    return claim, ledger.part_rows(claim)


def test_duckdb_reads_the_parts(night: tuple[Claim, list[PartRow]], tmp_path: Path, monkeypatch) -> None:
    """The documented DuckDB query counts documents by date, route and level."""
    write_parts(tmp_path / "results", *night)
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        rows = connection.execute(_query("sql")).fetchall()
    assert [(str(row[0]), *row[1:]) for row in rows] == [
        ("2026-03-01", "closed", "regulated", 1, 1, 7),
        ("2026-03-01", "on_prem", "regulated", 2, 1, 0),
    ]


def test_pandas_reads_the_parts(night: tuple[Claim, list[PartRow]], tmp_path: Path, monkeypatch) -> None:
    """The documented pandas query gives tokens by model, and types survive."""
    write_parts(tmp_path / "results", *night)
    monkeypatch.chdir(tmp_path)
    names: dict[str, pd.DataFrame] = {}
    exec(_query("python"), names)  # noqa: S102 - our own documentation
    assert names["tokens"].loc["clerk"].to_dict() == {"prompt_tokens": 10, "completion_tokens": 5}
    frame = names["results"]
    assert set(frame.columns) == {*COLUMNS, "run_date", "route"}
    assert dict(frame.loc[frame.document == document_id(2)].iloc[0].entities) == {"PERSON": 1}
    assert frame.decided_at.dt.tz is not None


def test_the_database_knows_each_part(
    night: tuple[Claim, list[PartRow]], ledger: Ledger, database: Database, tmp_path: Path
) -> None:
    """Each part has its row, with the digest of the file."""
    claim, rows = night
    written = write_parts(tmp_path, claim, rows)
    ledger.finish(claim, written)
    assert [part.path for part in written] == [
        f"run_date=2026-03-01/route=closed/{claim.run}-000000.parquet",
        f"run_date=2026-03-01/route=on_prem/{claim.run}-000000.parquet",
    ]
    with database.begin(Role.WRITER) as connection:
        stored = connection.execute(
            text("SELECT path, digest, rows, bytes FROM work.part ORDER BY path")
        ).all()
    for part, row in zip(written, stored, strict=True):
        assert tuple(row) == (part.path, part.digest, part.rows, part.bytes)
        content = (tmp_path / part.path).read_bytes()
        assert (digest(content), len(content)) == (part.digest, part.bytes)
    assert [part.rows for part in written] == [1, 2]


def test_a_part_is_written_again_to_the_same_bytes(
    night: tuple[Claim, list[PartRow]], ledger: Ledger, tmp_path: Path
) -> None:
    """A chunk that is ended again writes the same files, and leaves no draft, not even a killed attempt's."""
    claim, rows = night
    folder = tmp_path / "results"
    first = write_parts(folder, claim, rows)
    whole = folder / first[0].path
    whole.with_name(f".{whole.name}.4711").write_bytes(b"PAR1 torn")
    assert write_parts(folder, claim, ledger.part_rows(claim)) == first
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


def test_answers_are_sealed(
    night: tuple[Claim, list[PartRow]], database: Database, keys: Keys, tmp_path: Path
) -> None:
    """No file holds an answer or a reference in plain; with the document's key the answer opens."""
    written = write_parts(tmp_path, *night)
    for part in written:
        raw = (tmp_path / part.path).read_bytes()
        table = pq.ParquetFile(tmp_path / part.path).read()
        assert CANARY.encode() not in raw
        assert CANARY not in str(table.to_pylist())
    sealed = {row["document"]: row["answer_sealed"] for row in table.to_pylist()}
    with database.begin(Role.WRITER) as connection:
        key = Vault(keys).existing(connection, [document_id(0)])[document_id(0)]
    assert CANARY in key.open("answer", sealed[document_id(0)])
    assert sealed[document_id(2)] is None


def test_a_file_alone_says_what_it_is(night: tuple[Claim, list[PartRow]], tmp_path: Path) -> None:
    """A file taken out of its folder still says run date and route, and is compressed as documented."""
    written = write_parts(tmp_path, *night)
    file = pq.ParquetFile(tmp_path / written[0].path)
    assert file.schema_arrow.metadata[b"cordon.run_date"] == b"2026-03-01"
    assert file.schema_arrow.metadata[b"cordon.route"] == b"closed"
    assert file.schema_arrow.names == list(COLUMNS)
    column = file.metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert "RLE_DICTIONARY" in column.encodings
    assert file.read().column("policy")[0].as_py() == SPEC.policy_digest


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_no_part(
    night: tuple[Claim, list[PartRow]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """A write that fails leaves neither a torn file nor a draft."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(*((os, "fsync", full) if failing == "fsync" else (Path, "replace", full)))
    with pytest.raises(StorageError, match="part_not_written"):
        write_parts(tmp_path / "results", *night)
    assert [path for path in (tmp_path / "results").rglob("*") if path.is_file()] == []
