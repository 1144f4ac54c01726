"""Every way of changing an exported log is found by whoever kept one checkpoint."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import storage.audit.export
import storage.auditor.archive
from storage.auditor.archive import SCHEMA, verify_export
from storage.auditor.bodies import columns_of, parse_body
from storage.auditor.merkle import leaf_hash
from storage.auditor.verdict import Code
from tests.audit.logs import PaperLog, event, paper_log

SIZE = 100
SIGNED = (7, 40, 64, 99, SIZE)
SEEDS = range(12)


@pytest.fixture(scope="module", autouse=True)
def _small_files():
    """Let a file hold 32 entries, so that a log of 100 has four."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.auditor.archive, "TILE_ENTRIES", 32)
        patch.setattr(storage.audit.export, "TILE_ENTRIES", 32)
        yield


@pytest.fixture(scope="module")
def log() -> PaperLog:
    return paper_log(SIZE, SIGNED)


@pytest.fixture(scope="module")
def clean(log, tmp_path_factory) -> Path:
    return log.export(tmp_path_factory.mktemp("clean") / "export")


def entry_files(folder: Path) -> list[Path]:
    return sorted((folder / "entries").iterdir())


def notes(folder: Path) -> list[Path]:
    return sorted((folder / "checkpoints").iterdir())


def rewritten(folder: Path, change: Callable[[list[dict]], None], chance: random.Random) -> None:
    """Change the rows of one file and write it as an attacker would, in every other respect in order."""
    path = chance.choice(entry_files(folder))
    rows = pq.read_table(path).to_pylist()
    change(rows)
    write(path, rows)


def write(path: Path, rows: list[dict]) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    pq.write_table(table, path, write_statistics=False, store_schema=False)


def forged(row: dict, body: bytes) -> dict:
    """Return a row for `body` whose every derived column is right."""
    columns = dict(zip(SCHEMA.names[3:], columns_of(parse_body(body) or {}), strict=True))
    return {"seq": row["seq"], "body": body, "leaf_hash": leaf_hash(body), **columns}


def renamed(folder: Path) -> None:
    """Give every file the name that its rows ask for."""
    seq = 0
    for path in entry_files(folder):
        rows = pq.read_table(path).num_rows
        path.rename(path.with_name(f".{seq:012d}-{seq + rows - 1:012d}"))
        seq += rows
    for path in entry_files(folder):
        path.rename(path.with_name(f"seq={path.name[1:]}.parquet"))


def flip_bit(folder, log, chance):
    def change(rows):
        row = chance.choice(rows)
        body = bytearray(row["body"])
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        row["body"] = bytes(body)

    rewritten(folder, change, chance)


def edit_and_rehash(folder, log, chance):
    def change(rows):
        index = chance.randrange(len(rows))
        rows[index] = forged(rows[index], rows[index]["body"].replace(b"damaged", b"missing"))

    rewritten(folder, change, chance)


def delete_entry(folder, log, chance):
    rewritten(folder, lambda rows: rows.pop(chance.randrange(len(rows))), chance)
    if chance.random() < 0.5:
        renamed(folder)


def delete_and_renumber(folder, log, chance):
    bodies = list(log.bodies)
    del bodies[chance.randrange(SIZE)]
    rebuild(folder, replace(log, bodies=bodies, sizes=(SIZE - 1,)), keep_notes=True)


def insert_entry(folder, log, chance):
    bodies = list(log.bodies)
    bodies.insert(chance.randrange(SIZE), event(999))
    rebuild(folder, replace(log, bodies=bodies, sizes=(SIZE + 1,)), keep_notes=True)


def swap_entries(folder, log, chance):
    def change(rows):
        first, second = chance.sample(range(len(rows)), 2)
        one, other = rows[first], rows[second]
        rows[first], rows[second] = forged(one, other["body"]), forged(other, one["body"])

    path = next(path for path in entry_files(folder) if "000000000032" in path.name)
    rows = pq.read_table(path).to_pylist()
    change(rows)
    write(path, rows)


def repeat_entry(folder, log, chance):
    def change(rows):
        index = chance.randrange(len(rows))
        rows.insert(index, dict(rows[index]))

    rewritten(folder, change, chance)


def cut_tail(folder, log, chance):
    path = entry_files(folder)[-1]
    write(path, pq.read_table(path).to_pylist()[: chance.randrange(1, 4)])
    if chance.random() < 0.5:
        renamed(folder)


def roll_back(folder, log, chance):
    size = chance.choice(SIGNED[:-1])
    rebuild(folder, replace(log, bodies=log.bodies[:size], sizes=SIGNED))


def rewrite_and_resign(folder, log, chance):
    bodies = list(log.bodies)
    bodies[chance.randrange(SIZE)] = event(999)
    rebuild(folder, replace(log, bodies=bodies))


def fork(folder, log, chance):
    size = chance.choice(SIGNED[:-1])
    bodies = log.bodies[:size] + [event(number) for number in range(500, 500 + 2 * SIZE - size)]
    rebuild(folder, replace(log, bodies=bodies, sizes=(*SIGNED, 2 * SIZE)))


def replace_key(folder, log, chance):
    rebuild(folder, replace(log, key=Ed25519PrivateKey.generate()))


def edit_checkpoint(folder, log, chance):
    path = chance.choice(notes(folder))
    note = bytearray(path.read_bytes())
    note[chance.randrange(len(note))] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(note))


