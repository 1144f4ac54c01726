"""The egress gate: the only way by which anything leaves for the closed API.

It holds the key and is the only importer of a client for that API.

Rules, checked in this order for every request; the first one broken refuses it
1. The permit was made by the policy, and was never shown here before. Showing it spends it.
2. It has not expired.
3. It was decided under the policy that is in force now, for a route that leaves.
4. The body is, byte for byte, the one the permit names.
5. The body is what our templates make of some text for a task we know, for the permit's
   model and this endpoint: nothing else is in it, in any field.
6. The intent of this call is in the audit log, covered by a signed checkpoint.
7. Scanned once more, the text still gets the permit's route. In pseudonymised text
   placeholders may stand; what is left around them must be clean enough to go unchanged.
8. It is sent once: no retry, no redirect, no proxy. What happened to it is always said:
   a reply, or a `CallFailed` that tells whether the request may have arrived.
Whatever goes wrong while checking refuses too.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import httpx2
import openai

from pipeline.errors import CallFailed, GateRefused
from pipeline.placeholders import outside_placeholders
from pipeline.replies import Reply, read_models, read_reply
from pipeline.requests import asked_about
from pipeline.tasks import Task
from pipeline.wire import Wire, failure_of
from policies.assessment import Assessment
from policies.decide import decide
from policies.levels import Route
from policies.permits import Permit
from policies.policy import Policy

_Read = TypeVar("_Read")
_Proof = TypeVar("_Proof")
_Proof_contra = TypeVar("_Proof_contra", contravariant=True)
_REMEMBERED_PERMITS = 4096
"""From this many spent permits on, the expired ones are forgotten now and then: rule 2 refuses them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedEndpoint:
    """Where the closed API is and how to use it."""

    url: str
    """Base URL, up to and including the version: `https://api.openai.com/v1`."""
    model: str
    api_key: str = field(repr=False)
    provider: str
    """Name in the provider catalogue."""
    concurrency: int = 8
    timeout_seconds: float = 120.0
    """For a whole call, from connecting to the last byte."""


class Notary(Protocol[_Proof_contra]):
    """Verifies, offline, proofs that an intent is in the audit log under a signed checkpoint."""

    def check(self, permit: Permit, proof: _Proof_contra, /) -> None:
        """Return if `proof` shows the intent of exactly this permit.

        Raises:
            GateRefused: it does not.
        """
        ...


class Gate(Generic[_Proof]):
    """The way out. Use as an async context manager."""

    def __init__(
        self,
        endpoint: ClosedEndpoint,
        *,
        tasks: Sequence[Task],
        policy: Policy,
        scan: Callable[[str], Assessment],
        notary: Notary[_Proof],
        clock: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint
        self._tasks = tuple(tasks)
        self._policy = policy
        self._scan = scan
        self._notary = notary
        self._clock = clock
        self._spent: dict[str, datetime] = {}
        self._forget_at = _REMEMBERED_PERMITS
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._wire = Wire(endpoint.url, api_key=endpoint.api_key, concurrency=endpoint.concurrency)
        self._client = openai.AsyncOpenAI(
            api_key="held-by-the-wire",
            base_url=endpoint.url,
            max_retries=0,
            http_client=self._wire.client(endpoint.timeout_seconds),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def send(self, permit: Permit, body: bytes, proof: _Proof) -> Reply:
        """Send `body`, once, if every rule holds.

        Raises:
            GateRefused: a rule is broken; nothing was sent.
            CallFailed: the attempt failed; a retry needs a permit and an intent of its own.
        """
        async with self._slots:
            self._check(permit, body, proof)
            return await self._send(permit.body_digest, body)

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models that the endpoint serves; sends no content.

        Raises:
            CallFailed: the endpoint does not answer, or not with a list.
        """
        return _read(await self._guarded(self._client.get("/models", cast_to=httpx2.Response)), read_models)

    def _check(self, permit: Permit, body: bytes, proof: _Proof) -> None:
        now = self._clock()
        self._spend(permit, now)
        _require("permit_expired", held=now < permit.expires)
        decision = permit.decision
        _require("policy_changed", held=decision.policy == self._policy.digest)
        _require("route_does_not_leave", held=decision.route.leaves)
        _require("body_changed", held=hashlib.sha256(body).hexdigest() == permit.body_digest)
        asked = asked_about(body, self._tasks, model=self._endpoint.model, route=decision.route)
        if asked is None or asked.model != permit.model:
            raise GateRefused("body_not_from_template")
        self._verify(permit, proof)
        self._scan_again(permit, asked.text)

    def _spend(self, permit: Permit, now: datetime) -> None:
        _require("not_a_permit", held=type(permit) is Permit)
        _require("permit_used", held=permit.id not in self._spent)
        if len(self._spent) >= self._forget_at:
            self._spent = {spent: expires for spent, expires in self._spent.items() if expires > now}
            self._forget_at = max(_REMEMBERED_PERMITS, 2 * len(self._spent))  # so that forgetting stays cheap
        self._spent[permit.id] = permit.expires

    def _verify(self, permit: Permit, proof: _Proof) -> None:
        try:
            self._notary.check(permit, proof)
        except GateRefused:
            raise
        except Exception:  # noqa: BLE001 - whatever goes wrong while checking refuses
            refused = GateRefused("proof_not_checked")
        else:
            return
        raise refused

    def _scan_again(self, permit: Permit, text: str) -> None:
        try:
            assessment = self._scan(text)
            cleared = self._still_cleared(permit, text, assessment)
        except Exception:  # noqa: BLE001 - whatever goes wrong while checking refuses
            cleared = False
        _require("scan_disagrees", held=cleared)

    def _still_cleared(self, permit: Permit, text: str, assessment: Assessment) -> bool:
        decided = permit.decision
        if decided.route is Route.CLOSED:
            again = decide(assessment, self._policy)
            return again.level <= decided.level and again.route is Route.CLOSED
        left = outside_placeholders(text, assessment.findings)
        alone = decide(replace(assessment, findings=left, topics=()), self._policy)
        together = decide(replace(assessment, findings=left), self._policy)
        return alone.route is Route.CLOSED and together.level <= decided.level and together.route.leaves

    async def _send(self, body_digest: str, body: bytes) -> Reply:
        with self._wire.cleared(body_digest) as headers:
            content = await self._guarded(
                self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, content=body, options={"headers": headers}
                )
            )
        return _read(content, read_reply)

    async def _guarded(self, call: Awaitable[httpx2.Response]) -> bytes:
        """Return the content of a response; errors are ours, and hold nothing of the SDK's."""
        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return (await call).content
        except Exception as error:  # noqa: BLE001 - whatever comes from there may hold the request
            failed = failure_of(error, now=self._clock())
        raise failed  # out here, so that it is not chained to the SDK's, which holds the request


def _read(content: bytes, read: Callable[[bytes], _Read | None]) -> _Read:
    value = read(content)
    if value is None:
        raise CallFailed("bad_response", sent=True)
    return value


def _require(code: str, *, held: bool) -> None:
    if not held:
        raise GateRefused(code)
