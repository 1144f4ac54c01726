"""The report as plain values: what `report.json` holds and every other form of it is made from. Never text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any, Final

from pipeline.evaluate.documents import confusion, leaks, over_routing, routes
from pipeline.evaluate.measure import Measured, MeasuredSet
from pipeline.evaluate.records import Record
from pipeline.evaluate.spans import NOT_FOUND, Counts, JudgedSpan, count

FORMAT: Final = 1
"""Of the JSON; raised when a key changes its meaning or goes."""
CURVES: Final = ("PERSON", "LOCATION")
_MOST_POINTS: Final = 100


def describe(measured: Measured) -> dict[str, Any]:
    """Return one system's figures: for each set, and over all."""
    judged_entities = measured.look.entities | measured.policy.alone.keys()
    outcomes = [outcome for one in measured.sets for outcome in one.outcomes]
    return {
        "name": measured.name,
        "detector": {"name": measured.look.detector, "digest": measured.look.digest},
        "policy": {
            "name": measured.policy.name,
            "version": measured.policy.version,
            "digest": measured.policy.digest,
        },
        "sets": [_describe_set(one, judged_entities) for one in measured.sets],
        "all": {
            "entities": _entities(
                count(chain.from_iterable(one.judged for one in measured.sets)), judged_entities
            ),
            "leaks": leaks(outcomes),
            "over_routing": over_routing(outcomes),
            "confusion": confusion(outcomes),
            "routes": routes(outcomes),
            "incomplete": sum(not one.is_complete for one in outcomes),
        },
        "curves": {entity: points for entity in CURVES if (points := list(_curve(measured, entity)))},
        "throughput": _throughput(measured),
    }


def describe_data(measured: Measured) -> list[dict[str, Any]]:
    """Return what the sets are: names, formats, digests, sizes, and labels that nothing here is called."""
    judged_entities = measured.look.entities | measured.policy.alone.keys()
    return [
        {
            "set": one.set.name,
            "format": one.set.format,
            "digest": one.set.digest,
            "documents": len(one.set.records),
            "labelled": sum(record.labelled for record in one.set.records),
            "ordinary": sum(record.ordinary for record in one.set.records),
            "characters": sum(len(record.text) for record in one.set.records),
            "spans": sum(len(record.spans) for record in one.set.records),
            "not_judged": sorted(one.set.entities - judged_entities),
        }
        for one in measured.sets
    ]


def describe_documents(measured: Measured) -> Iterator[dict[str, Any]]:
    """Yield one line a document: ids, counts, codes."""
    for one in measured.sets:
        judged = iter(one.judged)
        for record, outcome in zip(one.set.records, one.outcomes, strict=True):
            row: dict[str, Any] = {
                "id": outcome.id,
                "set": outcome.set,
                "level": outcome.level.label,
                "expected": None if outcome.expected is None else outcome.expected.label,
                "route": outcome.route.value,
                "rules": list(outcome.rules),
                "complete": outcome.is_complete,
                "ordinary": outcome.is_ordinary,
                "direct": len(outcome.direct),
                "left": outcome.direct_left,
                "left_in_part": outcome.direct_left_in_part,
            }
            if record.labelled:
                row["entities"] = {entity: asdict(counts) for entity, counts in count([next(judged)]).items()}
            yield row


def describe_misses(measured: Measured) -> Iterator[dict[str, Any]]:
    """Yield one line for each labelled span that no finding of its entity meets: ids and offsets."""
    for name, record, miss in misses(measured):
        yield {
            "set": name,
            "id": record.id,
            "entity": miss.span.entity,
            "start": miss.span.start,
            "end": miss.span.end,
            "found_any": miss.is_found_any,
        }


def misses(measured: Measured) -> Iterator[tuple[str, Record, JudgedSpan]]:
    """Yield each labelled span that no finding of its entity meets, with its set and its record."""
    for one in measured.sets:
        records = [record for record in one.set.records if record.labelled]
        for record, judged in zip(records, one.judged, strict=True):
            for span in judged.spans:
                if not span.is_found:
                    yield one.set.name, record, span


def _describe_set(one: MeasuredSet, judged_entities: frozenset[str]) -> dict[str, Any]:
    return {
        "set": one.set.name,
        "entities": _entities(count(one.judged), judged_entities),
        "leaks": leaks(one.outcomes),
        "over_routing": over_routing(one.outcomes),
        "confusion": confusion(one.outcomes),
        "routes": routes(one.outcomes),
        "incomplete": sum(not outcome.is_complete for outcome in one.outcomes),
    }


def _entities(counts: dict[str, Counts], judged_entities: Iterable[str]) -> dict[str, Any]:
    known = frozenset(judged_entities)
    return {entity: row.as_json() for entity, row in counts.items() if entity in known}


def _curve(measured: Measured, entity: str) -> Iterator[dict[str, float]]:
    """Yield recall and precision of an entity when only findings from a score upwards count."""
    judged = [record for one in measured.sets for record in one.judged]
    spans = sorted(
        (one.score for record in judged for one in record.spans if one.span.entity == entity), reverse=True
    )
    findings = [one for record in judged for one in record.findings if one.entity == entity]
    scores = sorted({score for score in (*spans, *(one.score for one in findings)) if score > NOT_FOUND})
    for score in _thinned(scores):
        kept = [one for one in findings if one.score >= score]
        if not spans or not kept:
            continue
        yield {
            "score": score,
            "recall": round(sum(one >= score for one in spans) / len(spans), 5),
            "precision": round(sum(one.is_right for one in kept) / len(kept), 5),
        }


def _thinned(scores: Sequence[float]) -> Sequence[float]:
    step = max(1, len(scores) // _MOST_POINTS)
    return scores[::step]


def _throughput(measured: Measured) -> dict[str, Any]:
    documents = sum(len(one.set.records) for one in measured.sets)
    characters = sum(len(record.text) for one in measured.sets for record in one.set.records)
    seconds = sum(measured.look.seconds)
    return {
        "processes": 1,
        "documents": documents,
        "characters": characters,
        "seconds": round(seconds, 3),
        "documents_per_second": round(documents / seconds, 1) if seconds else None,
        "characters_per_second": round(characters / seconds) if seconds else None,
        "milliseconds_per_document": {
            "look": round(1000 * seconds / documents, 3),
            "decide": round(1000 * measured.decide_seconds / documents, 3),
            "pseudonymise_and_look_again": (
                round(1000 * measured.send_seconds / measured.sent_documents, 3)
                if measured.sent_documents
                else None
            ),
        },
    }
