"""Reading the whole log as the signer's role does: for verification and export."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, Engine, text

from storage.auditor.bodies import canonical
from storage.auditor.notes import Checkpoint, NoteError, Verifier, open_checkpoint
from storage.auditor.verdict import Code, Fault
from storage.auditor.verify import Entry

_BATCH = 4096
_ENTRIES = text(
    "SELECT seq, body, leaf_hash, doc::text AS doc FROM audit.entry"
    " WHERE seq >= :first AND seq < :end ORDER BY seq LIMIT :most"
)
_BODIES = text(
    "SELECT seq, body FROM audit.entry WHERE seq >= :first AND seq < :end ORDER BY seq LIMIT :most"
)
_CHECKPOINTS = text("SELECT size, root, note FROM audit.checkpoint ORDER BY size")


def one_moment(engine: Engine) -> Connection:
    """Return a connection that sees the log as of one moment, however long the reading takes."""
    return engine.connect().execution_options(isolation_level="REPEATABLE READ")


def bodies(connection: Connection, *, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Read entries [first, end) in order, in constant memory."""
    while rows := connection.execute(_BODIES, {"first": first, "end": end, "most": _BATCH}).all():
        for row in rows:
            yield row.seq, bytes(row.body)
        first = rows[-1].seq + 1


def entries(connection: Connection) -> Iterator[Entry]:
    """Read every entry with what the database derived from it, and hold its count against the counter.

    Raises:
        Fault: the log ends before the counter, or after it.
    """
    size: int = connection.execute(text("SELECT size FROM audit.counter")).scalar_one()
    first = 0
    bounds = {"end": 2**62, "most": _BATCH}
    while rows := connection.execute(_ENTRIES, {"first": first, **bounds}).all():
        for row in rows:
            yield Entry(
                seq=row.seq,
                body=bytes(row.body),
                leaf=bytes(row.leaf_hash),
                derived=canonical(json.loads(row.doc)),
            )
        first = rows[-1].seq + 1
    if first != size:
        raise Fault(Code.INCOMPLETE if first < size else Code.TAMPERED, "counter_differs", min(first, size))


def checkpoints(connection: Connection, verifier: Verifier) -> list[Checkpoint]:
    """Read every published checkpoint, by size.

    Raises:
        Fault: one is not what this key signed, or its row says something else.
    """
    found = []
    for row in connection.execute(_CHECKPOINTS):
        try:
            checkpoint = open_checkpoint(bytes(row.note), verifier)
        except NoteError as error:
            raise Fault(Code.TAMPERED, f"checkpoint_{error.code}") from None
        if (checkpoint.size, checkpoint.root) != (row.size, bytes(row.root)):
            raise Fault(Code.TAMPERED, "checkpoint_misfiled")
        found.append(checkpoint)
    return found
