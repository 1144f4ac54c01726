"""What a policy makes of documents: leaks, over-routing, levels. Rules 5 to 7 of the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.evaluate.intervals import Share, share_of
from pipeline.evaluate.records import LabelledSpan, Record
from pipeline.evaluate.word import taken_at_their_word
from policies.assessment import Finding
from policies.decide import decide
from policies.levels import Level, Route
from policies.policy import Policy

PERSON: Final = "PERSON"
# Places, organisations and dates describe a setting: alone they are nobody's identifier, whatever a policy says.
_SETTING: Final = frozenset({"LOCATION", "ORGANIZATION", "DATE_TIME", "NRP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one document."""

    id: str
    set: str
    level: Level
    route: Route
    rules: tuple[str, ...]
    is_complete: bool
    expected: Level | None
    """The level that people expect, or the least that the labelled spans ask for; None if not labelled."""
    direct: tuple[str, ...] = ()
    """Entity of each labelled direct identifier."""
    persons: int = 0
    """Labelled names of persons, in any context."""
    direct_left: int = 0
    """Direct identifiers that stand in what is sent, whichever route sends it."""
    direct_left_in_part: int = 0
    persons_left: int = 0
    is_refused: bool = False
    """Whether the gate's last look would keep a pseudonymised document."""
    is_ordinary: bool = False
    names_publicly: bool = False
    """Whether people say that this ordinary document truly holds a name or a contact."""

    @property
    def leaks(self) -> bool:
        """Whether it holds a direct identifier and goes out as it is."""
        return bool(self.direct) and self.route is Route.CLOSED


def direct_identifiers(record: Record, policy: Policy, *, context: str) -> tuple[LabelledSpan, ...]:
    """Return the labelled spans of `record` that point at one person under `policy`.

    `context` is `health`, `finance` or nothing: only in the first two is a name a direct identifier.
    """
    return tuple(span for span in record.spans if is_direct(span.entity, policy, context=context))


def is_direct(entity: str, policy: Policy, *, context: str) -> bool:
    """Return whether a labelled span of `entity` is a direct identifier."""
    if entity in _SETTING or (entity == PERSON and not context):
        return False
    return policy.alone.get(entity, Level.PUBLIC) >= Level.CONFIDENTIAL


def expected_level(record: Record, policy: Policy) -> Level | None:
    """Return the level that people expect, else the least that `policy` gives to what they labelled."""
    if record.level is not None or not record.labelled:
        return record.level
    known = policy.alone.keys()
    findings = tuple(
        Finding(start=span.start, end=span.end, entity=span.entity, score=1.0, recogniser="label")
        for span in record.spans
        if span.entity in known
    )
    truth = taken_at_their_word(findings, characters=len(record.text), by="labels")
    return decide(truth, policy).level


def leaks(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return the shares of documents that leak, by several readings of the word, as plain values."""
    found = list(outcomes)
    direct = [one for one in found if one.direct]
    named = [one for one in found if one.direct or one.persons]
    return {
        "cleared": _bounded(share_of(one.leaks for one in direct)),
        "left": _bounded(share_of(one.direct_left > 0 for one in direct)),
        "left_in_part": _bounded(share_of(one.direct_left + one.direct_left_in_part > 0 for one in direct)),
        "cleared_any_person": _bounded(share_of(one.route is Route.CLOSED for one in named)),
        "left_any_person": _bounded(share_of(one.direct_left + one.persons_left > 0 for one in named)),
        "refused_by_the_gate": sum(one.is_refused for one in found),
        "cleared_by_entity": _by_entity(direct),
    }


def over_routing(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return how many ordinary documents are kept from the closed API, as plain values."""
    ordinary = [one for one in outcomes if one.is_ordinary]
    nameless = [one for one in ordinary if not one.names_publicly]
    return {
        "held": share_of(not one.route.leaves for one in ordinary).as_json(),
        "held_nameless": share_of(not one.route.leaves for one in nameless).as_json(),
        "held_or_pseudonymised": share_of(one.route is not Route.CLOSED for one in nameless).as_json(),
        "with_public_names": len(ordinary) - len(nameless),
        "rules": dict(
            Counter(
                rule for one in nameless if one.route is not Route.CLOSED for rule in one.rules
            ).most_common()
        ),
    }


def confusion(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Return how many documents of each expected level got which one: `{expected: {decided: count}}`."""
    counts = Counter((one.expected, one.level) for one in outcomes if one.expected is not None)
    return {row.label: {column.label: counts[row, column] for column in Level} for row in Level}


def routes(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many documents take each route."""
    counts = Counter(one.route for one in outcomes)
    return {route.value: counts[route] for route in Route}


def _bounded(share: Share) -> dict[str, Any]:
    return share.as_json() | {"upper_bound_95": round(share.upper_bound(), 5)}


def _by_entity(direct: Sequence[Outcome]) -> dict[str, Any]:
    entities = {entity for one in direct for entity in one.direct}
    return {
        entity: share_of(one.leaks for one in direct if entity in one.direct).as_json()
        for entity in sorted(entities)
    }
