"""How many spellings of an identifier get past the detector: entity types x operators, and compositions.

    python -m benchmarks.evasion [--compositions 10000] [--carriers 1] [--seed N] [--ner rules|shipped|FOLDER]
                                 [--failures FILE] [--json]
    python -m benchmarks.evasion --only US_SSN/en_dash+base64/form/7
    python -m benchmarks.evasion --known-open

Exits with 1 if any document with a value would leave with it: as it is (cleared), or pseudonymised with
most of the value still in it (survives). `--failures` writes the name of each such case, for `--only`, with the
groups of operators that get most through first. `--known-open` writes `tests/evasion/known_open.py` anew.
`--ner rules` (the default) uses a model that knows one name: patterns are what is measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pipeline.detect import Detector, DetectorConfig
from pipeline.evaluate.intervals import Share
from policies.decide import decide
from policies.levels import Route
from tests.evasion import benign
from tests.evasion.entities import ENTITIES
from tests.evasion.matrix import (
    SHARDS,
    Case,
    Outcome,
    Written,
    compositions,
    default_policy,
    judge,
    parse_case,
    plain_cases,
    sample,
    single_cases,
    written,
)
from tests.evasion.operators import OPERATORS

_ROOT = Path(__file__).resolve().parent.parent
_KNOWN_OPEN = _ROOT / "tests" / "evasion" / "known_open.py"
_SHIPPED = _ROOT / "models" / "ner" / "weights"


@dataclass(slots=True)
class Tally:
    """Outcomes by what is counted, and the cases that leak."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    leaks: list[tuple[Case, Outcome]] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)

    def add(self, one: Written, outcome: Outcome, *names: str) -> None:
        """Count one document under each of `names`."""
        self.total[outcome] += 1
        for name in names:
            self.counts[name][outcome] += 1
        if outcome.leaks:
            self.leaks.append((one.case, outcome))


def main() -> int:
    """Run what the arguments ask for; return the exit status."""
    args = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        detector = Detector.load(DetectorConfig(ner_model=_model(args.ner, Path(folder)), accepted=None))
        if args.only:
            return _show(args.only, detector)
        if args.known_open:
            _write_known_open(detector)
            return 0
        started = time.process_time()
        singles, composed = Tally(), Tally()
        cases = [*plain_cases(), *single_cases(seeds=args.seeds, carriers=args.carriers)]
        for one, outcome in judge(written(cases), detector):
            singles.add(one, outcome, one.case.entity, "+".join(one.case.operators) or "plain")
        chosen = islice(written(compositions(seed=args.seed)), args.compositions)
        for one, outcome in judge(chosen, detector):
            composed.add(one, outcome, one.case.entity, *one.case.operators)
        held = _held(detector)
    report = _report(singles, composed, held, seconds=time.process_time() - started)
    print(json.dumps(report, indent=1) if args.json else _text(report, singles, composed))
    if args.failures:
        Path(args.failures).write_text(_failures(singles, composed), encoding="utf-8")
    return 1 if singles.leaks or composed.leaks else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--compositions", type=int, default=10_000)
    parser.add_argument("--carriers", type=int, default=None, help="of each cell; default: all")
    parser.add_argument("--seeds", type=int, default=1, help="values a cell and carrier")
    parser.add_argument("--seed", type=int, default=1, help="of the compositions")
    parser.add_argument("--ner", default="rules", help="rules, shipped, or a model's folder")
    parser.add_argument("--failures", help="file for the names of leaking cases")
    parser.add_argument("--only", action="append", help="show one case; may be repeated")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--known-open", action="store_true", help="write tests/evasion/known_open.py anew")
    return parser.parse_args()


def _model(ner: str, folder: Path) -> str:
    if ner == "rules":
        from tests.evasion.tiny_model import write_tiny_model  # noqa: PLC0415 - spaCy is slow to import

        return str(write_tiny_model(folder / "model"))
    return str(_SHIPPED) if ner == "shipped" else ner


def _held(detector: Detector) -> dict[str, list[str]]:
    """Return the names of harmless documents that may not leave as they are, and of all."""
    names: dict[str, list[str]] = {
        "numbers": [],
        "look_encoded": [],
        "all_numbers": [],
        "all_look_encoded": [],
    }
    for group, documents in (("numbers", benign.numbers()), ("look_encoded", benign.look_encoded())):
        for one in documents:
            names[f"all_{group}"].append(one.name)
            if decide(detector.scan(one.text), default_policy()).route is not Route.CLOSED:
                names[group].append(one.name)
    return names


def _summary(tally: Tally) -> dict[str, object]:
    share = Share(hits=len(tally.leaks), total=tally.total.total())
    return {
        "documents": share.total,
        **{outcome.value: tally.total[outcome] for outcome in Outcome},
        "leaks": share.hits,
        "wilson_95": share.wilson(),
    }


