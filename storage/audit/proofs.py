"""Proofs that an event is in the log which a checkpoint signs, checked without the log."""

from __future__ import annotations

from pipeline.gate import Proof
from storage.auditor.merkle import is_included, leaf_hash
from storage.auditor.notes import Checkpoint, Verifier, open_checkpoint

__all__ = ["Proof", "covering_checkpoint"]


def covering_checkpoint(proof: Proof, verifier: Verifier) -> Checkpoint | None:
    """Return the checkpoint that covers the proof's event, or None when the path does not lead to its root.

    Raises:
        NoteError: the checkpoint is not one that `verifier` signed.
    """
    checkpoint = open_checkpoint(proof.checkpoint.encode(), verifier)
    is_covered = is_included(
        leaf=leaf_hash(proof.intent),
        index=proof.seq,
        size=checkpoint.size,
        proof=proof.hashes,
        root=checkpoint.root,
    )
    return checkpoint if is_covered else None
