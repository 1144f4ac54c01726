"""What the stand-in for the closed API answers: plain rules, no model.

Given the JSON Schema of an answer and a text, the answer is made from words of the text,
the same every time, so that demonstrations read sensibly and tests can predict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.placeholders import PLACEHOLDER

_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = re.compile(
    rf"\[(?:DATE_TIME|DATE_OF_BIRTH)_\d+(?:_[a-z2-7]{{4,}})?\]|\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}\b"
    rf"|\b\d{{1,2}}\s{_MONTHS}\s\d{{4}}\b|\b{_MONTHS}\s\d{{1,2}},?\s\d{{4}}\b"
)
_AMOUNT = re.compile(
    r"(?:[$€£]|\b(?:USD|EUR|GBP|CHF)\s?)\d[\d.,]*\d\b|(?:[$€£])\d\b|\b\d[\d.,]*\s?(?:USD|EUR|GBP|CHF|euros?|dollars?)\b"
)
_PARTY = re.compile(
    r"\[(?:PERSON|ORGANIZATION|NRP)_\d+(?:_[a-z2-7]{4,})?\]"
    r"|\b(?:[A-Z][\w&'-]+\s){1,4}(?:Ltd|LLC|Inc|GmbH|AG|Corp|PLC|plc|Company|Foundation|University|Bank)\b\.?"
    r"|\b(?:Mr|Mrs|Ms|Dr|Prof)\.?\s[A-Z][\w'-]+(?:\s[A-Z][\w'-]+)?"
)
_IDENTIFIERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"\[EMAIL_ADDRESS_\d+(?:_[a-z2-7]{4,})?\]|[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    ("phone", re.compile(r"\[PHONE_NUMBER_\d+(?:_[a-z2-7]{4,})?\]|\+\d[\d\s().-]{7,}\d")),
    ("iban", re.compile(r"\[IBAN_CODE_\d+(?:_[a-z2-7]{4,})?\]|\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\b")),
    ("invoice", re.compile(r"\b(?:INV|Invoice)[-#\s]{0,2}(?:no\.?\s*)?\d[\w-]*", re.IGNORECASE)),
    ("order", re.compile(r"\b(?:ORD|PO)[-#]\d[\w-]*", re.IGNORECASE)),
    ("ticket", re.compile(r"\b(?:TCK|TKT|INC|REQ|Ticket)[-#]\d[\w-]*", re.IGNORECASE)),
    ("contract", re.compile(r"\b(?:CTR|Contract)[-#]\d[\w-]*", re.IGNORECASE)),
    ("claim", re.compile(r"\b(?:CLM|Claim)[-#]\d[\w-]*", re.IGNORECASE)),
    (
        "other",
        re.compile(
            r"\[(?!PERSON|ORG|NRP|DATE|LOCATION|EMAIL|PHONE|IBAN)[A-Z][A-Z_]*_\d+(?:_[a-z2-7]{4,})?\]"
        ),
    ),
)
_WORDS: Mapping[str, str] = {
    "invoice": "invoice amount due payment vat total net remittance",
    "contract": "agreement contract party parties term clause hereby termination licence",
    "complaint": "complaint complain disappointed unacceptable refund apology dissatisfied",
    "medical_note": "patient diagnosis medication dose clinic symptoms treatment mg",
    "job_application": "application applicant cv resume position vacancy apply experience",
    "meeting_minutes": "meeting attendees present agenda action actions agreed apologies",
    "support_request": "error help login password issue crash support reset bug install",
    "insurance_claim": "claim insurer policyholder damage accident premium insurance",
    "report": "report results quarter analysis findings summary figures growth",
    "letter": "dear sincerely regards yours",
    "high": "urgent urgently immediately asap critical emergency overdue deadline today outage breach",
    "low": "fyi newsletter whenever routine archive information reminder",
    "finance": "invoice payment amount budget tax vat account bank quarter",
    "legal": "contract agreement clause court liability legal lawsuit counsel",
    "customer_service": "customer complaint refund order delivery service return",
    "medical": "patient diagnosis clinic medication treatment symptoms",
    "human_resources": "employee applicant vacancy salary leave hiring position cv",
    "operations": "delivery warehouse schedule maintenance shipment production site meeting",
    "it": "server login password software network error laptop outage deploy computer",
}
_FALLBACKS = ("other", "normal", "none", "unknown")
_LONGEST = {"reason": 150, "summary": 500, "key_points": 200, "dates": 40, "amounts": 40}


def answer_to(schema: Mapping[str, Any], text: str) -> Any:
    """Return a value that matches `schema`, made from `text`."""
    return _value("", schema, text)


def _value(name: str, schema: Mapping[str, Any], text: str) -> Any:
    if "const" in schema or "enum" in schema:
        return _choice(schema.get("enum") or [schema["const"]], text)
    kinds = schema.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "object":
        return {key: _value(key, inner, text) for key, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return _list(name, schema, text)
    if kind == "string":
        return _string(name, schema, text)
    plain: Mapping[str, Any] = {"integer": schema.get("minimum", 0), "number": schema.get("minimum", 0)}
    return plain.get(kind, False if kind == "boolean" else None)


def _string(name: str, schema: Mapping[str, Any], text: str) -> str:
    longest = min(schema.get("maxLength", 1 << 16), _LONGEST.get(name, 120))
    sentences = _sentences(text)
    said = " ".join(sentences[:2]) if name == "summary" else sentences[0]
    return _cut(said, longest).ljust(schema.get("minLength", 0), ".")


def _list(name: str, schema: Mapping[str, Any], text: str) -> list[Any]:
    most, item = schema.get("maxItems", 6), schema.get("items", {})
    properties = item.get("properties", {})
    if {"kind", "value"} <= set(properties):
        kinds = properties["kind"].get("enum", [])
        return [
            {"kind": kind if kind in kinds else kinds[-1], "value": value[:64]}
            for kind, value in _identifiers(text)
        ][:most]
    longest = min(item.get("maxLength", 1 << 16), _LONGEST.get(name, 80))
    found: Sequence[str]
    if name == "key_points":
        found = [_cut(sentence, longest) for sentence in _sentences(text)[:3]]
    else:
        pattern = {"dates": _DATE, "amounts": _AMOUNT, "parties": _PARTY}.get(name)
        found = [match.group() for match in pattern.finditer(text)] if pattern else []
    least = schema.get("minItems", 0)
    values = [value for value in dict.fromkeys(found) if value and len(value) <= longest][:most]
    return values + [_value(name, item, text)] * max(0, least - len(values))


def _identifiers(text: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for kind, pattern in _IDENTIFIERS:
        for match in pattern.finditer(text):
            if match.group() not in seen:
                seen.add(match.group())
                yield kind, match.group()


def _choice(values: Sequence[Any], text: str) -> Any:
    words = re.findall(r"[a-z]+", text.lower())
    scores = [
        sum(words.count(word) for word in f"{_WORDS.get(str(value), '')} {value}".replace("_", " ").split())
        for value in values
    ]
    best = max(scores, default=0)
    if best:
        return values[scores.index(best)]
    return next((value for value in _FALLBACKS if value in values), values[0])


def _sentences(text: str) -> list[str]:
    folded = re.sub(r"\s+", " ", text).strip()
    found = [part.strip() for part in re.split(r"(?<=[.!?])\s+(?=[A-Z\[])", folded) if part.strip()]
    return found or ["(empty)"]


def _cut(text: str, longest: int) -> str:
    """Shorten `text` at a word, and never inside a placeholder."""
    if len(text) <= longest:
        return text
    end = text.rfind(" ", 0, longest)
    end = end if end > 0 else longest
    for match in PLACEHOLDER.finditer(text):
        if match.start() < end < match.end():
            end = match.start()
    return text[:end].rstrip(" ,;") or text[:longest]
