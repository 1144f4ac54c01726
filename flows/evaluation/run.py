"""One evaluation: detectors are loaded, look at every set once, and each policy judges what they saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flows.errors import Usage
from flows.law import read_policy
from flows.settings import Settings
from flows.wiring import build_detector
from pipeline.detect import DetectorUnavailable
from pipeline.evaluate.compare import compare
from pipeline.evaluate.gates import Condition, GateError, parse_condition
from pipeline.evaluate.labels import read_labels
from pipeline.evaluate.measure import Known, Look, Looks, Measured, contexts, look, measure, sample
from pipeline.evaluate.readers import FORMATS, read_sets
from pipeline.evaluate.records import DataSet
from pipeline.evaluate.report import FORMAT, describe, describe_data
from pipeline.evaluate.stock import StockPresidio

_STOCK: Final = "presidio:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to know."""

    data: Path
    format: str | None
    labels: Path | None
    public_names: Path | None
    sample: int | None
    policies: tuple[str, ...]
    detectors: tuple[str, ...]
    fail_under: tuple[str, ...]
    fail_over: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came out."""

    report: dict[str, Any]
    systems: tuple[Measured, ...] = field(repr=False)
    passed_over: tuple[str, ...]


def evaluate_data(asked: Asked, settings: Settings) -> Evaluation:
    """Return the figures that `asked` wants.

    Raises:
        Usage: an option, a detector or a condition cannot be used.
        DataError: the data is wrong; says where.
    """
    conditions = _conditions(asked)
    if len(asked.policies) * len(asked.detectors) > len(("first", "second")):
        raise Usage("Two things are compared at a time: two policies, or two detectors.")
    if asked.format is not None and asked.format not in FORMATS:
        raise Usage(f"--format is none of: {', '.join(FORMATS)}.")
    labels = read_labels(asked.labels)
    policies = [read_policy(name) for name in asked.policies]
    found = read_sets(asked.data, labels, format=asked.format)
    sets = [sample(one, asked.sample) if asked.sample else one for one in found.sets]
    detectors = [_load(name, settings) for name in asked.detectors]
    looks = _look(asked.detectors, detectors, sets)
    known = Known(
        also=labels.also,
        contexts=contexts(sets, looks[0], policies[0]),
        public_names=_public_names(asked.public_names),
    )
    systems = tuple(
        measure(_name(asked, seen.detector, said), seen, sets, policy=policy, scan=detector.scan, known=known)
        for detector, seen in zip(detectors, looks, strict=True)
        for said, policy in zip(asked.policies, policies, strict=True)
    )
    return Evaluation(report=_report(systems, conditions), systems=systems, passed_over=found.passed_over)


def _report(systems: tuple[Measured, ...], conditions: list[Condition]) -> dict[str, Any]:
    described = [describe(one) for one in systems]
    return {
        "format": FORMAT,
        "data": describe_data(systems[0]),
        "systems": described,
        "comparison": compare(*systems) if len(systems) > 1 else None,
        "conditions": [one.judge(described[0]) for one in conditions],
    }


def _conditions(asked: Asked) -> list[Condition]:
    try:
        return [parse_condition(said, "under") for said in asked.fail_under] + [
            parse_condition(said, "over") for said in asked.fail_over
        ]
    except GateError as error:
        raise Usage(f"--fail-under, --fail-over: {error}.") from None


def _load(said: str, settings: Settings) -> Looks:
    """Return the detector that `said` names: the shipped one, Presidio's own, or one with another model."""
    if said == "presidio" or said.startswith(_STOCK):
        model = said.removeprefix(_STOCK) if said.startswith(_STOCK) else "en_core_web_sm"
        try:
            return StockPresidio(model)
        except DetectorUnavailable as error:
            raise Usage(f"Presidio cannot be loaded: {error.code}. Write presidio:MODEL.") from None
    if said == "shipped":
        return build_detector(settings)
    if Path(said).suffix in (".yaml", ".yml"):
        return build_detector(replace(settings, ner_model=None, nlp_configuration=said))
    return build_detector(replace(settings, ner_model=said, nlp_configuration=None))


def _look(names: tuple[str, ...], detectors: list[Looks], sets: list[DataSet]) -> list[Look]:
    total = sum(len(one.records) for one in sets)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar:
        looks = []
        for name, detector in zip(names, detectors, strict=True):
            task = bar.add_task(name, total=total)
            looks.append(look(name, detector, sets, tell=_teller(bar, task)))
    return looks


def _teller(bar: Progress, task: Any) -> Callable[[int], None]:
    return lambda more: bar.advance(task, more)


def _name(asked: Asked, detector: str, policy: str) -> str:
    """Return what tells a system from the other one; a path shows its last part."""
    parts = [
        *([Path(detector).name] if len(asked.detectors) > 1 else []),
        *([policy] if len(asked.policies) > 1 else []),
    ]
    return " ".join(parts) or f"{Path(detector).name} {Path(policy).name}"


def _public_names(path: Path | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Usage("--public-names cannot be read as UTF-8 text.") from None
    return frozenset(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
