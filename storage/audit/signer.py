"""The signer: the one part of Cordon that says "this is the log", and never says two things.

Rules
1. It hashes every body itself; hashes that the database derived are not believed.
2. What it signed last is in its own file, outside the database, on disk before anyone sees
   the checkpoint. It never signs a shorter log, nor the same length with another root.
3. One signs at a time, however many processes have a `Signer` on the same state file.
4. It never reads the log from the start: stored tiles lead to the remembered root, or it refuses.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, text

from pipeline.errors import CordonError
from storage.audit.files import write_atomically
from storage.audit.proofs import Proof
from storage.audit.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, TiledTree
from storage.auditor.merkle import EMPTY_ROOT, Prover, leaf_hash
from storage.auditor.notes import Checkpoint, NoteError, Verifier, open_checkpoint, sign_checkpoint
from storage.errors import translated

_SIGNING_LOCK = 0x0061_7564_6974  # "audit"
_BATCH = 4096

_WAIT = text("SET LOCAL lock_timeout = '30s'")  # others sign in tens of milliseconds, but may be many
_BODIES = text("SELECT seq, body FROM audit.entry WHERE seq >= :first ORDER BY seq LIMIT :most")
_SOME_BODIES = text("SELECT seq, body FROM audit.entry WHERE seq = ANY(:seqs)")
_NEWEST = text("SELECT size FROM audit.checkpoint ORDER BY size DESC LIMIT 1")
_TILES = text("SELECT count(*) FROM audit.tile WHERE level = 0")
_TILE = text("SELECT hashes FROM audit.tile WHERE level = :level AND index = :index")
_ROOTS = text(
    "SELECT root FROM audit.tile WHERE level = :level AND index >= :first AND index < :end ORDER BY index"
)
_PUBLISH = text(
    "SELECT audit.publish(:size, :root, :note, CAST(:levels AS smallint[]),"
    " CAST(:indexes AS bigint[]), CAST(:roots AS bytea[]), CAST(:hashes AS bytea[]))"
)


class SignerRefused(CordonError):  # noqa: N818 - reads as what happened
    """The signer does not sign this log.

    `log_rewritten`: its beginning is not what was signed. `log_shrank`: it is shorter than
    what was signed. `log_gap`: an entry is missing. `state_missing`, `state_behind`,
    `state_damaged`: the signer's own file is not the one that made the published checkpoints.
    """


class Signer:
    """Signs the log's head, and proves entries to be under it.

    `engine` connects as the signer's role; `origin` names the log and its key. Safe to
    share between threads, and `state_file` between processes of one machine.
    """

    def __init__(self, engine: Engine, key: Ed25519PrivateKey, state_file: Path, origin: str) -> None:
        self._engine = engine
        self._key = key
        self._state_file = state_file
        self._lock = threading.Lock()
        self._tree: TiledTree | None = None
        self._newest: Checkpoint | None = None
        self.verifier = Verifier.of(key, origin)

    def checkpoint(self) -> Checkpoint:
        """Sign everything committed so far; return the newest checkpoint when nothing was added.

        The checkpoint of an empty log is signed but not published.

        Raises:
            SignerRefused: the log is not the one that was signed before.
            StorageError: the database did not answer.
        """
        with self._lock:
            return self._checkpoint()

    def remembered(self) -> list[bytes]:
        """Return the note of what was signed last, as the signer keeps it outside the database.

        It is an anchor that costs nothing; empty before the first checkpoint.

        Raises:
            SignerRefused: `state_damaged`.
        """
        state = self._read_state()
        return [state.note] if state.size else []

    def prove(self, seqs: Sequence[int]) -> list[Proof]:
        """Return a proof for each entry, under the newest checkpoint; sign one first if it covers less.

        Raises:
            SignerRefused: as `checkpoint`, or `log_gap` when there is no such entry.
            StorageError: the database did not answer.
        """
        if not seqs:
            return []
        with self._lock:
            newest = self._newest
            if newest is None or max(seqs) >= newest.size:
                newest = self._checkpoint()
            with translated(), self._engine.connect() as connection:
                rows = connection.execute(_SOME_BODIES, {"seqs": list(seqs)}).all()
            bodies = {row.seq: bytes(row.body) for row in rows}
            if min(seqs) < 0 or max(seqs) >= newest.size or len(bodies) < len(set(seqs)):
                raise SignerRefused("log_gap")
            return self._proofs(seqs, bodies, newest)

    def _proofs(self, seqs: Sequence[int], bodies: Mapping[int, bytes], newest: Checkpoint) -> list[Proof]:
        if self._tree is None:
            raise SignerRefused("log_gap")  # an empty log has no entries to prove
        prover = Prover(self._tree.node, newest.size)
        with translated():
            return [
                Proof(seq=seq, body=bodies[seq], hashes=prover.path(seq), checkpoint=newest.note)
                for seq in seqs
            ]

    def _checkpoint(self) -> Checkpoint:
        try:
            with translated(), self._engine.begin() as connection:
                connection.execute(_WAIT)
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SIGNING_LOCK})
                self._newest = self._sign(connection)
        except BaseException:
            self._tree = None  # half extended: start again from what is stored
            self._newest = None
            raise
        return self._newest

    def _sign(self, connection: Connection) -> Checkpoint:
        published: int = connection.execute(_NEWEST).scalar() or 0
        signed = self._read_state()
        if signed.size < published:
            raise SignerRefused("state_behind" if signed.size else "state_missing")
        if self._tree is None:
            self._tree = self._resumed(connection, signed.size)
        if self._tree.size > signed.size:
            raise SignerRefused("state_behind")
        tiles = self._extend(connection, self._tree, signed)
        newest = signed
        if self._tree.size > signed.size:
            newest = self._signed(self._tree.size, self._tree.root())
            write_atomically(self._state_file, newest.note)
        if newest.size > published:
            _publish(connection, newest, [tile for tile in tiles if _end(tile) > published])
        return newest

    def _signed(self, size: int, root: bytes) -> Checkpoint:
        return sign_checkpoint(self._key, origin=self.verifier.name, size=size, root=root)

    def _resumed(self, connection: Connection, signed: int) -> TiledTree:
        """Return the tree as far as stored tiles reach; whether to believe them shows at the signed root."""
        tiles = min(connection.execute(_TILES).scalar_one(), signed >> TILE_HEIGHT)
        size = tiles << TILE_HEIGHT
        edge: list[list[bytes]] = [[]]
        while tiles:
            first = tiles // TILE_WIDTH * TILE_WIDTH
            bounds = {"level": len(edge) - 1, "first": first, "end": tiles}
            roots = [bytes(row.root) for row in connection.execute(_ROOTS, bounds)]
            if len(roots) != tiles - first:
                raise SignerRefused("log_rewritten")
            edge.append(roots)
            tiles //= TILE_WIDTH
        return TiledTree(self._read_tile, size=size, edge=edge)

    def _extend(self, connection: Connection, tree: TiledTree, signed: Checkpoint) -> list[Tile]:
        """Add every committed entry, passing through the root that was signed last."""
        tiles: list[Tile] = []
        if tree.size == signed.size:
            _check_root(tree, signed)
        for seq, body in _entries_from(connection, tree.size):
            if seq != tree.size:
                raise SignerRefused("log_gap")
            tiles += tree.append(leaf_hash(body))
            if tree.size == signed.size:
                _check_root(tree, signed)
        if tree.size < signed.size:
            raise SignerRefused("log_shrank")
        return tiles

    def _read_tile(self, level: int, index: int) -> bytes:
        with self._engine.connect() as connection:
            hashes = connection.execute(_TILE, {"level": level, "index": index}).scalar()
        if hashes is None:
            raise SignerRefused("log_rewritten")
        return bytes(hashes)

    def _read_state(self) -> Checkpoint:
        """Return what was signed last, by this process or another: its own note, which proves itself."""
        try:
            return open_checkpoint(self._state_file.read_bytes(), self.verifier)
        except FileNotFoundError:
            return self._signed(0, EMPTY_ROOT)
        except (NoteError, OSError):
            raise SignerRefused("state_damaged") from None


def _entries_from(connection: Connection, first: int) -> Iterator[tuple[int, bytes]]:
    while rows := connection.execute(_BODIES, {"first": first, "most": _BATCH}).all():
        for row in rows:
            yield row.seq, bytes(row.body)
        if len(rows) < _BATCH:
            return
        first = rows[-1].seq + 1


def _check_root(tree: TiledTree, signed: Checkpoint) -> None:
    if tree.root() != signed.root:
        raise SignerRefused("log_rewritten")


def _publish(connection: Connection, checkpoint: Checkpoint, tiles: Sequence[Tile]) -> None:
    connection.execute(
        _PUBLISH,
        {
            "size": checkpoint.size,
            "root": checkpoint.root,
            "note": checkpoint.note,
            "levels": [tile.level for tile in tiles],
            "indexes": [tile.index for tile in tiles],
            "roots": [tile.root for tile in tiles],
            "hashes": [tile.hashes for tile in tiles],
        },
    )


def _end(tile: Tile) -> int:
    """Count the leaves up to the end of `tile`."""
    return (tile.index + 1) << (TILE_HEIGHT * (tile.level + 1))
