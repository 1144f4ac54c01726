"""Measure the served model: exact match per field and schema validity, on documents that it never saw.

Start the server (see models/clerk/README.md), then:

    .venv/bin/python models/clerk/recipe/evaluate.py --url http://127.0.0.1:8000/v1 --documents 200

Two sets: `seen` has sentences of the training set with new values and new arrangements; `held-back` is made only of
sentences, names and companies that training never uses. The server decodes under the task's JSON Schema, as in a run.
"""

from __future__ import annotations

import argparse
import json
import random
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import yaml
from documents import Sample, make_sample

TASKS = Path(__file__).resolve().parents[3] / "pipeline" / "tasks"
SEEDS = {"seen": 99_000_001, "held-back": 99_000_002}
"""Far from the training seeds."""


def ask(url: str, task: dict, text: str) -> str:
    """Return the raw answer of the server to one document."""
    request = {
        "model": "clerk",
        "temperature": 0,
        "max_tokens": task["limits"]["max_output_tokens"],
        "messages": [{"role": "system", "content": task["prompt"]}, {"role": "user", "content": text}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": task["name"], "schema": task["answer"], "strict": True},
        },
    }
    body = json.dumps(request).encode()
    call = urllib.request.Request(  # noqa: S310 - the caller names the server
        f"{url}/chat/completions", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(call, timeout=300) as response:  # noqa: S310 - same
        return json.load(response)["choices"][0]["message"]["content"]


def score(task: dict, raw: str, expected: dict) -> dict[str, float]:
    """Return 1 or 0 for validity, for each field and for the whole; for lists also F1 of their items."""
    try:
        answer = json.loads(raw)
        jsonschema.Draft202012Validator(task["answer"]).validate(answer)
    except (ValueError, jsonschema.ValidationError):
        answer = {}
    scores = {"valid": float(bool(answer)), "all fields": float(answer == expected)}
    for field, right in expected.items():
        got = answer.get(field)
        scores[field] = float(got == right)
        if isinstance(right, list):
            scores[f"{field} (F1)"] = _f1(got or [], right)
    return scores


def _f1(got: list, right: list) -> float:
    """Return the F1 of two lists of items, order aside; two empty lists agree."""
    found = [json.dumps(item, sort_keys=True) for item in got]
    wanted = [json.dumps(item, sort_keys=True) for item in right]
    if not found and not wanted:
        return 1.0
    hits = len(set(found) & set(wanted))
    return 2 * hits / (len(found) + len(wanted))


def evaluate(url: str, samples: list[Sample], tasks: list[dict], *, show: int) -> dict[str, dict[str, float]]:
    """Return the mean of every score, by task."""
    results: dict[str, dict[str, list[float]]] = {task["name"]: defaultdict(list) for task in tasks}
    jobs = [(task, sample) for sample in samples for task in tasks]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda job: ask(url, job[0], job[1].text), jobs))
    for (task, sample), raw in zip(jobs, answers, strict=True):
        expected = sample.answers[task["name"]]
        scores = score(task, raw, expected)
        for name, value in scores.items():
            results[task["name"]][name].append(value)
        if show and not scores["all fields"]:
            print(
                f"--- {task['name']}\n{sample.text}\nexpected {sample.answer(task['name'])}\nanswer   {raw}"
            )
            show -= 1
    return {
        task: {name: sum(numbers) / len(numbers) for name, numbers in scores.items()}
        for task, scores in results.items()
    }


def main() -> None:
    """Print one table row a field."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--show", type=int, default=0, help="print this many wrong answers")
    options = parser.parse_args()
    tasks = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(TASKS.glob("*.yaml"))]
    tasks = [task for task in tasks if task["name"] in {"triage", "extract", "summarise"}]
    table: dict[tuple[str, str], list[float]] = defaultdict(list)
    for name, seed in SEEDS.items():
        rng = random.Random(seed)
        samples = [make_sample(rng, held=name == "held-back") for _ in range(options.documents)]
        for task, scores in evaluate(options.url, samples, tasks, show=options.show).items():
            for field, value in scores.items():
                table[task, field].append(value)
    print(f"| task | field | {' | '.join(SEEDS)} |\n|---|---|---|---|")
    for (task, field), numbers in table.items():
        print(f"| {task} | {field} | {' | '.join(f'{value:.3f}' for value in numbers)} |")


if __name__ == "__main__":
    main()
