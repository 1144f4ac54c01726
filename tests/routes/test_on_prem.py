from __future__ import annotations

import asyncio
import pickle
import time

import pytest

from flows.stand_in_faults import FaultKind
from pipeline.errors import CordonError, DocumentError, ModelUnavailable
from pipeline.on_prem import OnPrem, OnPremEndpoint
from pipeline.retries import Retries
from tests.lib.closed_api import closed_api

CANARY = "canary-7391-tremolo"
TEXT = f"Dear all, invoice 17 is due. {CANARY}"
QUICK = Retries(attempts=3, first_seconds=0.01, longest_seconds=0.02)


async def _instantly(_: float) -> None:
    """Wait no time."""


def _lane(url, **changes):
    endpoint = OnPremEndpoint(
        url=url, model="small", api_key="stand-in", **{"timeout_seconds": 0.4, **changes}
    )
    return OnPrem(endpoint, retries=QUICK, sleep=_instantly)


async def test_answer(api, triage):
    """A reply carries a valid answer, the model's name and what it cost."""
    async with _lane(api.url) as lane:
        reply = await lane.ask(triage, TEXT)
    assert reply.answer.startswith("{")
    assert (reply.model, reply.fingerprint, reply.attempts) == ("stand-in-1", "fp_stand_in_1", 1)
    assert reply.prompt_tokens > 0 < reply.completion_tokens
    assert CANARY not in repr(reply)


@pytest.mark.parametrize(
    ("fault", "code", "calls"),
    [
        (FaultKind.RATE_LIMITED, "rate_limited", 3),
        (FaultKind.RATE_LIMITED_DATE, "rate_limited", 3),
        (FaultKind.SERVER_ERROR, "server_error", 3),
        (FaultKind.UNAVAILABLE, "server_error", 3),
        (FaultKind.HANG, "timed_out", 3),
        (FaultKind.DRIP, "timed_out", 3),
        (FaultKind.RESET, "connection_lost", 3),
        (FaultKind.RESET_AFTER_HEAD, "connection_lost", 3),
        (FaultKind.CUT_SHORT, "connection_lost", 3),
        (FaultKind.TRUNCATED_JSON, "bad_response", 3),
        (FaultKind.NOT_JSON, "bad_response", 3),
        (FaultKind.UNAUTHORISED, "unauthorised", 1),
        (FaultKind.REDIRECT, "redirected", 1),
    ],
)
async def test_unavailable(triage, fault, code, calls):
    """Each way to fail is tried again or not, ends in its code, and tells nothing of the text."""
    with closed_api(fault) as api:
        async with _lane(api.url) as lane:
            with pytest.raises(ModelUnavailable) as caught:
                await lane.ask(triage, TEXT)
    assert (caught.value.code, api.calls) == (code, calls)
    _assert_publishable(caught.value)


@pytest.mark.parametrize(
    ("fault", "code", "calls"),
    [
        (FaultKind.BAD_REQUEST, "bad_request", 1),
        (FaultKind.ANSWER_NOT_JSON, "answer_invalid", 2),
        (FaultKind.ANSWER_WRONG_SHAPE, "answer_invalid", 2),
        (FaultKind.ANSWER_CUT_OFF, "answer_invalid", 2),
        (FaultKind.ANSWER_REFUSED, "answer_invalid", 2),
    ],
)
async def test_document_fails(triage, fault, code, calls):
    """What is wrong with one document or answer costs that document, after one re-ask."""
    with closed_api(fault) as api:
        async with _lane(api.url) as lane:
            with pytest.raises(DocumentError) as caught:
                await lane.ask(triage, TEXT)
    assert (caught.value.code, api.calls) == (code, calls)
    _assert_publishable(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        FaultKind.RATE_LIMITED,
        FaultKind.SERVER_ERROR,
        FaultKind.RESET,
        FaultKind.HANG,
        FaultKind.TRUNCATED_JSON,
        FaultKind.ANSWER_NOT_JSON,
        FaultKind.ANSWER_CUT_OFF,
    ],
)
async def test_recovers(triage, fault):
    """After one failure the answer comes, and the reply counts both requests."""
    with closed_api(f"{fault}:1:1") as api:
        async with _lane(api.url) as lane:
            reply = await lane.ask(triage, TEXT)
    assert (reply.attempts, api.calls) == (2, 2)


async def test_reask_says_the_rule(triage):
    """The second request names the broken rule and does not repeat the answer."""
    with closed_api("answer_wrong_shape:1:1") as api:
        async with _lane(api.url) as lane:
            await lane.ask(triage, TEXT)
    first, second = api.bodies
    assert b"was not valid" not in first
    assert b"was not valid" in second
    assert b"unexpected" not in second


async def test_waits_as_asked(triage):
    """A `Retry-After` is a lower bound of the wait."""
    waits = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    with closed_api("rate_limited:1:1", "rate_limited_date:1:1") as api:
        endpoint = OnPremEndpoint(url=api.url, model="small", api_key="stand-in")
        async with OnPrem(endpoint, retries=QUICK, sleep=note) as lane:
            await lane.ask(triage, TEXT)
    assert waits[0] == pytest.approx(1.0)
    assert 0.5 < waits[1] <= 2.0


async def test_no_server(triage, unused_tcp_port):
    """An endpoint where nobody listens is unavailable."""
    async with _lane(f"http://127.0.0.1:{unused_tcp_port}/v1") as lane:
        with pytest.raises(ModelUnavailable, match="no_connection"):
            await lane.ask(triage, TEXT)
        with pytest.raises(ModelUnavailable, match="no_connection"):
            await lane.models()


async def test_models(api):
    """The list of models is the health check."""
    async with _lane(api.url) as lane:
        assert await lane.models() == ("stand-in-1",)


async def test_environment_is_ignored(api, triage, monkeypatch):
    """No variable of the SDK or of HTTP clients redirects a call or adds a header."""
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-leak")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Leak: yes")
    async with _lane(api.url) as lane:
        await lane.ask(triage, TEXT)
    assert set(api.arrivals[0].headers) == {
        *(
            "host",
            "content-type",
            "content-length",
            "accept",
            "authorization",
            "user-agent",
            "accept-encoding",
        )
    }
    assert api.arrivals[0].headers["user-agent"] == "cordon"


async def test_concurrency_is_bounded(triage):
    """No more requests are open at once than the endpoint allows."""
    with closed_api(latency_seconds=0.05) as api:
        async with _lane(api.url, concurrency=2) as lane:
            started = time.monotonic()
            await asyncio.gather(*(lane.ask(triage, TEXT) for _ in range(6)))
    assert time.monotonic() - started >= 0.15
    assert api.calls == 6


async def test_logs_hold_nothing(api, triage, caplog):
    """Even at DEBUG, nothing that is sent or received is logged."""
    caplog.set_level("DEBUG")
    async with _lane(api.url) as lane:
        await lane.ask(triage, TEXT)
    assert CANARY not in caplog.text


def _assert_publishable(error: CordonError) -> None:
    assert error.__cause__ is None
    chain, current = [], error
    while current is not None:
        chain.append(current)
        current = current.__context__
    for each in chain:
        assert isinstance(each, CordonError)
        assert CANARY not in str(each) + repr(each) + repr(each.args)
        assert CANARY.encode() not in pickle.dumps(each)
        assert pickle.loads(pickle.dumps(each)).code == each.code  # noqa: S301 - our own
