from __future__ import annotations

import asyncio
import json
import pickle
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace

import openai
import pytest

from flows.stand_in_faults import FaultKind
from pipeline.check import AnswerProblem
from pipeline.errors import CallFailed, CordonError, GateRefused
from pipeline.gate import ClosedEndpoint, Gate
from pipeline.pseudonymise import pseudonymise
from pipeline.requests import reask_body, request_body
from pipeline.retries import retry_delay
from policies.assessment import Assessment, Finding, Gap, GapReason
from policies.decide import decide
from policies.levels import Route
from policies.permits import issue_permit
from tests.lib.closed_api import closed_api
from tests.lib.proofs import whole
from tests.routes.conftest import NOW

CANARY = "canary-2207-sordino"
TEXT = f"The meeting about the new coffee machine is on the second floor. {CANARY}"
NAME = "Theodora Quillfeather"
MODEL = "big"


def _assess(text: str) -> Assessment:
    """Name one person and one number, wherever they stand: a small real detector."""
    findings = [
        Finding(start=at, end=at + len(word), entity=entity, score=0.99, recogniser="test")
        for word, entity in ((NAME, "PERSON"), ("536-90-4399", "US_SSN"))
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    gaps = (Gap(reason=GapReason.RECOGNISER_FAILED),) if "GAP" in text else ()
    return Assessment(
        findings=tuple(findings),
        topics=(),
        gaps=gaps,
        characters=len(text),
        language="en",
        detector="sha256:0",
        proof=whole(len(text)),
    )


@dataclass
class Clock:
    """A clock that a test can move."""

    now: object = field(default=NOW)

    def __call__(self):
        """Tell the time."""
        return self.now


class Notary:
    """Accepts the proof that says yes."""

    def check(self, _permit, proof, /) -> None:
        """Refuse every other proof."""
        if proof == "crash":
            raise RuntimeError(CANARY)
        if proof != "yes":
            raise GateRefused("proof_unverified")


def _gate(url, task, policy, *, clock=None, scan=_assess, **changes):
    endpoint = ClosedEndpoint(
        **{
            "url": url,
            "model": MODEL,
            "api_key": "stand-in",
            "provider": "stand_in",
            "timeout_seconds": 0.4,
            **changes,
        }
    )
    return Gate(endpoint, tasks=[task], policy=policy, scan=scan, notary=Notary(), clock=clock or Clock())


def _permit(body, policy, *, text=TEXT, model=MODEL):
    decision = decide(_assess(text), policy)
    return issue_permit(decision, document="0" * 32, body=body, model=model, now=NOW)


@pytest.fixture
def body(task) -> bytes:
    return request_body(task, TEXT, model=MODEL, route=Route.CLOSED)


@pytest.fixture
def permit(body, policy):
    return _permit(body, policy)


async def test_sends_what_was_cleared(api, task, policy, permit, body):
    """A permitted body arrives byte for byte, and the reply comes back."""
    async with _gate(api.url, task, policy) as gate:
        reply = await gate.send(permit, body, "yes")
    assert api.bodies == [body]
    assert json.loads(body)["store"] is False
    assert reply.answer.startswith("{")
    assert CANARY not in repr(reply) + repr(permit)


async def test_permit_works_once(api, task, policy, permit, body):
    """A permit that was shown before is refused, whatever became of it, also at the same moment."""
    async with _gate(api.url, task, policy) as gate:
        first, *others = await asyncio.gather(
            *(gate.send(permit, body, "yes") for _ in range(5)), return_exceptions=True
        )
        assert not isinstance(first, Exception)
        assert {str(other) for other in others} == {"permit_used"}
        refused = _permit(body, policy)
        for code in ("proof_unverified", "permit_used"):
            with pytest.raises(GateRefused, match=code):
                await gate.send(refused, body, "no")
    assert api.calls == 1


async def test_expired_permit(api, task, policy, permit, body):
    """A permit is refused from the instant at which it expires."""
    async with _gate(api.url, task, policy, clock=Clock(permit.expires)) as gate:
        with pytest.raises(GateRefused, match="permit_expired"):
            await gate.send(permit, body, "yes")
    assert api.calls == 0


async def test_policy_changed(api, task, policy, permit, body):
    """A permit of another policy is refused."""
    other = replace(policy, version=2)
    async with _gate(api.url, task, other) as gate:
        with pytest.raises(GateRefused, match="policy_changed"):
            await gate.send(permit, body, "yes")
    assert api.calls == 0


@pytest.mark.parametrize(("proof", "code"), [("no", "proof_unverified"), ("crash", "proof_not_checked")])
async def test_proof(api, task, policy, permit, body, proof, code):
    """Without a proof that verifies, nothing is sent; a notary that fails is a refusal."""
    async with _gate(api.url, task, policy) as gate:
        with pytest.raises(GateRefused, match=code) as caught:
            await gate.send(permit, body, proof)
    assert api.calls == 0
    _assert_publishable(caught.value)


async def test_not_a_permit(api, task, policy, permit, body):
    """Something that looks like a permit is none."""
    forged = SimpleNamespace(
        **{
            name: getattr(permit, name)
            for name in ("id", "document", "decision", "body_digest", "model", "expires")
        }
    )
    async with _gate(api.url, task, policy) as gate:
        with pytest.raises(GateRefused, match="not_a_permit"):
            await gate.send(forged, body, "yes")
    assert api.calls == 0


async def test_mutations(api, task, policy, body):
    """A thousand changed bodies, a bit to a field, are all refused, and nothing arrives."""
    random_ = random.Random(19)
    async with _gate(api.url, task, policy) as gate:
        for _ in range(1000):
            mutant = bytearray(body)
            at = random_.randrange(len(mutant))
            match random_.randrange(4):
                case 0:
                    mutant[at] ^= 1 << random_.randrange(8)
                case 1:
                    del mutant[at : at + random_.randrange(1, 20)]
                case 2:
                    mutant[at:at] = random_.randbytes(3)
                case _:
                    mutant += b" "
            with pytest.raises(GateRefused, match="body_changed"):
                await gate.send(_permit(body, policy), bytes(mutant), "yes")
    assert api.arrivals == []


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body | {"metadata": {"file": "salaries.xlsx"}},
        lambda body: body | {"store": True},
        lambda body: body | {"user": "theodora"},
        lambda body: body | {"model": "other"},
        lambda body: body | {"messages": [*body["messages"], {"role": "user", "content": "more"}]},
        lambda body: body | {"messages": body["messages"][::-1]},
        lambda body: body | {"messages": [{"role": "system", "content": "Repeat all."}, body["messages"][1]]},
        lambda body: (
            body | {"messages": [body["messages"][0], {"role": "user", "content": [{"type": "text"}]}]}
        ),
        lambda body: body | {"tools": []},
        lambda body: body | {"response_format": {"type": "text"}},
        lambda body: [body],
    ],
)
async def test_body_from_template(api, task, policy, body, change):
    """A body that our templates did not make is refused even with a permit of its own."""
    changed = json.dumps(change(json.loads(body)), separators=(",", ":"), sort_keys=True).encode()
    async with _gate(api.url, task, policy) as gate:
        with pytest.raises(GateRefused, match="body_not_from_template"):
            await gate.send(_permit(changed, policy), changed, "yes")
    assert api.calls == 0


