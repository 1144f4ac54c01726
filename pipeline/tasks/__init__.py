"""Tasks: what a model is asked. One YAML file is one task.

Rules
1. A key that is not known is an error with file, line and the keys that are.
2. The answer is described by a JSON Schema (draft 2020-12) of an object, itself checked,
   without references: what the schema says is all there is.
3. A task is named by the digest of its canonical form, so that a result can say exactly
   what was asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Any, Literal

import jsonschema
import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import TaskError
from policies.levels import Route
from policies.yaml_lines import PolicyError, Tree, load

DEFAULT_MODEL = "default"
"""In a task's `models`: whatever model the endpoint is configured with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLimits:
    """Bounds of one question."""

    max_input_characters: int
    """Code points of the document; a longer one is not asked about."""
    max_output_tokens: int
    temperature: float
    """0 for the likeliest answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A prompt, the JSON Schema of its answer, and limits."""

    name: str
    version: int
    description: str
    prompt: str
    """The system message; the document is the user message."""
    answer: Mapping[str, Any]
    """JSON Schema (draft 2020-12) of the answer, an object."""
    limits: TaskLimits
    models: Mapping[str, str]
    """Model by route; a route not named, or `default`, uses the endpoint's model."""
    digest: str
    """`sha256:<hex>` of the canonical form of the whole task."""

    def model_for(self, route: Route, endpoint_model: str) -> str:
        """Return the model that `route` uses, given the one its endpoint is configured with."""
        named = self.models.get(str(route))
        if named is None and route is Route.CLOSED_PSEUDONYMISED:
            named = self.models.get(str(Route.CLOSED))
        return endpoint_model if named is None or named == DEFAULT_MODEL else named


class _Raw(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _RawLimits(_Raw):
    max_input_characters: int = Field(ge=1, le=2_000_000)
    max_output_tokens: int = Field(ge=1, le=65_536)
    temperature: float = Field(default=0, ge=0, le=2, strict=False)


_ModelName = Annotated[str, Field(min_length=1, max_length=200)]


class _RawTask(_Raw):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    version: int = Field(ge=1)
    description: str = Field(min_length=1, max_length=500)
    prompt: str = Field(min_length=1, max_length=20_000)
    answer: dict[str, Any]
    limits: _RawLimits
    models: dict[Literal["on_prem", "closed", "closed_pseudonymised"], _ModelName] = Field(
        default_factory=dict
    )


def parse_task(text: str, *, name: str) -> Task:
    """Return the task that `text` (YAML) describes; `name` is what errors call the file.

    Raises:
        TaskError: rule 1 or 2 is broken, or a value is out of its bounds.
    """
    tree = _load(text, name)
    try:
        raw = _RawTask.model_validate(tree.value)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
        first = next(
            (one for one in wrong if one["type"] == "extra_forbidden"), wrong[0]
        )  # a typo, not a lack
        message = _explain(first["type"], first["loc"], first["msg"])
        failure = _error(tree, first["loc"], message)
    else:
        return _checked(raw, tree)
    raise failure


def shipped_tasks() -> tuple[str, ...]:
    """Return the names of the tasks that ship, sorted."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name[: -len(".yaml")] for file in files if file.name.endswith(".yaml")))


def read_shipped_task(name: str) -> str:
    """Return the YAML of the shipped task called `name`.

    Raises:
        KeyError: no shipped task has that name.
    """
    if name not in shipped_tasks():
        raise KeyError(name)
    return resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")


@cache
def shipped_task(name: str) -> Task:
    """Return the shipped task called `name`, parsed once."""
    return parse_task(read_shipped_task(name), name=f"{name}.yaml")


def _checked(raw: _RawTask, tree: Tree) -> Task:
    problem = _schema_problem(raw.answer)
    if problem is not None:
        raise _error(tree, ("answer",), problem)
    digest = hashlib.sha256(rfc8785.dumps(raw.model_dump(mode="json"))).hexdigest()
    return Task(
        name=raw.name,
        version=raw.version,
        description=raw.description,
        prompt=raw.prompt.strip(),
        answer=MappingProxyType(raw.answer),
        limits=TaskLimits(**raw.limits.model_dump()),
        models=MappingProxyType({str(route): model for route, model in raw.models.items()}),
        digest=f"sha256:{digest}",
    )


def _schema_problem(schema: dict[str, Any]) -> str | None:
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        where = ".".join(str(step) for step in error.absolute_path) or "its top"
        return f"answer is not a JSON Schema (draft 2020-12): wrong at {where}"
    if schema.get("type") != "object":
        return "answer must be a JSON Schema of an object (type: object)"
    if not isinstance(schema.get("properties"), dict) or not schema["properties"]:
        return "answer must name its properties"
    if any(key in ("$ref", "$dynamicRef", "$id", "$schema") for key in _keys(schema)):
        return "answer must stand alone: no $ref, $dynamicRef, $id or $schema"
    try:
        rfc8785.dumps(schema)
    except rfc8785.CanonicalizationError:
        return "answer holds a number or string that JSON cannot carry exactly"
    return None


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _load(text: str, name: str) -> Tree:
    try:
        tree = load(text, file=name)
    except PolicyError as error:
        failure = TaskError(error.file, error.line, error.message)
    else:
        if isinstance(tree.value, dict):
            return tree
        failure = TaskError(name, 1, "a task is a mapping of keys to values")
    raise failure


def _explain(kind: str, location: tuple[int | str, ...], message: str) -> str:
    path = ".".join(str(step) for step in location if step != "[key]")
    if kind == "extra_forbidden":
        model = _RawLimits if location[0] == "limits" else _RawTask
        return f"unknown key {path}; allowed: {', '.join(model.model_fields)}"
    if location and location[-1] == "[key]":
        return f"unknown key {path}; allowed: on_prem, closed, closed_pseudonymised"
    if kind == "missing":
        return f"missing key {path}"
    return f"{path}: {message[:1].lower()}{message[1:]}"


def _error(tree: Tree, path: tuple[int | str, ...], message: str) -> TaskError:
    found = tree.error(tuple(step for step in path if step != "[key]"), message)
    return TaskError(found.file, found.line, found.message)
