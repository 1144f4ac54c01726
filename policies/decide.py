"""The decision: a policy applied to an assessment.

Rules
1. Pure and total: the same assessment and policy give the same decision, and every one gives some.
2. Monotone: a further finding, topic or gap, or a higher score, never lowers the level and never
   gives a less strict route. Everything below is a maximum over what fired.
3. Incomplete means regulated, whatever the policy says; and so does stopped: an assessment that ended early
   can never clear anything.
4. An entity or topic that the policy does not list is at least confidential.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from policies.assessment import Assessment, Finding
from policies.coherence import TOPIC_PREFIX
from policies.levels import Level, Route
from policies.policy import Policy
from policies.rules import Seen, reaches

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How sensitive a document is, where it goes, and why."""

    level: Level
    route: Route
    rules: tuple[str, ...]
    """Ids of everything that fired, sorted, whether or not it raised the level."""
    policy: str
    """Digest of the policy."""
    source_raised: bool = False
    """Whether the level comes from the document's source rather than from what it holds."""


def decide(assessment: Assessment, policy: Policy, *, source: str = "") -> Decision:
    """Return what `policy` says about a document from `source` with this assessment."""
    fired = dict(_fired(assessment, policy))
    level = max(policy.default_level, *fired.values(), Level.PUBLIC)
    floors = {rule.id: rule.at_least for rule in policy.sources if source and rule.covers(source)}
    raised = max(level, *floors.values(), Level.PUBLIC)
    held = any(gap.reason in policy.quarantined_gaps for gap in assessment.gaps)
    return Decision(
        level=raised,
        route=Route.QUARANTINE if held else policy.routes[raised],
        rules=tuple(sorted((*fired, *floors, *(("quarantine",) if held else ())))),
        policy=policy.digest,
        source_raised=raised > level,
    )


def quarantine(policy: Policy, reason: str) -> Decision:
    """Return the decision about a record that could not be read; `reason` is a code."""
    rule = f"unreadable:{reason}" if _CODE.fullmatch(reason) else "unreadable"
    return Decision(level=Level.REGULATED, route=Route.QUARANTINE, rules=(rule,), policy=policy.digest)


def _fired(assessment: Assessment, policy: Policy) -> Iterable[tuple[str, Level]]:
    seen = _seen(assessment, policy)
    if assessment.gaps:
        yield "incomplete", Level.REGULATED
    if assessment.proof.is_stopped:
        yield "stopped", Level.REGULATED
    for rule in policy.rules:
        if rule.holds(seen, policy.thresholds):
            yield rule.id, rule.level
    for name in seen.topics:
        topic = policy.topics.get(name)
        if topic is None:
            yield "unlisted", policy.unlisted
        elif seen.has_topic(name):
            yield TOPIC_PREFIX + name.replace("_", "-"), topic.level
    yield from _unlisted_and_doubtful(assessment.findings, policy)


def _unlisted_and_doubtful(findings: Iterable[Finding], policy: Policy) -> Iterable[tuple[str, Level]]:
    doubts: list[Level] = []
    for finding in findings:
        alone = policy.alone.get(finding.entity)
        if alone is None:
            yield "unlisted", policy.unlisted
        elif not reaches(finding.score, policy.thresholds.of(finding.entity)):
            doubts.append(min(alone, policy.doubt))
    if doubts:
        yield "doubt", max(doubts)


def _seen(assessment: Assessment, policy: Policy) -> Seen:
    scores: dict[str, list[float]] = {}
    for finding in assessment.findings:
        scores.setdefault(finding.entity, []).append(finding.score)
    topics: dict[str, float] = {}
    for topic in assessment.topics:
        score = math.inf if math.isnan(topic.score) else topic.score
        topics[topic.name] = max(score, topics.get(topic.name, 0.0))
    return Seen(scores=scores, topics=topics, topic_rules=policy.topics)
