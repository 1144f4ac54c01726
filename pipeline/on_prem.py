"""The on-prem lane: asking the model that runs in the house.

Rules
1. Only the configured endpoint is called; see `pipeline.wire`.
2. What may pass soon is tried again, after what `Retry-After` asks and until a deadline:
   no connection, 408, 409, 429 and 5xx. This is the only retry loop: the SDK's is off.
3. An answer that breaks the schema is asked for once more, saying which rule it broke.
   The second one counts; nothing is repaired.
4. A failure costs the document (`DocumentError`) or says that the model is away
   (`ModelUnavailable`). It never moves a document to another route.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx2
import openai
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
)

from pipeline.check import AnswerProblem, check_reply
from pipeline.errors import CallFailed, DocumentError, ModelUnavailable
from pipeline.replies import Reply, read_models, read_reply
from pipeline.requests import reask_body, request_body
from pipeline.retries import Retries, retry_delay
from pipeline.tasks import Task
from pipeline.wire import Wire, failure_of
from policies.levels import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPremEndpoint:
    """Where the on-prem model is and how to use it."""

    url: str
    """Base URL, up to and including the version: `http://127.0.0.1:8000/v1`."""
    model: str
    """What tasks that name no model of their own use."""
    concurrency: int = 16
    timeout_seconds: float = 120.0
    """For one attempt, from connecting to the last byte."""
    api_key: str = field(default="none", repr=False)
    seed: int | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class OnPrem:
    """The lane. Use as an async context manager."""

    def __init__(
        self,
        endpoint: OnPremEndpoint,
        *,
        retries: Retries | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._retries = retries or Retries()
        self._clock = clock
        self._sleep = sleep
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

    async def ask(self, task: Task, text: str) -> Reply:
        """Return a reply whose answer matches the task's schema; tokens and attempts are sums.

        Raises:
            DocumentError: `too_long_for_task`, `too_long_for_model`, `bad_request`,
                `answer_invalid`, or `text_not_encodable`.
            ModelUnavailable: no reply, after all retries.
        """
        model = task.model_for(Route.ON_PREM, self._endpoint.model)
        seed = self._endpoint.seed
        first = await self._call(request_body(task, text, model=model, seed=seed))
        problem = check_reply(first, task)
        if not isinstance(problem, AnswerProblem):
            return first
        second = await self._call(reask_body(task, text, model=model, problem=problem, seed=seed))
        if isinstance(check_reply(second, task), AnswerProblem):
            raise DocumentError("answer_invalid")
        return replace(
            second,
            prompt_tokens=first.prompt_tokens + second.prompt_tokens,
            completion_tokens=first.completion_tokens + second.completion_tokens,
            attempts=first.attempts + second.attempts,
        )

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models that the endpoint serves; asked once, no retries.

        Raises:
            ModelUnavailable: it does not answer, or not with a list.
        """
        try:
            names = read_models(await self._guarded(self._client.get("/models", cast_to=httpx2.Response)))
        except CallFailed as error:
            unavailable = ModelUnavailable(error.code, error.retry_after_seconds)
        else:
            if names is not None:
                return names
            unavailable = ModelUnavailable("bad_response")
        raise unavailable

    async def _call(self, body: bytes) -> Reply:
        """Send `body` until there is a reply, as rule 2 says."""
        failed: DocumentError | ModelUnavailable
        attempts = self._retrying()
        try:
            async with self._slots:
                reply: Reply = await attempts(self._once, body)
        except CallFailed as error:
            if error.costs_document:
                failed = DocumentError(error.code)
            else:
                failed = ModelUnavailable(error.code, error.retry_after_seconds)
        else:
            return replace(reply, attempts=attempts.statistics["attempt_number"])
        raise failed

    async def _once(self, body: bytes) -> Reply:
        with self._wire.cleared(hashlib.sha256(body).hexdigest()) as headers:
            content = await self._guarded(
                self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, content=body, options={"headers": headers}
                )
            )
        reply = read_reply(content)
        if reply is None:
            raise CallFailed("bad_response", sent=True)
        return reply

    async def _guarded(self, call: Awaitable[httpx2.Response]) -> bytes:
        """Return the content of a response; errors are ours, and hold nothing of the SDK's."""
        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return (await call).content
        except Exception as error:  # noqa: BLE001 - whatever comes from there may hold the request
            failed = failure_of(error, now=self._clock())
        raise failed  # out here, so that it is not chained to the SDK's, which holds the request

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._retries.attempts)
            | stop_before_delay(self._retries.deadline_seconds),
            wait=self._wait,
            retry=retry_if_exception(lambda error: isinstance(error, CallFailed) and error.retryable),
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, CallFailed) else None
        return retry_delay(state.attempt_number, asked, retries=self._retries)
