"""One chunk: read → look → decide → commit → ask → check → part → receipt.

Rules
1. Decisions are committed with their events, and the chunk's canaries counted, before any document goes anywhere.
2. Text lives only inside `process_chunk`; what it returns and raises carries ids, counts and codes.
3. A chunk that stops half-way is released: what was settled stays, the rest is claimed again later.
4. Whatever a crashed attempt left behind is settled first: intents without an outcome become `call.unknown`,
   and the policy says whether their documents are asked once more or withheld.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from flows.answers import refuse
from flows.canaries import Flock
from flows.closed_lane import ClosedLane, unknown_calls_allowed
from flows.desk import Desk
from flows.items import Item, first_of
from flows.on_prem_lane import on_prem_lane
from flows.switch import Heartbeat, Shutter, StopSwitch
from flows.tools import Tools
from pipeline.documents import Document, Unreadable
from pipeline.read import read_chunk
from policies.decide import decide, quarantine
from policies.levels import Route
from storage.audit.proofs import Proof
from storage.errors import StaleClaim, StorageError
from storage.parts import write_parts
from storage.rows import Claim, DecidedRow, IntentRow

LEASE_SECONDS = 90
"""Three missed heartbeats; a worker that is silent for longer is taken for dead."""
LOOK_BATCH = 128
"""Documents assessed together: enough for the NER model's batches, and the switch is looked at in between."""


def process_chunk(tools: Tools, claim: Claim, *, stop: StopSwitch) -> bool:
    """Bring every document of the chunk to its final state; return whether the chunk is done.

    It is not done when the switch was thrown: then the chunk is released, and what it settled is kept.

    Raises:
        StorageError: the database does not answer; the lease runs out by itself.
    """
    stop.hold_until(time.monotonic() + LEASE_SECONDS)
    try:
        with Heartbeat(lambda: _beat(tools, claim, stop), seconds=LEASE_SECONDS / 6):
            _work(tools, claim, stop)
        if (
            not stop.thrown
        ):  # after the last heartbeat: one that finds the chunk done would call the lease lost
            _finish(tools, claim)
    except StaleClaim:
        stop.throw("lease_lost")
    finally:
        stop.hold_until(math.inf)
    if not stop.thrown:
        return True
    if stop.reason != "lease_lost":
        tools.ledger.release(claim)
    return False


def _work(tools: Tools, claim: Claim, stop: StopSwitch) -> None:
    past = tools.ledger.unknown(claim)
    settled = tools.ledger.settled(claim)
    flock = Flock(tools, claim)
    items: list[Item] = []
    read = read_chunk(claim.segments, identify=tools.keys.identify, limits=tools.limits)
    for batch, is_last in _batches(read):
        if stop.thrown:
            return
        fresh = [(ordinal, one) for ordinal, one in batch if one.id not in settled]
        items += _look_and_decide(tools, claim, fresh, flock, is_last=is_last)
    if claim.spec.plan_only:
        return
    items = [replace(item, past=past.get(item.document.id, item.past)) for item in items]
    tools.runner.run(_ask(tools, claim, items, stop))


def _finish(tools: Tools, claim: Claim) -> None:
    rows = [] if claim.spec.plan_only else tools.ledger.part_rows(claim)
    tools.ledger.finish(claim, write_parts(tools.results, claim, rows))


def _batches(
    things: Iterator[Document | Unreadable],
) -> Iterator[tuple[list[tuple[int, Document | Unreadable]], bool]]:
    """Yield batches with their ordinals, and whether each is the last."""
    numbered = enumerate(things)
    batch = list(islice(numbered, LOOK_BATCH))
    while batch:
        following = list(islice(numbered, LOOK_BATCH))
        yield batch, not following
        batch = following


