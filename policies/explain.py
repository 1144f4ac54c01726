"""A policy in words, and what it forgets. For people: the words are not an interface."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policies.levels import Level, Route
from policies.policy import Policy
from policies.rules import Rule

_GOES: Final = {
    Route.CLOSED: "goes to the closed model as it is",
    Route.CLOSED_PSEUDONYMISED: "goes to the closed model with every finding replaced by a placeholder",
    Route.ON_PREM: "stays on-premises",
    Route.QUARANTINE: "is held in quarantine; no model sees it",
}
_UNKNOWN_CALL: Final = {
    "retry_once": "asked once more, and held after that",
    "hold": "held for a person to decide",
}


def forgotten(policy: Policy, known: Iterable[str]) -> tuple[str, ...]:
    """Return the entities among `known` for which no rule says what one alone means: they are unlisted."""
    return tuple(sorted(set(known) - policy.alone.keys()))


def never_found(policy: Policy, known: Iterable[str]) -> tuple[str, ...]:
    """Return the entities that the policy names and no recogniser of `known` finds."""
    return tuple(sorted(_named(policy) - set(known)))


def explain(policy: Policy, known: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the policy in words, line by line; `known` are the entities that the detector finds."""
    lines = [f"{policy.name}, version {policy.version} ({policy.digest})", policy.description, ""]
    lines += ["Where documents go"]
    lines += [f"  {level.label}: {_GOES[policy.routes[level]]}." for level in Level]
    lines += ["", *_always(policy), "", "Rules, the strictest first"]
    for level in reversed(Level):
        rules = [rule for rule in policy.rules if rule.level is level]
        for rule in rules:
            lines += _rule(rule)
    lines += ["", "Topics", *_topics(policy)]
    if policy.sources:
        lines += ["", "Places"]
        lines += [f"  {one.id}: {one.match} is at least {one.at_least.label}." for one in policy.sources]
    if known is not None:
        lines += ["", *_coverage(policy, frozenset(known))]
    return tuple(lines)


def _always(policy: Policy) -> list[str]:
    held = ", ".join(sorted(policy.quarantined_gaps))
    lines = [
        "Always",
        f"  A complete document in which nothing was found is {policy.default_level.label}.",
        "  A document of which some part was not, or not surely, looked at is regulated. No policy can change that.",
        "  A record that cannot be read is held in quarantine.",
        f"  An entity or topic that no rule lists makes a document {policy.unlisted.label}.",
        f"  A finding below its threshold makes a document {policy.doubt.label}, or what the entity alone would.",
        f"  A closed call whose outcome a crash has hidden is {_UNKNOWN_CALL[policy.on_unknown_call]}.",
    ]
    if held:
        lines.append(f"  Held in quarantine although it can be read: {held}.")
    for route in (Route.CLOSED, Route.CLOSED_PSEUDONYMISED):
        instead = policy.when_unavailable(route)
        then = _GOES[instead] if instead else "waits"
        lines.append(f"  A document for {route}, when that cannot be reached, {then}.")
    if not policy.exhaustive:
        lines.append(
            "  A document is looked at no further once it is regulated for certain; it stays regulated."
        )
    return [*lines, *_canaries(policy)]


def _canaries(policy: Policy) -> list[str]:
    count, floor = policy.canaries.per_chunk, policy.canaries.floor
    if not count:
        return ["  No run measures its detector: one that is worse than yesterday's is not noticed."]
    return [
        f"  Each chunk carries {count} canaries: made-up documents with known identifiers.",
        f"  When one of them would leave, or recall is surely below {floor:.1%}, the run's closed routes shut for good.",
    ]


def _rule(rule: Rule) -> list[str]:
    cites = "; ".join(f"{cite.regulation} {cite.clause}" for cite in rule.cites)
    return [f"  {rule.id}: {rule.level.label}. {rule.says}", f"    if {condition(rule)}", f"    from {cites}"]


def condition(rule: Rule) -> str:
    """Return what a rule asks for, in one phrase."""
    parts = [f"about {_or(rule.topics)}"] if rule.topics else []
    if rule.any:
        parts.append(_any(rule))
    parts += [_or(group) for group in rule.all]
    phrase = "; and ".join(parts)
    if rule.score is not None:
        phrase += f", from a score of {rule.score}"
    if rule.topic_score is not None:
        phrase += f", the topic from {rule.topic_score}"
    return phrase


def _any(rule: Rule) -> str:
    if rule.different > 1:
        return f"{rule.different} different of {', '.join(sorted(rule.any))}"
    if rule.count > 1:
        return f"{rule.count} of {', '.join(sorted(rule.any))}"
    return _or(rule.any)


def _or(names: Iterable[str]) -> str:
    ordered = sorted(names)
    return ordered[0] if len(ordered) == 1 else f"one of {', '.join(ordered)}"


def _topics(policy: Policy) -> list[str]:
    return [
        f"  {topic.name}: {topic.level.label}, from a score of {topic.score}."
        for topic in sorted(policy.topics.values(), key=lambda topic: topic.name)
    ]


def _coverage(policy: Policy, known: frozenset[str]) -> list[str]:
    missed, idle = forgotten(policy, known), never_found(policy, known)
    lines = [f"Covers {len(known) - len(missed)} of the {len(known)} entities that the detector finds."]
    if missed:
        lines.append(f"  Forgotten, and so {policy.unlisted.label}: {', '.join(missed)}.")
    if idle:
        lines.append(f"  Named, but no recogniser finds them: {', '.join(idle)}.")
    return lines


def _named(policy: Policy) -> set[str]:
    return set().union(*(rule.any.union(*rule.all) for rule in policy.rules))
