"""One document on its way through the lanes of a chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pipeline.documents import Document
from policies.assessment import Assessment
from policies.decide import Decision
from storage.rows import PastCalls

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document with its decision, ready to be asked about."""

    ordinal: int
    """Place of the record in its chunk."""
    document: Document
    assessment: Assessment = field(repr=False)
    decision: Decision
    past: PastCalls = field(default=PastCalls(made=0, unknown=0))
    """Closed calls that earlier attempts at this chunk made for it."""


async def in_pool(things: Iterable[T], work: Callable[[T], Awaitable[None]], *, size: int) -> None:
    """Do `work` on each thing, at most `size` at once, holding no more than that many coroutines.

    Raises:
        BaseExceptionGroup: of what `work` raised; the others are cancelled.
    """
    waiting = iter(things)

    async def drain() -> None:
        for thing in waiting:
            await work(thing)

    async with asyncio.TaskGroup() as group:
        for _ in range(size):
            group.create_task(drain())


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first exception in a group, however deep: one problem is told at a time."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
