"""Hashes of the whole log, kept so that any proof is cheap: complete tiles stored, the edge in memory.

A tile holds 256 neighbouring hashes at tree height 8 * level. Complete tiles never change
and are stored once. The last, growing tile of each level is the log's edge.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from storage.auditor.merkle import HASH_BYTES, Tree, root

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_MOST_CACHED = 256  # tiles of 16 kB: 4 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """256 hashes at height 8 * level, and the root over them."""

    level: int
    index: int
    root: bytes
    hashes: bytes = field(repr=False)


ReadTile = Callable[[int, int], bytes]
"""`read(level, index)` returns the hashes of a complete, stored tile."""


class TiledTree:
    """The tree of a growing log. Appending gives back the tiles that it completes.

    To go on where another process stopped, give `size` and the hashes of the growing tile
    of each level, lowest first.
    """

    def __init__(self, read: ReadTile, *, size: int = 0, edge: Iterable[Iterable[bytes]] = ()) -> None:
        self._read = read
        self._edge = [Tree(hashes) for hashes in edge] or [Tree()]
        self._cached: OrderedDict[tuple[int, int], Tree] = OrderedDict()
        self.size = size

    def append(self, leaf: bytes) -> list[Tile]:
        """Add a leaf's hash and return the tiles that it completes, lowest level first."""
        self.size += 1
        tiles: list[Tile] = []
        for level in range(len(self._edge) + 1):
            if level == len(self._edge):
                self._edge.append(Tree())
            tree = self._edge[level]
            tree.append(leaf)
            if len(tree) < TILE_WIDTH:
                break
            index = (self.size >> (TILE_HEIGHT * (level + 1))) - 1
            leaf = tree.node(TILE_HEIGHT, 0)
            tiles.append(Tile(level=level, index=index, root=leaf, hashes=tree.leaves()))
            self._remember((level, index), tree)
            self._edge[level] = Tree()
        return tiles

    def node(self, height: int, index: int) -> bytes:
        """Return the root of one complete subtree, as proofs need it."""
        level, within = divmod(height, TILE_HEIGHT)
        tile, place = divmod(index << within, TILE_WIDTH)
        return self._tile(level, tile).node(within, place >> within)

    def root(self) -> bytes:
        """Return the root of the whole log."""
        return root(self.node, self.size)

    def _tile(self, level: int, index: int) -> Tree:
        if index == self.size >> (TILE_HEIGHT * (level + 1)):
            return self._edge[level]
        if (level, index) not in self._cached:
            hashes = self._read(level, index)
            parts = range(0, len(hashes), HASH_BYTES)
            self._remember((level, index), Tree(hashes[start : start + HASH_BYTES] for start in parts))
        self._cached.move_to_end((level, index))
        return self._cached[level, index]

    def _remember(self, key: tuple[int, int], tree: Tree) -> None:
        self._cached[key] = tree
        while len(self._cached) > _MOST_CACHED:
            self._cached.popitem(last=False)
