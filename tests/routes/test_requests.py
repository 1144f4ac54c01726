from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.check import AnswerProblem
from pipeline.errors import DocumentError
from pipeline.requests import PLACEHOLDER_NOTE, asked_about, reask_body, request_body
from pipeline.tasks import parse_task, shipped_task
from policies.levels import Route
from tests.routes.conftest import SAMPLE

TASK = parse_task(SAMPLE, name="sample.yaml")


def test_body(task):
    """A body holds the prompt, the text, the schema and the limits, and nothing else."""
    body = json.loads(request_body(task, "Some text.", model="small", seed=7))
    assert body == {
        "model": "small",
        "messages": [
            {"role": "system", "content": task.prompt},
            {"role": "user", "content": "Some text."},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "sample", "schema": dict(task.answer), "strict": True},
        },
        "max_completion_tokens": 100,
        "temperature": 0,
        "seed": 7,
    }


def test_body_that_leaves(task):
    """Towards a provider nothing is to be stored, and the schema is what strict outputs take."""
    body = json.loads(request_body(task, "Some text.", model="big", route=Route.CLOSED))
    assert body["store"] is False
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {
        "reason": {"type": "string"},
        "kind": {"enum": ["invoice", "letter", "other"], "type": "string"},
    }


def test_property_named_like_a_keyword(task):
    """A property that is called like a keyword stays."""
    text = SAMPLE.replace("reason", "maxLength")
    body = request_body(parse_task(text, name="odd.yaml"), "x", model="big", route=Route.CLOSED)
    schema = json.loads(body)["response_format"]["json_schema"]["schema"]
    assert set(schema["properties"]) == {"maxLength", "kind"}


def test_pseudonymised_body(task):
    """A pseudonymised text comes with a word about placeholders."""
    body = json.loads(request_body(task, "[PERSON_1]", model="big", route=Route.CLOSED_PSEUDONYMISED))
    assert body["messages"][0]["content"] == f"{task.prompt}\n\n{PLACEHOLDER_NOTE}"


@pytest.mark.parametrize(
    ("text", "code"), [("x" * 2001, "too_long_for_task"), ("a\ud800", "text_not_encodable")]
)
def test_refused_text(task, text, code):
    """A text that is too long, or that JSON cannot carry, costs the document."""
    with pytest.raises(DocumentError, match=code) as caught:
        request_body(task, text, model="small")
    assert caught.value.__context__ is None


@given(
    st.text(max_size=60),
    st.sampled_from(Route),
    st.sampled_from([None, AnswerProblem(rule="not_json"), AnswerProblem(rule="enum", where="kind")]),
    st.sampled_from([None, 0, 5]),
)
def test_asked_about(text, route, problem, seed):
    """Every body of ours says what it asks about; bodies are the same every time."""
    if problem is None:
        body = request_body(TASK, text, model="m", route=route, seed=seed)
    else:
        body = reask_body(TASK, text, model="m", route=route, seed=seed, problem=problem)
    asked = asked_about(body, [shipped_task("triage"), TASK], model="m", route=route)
    assert asked is not None
    assert (asked.text, asked.model) == (text, "m")
    assert repr(asked) == "Asked(model='m')"


@given(st.binary(max_size=80) | st.recursive(st.none() | st.text(), st.lists).map(repr).map(str.encode))
def test_asked_about_anything(body):
    """Whatever is not ours asks about nothing."""
    assert asked_about(body, [TASK], model="m", route=Route.CLOSED) is None


@pytest.mark.parametrize(
    ("tasks", "model", "route"),
    [([], "m", Route.CLOSED), ([TASK], "other", Route.CLOSED), ([TASK], "m", Route.ON_PREM)],
)
def test_asked_about_another(tasks, model, route):
    """A body for another task, model or route is not recognised."""
    body = request_body(TASK, "text", model="m", route=Route.CLOSED)
    assert asked_about(body, tasks, model=model, route=route) is None


def test_prompt_that_ends_like_another(task):
    """A system message that goes on after the prompt is not ours, unless it is a known hint."""
    body = json.loads(request_body(task, "text", model="m", route=Route.CLOSED))
    body["messages"][0]["content"] += "\n\nAnswer in Latin."
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    assert asked_about(raw, [task], model="m", route=Route.CLOSED) is None
