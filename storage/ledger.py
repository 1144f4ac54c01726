"""The ledger: what was planned, decided, called and stored. The only writer of the work's tables.

Rules
1. Every method that changes a state writes the audit event of that change in the same
   transaction; there is no other way to change one (the database refuses other paths).
2. Whoever works on a chunk holds a claim, and every write checks that it still holds.
3. Every method may be repeated after a crash: what is stored already stays as it is.
"""

from __future__ import annotations

from storage.work.calls import Calls
from storage.work.canaries import Canaries, CanarySummary
from storage.work.chunks import MAX_ATTEMPTS, Chunks
from storage.work.detectors import Detectors
from storage.work.documents import Documents
from storage.work.runs import RunHead, RunProgress, Runs
from storage.work.summary import RunSummary

__all__ = ["MAX_ATTEMPTS", "CanarySummary", "Ledger", "RunHead", "RunProgress", "RunSummary"]


class Ledger(Runs, Chunks, Documents, Canaries, Calls, Detectors):
    """Runs, chunks, documents, canaries, calls and detectors of one database.

    Its six parts only read as separate things: they share one constructor,
    `Ledger(database, vault, clock, actor=...)`. Safe to share between threads.
    """
