"""Every state of a run, a chunk, a document and a call, and the only ways between them.

This table is the one source: the database's constraints and triggers are tested against it,
the documentation's diagram is drawn from it, and each change names the audit event that is
written in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from storage.errors import TransitionError


class RunState(StrEnum):
    """A run."""

    PLANNING = "planning"
    RUNNING = "running"
    CANCELLED = "cancelled"
    DONE = "done"
    """Every chunk is done; documents may have failed."""
    FAILED = "failed"
    """Some chunk was given up."""


class ChunkState(StrEnum):
    """A chunk. Claimed with an expired lease is as good as pending."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class DocumentState(StrEnum):
    """A document within a run. All but the first are final."""

    DECIDED = "decided"
    PROCESSED = "processed"
    WITHHELD = "withheld"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    SKIPPED = "skipped"
    """It has a result already: from an earlier run, or as an earlier copy of the same record in this one."""


class CallState(StrEnum):
    """A call to the closed API."""

    INTENDED = "intended"
    ANSWERED = "answered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The process died, or the connection broke, before anyone could know."""


State = RunState | ChunkState | DocumentState | CallState


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One allowed change; `before` is None when the thing is new."""

    before: State | None
    after: State
    event: str
    """Type of the audit event."""


def _table(*rows: tuple[State | None, State, str]) -> tuple[Transition, ...]:
    return tuple(Transition(before=before, after=after, event=event) for before, after, event in rows)


RUN = _table(
    (None, RunState.PLANNING, "run.opened"),
    (RunState.PLANNING, RunState.RUNNING, "run.planned"),
    (RunState.PLANNING, RunState.CANCELLED, "run.cancelled"),
    (RunState.RUNNING, RunState.CANCELLED, "run.cancelled"),
    (RunState.RUNNING, RunState.DONE, "run.closed"),
    (RunState.RUNNING, RunState.FAILED, "run.closed"),
    (RunState.CANCELLED, RunState.PLANNING, "run.resumed"),
    (RunState.CANCELLED, RunState.RUNNING, "run.resumed"),
    (RunState.FAILED, RunState.RUNNING, "run.resumed"),
)
CHUNK = _table(
    (ChunkState.PENDING, ChunkState.CLAIMED, "chunk.claimed"),
    (ChunkState.CLAIMED, ChunkState.CLAIMED, "chunk.claimed"),
    (ChunkState.CLAIMED, ChunkState.PENDING, "chunk.released"),
    (ChunkState.CLAIMED, ChunkState.DONE, "chunk.done"),
    (ChunkState.CLAIMED, ChunkState.FAILED, "chunk.failed"),
    (ChunkState.FAILED, ChunkState.PENDING, "chunk.released"),
)
DOCUMENT = _table(
    (None, DocumentState.DECIDED, "doc.decided"),
    (DocumentState.DECIDED, DocumentState.DECIDED, "doc.decided"),
    (None, DocumentState.QUARANTINED, "doc.quarantined"),
    (DocumentState.DECIDED, DocumentState.QUARANTINED, "doc.quarantined"),
    (None, DocumentState.SKIPPED, "doc.skipped"),
    (DocumentState.DECIDED, DocumentState.SKIPPED, "doc.skipped"),
    (DocumentState.DECIDED, DocumentState.PROCESSED, "result.stored"),
    (DocumentState.DECIDED, DocumentState.WITHHELD, "doc.withheld"),
    (DocumentState.DECIDED, DocumentState.FAILED, "doc.failed"),
)
CALL = _table(
    (None, CallState.INTENDED, "call.intent"),
    (CallState.INTENDED, CallState.ANSWERED, "call.outcome"),
    (CallState.INTENDED, CallState.FAILED, "call.outcome"),
    (CallState.INTENDED, CallState.UNKNOWN, "call.unknown"),
)
NOUNS = {"run": RUN, "chunk": CHUNK, "document": DOCUMENT, "call": CALL}

_EVENTS = {(change.before, change.after): change.event for table in NOUNS.values() for change in table}


def event_of(before: State | None, after: State) -> str:
    """Return the type of the event that records this change.

    Raises:
        TransitionError: the table does not allow it.
    """
    try:
        return _EVENTS[before, after]
    except KeyError:
        raise TransitionError from None


def final(state: DocumentState) -> bool:
    """Whether a document in `state` stays there."""
    return all(change.before is not state for change in DOCUMENT)


def diagram(noun: str) -> str:
    """Return the Mermaid diagram of a noun's states, as the documentation shows it."""
    lines = ["stateDiagram-v2"]
    for change in NOUNS[noun]:
        before = "[*]" if change.before is None else change.before.value
        lines.append(f"    {before} --> {change.after.value}: {change.event}")
    return "\n".join(lines) + "\n"
