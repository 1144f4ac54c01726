"""Questions to the audit log. Each is in the log itself before it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from storage.audit.events import timestamp
from storage.errors import translated

MOST_ROWS = 10_000
_OPEN = text("SELECT audit.open_query(:purpose, :ticket, CAST(:filter AS jsonb), :reader)")
_ROWS = text("SELECT seq, body FROM audit.rows(:query)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why someone may ask: both are required, and recorded with who asked."""

    purpose: str
    ticket: str
    reader: str = ""
    """Whom the caller says it asks for; the database records its own login beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: events for which all that is given holds, in log order."""

    run: str | None = None
    document: str | None = None
    """HMAC of a document, as events carry it."""
    type: str | None = None
    route: str | None = None
    level: str | None = None
    detector: str | None = None
    """Digest of a detector."""
    since: datetime | None = None
    """Recorded at or after; aware."""
    until: datetime | None = None
    """Recorded before; aware."""
    after: int | None = None
    """Only entries with a greater seq: to go on where an answer ended."""
    limit: int = 1000
    """At most 10,000."""

    def as_filter(self) -> dict[str, object]:
        """Return the question as the log records it."""
        given: dict[str, object | None] = {
            "run": self.run,
            "document": self.document,
            "type": self.type,
            "route": self.route,
            "level": self.level,
            "detector": self.detector,
            "since": timestamp(self.since) if self.since else None,
            "until": timestamp(self.until) if self.until else None,
            "after": self.after,
            "limit": self.limit,
        }
        return {name: value for name, value in given.items() if value is not None}


def ask(engine: Engine, question: Question, reason: Reason) -> Iterator[Mapping[str, object]]:
    """Record the question, then yield each event as a JSON object with its `seq`.

    `engine` connects as the compliance role. The question stands in the log, committed,
    before the first event is read, whatever happens then.

    Raises:
        StorageError: `bad_value` when the purpose, the ticket or the filter is refused.
    """
    with translated():
        with engine.begin() as connection:
            query = connection.execute(
                _OPEN,
                {
                    "purpose": reason.purpose,
                    "ticket": reason.ticket,
                    "filter": json.dumps(question.as_filter()),
                    "reader": reason.reader,
                },
            ).scalar_one()
        with engine.connect() as connection:
            rows = connection.execute(_ROWS, {"query": query}).all()
    return ({"seq": row.seq, **json.loads(row.body)} for row in rows)
