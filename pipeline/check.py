"""Checking answers: what a model says is outside data until it has passed here.

Rules
1. An answer is one JSON object that matches the task's schema. Nothing is repaired:
   no trimming of prose, no closing of braces, no defaults.
2. Repeated keys, NaN, infinities, numbers beyond what a double carries and strings that
   are not Unicode are refused: two readers must never see two answers.
3. A problem names the rule that was broken and a property of the schema, never a value:
   it is what the model is told when it is asked again, and what an event may say.
4. A result is at least as sensitive as its document and as its own text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NoReturn, Protocol

import jsonschema
import rfc8785

from pipeline.replies import Reply
from pipeline.tasks import Task
from policies.assessment import Assessment, GapReason
from policies.decide import decide
from policies.levels import Level
from policies.policy import Policy

_MAX_ANSWER_CHARACTERS = 1 << 20
_TOO_SHORT_FOR_A_LANGUAGE = 200
_LANGUAGE_GAPS = (GapReason.LANGUAGE_UNKNOWN, GapReason.LANGUAGE_UNSUPPORTED, GapReason.EMPTY_TEXT)
_PLAIN_KEY = re.compile(r"[a-z]+(_[a-z]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A model's output that matches its task's schema."""

    value: Mapping[str, Any] = field(repr=False)
    canonical: str = field(repr=False)
    """The value as RFC 8785 JSON: what is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProblem:
    """Why an answer is not valid: a rule and, if it is inside one, a property of the schema."""

    rule: str
    """A JSON Schema keyword, or one of `not_json`, `truncated`, `refused`, `placeholders`."""
    where: str = ""

    @property
    def hint(self) -> str:
        """One sentence for the model; the same for every document."""
        place = f" at `{self.where}`" if self.where else ""
        reason = _REASONS.get(self.rule, f"it broke the schema's rule `{self.rule}`{place}")
        return f"Your last answer was not valid: {reason}. Answer again with one JSON object that matches the schema."


_REASONS = {
    "not_json": "it was not one JSON object",
    "truncated": "it was cut off before its end, so be brief",
    "refused": "it was empty",
    "placeholders": "it changed the placeholders, which must be copied exactly",
}

_KEYWORDS = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "required",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
]


def possible_hints(task: Task) -> frozenset[str]:
    """Return every hint that a problem with an answer to `task` can give."""
    return _possible_hints(tuple(task.answer["properties"]))


class Detector(Protocol):
    """What looks for personal data in an answer: the same detector that saw the document."""

    def scan(self, text: str) -> Assessment:
        """Return the assessment of `text`."""
        ...


def check_answer(raw: str, task: Task) -> Answer | AnswerProblem:
    """Return the answer in `raw`, or the first rule that it breaks."""
    if not raw.strip():
        return AnswerProblem(rule="refused")
    if len(raw) > _MAX_ANSWER_CHARACTERS:
        return AnswerProblem(rule="truncated")
    try:
        value = json.loads(raw, object_pairs_hook=_no_twice, parse_constant=_no_constant)
        canonical = rfc8785.dumps(value).decode()
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        return AnswerProblem(rule="not_json")  # the decoder's own words quote the answer
    error = jsonschema.exceptions.best_match(_validator(task).iter_errors(value))
    if error is None:
        return Answer(value=value, canonical=canonical)
    return _problem(error, task)


def check_reply(reply: Reply, task: Task) -> Answer | AnswerProblem:
    """Return the answer in `reply`; one that was cut off is none, even if it happens to be whole."""
    if reply.finish_reason == "length":
        return AnswerProblem(rule="truncated")
    return check_answer(reply.answer, task)


def answer_level(
    answer: Answer, *, detector: Detector, policy: Policy, document_level: Level
) -> tuple[Level, Assessment]:
    """Return the level of a result (rule 4) and the assessment of the answer's own words.

    An incomplete look at an answer counts like one at a document: it is regulated. The one
    exception is the language of a few words, which nobody can tell.
    """
    text = "\n".join(spoken(answer.value))
    assessment = detector.scan(text)
    seen = assessment
    if len(text) < _TOO_SHORT_FOR_A_LANGUAGE:
        gaps = tuple(gap for gap in assessment.gaps if gap.reason not in _LANGUAGE_GAPS)
        seen = replace(assessment, gaps=gaps)
    return max(decide(seen, policy).level, document_level), seen


def spoken(value: object) -> Iterator[str]:
    """Yield what a model said in `value`, in order: strings, numbers, and keys that no program would choose."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not _PLAIN_KEY.fullmatch(key):
                yield key
            yield from spoken(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from spoken(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _problem(error: jsonschema.ValidationError, task: Task) -> AnswerProblem:
    rule = str(error.validator) if error.validator in _KEYWORDS else "type"
    first = error.absolute_path[0] if error.absolute_path else ""
    return AnswerProblem(rule=rule, where=str(first) if first in task.answer["properties"] else "")


@lru_cache(maxsize=64)
def _possible_hints(properties: tuple[str, ...]) -> frozenset[str]:
    rules = [*_REASONS, *_KEYWORDS]
    return frozenset(
        AnswerProblem(rule=rule, where=where).hint for rule in rules for where in ("", *properties)
    )


_VALIDATORS: dict[str, jsonschema.Draft202012Validator] = {}
"""By task digest: building one costs more than using it."""


def _validator(task: Task) -> jsonschema.Draft202012Validator:
    if task.digest not in _VALIDATORS:
        _VALIDATORS[task.digest] = jsonschema.Draft202012Validator(dict(task.answer))
    return _VALIDATORS[task.digest]


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value


def _no_constant(_: str) -> NoReturn:
    raise ValueError