def _look_and_decide(
    tools: Tools,
    claim: Claim,
    batch: Sequence[tuple[int, Document | Unreadable]],
    flock: Flock,
    *,
    is_last: bool,
) -> list[Item]:
    """Decide about a batch and commit the decisions; return the documents to ask about."""
    rows, fresh = [], []
    known = (
        set()
        if claim.spec.again
        else _already_done(tools, [one for _, one in batch if isinstance(one, Document)])
    )
    for ordinal, one in batch:
        if isinstance(one, Unreadable):
            rows.append(_quarantined(tools, ordinal, one))
        elif one.id in known:
            rows.append(DecidedRow(ordinal=ordinal, document=one.id, ref=one.ref, state="skipped"))
        else:
            fresh.append((ordinal, one))
    items = []
    for (ordinal, document), assessment in zip(fresh, flock.assess(fresh), strict=True):
        decision = decide(assessment, tools.policy, source=document.source)
        held = decision.route is Route.QUARANTINE
        rows.append(
            DecidedRow(
                ordinal=ordinal,
                document=document.id,
                ref=document.ref,
                characters=assessment.characters,
                assessment=assessment,
                decision=decision,
                state="quarantined" if held else "decided",
                reason="policy" if held else "",
            )
        )
        if not held:
            items.append(Item(ordinal=ordinal, document=document, assessment=assessment, decision=decision))
    elsewhere = tools.ledger.decided(claim, rows, canaries=flock.counts() if is_last else None)
    return [item for item in items if item.ordinal not in elsewhere]


def _already_done(tools: Tools, documents: Sequence[Document]) -> set[str]:
    """Return the documents that have a result for this content, task and policy by a model in use."""
    keys = {
        tools.work_key(document.id, model): document.id
        for document in documents
        for model in (tools.on_prem_model, tools.closed_model)
    }
    return {keys[key] for key in tools.ledger.known(list(keys))}


def _quarantined(tools: Tools, ordinal: int, one: Unreadable) -> DecidedRow:
    return DecidedRow(
        ordinal=ordinal,
        document=one.id,
        ref=one.ref,
        decision=quarantine(tools.policy, one.reason),
        state="quarantined",
        reason=one.reason,
    )


async def _ask(tools: Tools, claim: Claim, items: Sequence[Item], stop: StopSwitch) -> None:
    """Run both lanes side by side, then the on-prem lane again for what could not leave after all."""
    desk = Desk(tools.ledger, claim)
    shutter = Shutter(lambda: tools.ledger.is_shut(claim.run))
    staying, leaving = await _sort_out(tools, items, desk, shutter)

    async def intend_and_prove(intents: Sequence[IntentRow]) -> Sequence[Proof]:
        return await asyncio.to_thread(_intend_and_prove, tools, claim, intents)

    moved: list[Item] = []
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(on_prem_lane(tools, staying, desk, stop))
            if tools.gate is not None and leaving:
                lane = ClosedLane(tools, tools.gate, desk, stop, shutter, intend_and_prove)
                group.create_task(lane.run(leaving))
                moved = lane.moved
        await on_prem_lane(tools, moved, desk, stop)
    except BaseExceptionGroup as group:
        failure = first_of(group)
    else:
        await desk.flush()
        return
    with suppress(StorageError):  # what was answered is kept, whatever else went wrong
        await desk.flush()
    raise failure


async def _sort_out(
    tools: Tools, items: Sequence[Item], desk: Desk, shutter: Shutter
) -> tuple[list[Item], list[Item]]:
    """Part the items into those that stay and those that leave; withhold what may do neither now."""
    is_shut = await shutter.is_shut()
    staying: list[Item] = []
    leaving: list[Item] = []
    for item in items:
        decided = item.decision.route
        route: Route | None = decided
        if item.past.unknown >= unknown_calls_allowed(tools.policy):
            await desk.put(result=refuse(item, state="withheld", route=decided, reason="call_unknown"))
            continue
        if decided.leaves and (is_shut or tools.gate is None):
            route = tools.policy.when_unavailable(decided)
        if route is None:
            reason = "routes_shut" if is_shut else "closed_unavailable"
            await desk.put(result=refuse(item, state="withheld", route=decided, reason=reason))
        else:
            (leaving if route.leaves else staying).append(item)
    return staying, leaving


def _intend_and_prove(tools: Tools, claim: Claim, intents: Sequence[IntentRow]) -> Sequence[Proof]:
    seqs = tools.ledger.intend(claim, intents)
    tools.signer.checkpoint()
    return tools.signer.prove(seqs)


def _beat(tools: Tools, claim: Claim, stop: StopSwitch) -> None:
    asked = time.monotonic()
    try:
        if not tools.ledger.renew(claim, LEASE_SECONDS):
            stop.throw("lease_lost")
            return
        stop.hold_until(asked + LEASE_SECONDS)
        if tools.ledger.run_state(claim.run) == "cancelled":
            stop.throw("cancelled")
    except StorageError:
        stop.throw("database_unavailable")
