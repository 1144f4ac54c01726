"""What of a document would leave, and which labelled spans would still stand in it.

The pseudonymiser is the real one, and so is the gate's last look: a text in which it sees more than
placeholders is not sent, and counts as kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from pipeline.evaluate.records import LabelledSpan
from pipeline.placeholders import PLACEHOLDER, outside_placeholders
from pipeline.pseudonymise import Pseudonymised, pseudonymise_until_clean
from policies.assessment import Assessment
from policies.decide import decide
from policies.levels import Route
from policies.policy import Policy

_KEY: Final = b"evaluation"
"""Only tags placeholders where a text already says such things; nothing is sent from here."""
_WORD: Final = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Which of a document's labelled spans still stand in what is sent pseudonymised."""

    is_sent: bool
    """False when the gate's last look would refuse."""
    whole: tuple[bool, ...] = ()
    """For each span: nothing of it was replaced, or it is said again elsewhere in what is sent."""
    in_part: tuple[bool, ...] = ()
    """For each span: at least one of its words (of two letters or digits and more) was not replaced."""


def look_at_what_leaves(
    text: str,
    assessment: Assessment,
    spans: Sequence[LabelledSpan],
    *,
    policy: Policy,
    scan: Callable[[str], Assessment],
) -> Left:
    """Return what would still stand in `text` once it is pseudonymised and the gate has looked at it.

    Cost: one to three further looks of the detector.
    """
    scan = cache(scan)  # the last look that hides is the gate's look as well
    hidden = pseudonymise_until_clean(text, assessment.findings, scan=scan, key=_KEY)
    if not _gate_sends(hidden.text, scan(hidden.text), policy):
        return Left(is_sent=False)
    replaced = replaced_spans(text, hidden)
    shown = PLACEHOLDER.sub("\x00", hidden.text)
    if replaced is None:  # cannot be aligned: judged by what it says alone
        said = tuple(_says(shown, text[span.start : span.end]) for span in spans)
        return Left(is_sent=True, whole=said, in_part=said)
    touched = _Touched(replaced)
    whole = tuple(
        not touched.any(span.start, span.end) or _says(shown, text[span.start : span.end]) for span in spans
    )
    in_part = tuple(
        stays or any(not touched.any(start, end) for start, end in _words(text, span))
        for span, stays in zip(spans, whole, strict=True)
    )
    return Left(is_sent=True, whole=whole, in_part=in_part)


def replaced_spans(text: str, hidden: Pseudonymised) -> list[tuple[int, int]] | None:
    """Return which spans of `text` became placeholders, in order; None when the two do not fit.

    Both are read from left to right: between placeholders they say the same, and a placeholder
    stands for its value in whatever case and spacing.
    """
    replaced: list[tuple[int, int]] = []
    at = shown = 0
    for match in PLACEHOLDER.finditer(hidden.text):
        value = hidden.mapping.get(match.group())
        if value is None:
            continue  # the text's own words
        literal = hidden.text[shown : match.start()]
        pattern = r"\s+".join(map(re.escape, value.split()))
        found = re.compile(pattern, re.IGNORECASE).match(text, at + len(literal))
        if not text.startswith(literal, at) or found is None:
            return None
        replaced.append(found.span())
        at, shown = found.end(), match.end()
    return replaced if text[at:] == hidden.text[shown:] else None


def _gate_sends(text: str, assessment: Assessment, policy: Policy) -> bool:
    """Whether the gate's rules for a pseudonymised text hold (`pipeline.gate.Gate`)."""
    left = outside_placeholders(text, assessment.findings)
    alone = decide(replace(assessment, findings=left, topics=()), policy)
    together = decide(replace(assessment, findings=left), policy)
    return alone.route is Route.CLOSED and together.route.leaves


class _Touched:
    """Ordered, disjoint spans, asked whether they meet a place."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = spans

    def any(self, start: int, end: int) -> bool:
        return any(begin < end and start < stop for begin, stop in self._spans)


def _words(text: str, span: LabelledSpan) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text, span.start, span.end):
        yield match.span()


def _says(text: str, value: str) -> bool:
    words = r"\s+".join(map(re.escape, value.split()))
    return re.search(rf"(?<!\w){words}(?!\w)", text) is not None
