"""The closed lane: documents that may leave, in rounds that are audited before they are sent.

Rules
1. A round is: bodies → permits → intents committed with their events → one signed checkpoint → the gate.
2. One intent is one send. A retry, or the one re-ask after an answer that is no answer, is a new round with
   new intents, so that the log holds exactly as many intents as there were calls.
3. A round is small, so that a crash leaves few calls with an unknown outcome.
4. A call whose outcome nobody knows may have cost money and left a copy: the policy says whether the
   document is asked once more or withheld, and a second unknown one always withholds it.
5. A document whose placeholders came back damaged is retried once, then moves on-prem.
6. When the closed API stays out of reach the policy says where its documents go; no retry crosses routes.
7. Once canaries have shut the run's closed routes nothing more is intended or sent: its documents go the same way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from flows.answers import accept, refuse
from flows.desk import Desk
from flows.items import Item, in_pool
from flows.switch import Shutter, StopSwitch
from flows.tools import Tools
from pipeline.check import Answer, AnswerProblem, check_answer
from pipeline.errors import CallFailed, DocumentError, GateRefused
from pipeline.gate_remote import WayOut
from pipeline.pseudonymise import Pseudonymised, check_pseudonymised, pseudonymise_until_clean
from pipeline.replies import Reply
from pipeline.requests import reask_body, request_body
from pipeline.retries import retry_delay
from policies.levels import Route
from policies.permits import Permit, PermitRefused, issue_permit
from policies.policy import Policy
from storage.audit.proofs import Proof
from storage.errors import RoutesShut
from storage.rows import CallOutcome, IntentRow, ResultRow

ROUND = 128
"""Documents a round: a checkpoint costs some milliseconds, a round's bodies about a megabyte."""
MAX_CALLS = 4
"""Calls for one document: one, two retries of a passing fault, and the re-ask."""
MAX_PASSING_FAULTS = 3

IntendAndProve = Callable[[Sequence[IntentRow]], Awaitable[Sequence[Proof]]]
"""Commits intents with their events, has them covered by a signed checkpoint, and returns the proofs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One document waiting to be sent."""

    item: Item
    number: int = 1
    faults: int = 0
    unknown: int = 0
    """Its calls of unknown outcome, those before a crash included."""
    problem: AnswerProblem | None = None
    """What was wrong with the previous answer; sent along with the re-ask, without content."""
    not_before: float = 0.0
    """Monotonic time before which it must not be sent again (`Retry-After`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An attempt with the exact bytes that its permit names."""

    attempt: Attempt
    body: bytes = field(repr=False)
    permit: Permit
    pseudonymised: Pseudonymised | None = field(repr=False)


