"""Whether a decision is settled: nothing that may still be found can change the level or the route.

Rules
1. Only the strictest level settles anything, and only through what no later finding can take back: of each
   entity its surest finding counts once, since findings that overlap are joined and counts may shrink.
2. A gap that the policy holds in quarantine and that may still come to light keeps the route open.
3. The source of a document settles nothing: what is decided early is decided by what a document holds.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from policies.assessment import Assessment, Finding, Gap, GapReason, Topic
from policies.decide import decide
from policies.levels import Level, Route
from policies.policy import Policy
from policies.proof import Proof

_KNOWN_AT_ONCE: Final = frozenset(
    {
        GapReason.ACTIVE_CONTENT,
        GapReason.ATTACHMENT_NOT_READ,
        GapReason.EMBEDDED_OBJECT,
        GapReason.EMPTY_TEXT,
        GapReason.EXTERNAL_REFERENCE,
        GapReason.IMAGE,
        GapReason.MACRO,
        GapReason.MIXED_SCRIPTS,
        GapReason.NO_NER_MODEL,
        GapReason.PAGE_WITHOUT_TEXT,
        GapReason.TOO_LONG,
        GapReason.UNDECODABLE_TEXT,
    }
)
"""Gaps that the reader or the first look at the characters reports, and nothing after it. Any other may come late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a document so far."""

    findings: tuple[Finding, ...] = ()
    topics: tuple[Topic, ...] = ()
    """Empty until they were judged; then all of them."""
    gaps: tuple[Gap, ...] = ()


Settled = Callable[[Known], bool]
"""Says whether looking may end; pure, and once true of a document it stays true."""


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# A policy's mappings are read-only, which Python does not send to another process by itself.
copyreg.pickle(MappingProxyType, lambda proxy: (_read_only, (dict(proxy),)))


def settled_by(policy: Policy) -> Settled | None:
    """Return what says whether `policy` has settled a document, or None if it wants all of it looked at.

    It can be sent to a detecting process.
    """
    return None if policy.exhaustive else partial(is_settled, policy=policy)


def is_settled(known: Known, policy: Policy) -> bool:
    """Return whether level and route of a document are certain, whatever else is found in it."""
    decision = decide(_least(known), policy)
    if decision.level is not Level.REGULATED:
        return False
    return decision.route is Route.QUARANTINE or policy.quarantined_gaps <= _KNOWN_AT_ONCE


def _least(known: Known) -> Assessment:
    """Return an assessment with what will be there whatever follows."""
    surest: dict[str, Finding] = {}
    for finding in known.findings:
        before = surest.setdefault(finding.entity, finding)
        if finding.score > before.score:
            surest[finding.entity] = finding
    return Assessment(
        findings=tuple(surest.values()),
        topics=known.topics,
        gaps=known.gaps,
        characters=0,
        language="und",
        detector="",
        proof=_NOTHING_DUE,
    )


_NOTHING_DUE: Final = Proof(
    characters=0, recognisers=1, roster="", view_names=(), views=(), names_characters=0
)
"""Claims and lacks nothing: neither a gap nor a stop comes from it."""
