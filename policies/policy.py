"""A policy: the law that is applied, named by the digest of its canonical form.

Two files that mean the same (other order, comments, groups written out) have the same digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

import rfc8785

from policies.assessment import GapReason
from policies.coherence import check_coherence
from policies.levels import Level, Route
from policies.rules import Cite, Rule, SourceRule, Thresholds, TopicRule
from policies.schema import CanariesSpec, PolicyFile, RuleSpec, validate
from policies.yaml_lines import PolicyError, load

__all__ = ["Policy", "PolicyError", "parse_policy", "read_shipped", "shipped_policies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """How a run measures its detector: by how many made-up documents, and from which recall on things may leave."""

    per_chunk: int
    floor: float


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything that `decide` needs. Made by `parse_policy` only, which refuses unsafe ones."""

    name: str
    version: int
    description: str = field(repr=False)
    default_level: Level
    unlisted: Level
    doubt: Level
    routes: Mapping[Level, Route]
    unavailable: Mapping[Route, Route | None] = field(repr=False)
    on_unknown_call: Literal["retry_once", "hold"]
    """What to do after a closed call whose outcome is unknown."""
    quarantined_gaps: frozenset[GapReason] = field(repr=False)
    canaries: Canaries
    exhaustive: bool
    """Whether a document is looked at to its end although its level and route are settled."""
    thresholds: Thresholds = field(repr=False)
    topics: Mapping[str, TopicRule] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    """Sorted by id."""
    sources: tuple[SourceRule, ...] = field(repr=False)
    """Sorted by id."""

    @cached_property
    def digest(self) -> str:
        """`sha256:<hex>` of the RFC 8785 canonical form (`canonical`)."""
        return f"sha256:{hashlib.sha256(rfc8785.dumps(self.canonical())).hexdigest()}"

    @cached_property
    def alone(self) -> Mapping[str, Level]:
        """The level that one sure finding of each listed entity gives a document."""
        levels: dict[str, Level] = {}
        for rule in self.rules:
            for entity in rule.alone:
                levels[entity] = max(rule.level, levels.get(entity, Level.PUBLIC))
        return MappingProxyType(levels)

    def when_unavailable(self, route: Route) -> Route | None:
        """Return where documents of `route` go when it cannot be used; None means that they wait."""
        return self.unavailable.get(route)

    def canonical(self) -> dict[str, Any]:
        """Return the policy as plain values: sets sorted, groups written out, scores in thousandths."""
        return {
            "format": 1,
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "default_level": self.default_level.label,
            "unlisted": self.unlisted.label,
            "doubt": self.doubt.label,
            "routes": {level.label: route.value for level, route in self.routes.items()},
            "unavailable": {
                route.value: then.value if then else "wait" for route, then in self.unavailable.items()
            },
            "unknown_call": self.on_unknown_call,
            "quarantine": {"gaps": sorted(self.quarantined_gaps)},
            "threshold": _thousandths(self.thresholds.default),
            "thresholds": {name: _thousandths(score) for name, score in self.thresholds.by_entity.items()},
            "topics": {
                topic.name: {"score": _thousandths(topic.score), "level": topic.level.label}
                for topic in self.topics.values()
            },
            "rules": [_canonical_rule(rule) for rule in self.rules],
            "sources": [
                {"id": source.id, "match": source.match, "at_least": source.at_least.label}
                for source in self.sources
            ],
            **self._canonical_canaries(),
            **({} if self.exhaustive else {"exhaustive": False}),
        }

    def _canonical_canaries(self) -> dict[str, Any]:
        """Return what says how the detector is measured; left out, as in files from before, are the defaults."""
        usual = CanariesSpec()
        if self.canaries == Canaries(per_chunk=usual.per_chunk, floor=usual.floor):
            return {}
        return {
            "canaries": {"per_chunk": self.canaries.per_chunk, "floor": _thousandths(self.canaries.floor)}
        }


def parse_policy(text: str, *, name: str) -> Policy:
    """Return the policy written in `text`; `name` is the file's, for messages.

    Raises:
        PolicyError: the text is no policy, or one that would let regulated documents leave.
    """
    tree = load(text, file=name)
    file = validate(tree)
    check_coherence(file, tree)
    return _policy(file)


def shipped_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with Cordon."""
    folder = resources.files("policies")
    return tuple(
        sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    )


def read_shipped(name: str) -> str:
    """Return the text of a shipped policy.

    Raises:
        PolicyError: no shipped policy has that name.
    """
    if name not in shipped_policies():
        raise PolicyError("policies", 1, f"no such policy; shipped: {', '.join(shipped_policies())}")
    return (resources.files("policies") / f"{name}.yaml").read_text(encoding="utf-8")


def _policy(file: PolicyFile) -> Policy:
    return Policy(
        name=file.name,
        version=file.version,
        description=" ".join(file.description.split()),
        default_level=Level.parse(file.default_level),
        unlisted=Level.parse(file.unlisted),
        doubt=Level.parse(file.doubt),
        routes=MappingProxyType({Level.parse(level): Route(route) for level, route in file.routes.items()}),
        unavailable=MappingProxyType(
            {
                Route.CLOSED: _unless_waiting(file.unavailable.closed),
                Route.CLOSED_PSEUDONYMISED: _unless_waiting(file.unavailable.closed_pseudonymised),
            }
        ),
        on_unknown_call=file.unknown_call,
        quarantined_gaps=frozenset(map(GapReason, file.quarantine.gaps)),
        canaries=Canaries(per_chunk=file.canaries.per_chunk, floor=file.canaries.floor),
        exhaustive=file.exhaustive,
        thresholds=Thresholds(default=file.threshold, by_entity=MappingProxyType(dict(file.thresholds))),
        topics=MappingProxyType(
            {
                name: TopicRule(name=name, score=topic.score, level=Level.parse(topic.level))
                for name, topic in file.topics.items()
            }
        ),
        rules=tuple(sorted((_rule(spec, file.groups) for spec in file.rules), key=lambda rule: rule.id)),
        sources=tuple(
            SourceRule(id=spec.id, match=spec.match, at_least=Level.parse(spec.at_least))
            for spec in sorted(file.sources, key=lambda spec: spec.id)
        ),
    )


def _rule(spec: RuleSpec, groups: Mapping[str, list[str]]) -> Rule:
    def members(name: str) -> frozenset[str]:
        return frozenset(groups[name]) if name.islower() else frozenset((name,))

    return Rule(
        id=spec.id,
        says=" ".join(spec.says.split()),
        level=Level.parse(spec.level),
        any=frozenset().union(*map(members, spec.any)),
        all=tuple(sorted((members(name) for name in spec.all), key=sorted)),
        topics=frozenset(spec.topics),
        different=spec.different,
        count=spec.count,
        score=spec.score,
        topic_score=spec.topic_score,
        cites=tuple(Cite(regulation=cite.regulation, clause=cite.clause) for cite in spec.cites),
    )


def _canonical_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "says": rule.says,
        "level": rule.level.label,
        "any": sorted(rule.any),
        "all": [sorted(group) for group in rule.all],
        "topics": sorted(rule.topics),
        "different": rule.different,
        "count": rule.count,
        "score": None if rule.score is None else _thousandths(rule.score),
        "topic_score": None if rule.topic_score is None else _thousandths(rule.topic_score),
        "cites": [{"regulation": cite.regulation, "clause": cite.clause} for cite in rule.cites],
    }


def _unless_waiting(then: str) -> Route | None:
    return None if then == "wait" else Route(then)


def _thousandths(score: float) -> int:
    return round(score * 1000)
