"""Parquet parts: one file for each route of a finished chunk, whole or not there.

`run_date=YYYY-MM-DD/route=ROUTE/RUN-CHUNK.parquet`, zstd, dictionary-encoded. A row is a
document; what can be said of it is plain, its answer is sealed under the document's key.
A record that was skipped is not repeated: its row is in the part of the run that did it.

The file comes first and the ledger's row second, so a row never promises a missing file. A
chunk's rows are final before they are written, so writing a part again (after a crash, or
by a worker that was taken for dead) writes the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from storage.audit.files import sync, write_atomically
from storage.errors import StorageError
from storage.rows import Claim, Part, PartRow
from storage.vault import digest

_ZSTD_LEVEL = 3  # 118,000 rows/s; level 9 is five times slower for the same size
_WORD = pa.dictionary(pa.int32(), pa.string())
_MOMENT = pa.timestamp("us", tz="UTC")

COLUMNS: dict[str, tuple[pa.DataType, str]] = {
    "run": (_WORD, "Id of the run."),
    "chunk": (pa.int32(), "Chunk of the run, from 0."),
    "ordinal": (pa.int32(), "Place of the record in its chunk, from 0."),
    "document": (pa.string(), "Id of the document: HMAC of its reference and text."),
    "level": (
        _WORD,
        "Stricter of the document's and the answer's: public, internal, confidential, regulated.",
    ),
    "state": (_WORD, "processed, withheld, failed, quarantined; decided in a run that only plans."),
    "reason": (_WORD, "Code, where there is no answer."),
    "model": (_WORD, "Model that answered, as it named itself."),
    "fingerprint": (_WORD, "The provider's fingerprint of that model."),
    "task": (_WORD, "Name of the task."),
    "task_digest": (_WORD, "Digest of the task."),
    "policy": (_WORD, "Digest of the policy."),
    "prompt_tokens": (pa.int32(), "Tokens of the request."),
    "completion_tokens": (pa.int32(), "Tokens of the answer."),
    "cost_microusd": (pa.int64(), "Cost in millionths of a US dollar."),
    "rules": (pa.list_(pa.string()), "Rules of the policy that fired."),
    "entities": (pa.map_(pa.string(), pa.int32()), "How often each type of entity was found."),
    "characters": (pa.int32(), "Code points of the document."),
    "decided_at": (_MOMENT, "When the decision was committed."),
    "settled_at": (_MOMENT, "When the end was committed."),
    "answer_sealed": (
        pa.binary(),
        "The answer, AES-256-GCM under the document's key; null where there is none.",
    ),
}
"""Name, type and meaning of each column; `run_date` and `route` are in the path."""

_SCHEMA = pa.schema([pa.field(name, kind) for name, (kind, _) in COLUMNS.items()])


def write_parts(folder: Path, claim: Claim, rows: Sequence[PartRow]) -> tuple[Part, ...]:
    """Write the parts of a chunk under `folder` and return them once they are safely on disk.

    What an attempt that was killed in the middle of a write has left of this chunk goes.

    Raises:
        StorageError(part_not_written): the disk is full, or the folder may not be written to.
    """
    kept = sorted((row for row in rows if row.state != "skipped"), key=attrgetter("route", "ordinal"))
    parts = tuple(
        _write(folder, claim, route, list(group)) for route, group in groupby(kept, key=attrgetter("route"))
    )
    for draft in folder.glob(f"run_date={claim.run_date.isoformat()}/route=*/.{claim.name}.parquet.*"):
        draft.unlink(missing_ok=True)
    return parts


def _write(folder: Path, claim: Claim, route: str, rows: Sequence[PartRow]) -> Part:
    name = f"run_date={claim.run_date.isoformat()}/route={route}/{claim.name}.parquet"
    content = _encode(claim, route, rows)
    path = folder / name
    try:
        write_atomically(path, content)
        for parent in (path.parent.parent, folder):  # the partitions' folders may be new
            sync(parent)
    except OSError:
        raise StorageError("part_not_written") from None
    return Part(route=route, path=name, digest=digest(content), rows=len(rows), bytes=len(content))


def _encode(claim: Claim, route: str, rows: Sequence[PartRow]) -> bytes:
    run = {
        "run": claim.run,
        "chunk": claim.chunk,
        "task": claim.spec.task_name,
        "task_digest": claim.spec.task_digest,
        "policy": claim.spec.policy_digest,
    }
    columns = {
        name: [run[name]] * len(rows) if name in run else [_value(row, name) for row in rows]
        for name in COLUMNS
    }
    place = {"cordon.run_date": claim.run_date.isoformat(), "cordon.route": route}
    table = pa.table(columns, schema=_SCHEMA.with_metadata(place))  # a file alone still says where it belongs
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", compression_level=_ZSTD_LEVEL)
    return sink.getvalue()


def _value(row: PartRow, name: str) -> object:
    value = getattr(row, name)
    return sorted(value.items()) if name == "entities" else value
