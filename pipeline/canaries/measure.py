"""What a detector found of the canaries, and whether that is enough for the closed routes.

Rules
1. An identifier is found if a finding overlaps it that the policy counts (it reaches its threshold) and that
   weighs at least as much: an SSN that is taken for a passport number is kept at home all the same.
2. A canary in a language that the detector does not read is found if its assessment says that it is
   incomplete: that keeps the document at home. In English incompleteness excuses nothing.
3. A canary is cleared if its document would have left by a less strict route than its identifiers alone demand.
   One is too many: chance does not come into it, since canaries are written so that a whole detector finds them.
4. Recall below the floor shuts the closed routes once it is no accident: when the upper end of its 95 %
   interval is below the floor, over all identifiers or over those of one entity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.canaries.compose import ENGLISH, Canary, Planted
from pipeline.evaluate.intervals import Share
from policies.assessment import Assessment, Finding
from policies.decide import decide
from policies.levels import STRICTNESS, Level
from policies.policy import Policy
from policies.rules import Seen, reaches

_SURE = 1.0


class ShutReason(StrEnum):
    """Why canaries shut the closed routes of a run."""

    CLEARED = "canary_cleared"
    RECALL = "recall_below_floor"
    ENTITY_RECALL = "entity_recall_below_floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of canaries: they add up over chunks and over a run."""

    canaries: int = 0
    cleared: int = 0
    """Those whose document would have left although it must not."""
    entities: Mapping[str, Share]
    """How many identifiers of each entity were found, of those planted."""

    def __add__(self, other: Tally) -> Tally:
        names = sorted({*self.entities, *other.entities})
        nothing = Share(hits=0, total=0)
        return Tally(
            canaries=self.canaries + other.canaries,
            cleared=self.cleared + other.cleared,
            entities={
                name: self.entities.get(name, nothing) + other.entities.get(name, nothing) for name in names
            },
        )

    @property
    def recall(self) -> Share:
        """How many identifiers were found, of all that were planted."""
        return sum(self.entities.values(), start=Share(hits=0, total=0))


NOTHING = Tally(entities={})


def measure(canary: Canary, assessment: Assessment, policy: Policy) -> Tally:
    """Return what an assessment found of one canary, by the lights of `policy`."""
    excused = canary.language != ENGLISH and not assessment.complete
    planted, found = Counter[str](), Counter[str]()
    for one in canary.planted:
        planted[one.entity] += 1
        found[one.entity] += excused or any(_covers(finding, one, policy) for finding in assessment.findings)
    return Tally(
        canaries=1,
        cleared=int(_would_leave(canary, assessment, policy)),
        entities={name: Share(hits=found[name], total=planted[name]) for name in sorted(planted)},
    )


def reason_to_shut(tally: Tally, floor: float) -> ShutReason | None:
    """Return why a run with this tally must send nothing more, or None (rules 3 and 4)."""
    if tally.cleared:
        return ShutReason.CLEARED
    if tally.recall.interval()[1] < floor:
        return ShutReason.RECALL
    if any(share.interval()[1] < floor for share in tally.entities.values()):
        return ShutReason.ENTITY_RECALL
    return None


def _covers(finding: Finding, planted: Planted, policy: Policy) -> bool:
    return (
        finding.start < planted.end
        and planted.start < finding.end
        and reaches(finding.score, policy.thresholds.of(finding.entity))
        and _weight(finding.entity, policy) >= _weight(planted.entity, policy)
    )


def _weight(entity: str, policy: Policy) -> Level:
    return policy.alone.get(entity, policy.unlisted)


def _would_leave(canary: Canary, assessment: Assessment, policy: Policy) -> bool:
    """Whether the policy would have sent the document by a less strict route than what it holds demands."""
    taken = decide(assessment, policy).route
    return taken.leaves and STRICTNESS[taken] < STRICTNESS[policy.routes[_demanded(canary, policy)]]


def _demanded(canary: Canary, policy: Policy) -> Level:
    """Return the level of a document in which exactly what was planted was found, and surely."""
    scores: dict[str, list[float]] = {}
    for one in canary.planted:
        scores.setdefault(one.entity, []).append(_SURE)
    seen = Seen(scores=scores, topics={}, topic_rules=policy.topics)
    levels = [rule.level for rule in policy.rules if rule.holds(seen, policy.thresholds)]
    unlisted = [policy.unlisted for entity in scores if entity not in policy.alone]
    return max(policy.default_level, *levels, *unlisted, Level.PUBLIC)
