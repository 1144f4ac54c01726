"""The table of states is what the database enforces."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from storage.audit.events import KINDS
from storage.database import Database, Role
from storage.errors import TransitionError
from storage.states import (
    NOUNS,
    CallState,
    ChunkState,
    DocumentState,
    RunState,
    diagram,
    event_of,
    final,
)

STATES = {"run": RunState, "chunk": ChunkState, "document": DocumentState, "call": CallState}


@pytest.mark.parametrize("noun", STATES)
def test_the_database_knows_the_same_states(untouched: Database, noun: str) -> None:
    """The CHECK constraint of each noun allows exactly its states."""
    with untouched.begin(Role.WRITER) as connection:
        definition = connection.scalar(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": f"{noun}_state"},
        )
    assert set(re.findall(r"'(\w+)'", str(definition))) == {state.value for state in STATES[noun]}


@pytest.mark.parametrize("noun", STATES)
def test_the_database_knows_the_same_changes(untouched: Database, noun: str) -> None:
    """The trigger of each noun allows exactly the changes of the table."""
    with untouched.begin(Role.WRITER) as connection:
        definition = connection.scalar(
            text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = :name"),
            {"name": f"{noun}_guard_state"},
        )
    allowed = {f"{change.before}>{change.after}" for change in NOUNS[noun] if change.before is not None}
    assert set(re.findall(r"'([\w>]+)'", str(definition))) == allowed


@pytest.mark.parametrize("noun", STATES)
def test_every_state_can_be_reached(noun: str) -> None:
    """No state is an island."""
    first = {"chunk": {ChunkState.PENDING}}.get(noun, set())
    assert first | {change.after for change in NOUNS[noun]} == set(STATES[noun])


def test_every_change_has_an_event_of_the_log() -> None:
    """Each event that the table names is one that the log accepts."""
    assert {change.event for table in NOUNS.values() for change in table} <= KINDS.keys()


def test_what_the_table_does_not_know_is_refused() -> None:
    """There is no way back from an end."""
    with pytest.raises(TransitionError):
        event_of(DocumentState.PROCESSED, DocumentState.DECIDED)
    with pytest.raises(TransitionError):
        event_of(RunState.DONE, RunState.RUNNING)


def test_ends_are_final() -> None:
    """Every state of a document but the first is an end."""
    assert [state for state in DocumentState if not final(state)] == [DocumentState.DECIDED]


def test_the_diagram_shows_every_change() -> None:
    """The documentation's diagram has one line a change, with its event."""
    assert "    intended --> unknown: call.unknown\n" in diagram("call")
    assert diagram("document").count("\n") == len(NOUNS["document"]) + 1
