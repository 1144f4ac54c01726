"""The files of an export, and reading them without trusting them.

    entries/seq=000000000000-000000065535.parquet   immutable tiles of 65,536 entries, and one tail
    checkpoints/000000000123.note                    every checkpoint, by size
    keys.vkey                                        the log's public key

Anything else in the folder is refused: a file that nobody checks is a place to lie. Column
statistics are refused for the same reason, because readers skip data by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .bodies import COLUMNS, columns_of
from .merkle import HASH_BYTES
from .notes import Checkpoint, NoteError, Verifier, open_checkpoint
from .verdict import Code, Fault, Verdict
from .verify import Entry, verify_entries

TILE_ENTRIES = 65_536
ENTRIES = "entries"
CHECKPOINTS = "checkpoints"
KEY_FILE = "keys.vkey"
SCHEMA = pa.schema(
    [
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("body", pa.binary(), nullable=False),
        pa.field("leaf_hash", pa.binary(HASH_BYTES), nullable=False),
        *(pa.field(name, pa.string()) for name in COLUMNS),
    ]
)
_BATCH = 4096
_ENTRY_FILE = re.compile(r"seq=([0-9]{12})-([0-9]{12})\.parquet")
_NOTE_FILE = re.compile(r"[0-9]{12}\.note")


def entry_file(first: int, last: int) -> str:
    """Return the name of the file that holds entries `first` to `last`."""
    return f"seq={first:012d}-{last:012d}.parquet"


def note_file(size: int) -> str:
    """Return the name of the file that holds the checkpoint of `size` entries."""
    return f"{size:012d}.note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An export whose set of files is in order, under a key; its content is yet to be verified."""

    files: tuple[tuple[int, int, Path], ...]
    """First seq, last seq and path of each file of entries, in order."""
    checkpoints: tuple[Checkpoint, ...]
    """By size; their signatures hold."""
    verifier: Verifier

    def entries(self) -> Iterator[Entry]:
        """Read every entry, in constant memory.

        Raises:
            Fault: a file cannot be read, or is not what its name says.
        """
        for first, last, path in self.files:
            yield from _read_entries(path, first, last)


def open_archive(folder: Path, verifier: Verifier | None) -> Archive:
    """Check an export's set of files, its key against `verifier`, and the signature of every checkpoint.

    Without `verifier` the export's own key is taken: then only an anchor shows whose log it is.

    Raises:
        Fault: what is wrong first.
    """
    entries, notes = _listed(folder)
    own = _own_key(folder)
    if verifier is not None and verifier != own:
        raise Fault(Code.TAMPERED, "key_differs")
    checkpoints = tuple(_checkpoint(path, own) for path in notes)
    files = tuple(_ranges(entries))
    signed = checkpoints[-1].size if checkpoints else 0
    if files and signed <= files[-1][1]:
        raise Fault(Code.INCOMPLETE, "checkpoint_missing", signed)
    return Archive(files=files, checkpoints=checkpoints, verifier=own)


def verify_export(
    folder: Path, *, verifier: Verifier | None = None, anchors: Sequence[bytes] = ()
) -> Verdict:
    """Verify an export alone, against notes that the caller kept."""
    try:
        archive = open_archive(folder, verifier)
        heads = read_anchors(anchors, archive.verifier, is_key_trusted=verifier is not None)
    except Fault as fault:
        return Verdict(code=fault.code, reason=fault.reason, seq=fault.seq)
    return verify_entries(
        archive.entries(), checkpoints=archive.checkpoints, anchors=heads, derive=columns_of
    )


def read_anchors(notes: Sequence[bytes], verifier: Verifier, *, is_key_trusted: bool) -> list[Checkpoint]:
    """Open the notes that a verifier kept.

    Raises:
        Fault: a note is malformed; or it is not by this key, which tells of tampering if the
            key is the export's own word, and of nothing if the verifier brought both.
    """
    try:
        return [open_checkpoint(note, verifier) for note in notes]
    except NoteError as error:
        is_foreign = error.code != "malformed" and not is_key_trusted
        code = Code.TAMPERED if is_foreign else Code.UNVERIFIABLE
        raise Fault(code, f"anchor_{error.code}") from None


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    try:
        present = {path.name: path for path in folder.iterdir()}
        if KEY_FILE not in present or ENTRIES not in present or CHECKPOINTS not in present:
            raise Fault(Code.UNVERIFIABLE, "not_an_export")
        entries = sorted(present[ENTRIES].iterdir())
        notes = sorted(present[CHECKPOINTS].iterdir())
    except OSError:
        raise Fault(Code.UNVERIFIABLE, "unreadable_folder") from None
    is_expected = (
        present.keys() == {KEY_FILE, ENTRIES, CHECKPOINTS}
        and all(_ENTRY_FILE.fullmatch(path.name) for path in entries)
        and all(_NOTE_FILE.fullmatch(path.name) for path in notes)
        and not any(path.is_symlink() for path in [*present.values(), *entries, *notes])
    )
    if not is_expected:
        raise Fault(Code.TAMPERED, "unexpected_file")
    return entries, notes


def _own_key(folder: Path) -> Verifier:
    try:
        return Verifier.parse((folder / KEY_FILE).read_bytes().decode())
    except (OSError, UnicodeDecodeError, NoteError):
        raise Fault(Code.UNVERIFIABLE, "unreadable_key") from None


def _checkpoint(path: Path, verifier: Verifier) -> Checkpoint:
    try:
        checkpoint = open_checkpoint(path.read_bytes(), verifier)
    except NoteError as error:
        raise Fault(Code.TAMPERED, f"checkpoint_{error.code}") from None
    except OSError:
        raise Fault(Code.TAMPERED, "checkpoint_unreadable") from None
    if path.name != note_file(checkpoint.size):
        raise Fault(Code.TAMPERED, "checkpoint_misnamed")
    return checkpoint


def _ranges(paths: Sequence[Path]) -> Iterator[tuple[int, int, Path]]:
    """Read ranges from names: without gap, all but the last a whole tile."""
    expected = 0
    for path in paths:
        match = _ENTRY_FILE.fullmatch(path.name)
        first, last = (int(match[1]), int(match[2])) if match else (-1, -1)
        if first > expected:
            raise Fault(Code.INCOMPLETE, "file_missing", expected)
        is_tile = last == first + TILE_ENTRIES - 1
        is_tail = path == paths[-1] and first <= last < first + TILE_ENTRIES
        if first < expected or not (is_tile or is_tail):
            raise Fault(Code.TAMPERED, "files_overlap", first)
        yield first, last, path
        expected = last + 1


def _read_entries(path: Path, first: int, last: int) -> Iterator[Entry]:
    count = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not _is_plain(file):
                raise Fault(Code.TAMPERED, "file_of_another_shape", first)
            for batch in file.iter_batches(batch_size=_BATCH):
                columns = [column.to_pylist() for column in batch.columns]
                for seq, body, leaf, *derived in zip(*columns, strict=True):
                    yield Entry(seq=seq, body=body, leaf=leaf, derived=tuple(derived))
                count += batch.num_rows
    except (pa.ArrowException, OSError, ValueError):
        raise Fault(Code.TAMPERED, "file_unreadable", first + count) from None
    if count != last - first + 1:
        raise Fault(Code.INCOMPLETE, "file_cut", first + count)


def _is_plain(file: pq.ParquetFile) -> bool:
    """Whether the file has exactly our columns, and nothing by which a reader would skip rows."""
    metadata = file.metadata
    return file.schema_arrow.equals(SCHEMA, check_metadata=False) and not any(
        metadata.row_group(group).column(column).statistics is not None
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    )
