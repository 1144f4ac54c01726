"""The Merkle tree of RFC 9162: hashes, roots, proofs, and the checks a stranger makes.

Rules
1. A leaf is hashed with the prefix 0x00, an inner node with 0x01; no odd leaf is ever doubled.
2. Every hash is exactly 32 bytes. A proof with one that is not proves nothing.
3. A check answers True or False. It never raises on what it was given to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Nodes = Callable[[int, int], bytes]
"""`nodes(height, index)` is the root of the complete subtree over leaves [index << height, index+1 << height)."""


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of the leaf that holds `body`."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the inner node over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """What must be remembered of a log to go on hashing it: the roots of its complete subtrees.

    `hashes` holds them from the left, the largest first: one for each set bit of `size`.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or not _all_hashes(self.hashes):
            raise ValueError("not a frontier")

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carry = self.size
        while carry & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            carry >>= 1
        self.hashes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        return fold(self.hashes)


class Tree:
    """All complete subtrees of a growing log, in 64 bytes a leaf; any proof can be made from it."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def leaves(self) -> bytes:
        """Return the hashes of all leaves, one after the other."""
        return bytes(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf, and every node that it completes."""
        height = 0
        while True:
            level = self._levels[height]
            level += leaf
            if (len(level) // HASH_BYTES) & 1:
                return
            leaf = sha256(b"\x01" + bytes(level[-2 * HASH_BYTES :])).digest()
            height += 1
            if height == len(self._levels):
                self._levels.append(bytearray())

    def node(self, height: int, index: int) -> bytes:
        """Return the root of one complete subtree.

        Raises:
            IndexError: the log is not long enough to complete it.
        """
        start = index * HASH_BYTES
        if height >= len(self._levels) or start >= len(self._levels[height]):
            raise IndexError("not a complete subtree")
        return bytes(self._levels[height][start : start + HASH_BYTES])


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring subtrees of falling size, given from the left."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def subtree(nodes: Nodes, start: int, end: int) -> bytes:
    """Return the root over leaves [start, end), where `start` is a multiple of a power of two >= end - start."""
    hashes = []
    while start < end:
        height = (end - start).bit_length() - 1
        hashes.append(nodes(height, start >> height))
        start += 1 << height
    return fold(hashes)


def root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return subtree(nodes, 0, size)


class Prover:
    """Makes inclusion proofs against one size of a log; many of them share most of their work."""

    __slots__ = ("_nodes", "_right", "_size")

    def __init__(self, nodes: Nodes, size: int) -> None:
        self._nodes = nodes
        self._size = size
        self._right: dict[int, bytes] = {}

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the path that proves leaf `index` to be in the tree.

        Raises:
            ValueError: there is no such leaf.
        """
        if not 0 <= index < self._size:
            raise ValueError("no such leaf")
        start, end = 0, self._size
        path = []
        while end - start > 1:
            half = _split(end - start)
            middle = start + half
            if index >= middle:
                path.append(self._nodes(half.bit_length() - 1, start // half))
                start = middle
            else:
                path.append(self._rest(middle, end))
                end = middle
        path.reverse()
        return tuple(path)

    def _rest(self, start: int, end: int) -> bytes:
        """Return the root over [start, end), of which only the right edge of the tree is incomplete."""
        if end != self._size:
            height = (end - start).bit_length() - 1
            return self._nodes(height, start >> height)
        if start not in self._right:
            self._right[start] = subtree(self._nodes, start, end)
        return self._right[start]


def consistency_proof(nodes: Nodes, old: int, new: int) -> tuple[bytes, ...]:
    """Return the path that proves the tree of `new` leaves to begin with the tree of `old`.

    Raises:
        ValueError: unless 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError("no such trees")
    start, end = 0, new
    path = []
    is_whole = True  # whether the old tree's root is that of [start, old), which the verifier has
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(subtree(nodes, middle, end))
            end = middle
        else:
            path.append(subtree(nodes, start, middle))
            start = middle
            is_whole = False
    if not is_whole:
        path.append(subtree(nodes, start, end))
    return tuple(reversed(path))


def is_included(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether `proof` shows that `leaf` is at `index` in the tree of `size` leaves with `root`.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _all_hashes((leaf, root, *proof)):
        return False
    here, last = index, size - 1
    result = leaf
    for step in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            result = node_hash(step, result)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            result = node_hash(result, step)
        here >>= 1
        last >>= 1
    return last == 0 and result == root


def is_consistent(*, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether `proof` shows that the tree of `new` leaves begins with the tree of `old`.

    RFC 9162, section 2.1.4.2. An empty old tree is consistent with nothing but an empty
    new one: there is no evidence that could be checked.
    """
    if not 0 <= old <= new or not _all_hashes((old_root, new_root, *proof)):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0 or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    here, last = old - 1, new - 1
    while here & 1:
        here >>= 1
        last >>= 1
    old_result = new_result = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old_result = node_hash(step, old_result)
            new_result = node_hash(step, new_result)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            new_result = node_hash(new_result, step)
        here >>= 1
        last >>= 1
    return last == 0 and old_result == old_root and new_result == new_root


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
