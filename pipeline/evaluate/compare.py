"""Two systems over the same documents, side by side: paired, because each answers for the same spans.

Rules
1. A difference is the second's share minus the first's, with Agresti and Min's interval.
2. McNemar's exact p says how likely so lopsided a disagreement is if neither were better. It is not adjusted
   for the number of rows: of twenty rows without any difference, one is below 0.05 by chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

from pipeline.evaluate.documents import Outcome
from pipeline.evaluate.intervals import paired
from pipeline.evaluate.measure import Measured
from pipeline.evaluate.spans import JudgedRecord, JudgedSpan
from policies.levels import Route

CRITERIA: Final[Mapping[str, Callable[[JudgedSpan], bool]]] = MappingProxyType(
    {
        "recall": lambda one: one.is_found,
        "recall_any": lambda one: one.is_found_any,
        "recall_by_policy": lambda one: one.is_found_by_policy,
    }
)


def compare(first: Measured, second: Measured) -> dict[str, Any]:
    """Return how `second` differs from `first` over the same sets, as plain values."""
    sets = list(zip(first.sets, second.sets, strict=True))
    judged_entities = (first.look.entities | first.policy.alone.keys()) | (
        second.look.entities | second.policy.alone.keys()
    )
    rows = [
        {"set": one.set.name, "entities": _entities(one.judged, other.judged, judged_entities)}
        for one, other in sets
    ]
    everything = (
        tuple(chain.from_iterable(one.judged for one, _ in sets)),
        tuple(chain.from_iterable(other.judged for _, other in sets)),
    )
    outcomes = [pair for one, other in sets for pair in zip(one.outcomes, other.outcomes, strict=True)]
    return {
        "first": first.name,
        "second": second.name,
        "sets": rows,
        "all": {"entities": _entities(*everything, judged_entities)},
        "documents": _documents(outcomes),
        "routes": _moves(outcomes),
        "speed": _speed(first, second),
    }


def _entities(
    first: Iterable[JudgedRecord], second: Iterable[JudgedRecord], judged_entities: frozenset[str]
) -> dict[str, Any]:
    spans: dict[str, list[tuple[JudgedSpan, JudgedSpan]]] = {}
    for one, other in zip(first, second, strict=True):
        for pair in zip(one.spans, other.spans, strict=True):
            spans.setdefault(pair[0].span.entity, []).append(pair)
    return {
        entity: {
            name: paired((met(one) for one, _ in pairs), (met(other) for _, other in pairs)).as_json()
            for name, met in CRITERIA.items()
        }
        for entity, pairs in sorted(spans.items())
        if entity in judged_entities
    }


def _documents(outcomes: list[tuple[Outcome, Outcome]]) -> dict[str, Any]:
    # What is direct depends on the policy: only documents that hold one under both are the same question.
    direct = [pair for pair in outcomes if pair[0].direct and pair[1].direct]
    ordinary = [pair for pair in outcomes if pair[0].is_ordinary]
    nameless = [pair for pair in ordinary if not pair[0].names_publicly]
    return {
        "leaks": _paired_documents(direct, lambda one: one.leaks),
        "leaks_left": _paired_documents(direct, lambda one: one.direct_left > 0),
        "over_routing": _paired_documents(ordinary, lambda one: not one.route.leaves),
        "over_routing_or_pseudonymised": _paired_documents(
            nameless, lambda one: one.route is not Route.CLOSED
        ),
    }


def _paired_documents(
    pairs: list[tuple[Outcome, Outcome]], holds: Callable[[Outcome], bool]
) -> dict[str, Any]:
    return paired((holds(one) for one, _ in pairs), (holds(other) for _, other in pairs)).as_json()


def _moves(outcomes: list[tuple[Outcome, Outcome]]) -> dict[str, dict[str, int]]:
    """Return how many documents go which way: `{first's route: {second's route: count}}`."""
    counts = Counter((one.route, other.route) for one, other in outcomes)
    return {row.value: {column.value: counts[row, column] for column in Route} for row in Route}


def _speed(first: Measured, second: Measured) -> dict[str, float | None]:
    one, other = sum(first.look.seconds), sum(second.look.seconds)
    return {"second_to_first": round(one / other, 3) if other and first.look is not second.look else None}
