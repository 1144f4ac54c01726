"""What one process needs to work on a run, built once by the wiring and passed down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.detect import Detector
from pipeline.detect.pool import DetectorPool
from pipeline.gate_remote import WayOut
from pipeline.on_prem import OnPrem
from pipeline.read import ReadLimits
from pipeline.tasks import Task
from policies.levels import Route
from policies.policy import Policy
from storage.audit.proofs import Proof
from storage.audit.signer import Signer
from storage.keys import Keys
from storage.ledger import Ledger
from storage.rows import work_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The parts of Cordon, wired for one policy and one task."""

    detector: Detector | DetectorPool
    policy: Policy
    task: Task
    ledger: Ledger
    signer: Signer
    keys: Keys
    runner: asyncio.Runner
    """The event loop on which both lanes live, from the first chunk to the last."""
    on_prem: OnPrem
    gate: WayOut[Proof] | None = field(repr=False)
    """None means that the closed routes are unavailable."""
    closed_model: str
    closed_host: str
    on_prem_model: str
    concurrency: int
    """Requests in flight, for each lane."""
    results: Path
    """Folder of the Parquet parts."""
    limits: ReadLimits
    chunk_documents: int
    """Documents of a chunk, at most."""
    clock: Callable[[], datetime]
    owner: str
    """Who holds the leases (`flows.workers.owner_name`)."""

    def closed_model_for(self, route: Route) -> str:
        """Return the closed model that the task asks on `route`."""
        return self.task.model_for(route, self.closed_model)

    def work_key(self, document: str, model: str) -> bytes:
        """Return the key under which a result counts as the same work: content, task, policy, model."""
        return work_key(document, task_digest=self.task.digest, policy_digest=self.policy.digest, model=model)
