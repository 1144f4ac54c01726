"""What every part of the ledger stands on: a change of state and its event are one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, text

from storage.audit.append import append
from storage.audit.events import NONCE_BYTES, Actor, Event, encode
from storage.database import Database, Role
from storage.errors import StaleClaim
from storage.rows import Claim
from storage.states import State, event_of
from storage.vault import DocumentKey, Vault


class Change:
    """One transaction under way: its connection, its time, and the events that will end it."""

    def __init__(self, connection: Connection, *, now: datetime, actor: Actor) -> None:
        self.connection = connection
        self.now = now
        self.seqs = range(0)
        """Places of the events in the log, once the transaction is committed."""
        self._actor = actor
        self._bodies: list[bytes] = []

    def record(
        self,
        before: State | None,
        after: State,
        fields: Mapping[str, object],
        *,
        run: str,
        key: DocumentKey | None = None,
    ) -> None:
        """Note a change that this transaction makes; the table of states names the event.

        Raises:
            TransitionError: the table of states does not allow it.
        """
        self.note(event_of(before, after), fields, run=run, key=key)

    def note(
        self,
        kind: str,
        fields: Mapping[str, object],
        *,
        run: str | None = None,
        key: DocumentKey | None = None,
    ) -> None:
        """Note an event that is not a change of state."""
        reference = None if key is None else key.reference()
        event = Event(type=kind, run=run, document_hmac=reference, fields=fields)
        nonce = secrets.token_bytes(NONCE_BYTES)
        self._bodies.append(encode(event, now=self.now, actor=self._actor, nonce=nonce))

    def write_events(self) -> None:
        """Append the events: the transaction's last statement, because it holds the log's counter."""
        self.seqs = append(self.connection, self._bodies)


class Book:
    """Opens transactions that end with their events."""

    def __init__(
        self, database: Database, vault: Vault, clock: Callable[[], datetime], *, actor: Actor | None = None
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._actor = actor or Actor(kind="service", id="cordon")

    @contextmanager
    def _change(self, claim: Claim | None = None) -> Iterator[Change]:
        """One transaction; under a claim it first makes sure that the claim still holds.

        The chunk's row stays locked until the commit, so that nobody can claim the chunk in between.

        Raises:
            StaleClaim: someone else claimed the chunk since; nothing was written.
            StorageError: the database did not answer, or refused; nothing was written.
        """
        with self._database.begin(Role.WRITER) as connection:
            change = Change(connection, now=self._clock(), actor=self._actor)
            if claim is not None:
                _hold(connection, claim)
            yield change
            change.write_events()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._database.begin(Role.WRITER) as connection:
            yield connection


def _hold(connection: Connection, claim: Claim) -> None:
    held = connection.execute(
        _HOLD, {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence}
    ).one_or_none()
    if held is None:
        raise StaleClaim


_HOLD = text(
    "SELECT 1 FROM work.chunk WHERE run = :run AND chunk = :chunk AND state = 'claimed' AND fence = :fence"
    " FOR NO KEY UPDATE"
)
