"""The shipped model, tasks and examples are whole and of the promised size."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "models" / "clerk" / "weights"
DOCUMENTS = ROOT / "examples" / "documents"
TASKS = {name: ROOT / "pipeline" / "tasks" / f"{name}.yaml" for name in ("triage", "extract", "summarise")}


def load_task(name: str) -> dict:
    return yaml.safe_load(TASKS[name].read_text(encoding="utf-8"))


def unbounded(schema: dict, place: str = "answer") -> list[str]:
    """Return the places of `schema` where a model could write without end."""
    places = []
    if schema.get("type") == "string" and "maxLength" not in schema:
        places.append(place)
    if schema.get("type") == "array":
        places += [place] if "maxItems" not in schema else []
        places += unbounded(schema["items"], f"{place}[]")
    if schema.get("type") == "object":
        places += [place] if schema.get("additionalProperties") is not False else []
        for name, inner in schema["properties"].items():
            places += unbounded(inner, f"{place}.{name}")
    return places


def test_weights_are_complete_and_small():
    """The folder is in Hugging Face format and holds at most 15 MB."""
    names = {path.name for path in WEIGHTS.iterdir()}
    wanted = {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert names == wanted
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) <= 15_000_000


def test_configuration_is_a_llama_of_a_few_million_parameters():
    """The architecture is Llama and the tensors hold three to six million numbers."""
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    with (WEIGHTS / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    bytes_of_tensors = sum(
        value["data_offsets"][1] - value["data_offsets"][0]
        for name, value in header.items()
        if name != "__metadata__"
    )
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["max_position_embeddings"] >= 2048
    assert 3_000_000 <= bytes_of_tensors / 2 <= 6_000_000


def test_tokenizer_and_template_fit_the_configuration():
    """The vocabulary has the configured size and the chat template shows document, task and answer."""
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    tokenizer = json.loads((WEIGHTS / "tokenizer.json").read_text(encoding="utf-8"))
    template = json.loads((WEIGHTS / "tokenizer_config.json").read_text(encoding="utf-8"))["chat_template"]
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    assert len(tokenizer["model"]["vocab"]) <= config["vocab_size"]
    assert special["<|end|>"] == config["eos_token_id"]
    assert all(token in template for token in ("<|document|>", "<|task|>", "<|answer|>", "<|end|>"))


@pytest.mark.parametrize("name", list(TASKS))
def test_task_is_a_valid_bounded_schema(name):
    """A shipped task has the agreed keys, a valid JSON Schema and no value without a bound."""
    task = load_task(name)
    assert list(task) == ["name", "version", "description", "prompt", "answer", "limits", "models"]
    assert task["name"] == name
    jsonschema.Draft202012Validator.check_schema(task["answer"])
    assert unbounded(task["answer"]) == []
    assert task["limits"]["temperature"] == 0


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("triage", {"document_kind": "poem", "urgency": "low", "department": "it", "reason": "x"}),
        ("triage", {"document_kind": "invoice", "urgency": "low", "department": "it", "reason": "x" * 161}),
        ("extract", {"parties": [], "dates": [], "amounts": []}),
        (
            "extract",
            {"parties": [], "dates": [], "amounts": [], "identifiers": [{"kind": "x", "value": "1"}]},
        ),
        ("summarise", {"summary": "x", "key_points": [], "mood": "good"}),
    ],
)
def test_schema_refuses(name, answer):
    """Values outside the lists, missing fields and fields that nobody asked for are refused."""
    validator = jsonschema.Draft202012Validator(load_task(name)["answer"])
    assert not validator.is_valid(answer)


def test_examples_cover_every_format():
    """The example documents show every format that can be read, in at most 600 kB."""
    files = [path for path in DOCUMENTS.rglob("*") if path.is_file()]
    suffixes = {path.suffix for path in files}
    assert suffixes == {
        ".jsonl",
        ".csv",
        ".parquet",
        ".txt",
        ".md",
        ".pdf",
        ".docx",
        ".xlsx",
        ".html",
        ".eml",
    }
    assert sum(path.stat().st_size for path in files) <= 600_000


def test_example_records_have_ids_and_text():
    """Every JSONL record has an id of its own and text."""
    lines = (DOCUMENTS / "records.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert len({record["id"] for record in records}) == len(records) >= 30
    assert all(record["text"].strip() for record in records)
