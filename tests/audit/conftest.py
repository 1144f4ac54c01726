"""A live log: the database of the test, with a signer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.audit.append import append
from storage.audit.signer import Signer
from storage.database import Database, Role
from tests.audit.logs import ORIGIN, event


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLog:
    """The audit log of one database."""

    database: Database
    key: Ed25519PrivateKey
    state_file: Path

    def signer(self) -> Signer:
        """Return a new signer on the same key and state, as another process would have."""
        return Signer(self.database.engine(Role.SIGNER), self.key, self.state_file, ORIGIN)

    def append(self, bodies: Sequence[bytes]) -> range:
        """Append in one transaction."""
        with self.database.begin(Role.WRITER) as connection:
            return append(connection, bodies)

    def grow(self, count: int) -> range:
        """Append so many events."""
        return self.append([event(number) for number in range(count)])


@pytest.fixture
def live(database: Database, tmp_path: Path) -> LiveLog:
    """Give an empty log."""
    return LiveLog(
        database=database, key=Ed25519PrivateKey.generate(), state_file=tmp_path / "signer" / "state.note"
    )
