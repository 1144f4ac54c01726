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

import base64
import hashlib
import hmac
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import count
from typing import Any

import rfc8785
from presidio_anonymizer import AnonymizerEngine, OperatorConfig
from presidio_anonymizer.entities import RecognizerResult

from pipeline.errors import DocumentError
from policies.assessment import Finding

PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_]*_[1-9][0-9]{0,5}(?:_[a-z2-7]{6})?\]")
"""The exact form."""

_ANYTHING_LIKE_ONE = re.compile(r"\[\s*[A-Z][A-Z0-9_ -]*[_ -][0-9]+", re.IGNORECASE)
_TITLES = frozenset(
    {"dear", "dr", "frau", "herr", "hi", "hello", "miss", "mr", "mrs", "ms", "prof", "sir", "madam"}
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonymised:
    """A text without its findings, and how to put them back."""

    text: str = field(repr=False)
    mapping: Mapping[str, str] = field(repr=False)
    """Placeholder to value, as the value was first spelled."""


class PlaceholderProblemKind(StrEnum):
    """What happened to a placeholder on its way; rule 5."""

    ALTERED = "altered"
    LOST = "lost"
    INVENTED = "invented"


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
    tag = _tag(text, key)
    placeholders: dict[str, str] = {}
    mapping: dict[str, str] = {}
    counts: dict[str, int] = {}
    results: list[RecognizerResult] = []
    for span in spans:
        value = text[span.start : span.end]
        folded = _folded(value)
        if folded not in placeholders:
            counts[span.entity] = counts.get(span.entity, 0) + 1
            placeholders[folded] = f"[{span.entity}_{counts[span.entity]}{tag}]"
            mapping[placeholders[folded]] = value
        results.append(RecognizerResult(placeholders[folded], span.start, span.end, 1.0))
    if not results:
        return Pseudonymised(text=text, mapping=mapping)
    operators = {token: OperatorConfig("replace", {"new_value": token}) for token in mapping}
    replaced = _engine().anonymize(text, results, operators, merge_entities_with_spaces=False)
    return Pseudonymised(text=str(replaced.text), mapping=mapping)


def reidentify(answer_json: str, pseudonymised: Pseudonymised) -> Reidentified:
    """Return the answer with values for placeholders, and what is wrong with those it has.

    `answer_json` is an answer that matched its schema. Cost: one pass for each string.
    """
    damage: Counter[PlaceholderProblemKind] = Counter()
    known = pseudonymised.mapping
    near, own_words = _near_forms(known), _without_placeholders(pseudonymised.text, known)

    def put_back(text: str) -> str:
        damage.update(_damage(text, known, near, own_words))
        return PLACEHOLDER.sub(lambda match: known.get(match.group(), match.group()), text)

    answer = rfc8785.dumps(_walk(json.loads(answer_json), put_back)).decode()
    problems = tuple(PlaceholderProblem(kind=kind, count=damage[kind]) for kind in sorted(damage))
    return Reidentified(answer=answer, problems=problems)


def outside_placeholders(text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that see something other than placeholders in a pseudonymised text.

    A title or greeting that a recogniser took together with a placeholder is nothing.
    """
    tokens = [match.span() for match in PLACEHOLDER.finditer(text)]
    return tuple(finding for finding in findings if _sees_something(text, finding, tokens))


def _sees_something(text: str, finding: Finding, tokens: Sequence[tuple[int, int]]) -> bool:
    touched = [(start, end) for start, end in tokens if start < finding.end and finding.start < end]
    if not touched:
        return True
    rest = "".join(
        " " if any(start <= index < end for start, end in touched) else text[index]
        for index in range(finding.start, finding.end)
    )
    return any(word.lower() not in _TITLES for word in _WORD.findall(rest))


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


def _tag(text: str, key: bytes) -> str:
    """Return what placeholders carry after their number: nothing, unless rule 4 asks for it."""
    if not _ANYTHING_LIKE_ONE.search(unicodedata.normalize("NFKC", text)):
        return ""
    for attempt in count():
        message = attempt.to_bytes(4, "big") + text.encode("utf-8", "surrogatepass")
        tag = base64.b32encode(hmac.digest(key, message, hashlib.sha256))[:6].decode().lower()
        if tag not in text:
            return f"_{tag}"
    raise AssertionError  # pragma: no cover - a text cannot hold every tag


def _damage(
    text: str, known: Mapping[str, str], near: re.Pattern[str] | None, own_words: str
) -> Iterator[PlaceholderProblemKind]:
    """Yield what is wrong with the placeholders of `text`; what the document itself said is fine."""
    for match in PLACEHOLDER.finditer(text):
        if match.group() not in known and match.group() not in own_words:
            yield PlaceholderProblemKind.INVENTED
    plain = {_plain(token) for token in known}
    for match in near.finditer(_without_placeholders(text)) if near else ():
        if match.group().strip() not in own_words:
            yield (
                PlaceholderProblemKind.ALTERED
                if _plain(match.group()) in plain
                else PlaceholderProblemKind.LOST
            )


def _without_placeholders(text: str, known: Container[str] | None = None) -> str:
    """Return `text` folded, without the exact placeholders in it (all, or only those known)."""

    def remove(match: re.Match[str]) -> str:
        return "\x00" if known is None or match.group() in known else match.group()

    return unicodedata.normalize("NFKC", PLACEHOLDER.sub(remove, text)).replace("\\", "")


def _near_forms(mapping: Mapping[str, str]) -> re.Pattern[str] | None:
    """Return a pattern for what can become of the placeholders of `mapping`, none of it natural text."""
    entities = {_entity(token) for token in mapping}
    if not entities:
        return None
    names = "|".join(sorted((re.sub("_", r"[\\s_-]*", entity) for entity in entities), key=len, reverse=True))
    tag = r"(?:[\s_-]*[a-z2-7]{6}\b)?"
    numbers = "|".join(sorted({_number(token) for token in mapping}, key=len, reverse=True))
    forms = (
        rf"\[\s*(?:{names})\b[\s_-]*[0-9]*{tag}\s*\]?",  # [person 1], [PERSON_], [PERSON_1
        rf"\[\s*(?:{names})_[0-9]*{tag}\s*\]?",
        rf"[({{<]\s*(?:{names})[\s_-]*[0-9]+{tag}\s*[)}}>]",  # (PERSON_1)
        rf"(?<!\w)(?:{names})[_-][0-9]+{tag}\s*\]?",  # PERSON_1
        rf"(?<!\w)(?:{names})\s(?:{numbers})(?!\w)\]?",  # Person 1
        rf"(?<!\w)(?:{names})_\]",  # PERSON_]
    )
    return re.compile("|".join(forms), re.IGNORECASE)


def _entity(token: str) -> str:
    return _PARTS.sub("", token[1:-1])


def _number(token: str) -> str:
    match = _PARTS.search(token[1:-1])
    return match.group("number") if match else ""


_PARTS = re.compile(r"_(?P<number>[1-9][0-9]*)(?:_[a-z2-7]{6})?$")


def _plain(token: str) -> str:
    return re.sub(r"[^a-z0-9]", "", token.lower())


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
