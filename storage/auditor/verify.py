"""Verifies a log, wherever its entries come from: an export's files or a database.

What is checked, entry by entry, in one pass and constant memory
1. The seqs are 0, 1, 2, … without gap or repetition.
2. Each body has the canonical form, and its stored leaf hash and derived values are its own.
3. At the size of every checkpoint, and of every anchor, the root over the bodies is the signed one.
4. No checkpoint or anchor speaks of more entries than there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from .bodies import parse_body
from .merkle import EMPTY_ROOT, Frontier, leaf_hash
from .notes import Checkpoint
from .verdict import Code, Fault, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it was stored."""

    seq: int
    body: bytes
    leaf: bytes
    """The leaf hash stored beside the body."""
    derived: object
    """What else was stored beside it and must follow from the body."""


Derive = Callable[[dict[str, object]], object]
"""Returns what `Entry.derived` must be for a body."""


def verify_entries(
    entries: Iterable[Entry],
    *,
    checkpoints: Sequence[Checkpoint],
    anchors: Sequence[Checkpoint],
    derive: Derive,
    may_end_unsigned: bool = False,
) -> Verdict:
    """Return what is wrong first, or that nothing is. `entries` may raise `Fault` itself."""
    progress = _Progress([*checkpoints, *anchors])
    try:
        for entry in entries:
            progress.add(entry, derive)
        unsigned = progress.finish(
            anchored=max((anchor.size for anchor in anchors), default=0), may_end_unsigned=may_end_unsigned
        )
    except Fault as fault:
        return progress.verdict(fault.code, fault.reason, fault.seq, is_anchored=bool(anchors))
    return progress.verdict(Code.OK, is_anchored=bool(anchors), unsigned=unsigned)


class _Progress:
    """How far a log was found in order."""

    def __init__(self, heads: Iterable[Checkpoint]) -> None:
        self.frontier = Frontier()
        self.held = 0
        self._proven = 0
        """Entries up to the last checkpoint that held."""
        by_size = sorted(heads, key=lambda head: head.size)
        self._heads: Iterator[tuple[int, list[Checkpoint]]] = iter(
            [(size, list(same)) for size, same in groupby(by_size, key=lambda head: head.size)]
        )
        self._next: tuple[int, list[Checkpoint]] | None = next(self._heads, None)
        if self._next is not None and self._next[0] == 0:
            self._check_heads(EMPTY_ROOT)

    def add(self, entry: Entry, derive: Derive) -> None:
        seq = self.frontier.size
        if entry.seq > seq:
            raise Fault(Code.INCOMPLETE, "entry_missing", seq)
        if entry.seq < seq:
            raise Fault(Code.TAMPERED, "entry_repeated", entry.seq)
        leaf = leaf_hash(entry.body)
        if entry.leaf != leaf:
            raise Fault(Code.TAMPERED, "leaf_differs", seq)
        document = parse_body(entry.body)
        if document is None:
            raise Fault(Code.TAMPERED, "body_not_canonical", seq)
        if derive(document) != entry.derived:
            raise Fault(Code.TAMPERED, "derived_value_differs", seq)
        self.frontier.append(leaf)
        if self._next is not None and self.frontier.size == self._next[0]:
            self._check_heads(self.frontier.root())

    def finish(self, *, anchored: int, may_end_unsigned: bool) -> int:
        """Return how many entries follow the newest checkpoint; refuse a log that ends before it."""
        size = self.frontier.size
        if self._next is not None:
            reason = "shorter_than_anchor" if size < anchored else "shorter_than_checkpoint"
            raise Fault(Code.INCOMPLETE, reason, size)
        if not self.held:
            raise Fault(Code.UNVERIFIABLE, "no_checkpoint")
        if size > self._proven and not may_end_unsigned:
            raise Fault(Code.TAMPERED, "unsigned_entries", self._proven)
        return size - self._proven

    def verdict(
        self, code: Code, reason: str = "", seq: int | None = None, *, is_anchored: bool, unsigned: int = 0
    ) -> Verdict:
        return Verdict(
            code=code,
            reason=reason,
            seq=seq,
            size=self.frontier.size,
            checkpoints=self.held,
            unsigned=unsigned,
            is_anchored=is_anchored,
        )

    def _check_heads(self, root: bytes) -> None:
        assert self._next is not None  # noqa: S101 - the callers looked
        size, heads = self._next
        if any(head.root != root for head in heads):
            raise Fault(Code.TAMPERED, "root_differs", self._proven)
        self.held += len(heads)
        self._proven = size
        self._next = next(self._heads, None)
