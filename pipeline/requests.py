"""Requests: the exact bytes that ask a model about a document.

Rules
1. A body is a pure function of task, text, model and route: the bytes that a permit names
   can be made again, and are, by the gate. Keys keep the order of the task's file.
2. The document is the user message, alone and unchanged: what is sent is what was
   assessed. No file name, id or metadata is ever part of a body.
3. A body that leaves asks the provider to store nothing, and its schema stays within what
   strict structured outputs accept; the answer is checked against the whole schema here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.check import AnswerProblem, possible_hints
from pipeline.errors import DocumentError
from pipeline.tasks import Task
from policies.levels import Route

PLACEHOLDER_NOTE = (
    "Names, numbers and other details are replaced by placeholders in square brackets, such as [PERSON_1]. "
    "Where the answer mentions one, copy it exactly, brackets included, and make up no others."
)

_NOT_STRICT = frozenset({"minLength", "maxLength", "uniqueItems", "minContains", "maxContains", "contains"})
"""Keywords that strict structured outputs refuse; `check_answer` still applies them."""


def request_body(
    task: Task, text: str, *, model: str, route: Route = Route.ON_PREM, seed: int | None = None
) -> bytes:
    """Return the body of a chat-completions request that asks `task` about `text`.

    Raises:
        DocumentError: `too_long_for_task`, or `text_not_encodable` (lone surrogates).
    """
    return _body(task, text, hint="", model=model, route=route, seed=seed)


def reask_body(
    task: Task,
    text: str,
    *,
    model: str,
    problem: AnswerProblem,
    route: Route = Route.ON_PREM,
    seed: int | None = None,
) -> bytes:
    """Return the body that asks again, saying which rule the last answer broke.

    The last answer itself is not repeated: it is outside data.
    """
    return _body(task, text, hint=problem.hint, model=model, route=route, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a body asks."""

    text: str = field(repr=False)
    """The document's, or its pseudonymised form."""
    model: str


def asked_about(body: bytes, tasks: Iterable[Task], *, model: str, route: Route) -> Asked | None:
    """Return what `body` asks, if it is what these templates make of some text, else None.

    Whatever the templates did not put there, in any place of the body, makes it None.
    `model` is the endpoint's, which a task may override.
    """
    try:
        raw = json.loads(body)
        named = raw["response_format"]["json_schema"]["name"]
        system, text, seed = raw["messages"][0]["content"], raw["messages"][1]["content"], raw.get("seed")
        task = next(task for task in tasks if task.name == named)
        hint = _hint(task, system, route)
        named_model = task.model_for(route, model)
        again = _body(task, text, hint=hint, model=named_model, route=route, seed=seed)
    except (ValueError, TypeError, LookupError, AttributeError, StopIteration, RecursionError, DocumentError):
        return None
    return Asked(text=text, model=named_model) if isinstance(text, str) and again == body else None


def _body(task: Task, text: str, *, hint: str, model: str, route: Route, seed: int | None) -> bytes:
    if len(text) > task.limits.max_input_characters:
        raise DocumentError("too_long_for_task")
    schema = dict(task.answer)
    request: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": "\n\n".join(filter(None, (_instructions(task, route), hint)))},
            {"role": "user", "content": text},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": task.name,
                "schema": _strict(schema) if route.leaves else schema,
                "strict": True,
            },
        },
        "max_completion_tokens": task.limits.max_output_tokens,
        "temperature": task.limits.temperature,
    }
    if route.leaves:
        request["store"] = False
    if seed is not None:
        request["seed"] = seed
    try:
        # In the order of the task's file, not sorted: guided decoding writes properties in the schema's
        # order, and an answer whose reason comes before its verdict is a worse one.
        return json.dumps(
            request, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=dict
        ).encode()
    except (ValueError, TypeError, UnicodeError):
        failure = DocumentError("text_not_encodable")  # raised below: the encoder's error quotes the text
    raise failure


def _instructions(task: Task, route: Route) -> str:
    return f"{task.prompt}\n\n{PLACEHOLDER_NOTE}" if route is Route.CLOSED_PSEUDONYMISED else task.prompt


def _hint(task: Task, system: str, route: Route) -> str:
    """Return the hint at the end of a system message, or "" without one.

    Raises:
        ValueError: the message is not one that the templates make.
    """
    rest = system.removeprefix(_instructions(task, route)).removeprefix("\n\n")
    if rest and rest not in possible_hints(task):
        raise ValueError
    return rest


def _strict(schema: Any) -> Any:
    """Return `schema` without the keywords that strict structured outputs refuse."""
    if isinstance(schema, list):
        return [_strict(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: value for key, value in schema.items() if key not in _NOT_STRICT}
    if "enum" in kept and "type" not in kept and all(isinstance(value, str) for value in kept["enum"]):
        kept["type"] = "string"
    return {key: _inner(key, value) for key, value in kept.items()}


def _inner(key: str, value: Any) -> Any:
    if key in ("enum", "const", "required"):
        return value
    if key in ("properties", "$defs", "patternProperties"):  # their keys are names, not keywords
        return {name: _strict(schema) for name, schema in value.items()}
    return _strict(value)
