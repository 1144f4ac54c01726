"""The form of a policy file: which keys there are and what each may hold.

This is what a person writes. `policies.policy` turns it into the law that is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policies.yaml_lines import Path, PolicyError, Tree

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)

LevelName = Literal["public", "internal", "confidential", "regulated"]
RouteName = Literal["closed", "closed_pseudonymised", "on_prem", "quarantine"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$", max_length=64)]
Group = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]+$", max_length=64)]
EntityOrGroup = Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9_]+|[a-z][a-z0-9_]+)$", max_length=64)]
Score = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class CiteSpec(BaseModel):
    """The regulation and the clause that a rule comes from."""

    model_config = _STRICT

    regulation: Text = Field(description="Short name of the law or standard.")
    clause: Text = Field(description="Section, article or requirement.")


class RuleSpec(BaseModel):
    """Conditions that must all hold, and the level that a document then has at least."""

    model_config = _STRICT

    id: Name = Field(description="Unique; decisions and the audit log name it.")
    says: Text = Field(description="The rule in one sentence.")
    level: LevelName = Field(description="Level of a document to which the rule applies.")
    any: list[EntityOrGroup] = Field(
        default=[],
        description="Entities or groups of which at least one was found (see `different`, `count`).",
    )
    all: list[EntityOrGroup] = Field(default=[], description="Entities or groups of which each was found.")
    topics: list[Group] = Field(default=[], description="Topics of which the document has at least one.")
    different: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="How many different entities of `any` it takes."
    )
    count: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1, description="How many findings of `any` it takes in all."
    )
    score: Score | None = Field(
        default=None,
        description="Score from which a finding counts for this rule, where that is below its threshold.",
    )
    topic_score: Score | None = Field(
        default=None, description="Score from which a topic counts for this rule, in place of its own."
    )
    cites: list[CiteSpec] = Field(min_length=1, description="The clauses that the rule comes from.")


class TopicSpec(BaseModel):
    """A topic that the policy knows."""

    model_config = _STRICT

    score: Score = Field(description="Score from which a document has the topic.")
    level: LevelName = Field(description="Level of a document with this topic, whatever else it holds.")


class SourceSpec(BaseModel):
    """A floor under the level of everything from one place."""

    model_config = _STRICT

    id: Name = Field(description="Unique among rules and sources.")
    match: Text = Field(
        description="Glob on the file's path, from any of its folders on (`hr/*`); case does not matter, `*` crosses folders."
    )
    at_least: LevelName = Field(description="The floor. A source can raise a document, never lower it.")


class UnavailableSpec(BaseModel):
    """Where documents go when a route cannot be used."""

    model_config = _STRICT

    closed: Literal["on_prem", "wait"] = Field(default="on_prem", description="`on_prem` or `wait`.")
    closed_pseudonymised: Literal["on_prem", "wait"] = Field(
        default="on_prem", description="`on_prem` or `wait`."
    )


class QuarantineSpec(BaseModel):
    """What no model sees before a person has looked, besides everything that cannot be read."""

    model_config = _STRICT

    gaps: list[str] = Field(default=[], description="Reasons of incompleteness that hold a document back.")


class CanariesSpec(BaseModel):
    """How every run measures the detector, and how good it must be for anything to leave."""

    model_config = _STRICT

    per_chunk: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=12,
        description="Made-up documents with known identifiers that each chunk carries; 0 measures nothing.",
    )
    floor: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.95,
        description="Recall below which, once the 95 % interval leaves no doubt, a run's closed routes shut.",
    )


class PolicyFile(BaseModel):
    """A policy file."""

    model_config = _STRICT

    name: Name = Field(description="What people call the policy; its digest is what names it.")
    version: Annotated[int, Field(ge=1)] = Field(description="Counted up by hand with every change.")
    description: Text = Field(description="Whom the policy is for, in a few sentences.")
    default_level: LevelName = Field(description="Level of a complete document in which nothing was found.")
    unlisted: Literal["confidential", "regulated"] = Field(
        description="Level of a document with an entity or topic that the policy does not list."
    )
    doubt: Literal["internal", "confidential", "regulated"] = Field(
        description="Level of a document with a finding below its threshold, if the entity alone has at least that level."
    )
    routes: dict[LevelName, RouteName] = Field(description="Where documents of each level go.")
    unavailable: UnavailableSpec = Field(
        default=UnavailableSpec(),
        description="For each closed route: `on_prem` or `wait` when it cannot be used.",
    )
    unknown_call: Literal["retry_once", "hold"] = Field(
        description="What to do after a closed call whose outcome a crash has hidden."
    )
    quarantine: QuarantineSpec = Field(
        default=QuarantineSpec(), description="What is held back besides everything that cannot be read."
    )
    canaries: CanariesSpec = Field(
        default=CanariesSpec(), description="How every run measures its own detector."
    )
    exhaustive: bool = Field(
        default=True,
        description="`true`: every document is looked at to its end; `false`: no further once it is regulated for certain.",
    )
    threshold: Score = Field(
        description="Score from which a finding counts, unless `thresholds` says otherwise."
    )
    thresholds: dict[Entity, Score] = Field(
        default={}, description="Score from which findings of an entity count."
    )
    groups: dict[Group, list[Entity]] = Field(default={}, description="Names for sets of entities.")
    topics: dict[Group, TopicSpec] = Field(default={}, description="The topics that the policy knows.")
    rules: list[RuleSpec] = Field(min_length=1, description="What makes a document sensitive.")
    sources: list[SourceSpec] = Field(
        default=[], description="Places whose documents have at least some level."
    )


_PARTS: Final[Mapping[str, type[BaseModel]]] = {
    "unavailable": UnavailableSpec,
    "quarantine": QuarantineSpec,
    "canaries": CanariesSpec,
    "topics": TopicSpec,
    "rules": RuleSpec,
    "sources": SourceSpec,
    "cites": CiteSpec,
}
_UNKNOWN_KEY: Final = "extra_forbidden"
_WORDS: Final[Mapping[str, str]] = {
    "missing": "this key is missing: {key}",
    "string_type": "this must be a text",
    "int_type": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "float_type": "this must be a number",
    "float_parsing": "this must be a number",
    "bool_type": "this must be true or false",
    "list_type": "this must be a list",
    "dict_type": "this must be keys with values",
    "model_type": "this must be keys with values",
    "model_attributes_type": "this must be keys with values",
    "literal_error": "this must be one of: {expected}",
    "greater_than_equal": "this must be at least {ge}",
    "less_than_equal": "this must be at most {le}",
    "less_than": "this must be less than {lt}",
    "string_pattern_mismatch": "this must look like {pattern}",
    "string_too_short": "this must not be empty",
    "string_too_long": "this is too long (at most {max_length} characters)",
    "too_short": "this list must not be empty",
}


def validate(tree: Tree) -> PolicyFile:
    """Return the policy file in `tree`.

    Raises:
        PolicyError: a key is unknown or missing, or a value is of the wrong kind; the first in the file.
    """
    if not isinstance(tree.value, dict):
        raise tree.error((), "a policy is keys with values")
    try:
        return PolicyFile.model_validate(tree.value)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    unknown = [
        one for one in errors if one["type"] == _UNKNOWN_KEY
    ]  # first: a misspelt key is also a missing one
    raise min((_problem(tree, one) for one in unknown or errors), key=lambda problem: problem.line)


def _problem(tree: Tree, error: Mapping[str, Any]) -> PolicyError:
    path: Path = tuple(part for part in error["loc"] if part != "[key]")
    kind = error["type"]
    if kind == _UNKNOWN_KEY:
        return tree.error(path, f"unknown key; allowed: {', '.join(_allowed(path[:-1]))}")
    words = _WORDS.get(kind, "this value is not allowed")
    values = {**error.get("ctx", {}), "key": path[-1] if path else ""}
    return tree.error(path, words.format_map(values))


def _allowed(path: Path) -> list[str]:
    names = [part for part in path if isinstance(part, str) and part in _PARTS]
    return list((_PARTS[names[-1]] if names else PolicyFile).model_fields)
