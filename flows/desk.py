"""The desk where the lanes put what they finished; it settles in small batches.

A batch is one transaction: results, states and outcomes of calls together with their events. Small batches
bound what a crash can leave unknown: at most the calls in flight and those of one batch.
"""

from __future__ import annotations

import asyncio
import time

from storage.ledger import Ledger
from storage.rows import CallOutcome, Claim, ResultRow

BATCH = 64
"""Results a transaction: 64 rows cost about as much as one (COPY), and answers arrive at 10 to 100 a second."""
LINGER_SECONDS = 0.5
"""How long a finished result may wait for company before it is settled."""


class Desk:
    """Collects results and call outcomes of one chunk and settles them."""

    def __init__(self, ledger: Ledger, claim: Claim) -> None:
        self._ledger = ledger
        self._claim = claim
        self._results: list[ResultRow] = []
        self._calls: list[CallOutcome] = []
        self._since = time.monotonic()
        self._lock = asyncio.Lock()

    async def put(self, *, result: ResultRow | None = None, call: CallOutcome | None = None) -> None:
        """Take a result, the outcome of a call, or both; settle when a batch is full or old.

        Raises:
            StaleClaim: another worker holds the chunk now.
        """
        if not self._results and not self._calls:
            self._since = time.monotonic()
        if result is not None:
            self._results.append(result)
        if call is not None:
            self._calls.append(call)
        waiting = len(self._results) + len(self._calls)
        if waiting >= BATCH or time.monotonic() - self._since > LINGER_SECONDS:
            await self.flush()

    async def flush(self) -> None:
        """Settle what waits."""
        async with self._lock:
            results, self._results = self._results, []
            calls, self._calls = self._calls, []
            if results or calls:
                await asyncio.to_thread(self._ledger.settle, self._claim, results=results, calls=calls)
