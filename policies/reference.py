"""The reference part of the documentation, written from the code: `python -m policies.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pydantic import BaseModel

from policies.explain import condition
from policies.levels import Level
from policies.policy import Policy, parse_policy, read_shipped, shipped_policies
from policies.schema import (
    CanariesSpec,
    CiteSpec,
    PolicyFile,
    QuarantineSpec,
    RuleSpec,
    SourceSpec,
    TopicSpec,
    UnavailableSpec,
)

_SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("A policy", PolicyFile),
    ("A rule, in `rules`", RuleSpec),
    ("A cite, in a rule's `cites`", CiteSpec),
    ("A topic, in `topics`", TopicSpec),
    ("A source, in `sources`", SourceSpec),
    ("`unavailable`", UnavailableSpec),
    ("`quarantine`", QuarantineSpec),
    ("`canaries`", CanariesSpec),
)


def reference() -> str:
    """Return the tables of keys and of shipped rules, in Markdown."""
    lines = ["## Keys", ""]
    for title, model in _SECTIONS:
        lines += [f"### {title}", "", *_keys(model), ""]
    lines += ["## Shipped policies", ""]
    for name in shipped_policies():
        policy = parse_policy(read_shipped(name), name=f"{name}.yaml")
        lines += [f"### `{name}`", "", policy.description, "", *_rules(policy), ""]
    return "\n".join(lines).rstrip() + "\n"


def _keys(model: type[BaseModel]) -> Iterator[str]:
    yield "| key | needed | meaning |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        needed = "yes" if field.is_required() else "no"
        yield f"| `{name}` | {needed} | {field.description} |"


def _rules(policy: Policy) -> Iterator[str]:
    yield "| rule | level | if found | from |"
    yield "|---|---|---|---|"
    for level in reversed(Level):
        for rule in policy.rules:
            if rule.level is level:
                cites = "; ".join(f"{cite.regulation} {cite.clause}" for cite in rule.cites)
                yield f"| `{rule.id}` | {level.label} | {condition(rule)} | {cites} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