def _report(
    singles: Tally, composed: Tally, held: Mapping[str, list[str]], *, seconds: float
) -> dict[str, object]:
    held_back = [*held["numbers"], *held["look_encoded"]]
    over = Share(hits=len(held_back), total=len(held["all_numbers"]) + len(held["all_look_encoded"]))
    return {
        "entities": len(ENTITIES),
        "operators": len(OPERATORS),
        "matrix": _summary(singles),
        "compositions": _summary(composed),
        "benign": {
            "documents": over.total,
            "held": over.hits,
            "rate": over.value,
            "wilson_95": over.wilson(),
            "numbers_held": f"{len(held['numbers'])}/{len(held['all_numbers'])}",
            "look_encoded_held": f"{len(held['look_encoded'])}/{len(held['all_look_encoded'])}",
            "which": held_back,
        },
        "cpu_seconds": round(seconds, 1),
    }


def _text(report: Mapping[str, object], singles: Tally, composed: Tally) -> str:
    lines = [
        f"{report['entities']} entity types x {report['operators']} operators (leaks/documents: finding, gap, gate)"
    ]
    for title, tally, names in (
        ("entity type, matrix", singles, ENTITIES),
        ("operator, matrix", singles, ("plain", *OPERATORS)),
        ("entity type, compositions", composed, ENTITIES),
    ):
        lines += ["", title]
        lines += [_line(name, tally.counts[name]) for name in names if tally.counts[name]]
    lines += ["", *(f"{key}: {json.dumps(value)}" for key, value in report.items())]
    return "\n".join(lines)


def _line(name: str, counts: Counter[str]) -> str:
    leaks = counts[Outcome.CLEARED] + counts[Outcome.SURVIVES]
    caught = ", ".join(str(counts[outcome]) for outcome in (Outcome.FINDING, Outcome.GAP, Outcome.GATE))
    return f"  {name:28} {leaks:5}/{counts.total():<6} {caught}"


def _failures(singles: Tally, composed: Tally) -> str:
    """Return the leaking cases: cells of the matrix, then compositions, the commonest first; one seed each."""
    lines = [f"matrix: {len(singles.leaks)} leaks; compositions: {len(composed.leaks)}"]
    for title, tally in (("MATRIX", singles), ("COMPOSITIONS", composed)):
        cells: dict[str, list[tuple[Case, Outcome]]] = defaultdict(list)
        for case, outcome in tally.leaks:
            cells["+".join(sorted(case.operators)) or "plain"].append((case, outcome))
        lines.append(f"\n{title}: operators, leaks, entity types; then one case for each entity type")
        for name, cases in sorted(cells.items(), key=lambda item: (-len(item[1]), item[0])):
            entities = Counter(case.entity for case, _ in cases)
            lines.append(
                f"{name}  {len(cases)}  {' '.join(f'{key}:{count}' for key, count in sorted(entities.items()))}"
            )
            first = {case.entity: (case, outcome) for case, outcome in reversed(cases)}
            lines += [f"    {outcome} --only {case}" for case, outcome in first.values()]
    return "\n".join(lines) + "\n"


def _write_known_open(detector: Detector) -> None:
    """Write what the tests' part of the matrix lets through now: one carrier a cell, one seed, the sample."""
    cells: dict[str, set[str]] = defaultdict(set)
    cases = [*plain_cases(), *single_cases(carriers=1)]
    for one, outcome in judge(written(cases), detector):
        if outcome.leaks:
            cells["+".join(one.case.operators) or "plain"].add(one.case.entity)
    shards = tuple(
        sum(outcome.leaks for _, outcome in judge(sample(shard), detector)) for shard in range(SHARDS)
    )
    rows = []
    for name, found in cells.items():
        reason = "_UNLABELLED" if found <= cells.get("plain", set()) else "_UNREAD"
        rows.append(f'    "{name}": (\n        "{" ".join(sorted(found))}",\n        {reason},\n    ),\n')
    text = _KNOWN_OPEN.read_text(encoding="utf-8")
    text = _between(text, "\nKNOWN_OPEN: dict[str, tuple[str, str]] = ", '\n"""', "{\n" + "".join(rows) + "}")
    text = _between(text, "\nKNOWN_OPEN_COMPOSITIONS = ", "\n", str(shards))
    _KNOWN_OPEN.write_text(text, encoding="utf-8")
    print(f"{sum(map(len, cells.values()))} cells, {sum(shards)} compositions are open")


def _between(text: str, before: str, after: str, new: str) -> str:
    """Return `text` with `new` for what stands between `before` and the next `after`."""
    start = text.index(before) + len(before)
    return text[:start] + new + text[text.index(after, start) :]


def _show(names: Iterable[str], detector: Detector) -> int:
    """Print each named case: document, what was found, outcome. The values are made up."""
    leaks = 0
    for one, outcome in judge(written(parse_case(name) for name in names), detector):
        assessment = detector.scan(one.carried.text)
        leaks += outcome.leaks
        print(f"{one.case}: {outcome}\nvalue    {one.value!r}\nspelling {one.spelling!r}\n{one.carried.text}")
        for finding in assessment.findings:
            print(f"  {finding.entity} {finding.score:.2f} {one.carried.text[finding.start : finding.end]!r}")
        for gap in assessment.gaps:
            print(f"  gap {gap.reason} {gap.detail}")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
