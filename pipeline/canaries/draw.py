"""Drawing from a seed: the same in every process, on every machine, in every version of Python.

Python promises a stable `random.random()` and nothing about `choice` or `shuffle`; canaries must come out the
same when a chunk is resumed after an upgrade. So the stream is SHA-256 in counter mode.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_WORD_BYTES = 8
DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Draw:
    """An endless stream of choices that a seed decides."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._drawn = 0

    def child(self, name: str) -> Draw:
        """Return another stream; what is drawn here does not move what is drawn there."""
        return Draw(hashlib.sha256(self._seed + b"|" + name.encode()).digest())

    def below(self, bound: int) -> int:
        """Return a whole number in [0, bound); the bias of the modulus is below bound / 2**64."""
        block = hashlib.sha256(self._seed + self._drawn.to_bytes(_WORD_BYTES, "big")).digest()
        self._drawn += 1
        return int.from_bytes(block[:_WORD_BYTES], "big") % bound

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def choice(self, things: Sequence[T]) -> T:
        """Return one of `things`."""
        return things[self.below(len(things))]

    def text(self, alphabet: str, length: int) -> str:
        """Return `length` characters of `alphabet`."""
        return "".join(self.choice(alphabet) for _ in range(length))

    def digits(self, length: int) -> str:
        """Return `length` decimal digits, the first of which may be 0."""
        return self.text(DIGITS, length)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """Return `things` in another order."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]
