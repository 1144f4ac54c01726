"""One list of findings from many looks at the same text, the same in every process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from policies.assessment import Finding

_SURE = 0.4
"""Below, a finding is a candidate: it gives way to a surer one instead of stretching it."""


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings without repetitions, ordered by place.

    Of two overlapping findings of one entity the surer stays, and takes over the
    other's extent if both are sure. Findings of different entities never touch each other.
    """
    ordered = sorted(findings, key=lambda one: (one.entity, one.start, -one.end, -one.score, one.recogniser))
    merged: list[Finding] = []
    for _, group in groupby(ordered, key=lambda one: one.entity):
        merged.extend(_merge_entity(group))
    return tuple(sorted(merged))


def _merge_entity(ordered: Iterable[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for finding in ordered:
        joined = finding
        while kept and joined.start < kept[-1].end:
            joined = _join(kept.pop(), joined)
        kept.append(joined)
    return kept


def _join(first: Finding, second: Finding) -> Finding:
    surer, other = sorted((first, second), key=lambda one: (-one.score, one.start - one.end, one.start))
    if other.score < _SURE <= surer.score:
        return surer
    return replace(surer, start=min(first.start, second.start), end=max(first.end, second.end))
