"""Recording what is no change of state: that someone verified, exported or started something."""

from __future__ import annotations

import getpass
import secrets
import socket
from datetime import datetime

from storage.audit.append import append
from storage.audit.events import NONCE_BYTES, Actor, Event, encode
from storage.database import Database, Role


def record(database: Database, kind: str, *, now: datetime, **fields: object) -> None:
    """Append one event by the person at this machine, in a transaction of its own.

    Raises:
        EventError: the type does not have these fields.
        StorageError: the log refused it; nothing was recorded.
    """
    actor = Actor(kind="person", id=_account(), host=socket.gethostname())
    event = Event(type=kind, fields=fields)
    body = encode(event, now=now, actor=actor, nonce=secrets.token_bytes(NONCE_BYTES))
    with database.begin(Role.WRITER) as connection:
        append(connection, [body])


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        return "unknown"
