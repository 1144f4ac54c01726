"""Placeholders: what they look like, and what can happen to them on their way.

A placeholder is `[ENTITY_n]`, or `[ENTITY_n_tag]` where the text itself says such things.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from enum import StrEnum
from itertools import count

from policies.assessment import Finding

PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_]*_[1-9][0-9]{0,5}(?:_[a-z2-7]{6})?\]")
"""The exact form."""

_ANYTHING_LIKE_ONE = re.compile(r"\[\s*[A-Z][A-Z0-9_ -]*[_ -][0-9]+", re.IGNORECASE)
_PARTS = re.compile(r"_(?P<number>[1-9][0-9]*)(?:_[a-z2-7]{6})?$")
_TITLES = frozenset(
    {"dear", "dr", "frau", "herr", "hi", "hello", "miss", "mr", "mrs", "ms", "prof", "sir", "madam"}
)
_WORD = re.compile(r"\w+")


class PlaceholderProblemKind(StrEnum):
    """What happened to a placeholder on its way.

    Altered: a known one in another case, spacing or brackets. Lost: a piece of one that no
    longer says which. Invented: a perfect one that was never given.
    """

    ALTERED = "altered"
    LOST = "lost"
    INVENTED = "invented"


def placeholder(entity: str, number: int, tag: str = "") -> str:
    """Return the placeholder for the `number`th value of `entity`, from 1."""
    return f"[{re.sub('[^A-Z0-9]', '_', entity.upper())}_{number}{tag}]"


def tag_for(text: str, key: bytes) -> str:
    """Return what the placeholders of `text` carry after their number.

    Nothing, unless the text says anything like a placeholder: then a tag drawn from the key,
    which whoever wrote the text cannot foresee.
    """
    if not _ANYTHING_LIKE_ONE.search(unicodedata.normalize("NFKC", text)):
        return ""
    for attempt in count():
        message = attempt.to_bytes(4, "big") + text.encode("utf-8", "surrogatepass")
        tag = base64.b32encode(hmac.digest(key, message, hashlib.sha256))[:6].decode().lower()
        if tag not in text:
            return f"_{tag}"
    raise AssertionError  # pragma: no cover - a text cannot hold every tag


def outside_placeholders(text: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that see something other than placeholders in a pseudonymised text.

    A title or greeting that a recogniser took together with a placeholder is nothing.
    """
    rest = without_placeholders(text)
    return tuple(
        finding
        for finding in findings
        if "\x00" not in rest[finding.start : finding.end]
        or says_something(rest[finding.start : finding.end])
    )


def without_placeholders(text: str) -> str:
    """Return `text`, as long as it is, with NUL for every character of a placeholder."""
    return PLACEHOLDER.sub(lambda match: "\x00" * len(match.group()), text)


def says_something(text: str) -> bool:
    """Whether `text` has a word that is no title or greeting."""
    return any(word.lower() not in _TITLES for word in _WORD.findall(text))


class Inspection:
    """Finds damaged placeholders in the answers to one pseudonymised text."""

    def __init__(self, known: Iterable[str], *, sent: str) -> None:
        """Prepare for answers that may use the placeholders `known`; `sent` is the text that had them."""
        self._known = frozenset(known)
        self._plain = frozenset(_plain(token) for token in self._known)
        self._near = _near_forms(self._known)
        self._own_words = _folded(sent, self._known)

    def damage(self, text: str) -> Iterator[PlaceholderProblemKind]:
        """Yield what is wrong with each placeholder in `text`; what the document itself said is fine."""
        for match in PLACEHOLDER.finditer(text):
            if match.group() not in self._known and match.group() not in self._own_words:
                yield PlaceholderProblemKind.INVENTED
        if self._near is None:
            return
        for match in self._near.finditer(_folded(text, None)):
            if match.group().strip() not in self._own_words:
                known = _plain(match.group()) in self._plain
                yield PlaceholderProblemKind.ALTERED if known else PlaceholderProblemKind.LOST


def _folded(text: str, known: Container[str] | None) -> str:
    """Return `text` folded, without the exact placeholders in it: all, or only those known."""

    def remove(match: re.Match[str]) -> str:
        return "\x00" if known is None or match.group() in known else match.group()

    return unicodedata.normalize("NFKC", PLACEHOLDER.sub(remove, text)).replace("\\", "")


def _near_forms(known: frozenset[str]) -> re.Pattern[str] | None:
    """Return a pattern for what can become of the placeholders of `known`, none of it natural text."""
    entities = {_entity(token) for token in known}
    if not entities:
        return None
    names = "|".join(sorted((re.sub("_", r"[\\s_-]*", entity) for entity in entities), key=len, reverse=True))
    tag = r"(?:[\s_-]*[a-z2-7]{6}\b)?"
    numbers = "|".join(sorted({_number(token) for token in known}, key=len, reverse=True))
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


def _plain(token: str) -> str:
    return re.sub(r"[^a-z0-9]", "", token.lower())
