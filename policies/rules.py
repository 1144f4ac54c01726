"""Rules: conditions on what was found, and the level that follows.

A condition can only ask for more: there is no `not` and no `at most`, so a rule that
applies to a document applies to every document that holds more.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from policies.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Cite:
    """The clause that a rule comes from."""

    regulation: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The score from which a finding counts; below, it is a doubt."""

    default: float
    by_entity: Mapping[str, float]

    def of(self, entity: str) -> float:
        """Return the threshold of `entity`."""
        return self.by_entity.get(entity, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Conditions that must all hold, and the level that a document then has at least."""

    id: str
    says: str
    level: Level
    any: frozenset[str]
    """Entities of which `different` were found, `count` times in all; empty asks for nothing."""
    all: tuple[frozenset[str], ...]
    """From each set at least one entity was found."""
    topics: frozenset[str]
    """At least one of them; empty asks for nothing."""
    different: int
    count: int
    score: float | None
    topic_score: float | None
    cites: tuple[Cite, ...]

    @property
    def alone(self) -> frozenset[str]:
        """The entities for which one finding is enough."""
        if self.all or self.topics or self.different > 1 or self.count > 1:
            return frozenset()
        return self.any

    def holds(self, seen: Seen, thresholds: Thresholds) -> bool:
        """Return whether every condition is met by what was seen."""
        return (
            self._any_holds(seen, thresholds)
            and all(any(self._count(seen, entity, thresholds) for entity in group) for group in self.all)
            and (not self.topics or any(seen.has_topic(topic, self.topic_score) for topic in self.topics))
        )

    def _any_holds(self, seen: Seen, thresholds: Thresholds) -> bool:
        if not self.any:
            return True
        counts = [self._count(seen, entity, thresholds) for entity in self.any & seen.scores.keys()]
        return sum(map(bool, counts)) >= self.different and sum(counts) >= self.count

    def _count(self, seen: Seen, entity: str, thresholds: Thresholds) -> int:
        least = thresholds.of(entity) if self.score is None else min(self.score, thresholds.of(entity))
        return sum(reaches(score, least) for score in seen.scores.get(entity, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRule:
    """A topic that the policy knows: from which score a document has it, and its level then."""

    name: str
    score: float
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRule:
    """A floor under the level of everything from one place."""

    id: str
    match: str
    at_least: Level

    def covers(self, source: str) -> bool:
        """Return whether the file with the path `source` is from this place.

        The glob may begin at any folder of the path: what is covered does not depend on which
        part of the estate a run was pointed at.
        """
        glob = _glob(self.match)
        parts = source.casefold().split("/")
        return any(glob.match("/".join(parts[first:])) for first in range(len(parts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What rules look at: the scores of the findings by entity, and the topics."""

    scores: Mapping[str, Sequence[float]]
    topics: Mapping[str, float]
    """The surest score of each."""
    topic_rules: Mapping[str, TopicRule]

    def has_topic(self, name: str, least: float | None = None) -> bool:
        """Return whether the document has the topic: from its own score, or from `least`."""
        if name not in self.topics:
            return False
        rule = self.topic_rules.get(name)
        needed = least if least is not None else rule.score if rule else 0.0
        return reaches(self.topics[name], needed)


def reaches(score: float, least: float) -> bool:
    """Return whether `score` is at least `least`. A score that is not a number reaches everything."""
    return not score < least


@lru_cache(maxsize=256)
def _glob(match: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(match.casefold()))
