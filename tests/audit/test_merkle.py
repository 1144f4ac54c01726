"""The Merkle tree: roots and proofs as RFC 6962 and RFC 9162 define them."""

from __future__ import annotations

import base64
import gzip
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.audit.tiles import TiledTree
from storage.auditor.merkle import (
    EMPTY_ROOT,
    Frontier,
    Prover,
    Tree,
    consistency_proof,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root,
)

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "merkle.json.gz"

# RFC 6962's reference leaves and the roots of their first 1..8, from the certificate-transparency project
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def slow_root(hashes: list[bytes]) -> bytes:
    """Compute it as RFC 9162, section 2.1.1, defines it, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(slow_root(hashes[:split]), slow_root(hashes[split:]))


@pytest.mark.parametrize("count", range(1, 9))
def test_published_roots(count):
    """The roots are those that the certificate-transparency project publishes for its leaves."""
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:count]]
    frontier = Frontier()
    for leaf in hashes:
        frontier.append(leaf)
    assert (frontier.root().hex(), root(Tree(hashes).node, count).hex()) == (ROOTS[count - 1],) * 2


def test_an_empty_tree_has_the_hash_of_nothing():
    """The root of no leaves is the hash of the empty string."""
    assert (Frontier().root(), root(Tree().node, 0)) == (EMPTY_ROOT, sha256(b"").digest())


def test_three_ways_to_a_root_agree():
    """The frontier, the tree and the definition give one root at every size up to 130."""
    hashes = leaves(130)
    tree = Tree(hashes)
    frontier = Frontier()
    for size, leaf in enumerate(hashes, 1):
        frontier.append(leaf)
        assert frontier.root() == root(tree.node, size) == slow_root(hashes[:size])


def test_every_proof_up_to_64_leaves_holds():
    """Each leaf of each tree, and each pair of sizes, has a proof that holds."""
    hashes = leaves(64)
    tree = Tree(hashes)
    roots = [root(tree.node, size) for size in range(65)]
    for size in range(1, 65):
        prover = Prover(tree.node, size)
        for index in range(size):
            path = prover.path(index)
            assert is_included(leaf=hashes[index], index=index, size=size, proof=path, root=roots[size])
        for old in range(1, size + 1):
            path = consistency_proof(tree.node, old, size)
            assert is_consistent(old=old, old_root=roots[old], new=size, new_root=roots[size], proof=path)


def test_no_proof_holds_for_anything_else():
    """A path proves one leaf at one place in one tree, and no prefix or extension of it proves anything."""
    hashes = leaves(13)
    tree = Tree(hashes)
    for index in range(13):
        path = Prover(tree.node, 13).path(index)
        claim = {
            "leaf": hashes[index],
            "index": index,
            "size": 13,
            "proof": path,
            "root": root(tree.node, 13),
        }
        assert is_included(**claim)
        for change in (
            {"leaf": hashes[index - 1]},
            {"index": (index + 1) % 13},
            {"index": -1},
            {"size": 0},
            {"proof": path[:-1]},
            {"proof": (*path, hashes[0])},
            {"proof": (*path[:-1], path[-1][:-1])},
            {"root": EMPTY_ROOT},
            {"root": b""},
        ):
            assert not is_included(**{**claim, **change})


def test_every_flipped_bit_of_a_proof_is_rejected():
    """No bit of an inclusion proof can change."""
    hashes = leaves(21)
    tree = Tree(hashes)
    path = Prover(tree.node, 21).path(17)
    top = root(tree.node, 21)
    for step in range(len(path)):
        for bit in range(256):
            changed = bytearray(path[step])
            changed[bit // 8] ^= 1 << (bit % 8)
            proof = (*path[:step], bytes(changed), *path[step + 1 :])
            assert not is_included(leaf=hashes[17], index=17, size=21, proof=proof, root=top)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000])
def test_tiles_hold_the_same_tree(size):
    """A tree of tiles, also one resumed from stored tiles, has the root and the proofs of the plain one."""
    hashes = leaves(size)
    plain = Tree(hashes)
    stored: dict[tuple[int, int], bytes] = {}
    tiled = TiledTree(lambda level, index: stored[level, index])
    for leaf in hashes:
        for tile in tiled.append(leaf):
            stored[tile.level, tile.index] = tile.hashes
    tiled._cached.clear()
    assert tiled.root() == root(plain.node, size)
    for index in {0, size // 3, size - 1}:
        assert Prover(tiled.node, size).path(index) == Prover(plain.node, size).path(index)


@given(st.integers(1, 3000), st.data())
@settings(max_examples=60, deadline=None)
def test_any_two_sizes_are_consistent(new, data):
    """The head of a log continues any of its earlier heads, and no other root."""
    tree = Tree(leaves(new))
    old = data.draw(st.integers(1, new))
    path = consistency_proof(tree.node, old, new)
    claim = {"old": old, "new": new, "new_root": root(tree.node, new), "proof": path}
    assert is_consistent(old_root=root(tree.node, old), **claim)
    assert not is_consistent(old_root=EMPTY_ROOT, **claim)


@pytest.mark.parametrize("size", [-1, 3])
def test_a_frontier_needs_a_hash_for_each_bit(size):
    """A frontier with hashes that do not fit its size is refused."""
    with pytest.raises(ValueError, match="frontier"):
        Frontier(size, [EMPTY_ROOT])


@pytest.mark.parametrize("arguments", [(0, 5), (6, 5), (-1, 5)])
def test_impossible_proofs_are_refused(arguments):
    """There is no proof between trees that do not contain each other."""
    with pytest.raises(ValueError, match="no such"):
        consistency_proof(Tree(leaves(5)).node, *arguments)


def test_a_leaf_outside_the_tree_has_no_proof():
    """A proof is made only for a leaf that the tree has."""
    with pytest.raises(ValueError, match="no such leaf"):
        Prover(Tree(leaves(5)).node, 5).path(5)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared test vectors are not on this machine")
def test_transparency_dev_vectors():
    """Every vector of transparency-dev/merkle is judged as its authors say, but for one with 16-byte roots."""
    vectors = json.loads(gzip.decompress(VECTORS.read_bytes()))
    judged = {
        name: _judge(name, vector)
        for name, vector in vectors.items()
        if "/inclusion/" in name or "/consistency/" in name
    }
    assert len(judged) == 196
    stricter = {name for name, holds in judged.items() if holds == vectors[name]["wantErr"]}
    assert stricter == {"testdata/consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"}


def _judge(name: str, vector: dict) -> bool:
    def raw(text: str | None) -> bytes:
        return base64.b64decode(text or "")

    proof = [raw(step) for step in vector["proof"] or ()]
    if "/inclusion/" in name:
        return is_included(
            leaf=raw(vector["leafHash"]),
            index=vector["leafIdx"],
            size=vector["treeSize"],
            proof=proof,
            root=raw(vector["root"]),
        )
    return is_consistent(
        old=vector["size1"],
        old_root=raw(vector["root1"]),
        new=vector["size2"],
        new_root=raw(vector["root2"]),
        proof=proof,
    )
