"""What a policy must not say, although its form allows it.

Rules
1. Regulated documents never leave: neither as they are nor pseudonymised.
2. Every level has a route, and a higher level never gets a less strict one.
3. Everything named exists: groups, topics, gaps; and every id is used once.
4. Nothing is written that would do nothing: a misspelt entity must not look like a threshold.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.assessment import GapReason
from policies.levels import STRICTNESS, Level, Route
from policies.schema import PolicyFile, RuleSpec
from policies.yaml_lines import Path, Tree

RESERVED_IDS = frozenset({"doubt", "incomplete", "quarantine", "stopped", "unlisted", "unreadable"})
"""Ids of the rules that every policy has without writing them."""
TOPIC_PREFIX = "topic-"

_STEPS = 1000
_ROUNDING = 1e-6


def check_coherence(file: PolicyFile, tree: Tree) -> None:
    """Return if the policy keeps the rules above.

    Raises:
        PolicyError: it breaks one; the error points at the place.
    """
    for path, message in _problems(file):
        raise tree.error(path, message)


def _problems(file: PolicyFile) -> Iterable[tuple[Path, str]]:
    yield from _routes(file)
    yield from _ids(file)
    yield from _names(file)
    yield from _idle(file)
    yield from _scores(file)


def _routes(file: PolicyFile) -> Iterable[tuple[Path, str]]:
    routes = {Level.parse(level): Route(route) for level, route in file.routes.items()}
    missing = [level.label for level in Level if level not in routes]
    if missing:
        yield ("routes",), f"a route is missing for: {', '.join(missing)}"
        return
    if routes[Level.REGULATED].leaves:
        yield ("routes", "regulated"), "regulated documents must not leave; allowed: on_prem, quarantine"
    for lower, higher in zip(tuple(Level)[:-1], tuple(Level)[1:], strict=True):
        if STRICTNESS[routes[lower]] > STRICTNESS[routes[higher]]:
            yield ("routes", higher.label), f"this route is less strict than the one of {lower.label}"


def _ids(file: PolicyFile) -> Iterable[tuple[Path, str]]:
    seen = set(RESERVED_IDS)
    places: list[tuple[Path, str]] = [
        (("rules", number, "id"), rule.id) for number, rule in enumerate(file.rules)
    ]
    places += [(("sources", number, "id"), source.id) for number, source in enumerate(file.sources)]
    for path, identifier in places:
        if identifier in seen or identifier.startswith(TOPIC_PREFIX):
            yield path, "this id is taken (or reserved)"
        seen.add(identifier)


def _names(file: PolicyFile) -> Iterable[tuple[Path, str]]:
    groups, topics = ", ".join(file.groups), ", ".join(file.topics)
    for number, rule in enumerate(file.rules):
        for key, names in (("any", rule.any), ("all", rule.all)):
            for place, name in enumerate(names):
                if name.islower() and name not in file.groups:
                    yield ("rules", number, key, place), f"no such group; there are: {groups or 'none'}"
        for place, name in enumerate(rule.topics):
            if name not in file.topics:
                yield ("rules", number, "topics", place), f"no such topic; there are: {topics or 'none'}"
    known = {reason.value for reason in GapReason}
    for place, gap in enumerate(file.quarantine.gaps):
        if gap not in known:
            yield ("quarantine", "gaps", place), f"no such gap; there are: {', '.join(sorted(known))}"


def _idle(file: PolicyFile) -> Iterable[tuple[Path, str]]:
    for name, members in file.groups.items():
        if not members:
            yield ("groups", name), "this group is empty"
        if not any(name in (*rule.any, *rule.all) for rule in file.rules):
            yield ("groups", name), "no rule uses this group"
    for number, rule in enumerate(file.rules):
        yield from (((("rules", number, *path)), message) for path, message in _idle_rule(rule, file))
    named = set().union(*(_entities(rule, file) for rule in file.rules))
    for entity in file.thresholds:
        if entity not in named:
            yield ("thresholds", entity), "no rule names this entity"
    for number, source in enumerate(file.sources):
        if source.at_least == "public":
            yield (
                ("sources", number, "at_least"),
                "this raises nothing; allowed: internal, confidential, regulated",
            )


def _idle_rule(rule: RuleSpec, file: PolicyFile) -> Iterable[tuple[Path, str]]:
    if not (rule.any or rule.all or rule.topics):
        yield ("id",), "a rule needs a condition: any, all or topics"
    if not rule.any and (rule.different > 1 or rule.count > 1):
        yield ("id",), "different and count are about `any`, which is empty"
    if rule.different > len(_members(rule.any, file)) and rule.any:
        yield ("different",), "`any` does not hold that many entities"
    if rule.topic_score is not None and not rule.topics:
        yield ("topic_score",), "the rule asks for no topic"
    if rule.score is not None and not (rule.any or rule.all):
        yield ("score",), "the rule asks for no entity"


def _scores(file: PolicyFile) -> Iterable[tuple[Path, str]]:
    places: list[tuple[Path, float | None]] = [
        (("threshold",), file.threshold),
        (("canaries", "floor"), file.canaries.floor),
    ]
    places += [(("thresholds", name), score) for name, score in file.thresholds.items()]
    places += [(("topics", name, "score"), topic.score) for name, topic in file.topics.items()]
    for number, rule in enumerate(file.rules):
        places += [
            (("rules", number, "score"), rule.score),
            (("rules", number, "topic_score"), rule.topic_score),
        ]
    for path, score in places:
        if score is not None and abs(score * _STEPS - round(score * _STEPS)) > _ROUNDING:
            yield path, "scores have at most three decimals"


def _entities(rule: RuleSpec, file: PolicyFile) -> set[str]:
    return _members([*rule.any, *rule.all], file)


def _members(names: Iterable[str], file: PolicyFile) -> set[str]:
    return {entity for name in names for entity in (file.groups.get(name, ()) if name.islower() else (name,))}
