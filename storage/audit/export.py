"""Export of the log to files that can be verified alone.

The folder appears whole: it is built beside and put in place by a rename. A file of 65,536
entries never changes, so that a later export takes it over instead of writing it again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from pipeline.errors import CordonError
from storage.audit import reading
from storage.audit.files import sync
from storage.auditor.archive import (
    CHECKPOINTS,
    ENTRIES,
    KEY_FILE,
    SCHEMA,
    TILE_ENTRIES,
    entry_file,
    note_file,
)
from storage.auditor.bodies import columns_of, parse_body
from storage.auditor.merkle import leaf_hash
from storage.auditor.notes import Checkpoint, Verifier
from storage.auditor.verdict import Fault
from storage.errors import translated

_ROW_GROUP = 8192


class ExportRefused(CordonError):  # noqa: N818 - reads as what happened
    """Nothing was exported.

    `no_checkpoint`: nothing is signed yet. `not_an_export`: the folder holds something else.
    `log_damaged`: an entry or checkpoint cannot be what was appended; verify the log.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written."""

    folder: Path
    size: int
    """Entries: all that the newest checkpoint covers."""
    checkpoint: Checkpoint
    files: int
    """Files of entries, of which `kept` were taken over from the export that was there."""
    kept: int


Bodies = Callable[[int, int], Iterator[tuple[int, bytes]]]
"""`bodies(first, end)` yields seq and body of entries [first, end)."""


def export_log(engine: Engine, folder: Path, verifier: Verifier) -> Export:
    """Write everything that is signed to `folder`, replacing an earlier export there.

    `engine` connects as the signer's role. Record `export.written` before calling: a copy
    that nobody knows of must not exist.

    Raises:
        ExportRefused: by code.
        StorageError: the database did not answer.
    """
    with translated(), reading.one_moment(engine) as connection:
        try:
            checkpoints = reading.checkpoints(connection, verifier)
        except Fault:
            raise ExportRefused("log_damaged") from None

        def bodies(first: int, end: int) -> Iterator[tuple[int, bytes]]:
            return reading.bodies(connection, first=first, end=end)

        return write_export(folder, bodies=bodies, checkpoints=checkpoints, verifier=verifier)


def write_export(
    folder: Path, *, bodies: Bodies, checkpoints: Sequence[Checkpoint], verifier: Verifier
) -> Export:
    """Write an export of the entries that the last of `checkpoints` covers, wherever they come from.

    Raises:
        ExportRefused: by code.
    """
    if not checkpoints:
        raise ExportRefused("no_checkpoint")
    if folder.exists() and any(folder.iterdir()) and not (folder / KEY_FILE).is_file():
        raise ExportRefused("not_an_export")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        export = _write(scratch, folder, bodies, checkpoints, verifier)
        _swap(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return export


def _write(
    scratch: Path, folder: Path, bodies: Bodies, checkpoints: Sequence[Checkpoint], verifier: Verifier
) -> Export:
    size = checkpoints[-1].size
    (scratch / ENTRIES).mkdir(parents=True)
    (scratch / CHECKPOINTS).mkdir()
    kept = files = 0
    has_same_key = _key_of(folder) == verifier.vkey
    for first in range(0, size, TILE_ENTRIES):
        last = min(first + TILE_ENTRIES, size) - 1
        name = Path(ENTRIES) / entry_file(first, last)
        files += 1
        if has_same_key and last - first + 1 == TILE_ENTRIES and (folder / name).is_file():
            shutil.copy2(folder / name, scratch / name)
            kept += 1
        else:
            _write_entries(scratch / name, bodies(first, last + 1), first, last)
    for checkpoint in checkpoints:
        (scratch / CHECKPOINTS / note_file(checkpoint.size)).write_bytes(checkpoint.note)
    (scratch / KEY_FILE).write_bytes(f"{verifier.vkey}\n".encode())
    _make_durable(scratch)
    return Export(folder=folder, size=size, checkpoint=checkpoints[-1], files=files, kept=kept)


def _key_of(folder: Path) -> str:
    """Return the key line of the export that is there, or nothing: files of another log are not taken over."""
    path = folder / KEY_FILE
    return path.read_text("utf-8", errors="replace").removesuffix("\n") if path.is_file() else ""


def _make_durable(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def _write_entries(path: Path, stream: Iterator[tuple[int, bytes]], first: int, last: int) -> None:
    expected = first
    # no statistics: readers skip rows by them, and the verifier would have to believe them
    with pq.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        use_dictionary=["type", "run", "route", "level"],
        write_statistics=False,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        while rows := list(islice(stream, _ROW_GROUP)):
            if [seq for seq, _ in rows] != list(range(expected, expected + len(rows))):
                raise ExportRefused("log_damaged")
            expected += len(rows)
            writer.write_table(_table(rows))
    if expected != last + 1:
        raise ExportRefused("log_damaged")


def _table(rows: list[tuple[int, bytes]]) -> pa.Table:
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(_columns(rows), SCHEMA, strict=True)],
        schema=SCHEMA,
    )


def _columns(rows: list[tuple[int, bytes]]) -> Iterator[tuple[object, ...]]:
    documents = [parse_body(body) for _, body in rows]
    if any(document is None for document in documents):
        raise ExportRefused("log_damaged")
    yield tuple(seq for seq, _ in rows)
    yield tuple(body for _, body in rows)
    yield tuple(leaf_hash(body) for _, body in rows)
    yield from zip(*(columns_of(document) for document in documents if document is not None), strict=True)


def _swap(scratch: Path, folder: Path) -> None:
    """Put the new folder in the old one's place; between the renames there is none, never half of one."""
    old = scratch.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    scratch.rename(folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