def respell_checkpoint(folder, log, chance):
    path = chance.choice(notes(folder))
    note = path.read_bytes()
    path.write_bytes(
        chance.choice(
            [note.replace(b"\n", b"\r\n"), note[:-1] + b"\x0b", note + b"\n", note[:-1], b" " + note]
        )
    )


def drop_checkpoint(folder, log, chance):
    for path in notes(folder)[-chance.randrange(1, len(SIGNED)) :]:
        path.unlink()


def lie_in_a_column(folder, log, chance):
    def change(rows):
        row = chance.choice(rows)
        column = chance.choice(SCHEMA.names[3:])
        row[column] = chance.choice([None, "public"]) if row[column] else "public"

    rewritten(folder, change, chance)


def lose_or_rename_a_file(folder, log, chance):
    path = chance.choice(entry_files(folder))
    if chance.random() < 0.5:
        path.unlink()
    else:
        path.rename(
            path.with_name(f"seq={chance.randrange(200):012d}-{chance.randrange(200, 400):012d}.parquet")
        )


def add_a_file(folder, log, chance):
    other = replace(log, origin="elsewhere.test/audit")
    foreign = other.checkpoints[chance.randrange(len(SIGNED))]
    place, content = chance.choice(
        [
            ("checkpoints/000000000050.note", foreign.note),
            ("entries/README.md", b"see tail"),
            ("note.txt", b"all is well"),
            ("entries/seq=000000000100-000000000100.parquet", entry_files(folder)[-1].read_bytes()),
        ]
    )
    (folder / place).write_bytes(content)


def redact(folder, log, chance):
    def change(rows):
        row = chance.choice(rows)
        row["body"] = chance.choice([b"", b"{}"])

    rewritten(folder, change, chance)


def add_statistics(folder, log, chance):
    path = chance.choice(entry_files(folder))
    pq.write_table(pq.read_table(path), path, store_schema=False)


def rebuild(folder: Path, log: PaperLog, *, keep_notes: bool = False) -> None:
    """Export another log in the place of this one, with its own checkpoints or the old ones."""
    old = {path.name: path.read_bytes() for path in notes(folder)}
    shutil.rmtree(folder)
    log.export(folder)
    if keep_notes:
        for path in notes(folder):
            path.unlink()
        for name, note in old.items():
            (folder / "checkpoints" / name).write_bytes(note)


OPERATORS = [
    flip_bit, edit_and_rehash, delete_entry, delete_and_renumber, insert_entry, swap_entries, repeat_entry,
    cut_tail, roll_back, rewrite_and_resign, fork, replace_key, edit_checkpoint, respell_checkpoint,
    drop_checkpoint, lie_in_a_column, lose_or_rename_a_file, add_a_file, redact, add_statistics,
]  # fmt: skip
NEED_AN_ANCHOR = {roll_back, rewrite_and_resign, fork, replace_key}


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_tampering_is_found(operator, clean, log, tmp_path):
    """Each of twelve changes of each kind is found with the anchor; most kinds are found without."""
    anchor = log.checkpoints[-1].note
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        shutil.copytree(clean, folder)
        operator(folder, log, random.Random(f"{operator.__name__} {seed}"))
        verdict = verify_export(folder, anchors=[anchor])
        assert verdict.code in {Code.TAMPERED, Code.INCOMPLETE}, (seed, verdict)
        without = verify_export(folder)
        assert (without.code is Code.OK) == (operator in NEED_AN_ANCHOR), (seed, without)


def test_the_key_finds_what_a_new_key_hides(clean, log, tmp_path):
    """A log signed anew with another key is found by who knows the key, without an anchor."""
    folder = tmp_path / "export"
    shutil.copytree(clean, folder)
    replace_key(folder, log, random.Random(1))
    assert verify_export(folder, verifier=log.verifier).reason == "key_differs"


def test_a_clean_export_is_never_accused(tmp_path):
    """Logs of every small size, signed anywhere, verify against any of their own checkpoints."""
    chance = random.Random(7)
    for number in range(20):
        size = chance.randrange(1, 100)
        signed = sorted({size, *(chance.randrange(1, size + 1) for _ in range(3))})
        log = paper_log(size, signed)
        folder = log.export(tmp_path / str(number))
        kept = chance.choice(log.checkpoints).note
        verdict = verify_export(folder, verifier=log.verifier, anchors=[kept])
        assert (verdict.code, verdict.size, verdict.is_anchored) == (Code.OK, size, True), verdict


def test_a_flipped_bit_anywhere_in_a_file_changes_nothing_or_is_found(clean, log, tmp_path):
    """Where a bit of a Parquet file flips, either the verifier objects or every value reads as before."""
    folder = tmp_path / "export"
    shutil.copytree(clean, folder)
    path = entry_files(folder)[1]
    content = path.read_bytes()
    before = pq.read_table(path)
    chance = random.Random(3)
    found = 0
    for _ in range(150):
        changed = bytearray(content)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(changed))
        if verify_export(folder, verifier=log.verifier).code is Code.OK:
            assert pq.read_table(path).equals(before)
        else:
            found += 1
    assert found > 100


def test_the_first_wrong_entry_is_named(clean, log, tmp_path):
    """The verdict says where the log stops to be believable."""
    folder = tmp_path / "export"
    shutil.copytree(clean, folder)
    path = entry_files(folder)[2]
    rows = pq.read_table(path).to_pylist()
    rows[5] = forged(rows[5], event(999))
    write(path, rows)
    verdict = verify_export(folder)
    assert (verdict.reason, verdict.seq) == ("root_differs", 64)  # the last checkpoint that held
