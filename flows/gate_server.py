"""The gate in a process of its own: the one container that has the closed API's key and a route out.

Nothing that the worker says is believed for being said
1. Whoever calls shows the token that worker and gate share.
2. A permit is made again here, and only if the signed audit log holds the intent of exactly this permit: its
   id, document's level, route, policy and model. The proof is checked with the log's public key.
3. A permit issued before this process started is refused: which ones were used then is not known any more.
4. Then `pipeline.gate.Gate` applies all of its rules, with its own policy, its own templates of the tasks and its
   own detector, as it does inside a worker.
What is answered is a reply or a code, never an error's text.

NOTE: the intent holds the body's HMAC under the document's own key, which never comes here. That the body is the
one the worker decided about is therefore the worker's word; that it may leave is not: rule 4 looks at these bytes.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route as Path

from pipeline.errors import CallFailed, GateRefused
from pipeline.gate import Gate, Notary
from pipeline.gate_remote import PATH
from policies.decide import Decision
from policies.levels import Level, Route
from policies.permits import PERMIT_LIFETIME, Permit, PermitRefused, readmit_permit
from storage.audit.proofs import Proof

_MOST_BYTES = 8 << 20
"""Of a request; a task's longest text is far below."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Claim(_Strict):
    id: str = Field(pattern="^[0-9a-f]{32}$")
    document: str = Field(min_length=1, max_length=200)
    level: Literal["public", "internal", "confidential"]
    route: Literal["closed", "closed_pseudonymised"]
    policy: str = Field(max_length=80)
    model: str = Field(min_length=1, max_length=200)
    expires: AwareDatetime


class _Evidence(_Strict):
    seq: int = Field(ge=0)
    body: Base64Bytes = Field(repr=False)
    hashes: list[Base64Bytes] = Field(max_length=64, repr=False)
    checkpoint: Base64Bytes = Field(repr=False)


class _Call(_Strict):
    permit: _Claim
    body: Base64Bytes = Field(repr=False)
    proof: _Evidence


def gate_app(
    gates: Mapping[str, Gate[Proof]], *, notary: Notary[Proof], token: str, clock: Callable[[], datetime]
) -> Starlette:
    """Return the application that answers for `gates`, one for each policy's digest."""
    started = clock()

    async def send(request: Request) -> JSONResponse:
        if not _shows(request, token):
            return JSONResponse({"refused": "unauthorised"}, status_code=401)
        try:
            content = await _bounded(request)
            call = _Call.model_validate_json(content)
            gate, permit, proof = _admit(call, gates, notary, started=started, now=clock())
            reply = await gate.send(permit, call.body, proof)
        except ValidationError:
            return _refused("request_malformed")
        except GateRefused as refused:
            return _refused(refused.code)
        except CallFailed as failed:
            return JSONResponse({"failed": _failure(failed)}, status_code=502)
        return JSONResponse({"reply": asdict(reply)})

    async def health(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for gate in gates.values():
                await stack.enter_async_context(gate)
            yield

    return Starlette(routes=[Path(PATH, send, methods=["POST"]), Path("/health", health)], lifespan=opened)


def proof_fields(proof: Proof) -> dict[str, Any]:
    """Return a proof as JSON: what the worker sends along."""
    return {
        "seq": proof.seq,
        "body": _text(proof.body),
        "hashes": [_text(one) for one in proof.hashes],
        "checkpoint": _text(proof.checkpoint),
    }


def _admit(
    call: _Call,
    gates: Mapping[str, Gate[Proof]],
    notary: Notary[Proof],
    *,
    started: datetime,
    now: datetime,
) -> tuple[Gate[Proof], Permit, Proof]:
    """Return the gate for the permit's policy, the permit made again, and the proof of its intent (rules 2, 3)."""
    claim = call.permit
    gate = gates.get(claim.policy)
    if gate is None:
        raise GateRefused("policy_changed")
    if claim.expires - PERMIT_LIFETIME < started:
        raise GateRefused("permit_before_start")
    decision = Decision(
        level=Level.parse(claim.level), route=Route(claim.route), rules=(), policy=claim.policy
    )
    try:
        permit = readmit_permit(
            decision,
            permit=claim.id,
            document=claim.document,
            body=call.body,
            model=claim.model,
            expires=claim.expires,
            now=now,
        )
    except PermitRefused as refused:
        raise GateRefused(str(refused)) from None
    proof = Proof(
        seq=call.proof.seq,
        body=call.proof.body,
        hashes=tuple(call.proof.hashes),
        checkpoint=call.proof.checkpoint,
    )
    notary.check(permit, proof)
    return gate, permit, proof


def _shows(request: Request, token: str) -> bool:
    shown = request.headers.get("authorization", "")
    return secrets.compare_digest(shown.encode(), f"Bearer {token}".encode())


async def _bounded(request: Request) -> bytes:
    """Return the request's content.

    Raises:
        GateRefused: it is too long.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _MOST_BYTES:
            raise GateRefused("request_too_large")
    return bytes(content)


def _refused(code: str) -> JSONResponse:
    return JSONResponse({"refused": code}, status_code=409)


def _failure(failed: CallFailed) -> dict[str, object]:
    return {"code": failed.code, "retry_after_seconds": failed.retry_after_seconds, "sent": failed.sent}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
