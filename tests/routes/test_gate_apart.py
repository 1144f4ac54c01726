"""The gate in a process of its own: what it believes, and what the worker hears of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
import uvicorn

from flows.gate_server import gate_app, proof_fields
from pipeline.errors import CallFailed, GateRefused
from pipeline.gate import ClosedEndpoint, Gate
from pipeline.gate_remote import PATH, RemoteGate, permit_fields
from pipeline.requests import request_body
from policies.assessment import Assessment, Finding
from policies.decide import decide
from policies.levels import Route
from policies.permits import PERMIT_LIFETIME, PermitRefused, issue_permit, readmit_permit
from storage.audit.notary import LogNotary
from storage.audit.proofs import Proof
from storage.auditor.merkle import Prover, Tree, leaf_hash
from tests.audit.logs import event, paper_log
from tests.lib.closed_api import ClosedApi, closed_api
from tests.lib.proofs import whole
from tests.routes.conftest import NOW

CANARY = "canary-5519-ostinato"
TEXT = f"The canteen serves soup on Monday. {CANARY}"
TOKEN = "a-token-that-only-these-two-know"
MODEL = "big"


def _assess(text: str) -> Assessment:
    """Find one name, wherever it stands."""
    at = text.find("Quillfeather")
    findings = (
        (Finding(start=at, end=at + 12, entity="PERSON", score=0.9, recogniser="test"),) if at >= 0 else ()
    )
    return Assessment(
        findings=findings,
        topics=(),
        gaps=(),
        characters=len(text),
        language="en",
        detector="sha256:0",
        proof=whole(len(text)),
    )


def _intent(permit, /, **changes: object) -> tuple[Proof, LogNotary]:
    """Return the proof of the permit's intent in a signed log, and the notary of that log."""
    fields = {
        "permit": permit.id,
        "model": permit.model,
        "route": permit.decision.route.value,
        "level": permit.decision.level.label,
        "policy": permit.decision.policy,
        "attempt": 1,
    }
    log = paper_log(9, (10,))
    log.bodies.insert(4, event(1, kind="call.intent", **{**fields, **changes}))
    tree = Tree(map(leaf_hash, log.bodies))
    proof = Proof(
        seq=4,
        body=log.bodies[4],
        hashes=tuple(Prover(tree.node, 10).path(4)),
        checkpoint=log.checkpoints[0].note,
    )
    return proof, LogNotary(log.verifier)


@pytest.fixture
def body(task) -> bytes:
    return request_body(task, TEXT, model=MODEL, route=Route.CLOSED)


@pytest.fixture
def permit(body, policy):
    decision = decide(_assess(TEXT), policy)
    return issue_permit(decision, document="0" * 32, body=body, model=MODEL, now=NOW)


@contextmanager
def _serving(api_url, task, policy, notary, *, started=NOW) -> Iterator[str]:
    """Serve a gate on a free loopback port, from a thread; yield its address."""
    times = iter([started])

    def clock():
        """Tell the time: first that of the start, then noon."""
        return next(times, NOW)

    endpoint = ClosedEndpoint(
        url=api_url, model=MODEL, api_key="stand-in", provider="stand_in", timeout_seconds=2
    )
    gate = Gate(endpoint, tasks=[task], policy=policy, scan=_assess, notary=notary, clock=lambda: NOW)
    application = gate_app({policy.digest: gate}, notary=notary, token=TOKEN, clock=clock)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def _remote(url: str, *, token: str = TOKEN) -> RemoteGate[Proof]:
    return RemoteGate(url, token=token, proof_fields=proof_fields, concurrency=4, timeout_seconds=5)


async def test_a_cleared_body_leaves_through_the_other_process(api: ClosedApi, task, policy, permit, body):
    """What the log says was intended is sent, byte for byte, once; the reply comes back whole."""
    proof, notary = _intent(permit)
    with _serving(api.url, task, policy, notary) as url:
        async with _remote(url) as gate:
            reply = await gate.send(permit, body, proof)
            with pytest.raises(GateRefused, match="permit_used"):
                await gate.send(permit, body, proof)
    assert api.bodies == [body]
    assert json.loads(reply.answer)["kind"]


@pytest.mark.parametrize("field", ["permit", "model", "route", "level", "policy"])
async def test_a_permit_that_the_log_does_not_know_is_refused(api, task, policy, permit, body, field):
    """A worker's word alone opens nothing: the signed intent must be of exactly this permit."""
    proof, notary = _intent(permit, **{field: "closed_pseudonymised" if field == "route" else "e" * 32})
    with _serving(api.url, task, policy, notary) as url:
        async with _remote(url) as gate:
            with pytest.raises(GateRefused, match="intent_of_another_call"):
                await gate.send(permit, body, proof)
    assert api.calls == 0