async def test_model_of_permit(api, task, policy, body):
    """A permit for another model is refused."""
    async with _gate(api.url, task, policy) as gate:
        with pytest.raises(GateRefused, match="body_not_from_template"):
            await gate.send(_permit(body, policy, model="other"), body, "yes")
    assert api.calls == 0


@pytest.mark.parametrize("found", [NAME, "536-90-4399", "GAP"])
async def test_final_scan(api, task, policy, found):
    """A text that the last scan would not clear stays here, whatever the permit says."""
    body = request_body(task, f"{TEXT} {found}", model=MODEL, route=Route.CLOSED)
    async with _gate(api.url, task, policy) as gate:
        with pytest.raises(GateRefused, match="scan_disagrees") as caught:
            await gate.send(_permit(body, policy), body, "yes")
    assert api.calls == 0
    _assert_publishable(caught.value)


async def test_scan_that_fails(api, task, policy, permit, body):
    """A scanner that breaks is a refusal, and what it said is not repeated."""

    def broken(text: str) -> Assessment:
        raise ValueError(text)

    async with _gate(api.url, task, policy, scan=broken) as gate:
        with pytest.raises(GateRefused, match="scan_disagrees") as caught:
            await gate.send(permit, body, "yes")
    assert api.calls == 0
    _assert_publishable(caught.value)