class ClosedLane:
    """Sends the closed documents of one chunk; `moved` are those that go on-prem instead."""

    def __init__(
        self,
        tools: Tools,
        gate: WayOut[Proof],
        desk: Desk,
        stop: StopSwitch,
        shutter: Shutter,
        intend: IntendAndProve,
    ) -> None:
        self._tools = tools
        self._gate = gate
        self._desk = desk
        self._stop = stop
        self._shutter = shutter
        self._intend = intend
        self.moved: list[Item] = []

    async def run(self, items: Sequence[Item]) -> None:
        """Send every item, round by round, until each has a result or moved on-prem."""
        for start in range(0, len(items), ROUND):
            waiting = [
                Attempt(item=item, number=item.past.made + 1, unknown=item.past.unknown)
                for item in items[start : start + ROUND]
            ]
            while waiting and not self._stop.thrown:
                await self._pause_until(min(attempt.not_before for attempt in waiting))
                now = time.monotonic()
                later = [attempt for attempt in waiting if attempt.not_before > now]
                due = [attempt for attempt in waiting if attempt.not_before <= now]
                waiting = later + await self._round(due)
                await self._desk.flush()

    async def _round(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        prepared = [ready for attempt in attempts if (ready := await self._prepare(attempt))]
        if not prepared or self._stop.thrown:
            return []
        try:
            proofs = await self._intend([self._intent(ready) for ready in prepared])
        except RoutesShut:
            for ready in prepared:
                await self._out_of_reach(ready.attempt, "routes_shut")
            return []
        again: list[Attempt] = []

        async def send(pair: tuple[Prepared, Proof]) -> None:
            following = await self._send(*pair)
            if following is not None:
                again.append(following)

        await in_pool(zip(prepared, proofs, strict=True), send, size=self._tools.concurrency)
        return again

    def _intent(self, ready: Prepared) -> IntentRow:
        return IntentRow(
            document=ready.attempt.item.document.id,
            permit=ready.permit,
            attempt=ready.attempt.number,
            destination=self._tools.closed_host,
            closed_model=ready.permit.model,
        )

    async def _prepare(self, attempt: Attempt) -> Prepared | None:
        tools, item = self._tools, attempt.item
        try:
            pseudonymised = self._pseudonymise(item)
            body = self._body(attempt, pseudonymised.text if pseudonymised else item.document.text)
            permit = issue_permit(
                item.decision,
                document=item.document.id,
                body=body,
                model=tools.closed_model_for(item.decision.route),
                now=tools.clock(),
            )
        except PermitRefused:
            self.moved.append(item)
            return None
        except DocumentError as error:
            await self._desk.put(result=self._refused(attempt, "failed", error.code))
            return None
        return Prepared(attempt=attempt, body=body, permit=permit, pseudonymised=pseudonymised)

    def _pseudonymise(self, item: Item) -> Pseudonymised | None:
        if item.decision.route is not Route.CLOSED_PSEUDONYMISED:
            return None
        return pseudonymise_until_clean(
            item.document.text,
            item.assessment.findings,
            scan=self._tools.detector.scan,
            key=self._tools.keys.placeholder_key(item.document.id),
        )

    def _body(self, attempt: Attempt, text: str) -> bytes:
        task, route = self._tools.task, attempt.item.decision.route
        model = self._tools.closed_model_for(route)
        if attempt.problem is None:
            return request_body(task, text, model=model, route=route)
        return reask_body(task, text, model=model, route=route, problem=attempt.problem)

    async def _send(self, ready: Prepared, proof: Proof) -> Attempt | None:
        if self._stop.thrown:
            await self._desk.put(call=_outcome(ready, "failed", "not_sent"))
            return None
        if await self._shutter.is_shut():
            await self._desk.put(call=_outcome(ready, "failed", "not_sent"))
            await self._out_of_reach(ready.attempt, "routes_shut")
            return None
        started = time.monotonic()
        try:
            reply = await self._gate.send(ready.permit, ready.body, proof)
        except GateRefused as error:
            # The last look saw what the first did not: the document stays.
            await self._desk.put(call=_outcome(ready, "failed", error.code))
            self.moved.append(ready.attempt.item)
            return None
        except CallFailed as error:
            return await self._after_fault(ready, error)
        return await self._after_reply(ready, reply, round((time.monotonic() - started) * 1000))

    async def _after_fault(self, ready: Prepared, error: CallFailed) -> Attempt | None:
        state: Literal["failed", "unknown"] = "unknown" if error.sent is None else "failed"
        await self._desk.put(call=_outcome(ready, state, error.code))
        attempt = ready.attempt
        if state == "unknown":
            attempt = replace(attempt, unknown=attempt.unknown + 1)
        if state == "unknown" and attempt.unknown >= unknown_calls_allowed(self._tools.policy):
            await self._desk.put(result=self._refused(attempt, "withheld", "call_unknown"))
            return None
        if error.costs_document:
            await self._desk.put(result=self._refused(attempt, "failed", error.code))
            return None
        if not error.retryable or attempt.faults + 1 >= MAX_PASSING_FAULTS or attempt.number >= MAX_CALLS:
            await self._out_of_reach(attempt, error.code)
            return None
        delay = retry_delay(attempt.faults + 1, error.retry_after_seconds)
        return replace(
            attempt,
            number=attempt.number + 1,
            faults=attempt.faults + 1,
            not_before=time.monotonic() + delay,
        )

    async def _after_reply(self, ready: Prepared, reply: Reply, milliseconds: int) -> Attempt | None:
        item = ready.attempt.item
        checked = self._read_answer(ready, reply)
        if isinstance(checked, AnswerProblem):
            await self._desk.put(call=_outcome(ready, "answered", checked.rule))
            return await self._ask_again(ready.attempt, checked)
        result = accept(
            self._tools, item, reply, checked, route=item.decision.route, milliseconds=milliseconds
        )
        await self._desk.put(result=result, call=_outcome(ready, "answered", "ok"))
        return None

    def _read_answer(self, ready: Prepared, reply: Reply) -> Answer | AnswerProblem:
        if reply.finish_reason == "length":
            return AnswerProblem(rule="truncated")
        if ready.pseudonymised is None:
            return check_answer(reply.answer, self._tools.task)
        return check_pseudonymised(reply.answer, self._tools.task, ready.pseudonymised)

    async def _ask_again(self, attempt: Attempt, problem: AnswerProblem) -> Attempt | None:
        if attempt.problem is None and attempt.number < MAX_CALLS:
            return replace(attempt, number=attempt.number + 1, problem=problem, not_before=0.0)
        if problem.rule == "placeholders":
            self.moved.append(attempt.item)
        else:
            await self._desk.put(result=self._refused(attempt, "failed", "answer_invalid"))
        return None

    async def _out_of_reach(self, attempt: Attempt, code: str) -> None:
        instead = self._tools.policy.when_unavailable(attempt.item.decision.route)
        if instead is Route.ON_PREM:
            self.moved.append(attempt.item)
        else:
            await self._desk.put(result=self._refused(attempt, "withheld", code))

    def _refused(self, attempt: Attempt, state: Literal["failed", "withheld"], reason: str) -> ResultRow:
        return refuse(attempt.item, state=state, route=attempt.item.decision.route, reason=reason)

    async def _pause_until(self, moment: float) -> None:
        """Wait until `moment`, or until the switch is thrown."""
        await asyncio.to_thread(self._stop.wait, max(0.0, moment - time.monotonic()))


def unknown_calls_allowed(policy: Policy) -> int:
    """Return how many calls of unknown outcome withhold a document."""
    return 1 if policy.on_unknown_call == "hold" else 2


def _outcome(ready: Prepared, state: Literal["answered", "failed", "unknown"], code: str) -> CallOutcome:
    return CallOutcome(permit=ready.permit.id, document=ready.permit.document, state=state, code=code)
