from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import TaskError
from pipeline.tasks import parse_task, read_shipped_task, shipped_task, shipped_tasks
from policies.levels import Route


def test_sample(sample_text):
    """A task file becomes a task with all that it says."""
    task = parse_task(sample_text, name="sample.yaml")
    assert (task.name, task.version, task.limits.max_output_tokens) == ("sample", 1, 100)
    assert task.answer["required"] == ["reason", "kind"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("version: 1", "versoin: 1", 2, "unknown key versoin; allowed: name, version, description, prompt"),
        (
            "temperature: 0",
            "temprature: 0",
            15,
            "unknown key limits.temprature; allowed: max_input_characters",
        ),
        ("closed: default", "cloud: default", 18, "unknown key models.cloud; allowed: on_prem, closed"),
        ("version: 1\n", "", 1, "missing key version"),
        ("version: 1", "version: 1\nversion: 2", 3, "this key stands here twice"),
        ("version: 1", "version: one", 2, "version: input should be a valid integer"),
        ("name: sample", "name: Sample Task", 1, "name: string should match pattern"),
        ("type: object", "type: obejct", 5, "not a JSON Schema"),
        ("type: object", "type: array", 5, "must be a JSON Schema of an object"),
        ("enum: [invoice, letter, other]", "$ref: '#'", 5, "must stand alone"),
        ("max_output_tokens: 100", "max_output_tokens: 0", 14, "greater than or equal to 1"),
        ("temperature: 0", "temperature: .nan", 15, "temperature"),
        ("name: sample", "name: [", 3, "not valid YAML"),
        ("name: sample", "name: &a sample", 1, "aliases"),
    ],
)
def test_errors(sample_text, old, new, line, said):
    """A mistake is named with its file, its line and what is allowed."""
    with pytest.raises(TaskError) as caught:
        parse_task(sample_text.replace(old, new, 1), name="mine.yaml")
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"mine.yaml:{line}: ")


def test_a_list_is_not_a_task():
    """A file whose top is not a mapping is refused."""
    with pytest.raises(TaskError, match="mapping"):
        parse_task("- name", name="mine.yaml")


def test_digest(sample_text):
    """The digest changes with what is asked, and with nothing else."""
    digest = parse_task(sample_text, name="a.yaml").digest
    assert digest.startswith("sha256:")
    assert parse_task(f"# a comment\n{sample_text}", name="b.yaml").digest == digest
    assert parse_task(sample_text.replace("letter", "memo"), name="a.yaml").digest != digest


def test_models(sample_text):
    """A task may name a model for a route; `default` and silence mean the endpoint's."""
    task = parse_task(sample_text.replace("closed: default", "closed: big-2"), name="a.yaml")
    assert task.model_for(Route.ON_PREM, "small") == "small"
    assert task.model_for(Route.CLOSED, "large") == "big-2"
    assert task.model_for(Route.CLOSED_PSEUDONYMISED, "large") == "big-2"


@pytest.mark.parametrize("name", shipped_tasks())
def test_shipped(name):
    """Every task that ships parses, is named like its file, and bounds every answer."""
    assert shipped_task(name).name == name


def test_shipped_names():
    """The three promised tasks ship; others do not exist."""
    assert {"extract", "summarise", "triage"} <= set(shipped_tasks())
    with pytest.raises(KeyError):
        read_shipped_task("../errors")


def test_documented_example():
    """The example in the documentation is a task, and its table names every key."""
    page = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert parse_task(example, name="sentiment.yaml").name == "sentiment"
    table = page.split("## Keys")[1].split("##")[0]
    assert {"name", "version", "description", "prompt", "answer", "models"} <= set(
        re.findall(r"`([a-z]+)`", table)
    )
    for limit in ("max_input_characters", "max_output_tokens", "temperature"):
        assert f"`limits.{limit}`" in table
