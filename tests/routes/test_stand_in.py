from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from flows.stand_in_faults import Fault, FaultKind
from pipeline.check import Answer, check_answer
from pipeline.requests import request_body
from pipeline.tasks import shipped_task, shipped_tasks
from policies.levels import Route
from tests.lib.closed_api import closed_api

TEXTS = {
    "invoice": "Invoice INV-2024-17 from Acme Widgets Ltd. Payment of $1,250.00 is due on 12 March 2025.",
    "placeholders": "Dear [PERSON_1], your refund of [MONEY_1] goes to [IBAN_CODE_1]. This is urgent!",
    "nothing": "x",
    "empty": "",
    "long": "A patient with symptoms came to the clinic. " * 60,
}


def _post(url: str, body: bytes, key: str = "stand-in") -> dict:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/chat/completions",
        body,
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - loopback
        return json.load(response)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("route", [Route.ON_PREM, Route.CLOSED])
@pytest.mark.parametrize("name", shipped_tasks())
def test_answers(api, name, route, text):
    """Whatever the text, the answer matches the shipped task's schema, even where the request's is looser."""
    task = shipped_task(name)
    body = request_body(task, text, model="stand-in-1", route=route)
    completion = _post(api.url, body)
    assert completion == _post(api.url, body) | {"created": completion["created"]}
    choice = completion["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert isinstance(check_answer(choice["message"]["content"], task), Answer)
    usage = completion["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_sensible(api):
    """The answers of the rules make sense on plain documents."""
    said = {}
    for name in shipped_tasks():
        body = request_body(shipped_task(name), TEXTS["invoice"], model="stand-in-1")
        said |= json.loads(_post(api.url, body)["choices"][0]["message"]["content"])
    assert (said["document_kind"], said["department"]) == ("invoice", "finance")
    assert (said["dates"], said["amounts"]) == (["12 March 2025"], ["$1,250.00"])
    assert said["parties"] == ["Acme Widgets Ltd."]


@pytest.mark.parametrize(("path", "key", "status"), [("/models", "wrong", 401), ("/files", "stand-in", 404)])
def test_refusals(api, path, key, status):
    """Callers need the key, and there is nothing but the two paths."""
    request = urllib.request.Request(f"{api.url}{path}", headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)  # noqa: S310 - loopback
    caught.value.close()
    assert caught.value.code == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"messages": []}'])
def test_bad_request(api, body):
    """What is not a request for a structured answer is refused, and the server lives on."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        _post(api.url, body)
    caught.value.close()
    assert caught.value.code == 400
    assert _post(api.url, request_body(shipped_task("triage"), "x", model="m"))["choices"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hang", [True] * 4),
        ("hang:0.5", [False, True, False, True]),
        ("hang:1:2", [True, True, False, False]),
        ("hang:0", [False] * 4),
    ],
)
def test_fault_rate(text, expected):
    """A fault strikes at its rate, evenly, and at most so many times."""
    fault = Fault.parse(text)
    assert fault.kind is FaultKind.HANG
    assert [fault.strikes() for _ in expected] == expected


@pytest.mark.parametrize("text", ["", "nonsense", "hang:often"])
def test_fault_nonsense(text):
    """A fault that does not exist is an error."""
    with pytest.raises(ValueError, match=r"."):
        Fault.parse(text)


@pytest.mark.parametrize("fault", ["placeholder_lost", "placeholder_invented"])
@pytest.mark.parametrize("name", shipped_tasks())
def test_placeholder_faults(fault, name):
    """Spoilt placeholders come in answers that match the schema otherwise."""
    task = shipped_task(name)
    with closed_api(fault) as api:
        body = request_body(task, "[PERSON_1] wrote.", model="m", route=Route.CLOSED_PSEUDONYMISED)
        raw = _post(api.url, body)["choices"][0]["message"]["content"]
    assert isinstance(check_answer(raw, task), Answer)
    assert ("[person_1]" in raw) != ("[PERSON_977]" in raw)


def test_command(tmp_path):
    """The command announces where it listens, serves, and logs nothing."""
    announced = tmp_path / "url"
    command = [
        sys.executable,
        "-m",
        "flows.stand_in",
        "--announce",
        str(announced),
        "--record",
        str(tmp_path / "in"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + 20
            while not announced.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            url = announced.read_text().strip()
            _post(url, request_body(shipped_task("triage"), "canary-77", model="m"))
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=10)
    assert output == b""
    assert "canary-77" in (tmp_path / "in").read_text()