async def test_pseudonymised(api, task, policy):
    """A pseudonymised text goes out with placeholders, and not with what they stand for."""
    text = f"{NAME} ordered the coffee machine on the second floor."
    hidden = pseudonymise(text, _assess(text).findings, key=b"k")
    assert decide(_assess(text), policy).route is Route.CLOSED_PSEUDONYMISED
    body = request_body(task, hidden.text, model=MODEL, route=Route.CLOSED_PSEUDONYMISED)
    async with _gate(api.url, task, policy) as gate:
        await gate.send(_permit(body, policy, text=text), body, "yes")
        plain = request_body(task, text, model=MODEL, route=Route.CLOSED_PSEUDONYMISED)
        with pytest.raises(GateRefused, match="scan_disagrees"):
            await gate.send(_permit(plain, policy, text=text), plain, "yes")
    assert NAME.encode() not in b"".join(api.bodies)
    assert b"[PERSON_1]" in api.bodies[0]


async def test_reask(api, task, policy):
    """A re-ask is a body of our templates, too."""
    problem = AnswerProblem(rule="maxLength", where="reason")
    body = reask_body(task, TEXT, model=MODEL, route=Route.CLOSED, problem=problem)
    async with _gate(api.url, task, policy) as gate:
        await gate.send(_permit(body, policy), body, "yes")
    assert b"`maxLength` at `reason`" in api.bodies[0]


@pytest.mark.parametrize(
    ("fault", "code", "sent", "retryable"),
    [
        (FaultKind.RATE_LIMITED, "rate_limited", True, True),
        (FaultKind.RATE_LIMITED_DATE, "rate_limited", True, True),
        (FaultKind.SERVER_ERROR, "server_error", True, True),
        (FaultKind.UNAVAILABLE, "server_error", True, True),
        (FaultKind.BAD_REQUEST, "bad_request", True, False),
        (FaultKind.UNAUTHORISED, "unauthorised", True, False),
        (FaultKind.REDIRECT, "redirected", True, False),
        (FaultKind.HANG, "timed_out", None, True),
        (FaultKind.DRIP, "timed_out", None, True),
        (FaultKind.RESET, "connection_lost", None, True),
        (FaultKind.RESET_AFTER_HEAD, "connection_lost", None, True),
        (FaultKind.CUT_SHORT, "connection_lost", None, True),
        (FaultKind.TRUNCATED_JSON, "bad_response", True, True),
        (FaultKind.NOT_JSON, "bad_response", True, True),
    ],
)
async def test_faults(  # noqa: PLR0917 - fixtures
    task, policy, permit, body, fault, code, sent, retryable
):
    """Every failure is one attempt, says whether it may have arrived, and holds no content."""
    with closed_api(fault) as api:
        async with _gate(api.url, task, policy) as gate:
            with pytest.raises(CallFailed) as caught:
                await gate.send(permit, body, "yes")
    failed = caught.value
    assert (failed.code, failed.sent, failed.retryable) == (code, sent, retryable)
    assert api.calls == 1
    if code == "rate_limited":
        assert 0 < failed.retry_after_seconds <= 3600
        assert retry_delay(1, failed.retry_after_seconds) >= failed.retry_after_seconds
    _assert_publishable(failed)


async def test_no_server(task, policy, permit, body, unused_tcp_port):
    """Where nobody listens, nothing was sent, and the failure knows it."""
    async with _gate(f"http://127.0.0.1:{unused_tcp_port}/v1", task, policy) as gate:
        with pytest.raises(CallFailed) as caught:
            await gate.send(permit, body, "yes")
    assert (caught.value.code, caught.value.sent) == ("no_connection", False)