async def test_an_unsigned_log_is_no_log(api, task, policy, permit, body):
    """A proof under another log's checkpoint is refused."""
    proof, notary = _intent(permit)
    forged = replace(proof, checkpoint=proof.checkpoint[:-12] + b"AAAAAAAAAAA\n")
    with _serving(api.url, task, policy, notary) as url:
        async with _remote(url) as gate:
            with pytest.raises(GateRefused, match="intent_not_signed"):
                await gate.send(permit, body, forged)
    assert api.calls == 0


async def test_the_gate_looks_for_itself(api, task, policy, permit):
    """A body that its own scan does not clear stays, whatever the worker decided."""
    body = request_body(task, f"{TEXT} Quillfeather", model=MODEL, route=Route.CLOSED)
    proof, notary = _intent(permit)
    with _serving(api.url, task, policy, notary) as url:
        async with _remote(url) as gate:
            with pytest.raises(GateRefused, match="scan_disagrees"):
                await gate.send(permit, body, proof)
    assert api.calls == 0


async def test_a_permit_from_before_the_start_is_refused(api, task, policy, permit, body):
    """A gate that was restarted does not know which permits were used, and takes none of them."""
    proof, notary = _intent(permit)
    with _serving(api.url, task, policy, notary, started=NOW + timedelta(seconds=1)) as url:
        async with _remote(url) as gate:
            with pytest.raises(GateRefused, match="permit_before_start"):
                await gate.send(permit, body, proof)
    assert api.calls == 0


async def test_the_token_is_asked_for(api, task, policy, permit, body):
    """Whoever does not know the token gets nothing sent, and a code."""
    proof, notary = _intent(permit)
    with _serving(api.url, task, policy, notary) as url:
        async with _remote(url, token="guessed") as gate:
            with pytest.raises(CallFailed) as caught:
                await gate.send(permit, body, proof)
    assert (caught.value.code, caught.value.sent, api.calls) == ("unauthorised", False, 0)


@pytest.mark.parametrize(
    ("fault", "code", "sent"),
    [
        ("rate_limited", "rate_limited", True),
        ("server_error", "server_error", True),
        ("reset", "connection_lost", None),
    ],
)
async def test_a_failed_call_is_told_as_it_was(task, policy, permit, body, fault, code, sent):
    """What happened to the call at the closed API is what the worker hears."""
    proof, notary = _intent(permit)
    with closed_api(fault) as api, _serving(api.url, task, policy, notary) as url:
        async with _remote(url) as gate:
            with pytest.raises(CallFailed) as caught:
                await gate.send(permit, body, proof)
    assert (caught.value.code, caught.value.sent) == (code, sent)


async def test_no_gate_no_call(permit, body, unused_tcp_port):
    """A gate that is not there is an endpoint out of reach: nothing was sent."""
    proof, _ = _intent(permit)
    async with _remote(f"http://127.0.0.1:{unused_tcp_port}") as gate:
        with pytest.raises(CallFailed) as caught:
            await gate.send(permit, body, proof)
    assert (caught.value.code, caught.value.sent) == ("no_connection", False)
    assert CANARY not in repr(caught.value)
    assert caught.value.__context__ is None


async def test_a_gate_that_dies_leaves_the_outcome_unknown(permit, body):
    """When the connection breaks after the request, nobody can know whether it was sent on."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    proof, _ = _intent(permit)
    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with _remote(f"http://127.0.0.1:{port}") as gate:
            with pytest.raises(CallFailed) as caught:
                await gate.send(permit, body, proof)
    assert (caught.value.code, caught.value.sent) == ("connection_lost", None)


@pytest.mark.parametrize(
    "change",
    [
        {"permit": {"level": "regulated"}},
        {"permit": {"route": "on_prem"}},
        {"permit": {"id": "short"}},
        {"permit": {"note": "more"}},
        {"body": "not base64!"},
        {"extra": 1},
    ],
)
async def test_a_malformed_request_is_refused_without_an_echo(api, task, policy, permit, body, change):
    """A request that is not exactly one call is refused by a code; nothing of it comes back."""
    proof, notary = _intent(permit)
    request = {
        "permit": permit_fields(permit) | change.get("permit", {}),
        "body": change.get("body", "e30="),
        "proof": proof_fields(proof),
    } | {name: value for name, value in change.items() if name == "extra"}
    with _serving(api.url, task, policy, notary) as url:
        async with httpx2.AsyncClient(trust_env=False) as client:
            reply = await client.post(
                f"{url}{PATH}", json=request, headers={"authorization": f"Bearer {TOKEN}"}
            )
    assert (reply.status_code, reply.json()) == (409, {"refused": "request_malformed"})
    assert api.calls == 0


def test_a_permit_is_not_readmitted_for_longer_than_it_could_live(permit, body):
    """Nobody prolongs a permit by saying so."""
    with pytest.raises(PermitRefused, match="expires_too_late"):
        readmit_permit(
            permit.decision,
            permit=permit.id,
            document=permit.document,
            body=body,
            model=permit.model,
            expires=NOW + PERMIT_LIFETIME + timedelta(seconds=1),
            now=NOW,
        )
