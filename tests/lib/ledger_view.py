"""What an installation's database and log hold, read by a test beside the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from sqlalchemy import text

from flows.wiring import now
from storage import embedded
from storage.database import Database, Role
from storage.keys import Keys
from storage.ledger import Ledger
from storage.vault import Vault
from tests.lib.installation import Installation


@contextmanager
def opened(cordon: Installation) -> Iterator[tuple[Database, Vault, Ledger]]:
    """Open the installation's own database, as the writer."""
    home = cordon.home / ".cordon"
    database = Database(embedded.start(home), embedded=True)
    vault = Vault(Keys.open(home / "keys"))
    try:
        yield database, vault, Ledger(database, vault, clock=now)
    finally:
        database.dispose()


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with database.begin(Role.WRITER) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def arrivals_by_intent(cordon: Installation) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return, by the HMAC of a body: arrivals at the closed API, intents, and those that became unknown.

    An arrival whose body is no intent's counts under `unaudited`.
    """
    assert cordon.closed is not None
    with opened(cordon) as (database, vault, _):
        calls = rows(database, "SELECT document, body_hmac, state, code FROM work.call")
        with database.begin(Role.WRITER) as connection:
            keys = vault.keys_for(connection, sorted({str(call[0]) for call in calls}))
    intents = Counter(str(call[1]) for call in calls)
    surplus = Counter(str(call[1]) for call in calls if call[2] == "unknown" or call[3] == "not_sent")
    arrivals: Counter[str] = Counter()
    for body in cordon.closed.bodies:
        digest = sha256(body).hexdigest().encode()
        names = {key.hmac("body", digest) for key in keys.values()} & intents.keys()
        arrivals[names.pop() if len(names) == 1 else "unaudited"] += 1
    return arrivals, intents, surplus
