"""A proof that one event is in the log which a checkpoint signs, checked without the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from storage.auditor.merkle import is_included, leaf_hash
from storage.auditor.notes import Checkpoint, Verifier, open_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An event, its place in the log, and the path from it to the root of a signed checkpoint."""

    seq: int
    body: bytes = field(repr=False)
    """The event's exact bytes."""
    hashes: tuple[bytes, ...] = field(repr=False)
    checkpoint: bytes = field(repr=False)
    """The signed note."""

    def covering(self, verifier: Verifier) -> Checkpoint | None:
        """Return the checkpoint that covers the event, or None when the path does not lead to its root.

        Raises:
            NoteError: the checkpoint is not one that `verifier` signed.
        """
        checkpoint = open_checkpoint(self.checkpoint, verifier)
        is_covered = is_included(
            leaf=leaf_hash(self.body),
            index=self.seq,
            size=checkpoint.size,
            proof=self.hashes,
            root=checkpoint.root,
        )
        return checkpoint if is_covered else None