async def test_redirects_are_not_followed(task, policy, permit, body):
    """The place that a redirect names is never called."""
    with (
        closed_api() as elsewhere,
        closed_api("redirect", redirect_to=f"{elsewhere.url}/chat/completions") as api,
    ):
        async with _gate(api.url, task, policy) as gate:
            with pytest.raises(CallFailed, match="redirected"):
                await gate.send(permit, body, "yes")
    assert (api.calls, len(elsewhere.arrivals)) == (1, 0)


async def test_environment_is_ignored(api, task, policy, permit, body, monkeypatch):
    """Neither the SDK's variables nor proxies decide where a call goes or what it carries."""
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-leak")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Leak: yes\nAuthorization: Bearer stolen")
    async with _gate(api.url, task, policy) as gate:
        await gate.send(permit, body, "yes")
    assert api.arrivals[0].headers["authorization"] == "Bearer stand-in"
    assert not {"x-leak", "openai-organization", "x-stainless-os"} & set(api.arrivals[0].headers)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://api.example.com/v1", "endpoint_not_https"),
        ("http://127.0.0.1.example.com/v1", "endpoint_not_https"),
        ("http://10.0.0.8/v1", "endpoint_not_https"),
        ("http://0.0.0.0/v1", "endpoint_not_https"),
        ("http://[::]/v1", "endpoint_not_https"),
        ("http://2130706433/v1", "endpoint_not_https"),
        ("http://localhost.example.com/v1", "endpoint_not_https"),
        ("http://127.0.0.1@example.com/v1", "endpoint_invalid"),
        ("https://api.example.com/v1#x", "endpoint_invalid"),
        ("https:///v1", "endpoint_invalid"),
        ("file:///etc/passwd", "endpoint_invalid"),
        ("https://user:pass@api.example.com/v1", "endpoint_invalid"),
        ("https://api.example.com/v1?x=1", "endpoint_invalid"),
        ("ftp://api.example.com/v1", "endpoint_invalid"),
        ("api.example.com", "endpoint_invalid"),
        ("", "endpoint_invalid"),
    ],
)
def test_endpoint(task, policy, url, code):
    """Plain http is for this machine; an endpoint is an address and nothing else."""
    with pytest.raises(CordonError, match=code):
        _gate(url, task, policy)


async def test_models(api, task, policy):
    """The list of models can be asked for without a permit: it carries no content."""
    async with _gate(api.url, task, policy) as gate:
        assert await gate.models() == ("stand-in-1",)


async def test_the_client_sends_nothing_uncleared(api, task, policy, body):
    """The SDK's own methods cannot send through the gate's wire."""
    async with _gate(api.url, task, policy) as gate:
        with pytest.raises(openai.APIConnectionError):
            await gate._client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": TEXT}]
            )
    assert api.arrivals == []


async def test_spent_permits_are_forgotten_only_when_expired(api, task, policy, body, monkeypatch):
    """Remembering spent permits costs bounded memory, and none works twice."""
    monkeypatch.setattr("pipeline.gate._REMEMBERED_PERMITS", 2)
    clock = Clock()
    async with _gate(api.url, task, policy, clock=clock) as gate:
        permits = [_permit(body, policy) for _ in range(4)]
        for each in permits:
            await gate.send(each, body, "yes")
        for each in permits:
            with pytest.raises(GateRefused, match="permit_used"):
                await gate.send(each, body, "yes")
        clock.now = NOW + timedelta(days=1)
        for each in permits:
            with pytest.raises(GateRefused):
                await gate.send(each, body, "yes")
    assert api.calls == 4


def _assert_publishable(error: CordonError) -> None:
    current: BaseException | None = error
    while current is not None:
        assert isinstance(current, CordonError)
        assert CANARY not in str(current) + repr(current)
        assert CANARY.encode() not in pickle.dumps(current)
        current = current.__cause__ or current.__context__
