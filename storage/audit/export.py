"""Export of the log to files that can be verified alone.

The folder appears whole: it is built beside and put in place by a rename. A file of 65,536
entries never changes, so that a later export takes it over instead of writing it again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine

from pipeline.errors import CordonError
from storage.audit import reading
from storage.audit.files import sync_folder, write_atomically
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


def export_log(engine: Engine, folder: Path, verifier: Verifier) -> Export:
    """Write everything that is signed to `folder`, replacing an earlier export there.

    `engine` connects as the signer's role. Record `export.written` before calling: a copy
    that nobody knows of must not exist.

    Raises:
        ExportRefused: by code.
        StorageError: the database did not answer.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / KEY_FILE).is_file():
        raise ExportRefused("not_an_export")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        with translated(), reading.one_moment(engine) as connection:
            export = _write(connection, scratch, folder, verifier)
        _swap(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return export


def _write(connection: Connection, scratch: Path, folder: Path, verifier: Verifier) -> Export:
    try:
        checkpoints = reading.checkpoints(connection, verifier)
    except Fault:
        raise ExportRefused("log_damaged") from None
    if not checkpoints:
        raise ExportRefused("no_checkpoint")
    size = checkpoints[-1].size
    (scratch / ENTRIES).mkdir(parents=True)
    (scratch / CHECKPOINTS).mkdir()
    kept = files = 0
    for first in range(0, size, TILE_ENTRIES):
        last = min(first + TILE_ENTRIES, size) - 1
        name = Path(ENTRIES) / entry_file(first, last)
        files += 1
        if last - first + 1 == TILE_ENTRIES and (folder / name).is_file():
            os.link(folder / name, scratch / name)
            kept += 1
        else:
            _write_entries(scratch / name, connection, first, last)
    for checkpoint in checkpoints:
        (scratch / CHECKPOINTS / note_file(checkpoint.size)).write_bytes(checkpoint.note)
    write_atomically(scratch / KEY_FILE, f"{verifier.vkey}\n".encode())
    for written in (ENTRIES, CHECKPOINTS, "."):
        sync_folder(scratch / written)
    return Export(folder=folder, size=size, checkpoint=checkpoints[-1], files=files, kept=kept)


def _write_entries(path: Path, connection: Connection, first: int, last: int) -> None:
    stream = reading.bodies(connection, first=first, end=last + 1)
    expected = first
    with path.open("wb") as file:
        # no statistics: readers skip rows by them, and the verifier would have to believe them
        with pq.ParquetWriter(
            file,
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
        file.flush()
        os.fsync(file.fileno())
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
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
