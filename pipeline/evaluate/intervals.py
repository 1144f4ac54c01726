"""Shares with their intervals, and differences between paired answers. No library: each is a few lines.

Rules
1. An interval is Wilson's score interval (Wilson 1927) where at least `FEW` hits and misses were seen, and
   Clopper and Pearson's exact one (1934) where fewer were: Wilson's covers too little at the edges.
2. Where no miss (or no hit) was seen, the one-sided bound is the exact `1 - alpha ** (1 / n)`.
3. Two answers about the same things are compared by what only one of them got right: McNemar's exact test
   (a two-sided binomial test at one half), and Agresti and Min's interval (2005) for the difference.
4. Everything counts things as independent; spans of one document are not quite, so that intervals over
   spans are somewhat too short and those over documents are the safer ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

CONFIDENCE: Final = 0.95
FEW: Final = 10
"""Hits or misses below which an interval is exact: the usual n p >= 10 rule."""
_Z: Final = 1.959963984540054
"""The normal quantile at 0.975."""
_HALVINGS: Final = 60
"""Bisections of [0, 1]: more than a double's 53 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` of `total`."""

    hits: int
    total: int

    def __add__(self, other: Share) -> Share:
        return Share(hits=self.hits + other.hits, total=self.total + other.total)

    @property
    def value(self) -> float:
        """The share itself; not a number when nothing was counted."""
        return self.hits / self.total if self.total else math.nan

    @property
    def method(self) -> str:
        """How `interval` is made: `wilson` or `clopper-pearson`."""
        return "wilson" if min(self.hits, self.total - self.hits) >= FEW else "clopper-pearson"

    def interval(self) -> tuple[float, float]:
        """Return the two-sided 95 % interval by rule 1; [0, 1] when nothing was counted."""
        return self.wilson() if self.method == "wilson" else self.clopper_pearson()

    def wilson(self) -> tuple[float, float]:
        """Return Wilson's 95 % score interval."""
        if not self.total:
            return 0.0, 1.0
        share, n, z2 = self.value, self.total, _Z**2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def clopper_pearson(self, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the exact two-sided interval. Cost: grows with the smaller of hits and misses."""
        if not self.total:
            return 0.0, 1.0
        tail = (1 - confidence) / 2
        return 1 - _upper(self.total - self.hits, self.total, tail), _upper(self.hits, self.total, tail)

    def upper_bound(self, *, confidence: float = CONFIDENCE) -> float:
        """Return the exact one-sided upper bound: with this confidence the true share is not above it."""
        return _upper(self.hits, self.total, 1 - confidence) if self.total else 1.0

    def as_json(self) -> dict[str, Any]:
        """Return plain values; the share is null when nothing was counted."""
        low, high = self.interval()
        return {
            "hits": self.hits,
            "total": self.total,
            "share": round(self.value, 5) if self.total else None,
            "low": round(low, 5),
            "high": round(high, 5),
            "interval": self.method,
        }


def share_of(answers: Iterable[bool]) -> Share:
    """Return how many of the answers are yes."""
    given = list(answers)
    return Share(hits=sum(given), total=len(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two answers about the same things: how often both, one or neither was right."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def total(self) -> int:
        """How many things both were asked about."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """Share of the second minus share of the first; not a number when nothing was counted."""
        return (self.only_second - self.only_first) / self.total if self.total else math.nan

    def interval(self) -> tuple[float, float]:
        """Return Agresti and Min's 95 % interval for the difference: half a pair is added to each cell."""
        n = self.total + 2
        first, second = self.only_first + 0.5, self.only_second + 0.5
        middle = (second - first) / n
        half = _Z * math.sqrt(max(0.0, first + second - (second - first) ** 2 / n)) / n
        return max(-1.0, middle - half), min(1.0, middle + half)

    def mcnemar(self) -> float:
        """Return the two-sided p of McNemar's exact test; 1 when the two never differ."""
        differing = self.only_first + self.only_second
        return min(1.0, 2 * _at_most(min(self.only_first, self.only_second), differing, 0.5))

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        low, high = self.interval()
        return {
            "total": self.total,
            "both": self.both,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "neither": self.neither,
            "difference": round(self.difference, 5) if self.total else None,
            "low": round(low, 5),
            "high": round(high, 5),
            "mcnemar_p": float(f"{self.mcnemar():.3g}"),
        }


def paired(first: Iterable[bool], second: Iterable[bool]) -> Paired:
    """Return how two lists of answers about the same things, in the same order, agree."""
    cells = {(one, other): 0 for one in (False, True) for other in (False, True)}
    for one, other in zip(first, second, strict=True):
        cells[bool(one), bool(other)] += 1
    return Paired(
        both=cells[True, True],
        only_first=cells[True, False],
        only_second=cells[False, True],
        neither=cells[False, False],
    )


def _upper(hits: int, total: int, tail: float) -> float:
    """Return the share at which seeing at most `hits` of `total` has probability `tail`."""
    if hits >= total:
        return 1.0
    if hits == 0:
        return -math.expm1(math.log(tail) / total)
    low, high = hits / total, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, total, middle) > tail else (low, middle)
    return (low + high) / 2


def _at_most(hits: int, total: int, share: float) -> float:
    """Return the binomial probability of at most `hits` of `total`, in logarithms against underflow."""
    if share >= 1:
        return float(hits >= total)
    if hits > total // 2:
        return 1 - _at_most(total - hits - 1, total, 1 - share) if hits < total else 1.0
    yes, no = math.log(share), math.log1p(-share)
    whole = math.lgamma(total + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * yes + (total - k) * no)
        for k in range(hits + 1)
    )
