"""The gate in a process of its own, as the worker sees it.

The worker holds no key and has no route out: it hands permit, body and proof to the gate's process, which
looks at all of them for itself. What comes back is what `Gate.send` would have returned or raised.

A request is sent once. When the connection breaks after that, nobody knows whether the gate had sent it on:
`CallFailed.sent` is then None, as for a call whose answer was lost.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import CallFailed, GateRefused
from pipeline.replies import Reply
from policies.permits import Permit

PATH = "/v1/send"
_Proof = TypeVar("_Proof")
_Proof_contra = TypeVar("_Proof_contra", contravariant=True)
_OK, _UNAUTHORISED = 200, 401


class WayOut(Protocol[_Proof_contra]):
    """What the closed lane needs of a gate, wherever it runs."""

    async def send(self, permit: Permit, body: bytes, proof: _Proof_contra, /) -> Reply:
        """Send `body`, once, if every rule of the gate holds. Raises what `Gate.send` does."""
        ...


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)


class _Reply(_Strict):
    answer: str
    model: str
    fingerprint: str
    prompt_tokens: int
    completion_tokens: int
    attempts: int
    finish_reason: str


class _Failure(_Strict):
    code: str = Field(max_length=40, pattern="^[a-z_]+$")
    retry_after_seconds: float | None
    sent: bool | None


class _Outcome(_Strict):
    reply: _Reply | None = None
    refused: str | None = Field(default=None, max_length=40, pattern="^[a-z_]+$")
    failed: _Failure | None = None


class RemoteGate(Generic[_Proof]):
    """The way to the gate's process. Use as an async context manager."""

    def __init__(
        self,
        url: str,
        *,
        token: str,
        proof_fields: Callable[[_Proof], Mapping[str, Any]],
        concurrency: int,
        timeout_seconds: float = 180.0,
    ) -> None:
        """Name the gate at `url`; `timeout_seconds` is longer than the gate's own for a call, and its queue."""
        self._proof_fields = proof_fields
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout_seconds),
            limits=httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, permit: Permit, body: bytes, proof: _Proof, /) -> Reply:
        """Have the gate send `body`.

        Raises:
            GateRefused: the gate refused; nothing was sent.
            CallFailed: the attempt failed, at the gate or on the way to it.
        """
        request = {
            "permit": permit_fields(permit),
            "body": base64.b64encode(body).decode(),
            "proof": self._proof_fields(proof),
        }
        failure: CallFailed
        try:
            response = await self._client.post(PATH, json=request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            failure = CallFailed("no_connection", sent=False)
        except httpx2.TimeoutException:
            failure = CallFailed("timed_out", sent=None)
        except httpx2.HTTPError:
            failure = CallFailed("connection_lost", sent=None)
        else:
            return _read(response)
        raise failure  # out here, so that it is not chained to the client's error, which holds the request


def permit_fields(permit: Permit) -> dict[str, str]:
    """Return what the gate's process is told of a permit; it believes what the signed log says too."""
    return {
        "id": permit.id,
        "document": permit.document,
        "level": permit.decision.level.label,
        "route": permit.decision.route.value,
        "policy": permit.decision.policy,
        "model": permit.model,
        "expires": permit.expires.isoformat(),
    }


def _read(response: httpx2.Response) -> Reply:
    if response.status_code == _UNAUTHORISED:
        raise CallFailed("unauthorised", sent=False)
    try:
        outcome = _Outcome.model_validate_json(response.content)
    except ValidationError:
        outcome = _Outcome()
    if outcome.refused is not None:
        raise GateRefused(outcome.refused)
    if outcome.failed is not None:
        failed = outcome.failed
        raise CallFailed(failed.code, failed.retry_after_seconds, sent=failed.sent)
    if outcome.reply is None or response.status_code != _OK:
        raise CallFailed("connection_lost", sent=None)
    return Reply(**outcome.reply.model_dump())
