"""Logs for the audit's tests: events to append, and whole logs without a database."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.audit.events import Actor, Event, encode
from storage.audit.export import write_export
from storage.auditor.merkle import Frontier, leaf_hash
from storage.auditor.notes import Checkpoint, Verifier, sign_checkpoint

ORIGIN = "cordon.test/audit"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKER = Actor(kind="service", id="worker-1")
RUN = "b" * 32


def event(number: int = 0, *, kind: str = "doc.quarantined", **fields: object) -> bytes:
    """Return the body of one event; each number is another document and another second."""
    return encode(
        Event(
            type=kind,
            document_hmac=f"{number:064x}",
            run=RUN,
            fields=fields or {"reason": "damaged", "level": "regulated", "route": "quarantine"},
        ),
        now=NOON + timedelta(seconds=number),
        actor=WORKER,
        nonce=os.urandom(16),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLog:
    """A log in memory: bodies, and checkpoints at the sizes asked for."""

    key: Ed25519PrivateKey
    bodies: list[bytes]
    sizes: Sequence[int]
    origin: str = ORIGIN

    @property
    def verifier(self) -> Verifier:
        """The public key."""
        return Verifier.of(self.key, self.origin)

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """Signed over the bodies as they are now."""
        frontier = Frontier()
        found = []
        for size, body in enumerate(self.bodies, 1):
            frontier.append(leaf_hash(body))
            if size in self.sizes:
                found.append(sign_checkpoint(self.key, origin=self.origin, size=size, root=frontier.root()))
        return found

    def export(self, folder: Path) -> Path:
        """Write the log to `folder` and return it."""

        def bodies(first: int, end: int) -> Iterator[tuple[int, bytes]]:
            return iter(list(enumerate(self.bodies))[first:end])

        write_export(folder, bodies=bodies, checkpoints=self.checkpoints, verifier=self.verifier)
        return folder


def paper_log(count: int, sizes: Sequence[int]) -> PaperLog:
    """Return a log of `count` events signed at `sizes`."""
    return PaperLog(
        key=Ed25519PrivateKey.generate(), bodies=[event(number) for number in range(count)], sizes=sizes
    )
