"""Pseudonymising: findings become placeholders before a text leaves, and values again after.

The only importer of presidio-anonymizer.

Rules
1. Every finding is replaced. Findings that overlap or touch are one: their union is replaced.
2. A placeholder is `[ENTITY_n]`, `n` counting from 1 in order of first appearance: it says
   what kind of thing stood there and nothing else about it. The same value, whatever its
   case and spacing, gets the same placeholder throughout a document.
3. Other occurrences of a value, as whole words, are replaced too, whatever the detector
   made of them.
4. No placeholder can be taken for something the text already said: if the text holds
   anything of that shape, all placeholders carry a tag drawn from the key and the text.
5. An answer need not mention every placeholder, but what it mentions must be a copy.
   *Altered*: a known placeholder in another case, spacing or brackets. *Lost*: a piece of
   one that no longer says which. *Invented*: a perfect one that was never given. With any
   of these the answer is not used.
6. Values put back are not looked at again: one that looks like a placeholder stays.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import rfc8785
from presidio_anonymizer import AnonymizerEngine, OperatorConfig
from presidio_anonymizer.entities import RecognizerResult

from pipeline.check import Answer, AnswerProblem, check_answer
from pipeline.errors import DocumentError
from pipeline.placeholders import (
    PLACEHOLDER,
    Inspection,
    PlaceholderProblemKind,
    outside_placeholders,
    placeholder,
    says_something,
    tag_for,
    without_placeholders,
)
from pipeline.tasks import Task
from policies.assessment import Assessment, Finding

_WORD = re.compile(r"\w+")
_FURTHER_LOOKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonymised:
    """A text without its findings, and how to put them back."""

    text: str = field(repr=False)
    mapping: Mapping[str, str] = field(repr=False)
    """Placeholder to value, as the value was first spelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceholderProblem:
    """How often one thing happened to placeholders in an answer."""

    kind: PlaceholderProblemKind
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reidentified:
    """An answer with its values put back; not to be used if there are problems."""

    answer: str = field(repr=False)
    """RFC 8785 JSON. Values may be longer than the schema allows their placeholders to be."""
    problems: tuple[PlaceholderProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Span:
    start: int
    end: int
    entity: str


def pseudonymise(text: str, findings: Iterable[Finding], *, key: bytes) -> Pseudonymised:
    """Return `text` with every finding replaced; rules 1 to 4.

    Raises:
        DocumentError: `finding_outside_text`, a bug in detection.
    """
    spans = _with_occurrences(text, _merged(text, findings))
    tag = tag_for(text, key)
    placeholders: dict[str, str] = {}
    mapping: dict[str, str] = {}
    counts: dict[str, int] = {}
    results: list[RecognizerResult] = []
    for span in spans:
        value = text[span.start : span.end]
        folded = _folded(value)
        if folded not in placeholders:
            counts[span.entity] = counts.get(span.entity, 0) + 1
            placeholders[folded] = placeholder(span.entity, counts[span.entity], tag)
            mapping[placeholders[folded]] = value
        results.append(RecognizerResult(placeholders[folded], span.start, span.end, 1.0))
    if not results:
        return Pseudonymised(text=text, mapping=mapping)
    operators = {token: OperatorConfig("replace", {"new_value": token}) for token in mapping}
    replaced = _engine().anonymize(text, results, operators, merge_entities_with_spaces=False)
    return Pseudonymised(text=str(replaced.text), mapping=mapping)


def pseudonymise_until_clean(
    text: str, findings: Iterable[Finding], *, scan: Callable[[str], Assessment], key: bytes
) -> Pseudonymised:
    """Return `text` with every finding replaced, and what a second and third look add to them.

    A recogniser reads other words when names around them are gone. Whoever uses the result
    still has to look at it: a look that finds nothing ends the search, and so does the third.

    Raises:
        DocumentError: `finding_outside_text`, a bug in detection.
    """
    everything = list(findings)
    hidden = pseudonymise(text, everything, key=key)
    for _ in range(_FURTHER_LOOKS):
        left = outside_placeholders(hidden.text, scan(hidden.text).findings)
        if not left:
            break
        everything += [found for finding in left for found in _same_in_original(text, hidden.text, finding)]
        hidden = pseudonymise(text, everything, key=key)
    return hidden


def reidentify(answer_json: str, pseudonymised: Pseudonymised) -> Reidentified:
    """Return the answer with values for placeholders, and what is wrong with those it has.

    `answer_json` is an answer that matched its schema. Cost: one pass for each string.
    """
    damage: Counter[PlaceholderProblemKind] = Counter()
    known = pseudonymised.mapping
    inspection = Inspection(known, sent=pseudonymised.text)

    def put_back(text: str) -> str:
        damage.update(inspection.damage(text))
        return PLACEHOLDER.sub(lambda match: known.get(match.group(), match.group()), text)

    answer = rfc8785.dumps(_walk(json.loads(answer_json), put_back)).decode()
    problems = tuple(PlaceholderProblem(kind=kind, count=damage[kind]) for kind in sorted(damage))
    return Reidentified(answer=answer, problems=problems)


def check_pseudonymised(raw: str, task: Task, pseudonymised: Pseudonymised) -> Answer | AnswerProblem:
    """Return the answer in `raw` with its values put back, or what is wrong with it.

    The schema is applied to what the model said: a value may be longer than its placeholder.
    """
    answer = check_answer(raw, task)
    if isinstance(answer, AnswerProblem):
        return answer
    restored = reidentify(answer.canonical, pseudonymised)
    if restored.problems:
        return AnswerProblem(rule="placeholders")
    return Answer(value=json.loads(restored.answer), canonical=restored.answer)


def _same_in_original(text: str, hidden: str, finding: Finding) -> Iterator[Finding]:
    """Yield where the original says what `finding` sees between placeholders of its hidden form."""
    for piece in without_placeholders(hidden)[finding.start : finding.end].split("\x00"):
        words = piece.strip()
        if says_something(words):
            for match in re.finditer(re.escape(words), text):
                yield replace(finding, start=match.start(), end=match.end())


def _merged(text: str, findings: Iterable[Finding]) -> list[_Span]:
    """Return disjoint spans that cover the findings, in order; each has its widest finding's entity."""
    spans = []
    for finding in findings:
        if not 0 <= finding.start <= finding.end <= len(text):
            raise DocumentError("finding_outside_text")
        spans.append(_Span(start=finding.start, end=finding.end, entity=finding.entity))
    return _merged_spans(spans)


def _merged_spans(spans: Iterable[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    widest = 0
    for span in sorted(spans):
        width = span.end - span.start
        if not width:
            continue
        if merged and span.start <= merged[-1].end:
            last = merged[-1]
            entity = span.entity if width > widest else last.entity
            merged[-1] = _Span(start=last.start, end=max(last.end, span.end), entity=entity)
            widest = max(widest, width)
        else:
            merged.append(span)
            widest = width
    return merged


def _with_occurrences(text: str, spans: list[_Span]) -> list[_Span]:
    """Return `spans` and wherever else their values occur as whole words; rule 3.

    Again and again, because what stands next to a placeholder has become a word. Mostly twice.
    """
    entities: dict[str, str] = {}
    while True:
        for span in spans:
            entities.setdefault(_folded(text[span.start : span.end]), span.entity)
        more = list(_occurrences(_masked(text, spans), entities))
        if not more:
            return spans
        spans = _merged_spans([*spans, *more])


def _occurrences(text: str, entities: Mapping[str, str]) -> Iterator[_Span]:
    values = sorted((value for value in entities if _WORD.search(value)), key=len, reverse=True)
    if not values:
        return
    pattern = "|".join(r"\s+".join(re.escape(word) for word in value.split()) for value in values)
    for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE):
        entity = entities.get(_folded(match.group()))
        if entity is not None:
            yield _Span(start=match.start(), end=match.end(), entity=entity)


def _masked(text: str, spans: Iterable[_Span]) -> str:
    """Return `text` with NUL for every character of `spans`."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], "\x00" * (span.end - span.start)]
        at = span.end
    return "".join([*parts, text[at:]])


def _folded(value: str) -> str:
    return " ".join(value.casefold().split())


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_walk(inner, change) for inner in value]
    if isinstance(value, dict):
        return {change(key): _walk(inner, change) for key, inner in value.items()}
    return value


@cache
def _engine() -> AnonymizerEngine:
    return AnonymizerEngine()  # type: ignore[no-untyped-call] # presidio ships no types for it
