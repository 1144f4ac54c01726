"""Conditions on a report, so that a build fails when the detector gets worse.

A condition is `METRIC[:ENTITY][@SET]=VALUE`: `recall:PERSON=0.9`, `precision:PERSON@letters=0.8`, `leak=0.005`.
What was never counted meets no condition: nothing seen is no proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

_FORM: Final = re.compile(
    r"(?P<metric>[a-z_]+)(?::(?P<entity>[A-Z][A-Z0-9_]*))?(?:@(?P<set>[^=]+))?=(?P<value>[01]|0?\.\d+|1\.0+)"
)
SPAN_METRICS: Final = (
    "recall", "recall_any", "recall_by_policy", "recall_exact", "precision", "precision_by_policy", "precision_exact",
    "document_recall", "document_recall_complete", "document_precision",
)  # fmt: skip
DOCUMENT_METRICS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "leak": ("leaks", "cleared"),
        "leak_left": ("leaks", "left"),
        "leak_left_in_part": ("leaks", "left_in_part"),
        "leak_any_person": ("leaks", "cleared_any_person"),
        "over_routing": ("over_routing", "held"),
        "over_routing_or_pseudonymised": ("over_routing", "held_or_pseudonymised"),
    }
)


class GateError(Exception):
    """A condition cannot be read; the message says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that a report must show."""

    said: str
    """As it was written."""
    metric: str
    entity: str
    set: str
    value: float
    side: Literal["under", "over"]
    """Which side of the value fails."""

    def judge(self, system: Mapping[str, Any]) -> dict[str, Any]:
        """Return whether the figures of a system (`pipeline.evaluate.report.describe`) meet the condition."""
        share = self._find(system)
        seen = share["share"] if share else None
        holds = seen is not None and (seen >= self.value if self.side == "under" else seen <= self.value)
        return {"condition": f"fail {self.side} {self.said}", "seen": seen, "holds": holds}

    def _find(self, system: Mapping[str, Any]) -> Mapping[str, Any] | None:
        places = [one for one in system["sets"] if one["set"] == self.set] if self.set else [system["all"]]
        for place in places:
            if self.metric in DOCUMENT_METRICS:
                part, name = DOCUMENT_METRICS[self.metric]
                found: Mapping[str, Any] | None = place[part][name]
            else:
                found = place["entities"].get(self.entity, {}).get(self.metric)
            return found
        return None


def parse_condition(said: str, side: Literal["under", "over"]) -> Condition:
    """Return the condition written as `METRIC[:ENTITY][@SET]=VALUE`.

    Raises:
        GateError: it has another form, or no metric has that name.
    """
    match = _FORM.fullmatch(said.strip())
    if match is None:
        raise GateError(
            "a condition is METRIC[:ENTITY][@SET]=VALUE with a value from 0 to 1, as in recall:PERSON=0.9"
        )
    metric, entity = match["metric"], match["entity"] or ""
    if metric in SPAN_METRICS and not entity:
        raise GateError(f"{metric} is counted for an entity, as in {metric}:PERSON={match['value']}")
    if metric in DOCUMENT_METRICS and entity:
        raise GateError(f"{metric} is counted over documents and takes no entity")
    if metric not in (*SPAN_METRICS, *DOCUMENT_METRICS):
        raise GateError(f"no such metric; there are: {', '.join((*SPAN_METRICS, *DOCUMENT_METRICS))}")
    return Condition(
        said=said.strip(),
        metric=metric,
        entity=entity,
        set=match["set"] or "",
        value=float(match["value"]),
        side=side,
    )
