"""What the pipeline's work hands to the ledger, and what the ledger hands out.

Plain values: none knows the database. Content is never shown by a `repr`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pipeline.canaries.measure import Tally
from pipeline.documents import Segment
from policies.assessment import Assessment
from policies.decide import Decision
from policies.levels import Level, Route
from policies.permits import Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What a run is to do; kept as it was, so that a resumed run does the same."""

    source: str = field(repr=False)
    policy_name: str
    policy_digest: str
    policy_text: str = field(repr=False)
    task_name: str
    task_digest: str
    task_text: str = field(repr=False)
    on_prem_model: str
    closed_model: str
    detector: str
    """Digest of the detector's manifest."""
    trigger: str = "cli"
    """`cli`, `prefect` or `schedule`."""
    plan_only: bool = False
    """Decide and store the plan; send nothing."""
    again: bool = False
    """Also do documents that have a result already."""

    def model_for(self, route: Route) -> str:
        """Return the model that is asked on `route`."""
        return self.closed_model if route.leaves else self.on_prem_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on a chunk until the lease ends; its fence is on every write."""

    run: str
    chunk: int
    fence: int
    segments: tuple[Segment, ...] = field(repr=False)
    run_date: date
    attempt: int
    spec: RunSpec

    @property
    def name(self) -> str:
        """`<run>-<chunk>`: how logs and files call the chunk."""
        return f"{self.run}-{self.chunk:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRow:
    """One record of a chunk and what was decided about it.

    `skipped` says that it has a result from an earlier run; it then needs neither assessment
    nor decision. Copies within the run are the ledger's to find.
    """

    ordinal: int
    """Place of the record in its chunk, from 0."""
    document: str
    ref: str = field(repr=False)
    state: Literal["decided", "quarantined", "skipped"]
    reason: str = ""
    decision: Decision | None = None
    assessment: Assessment | None = field(default=None, repr=False)
    characters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCounts:
    """What the canaries of one chunk came to, and the recall that the policy demands."""

    tally: Tally
    floor: float
    detector: str
    """Digest of the detector that was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRow:
    """A call that is about to be made under a permit."""

    document: str
    permit: Permit
    attempt: int
    destination: str
    """Host of the closed API."""
    closed_model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome:
    """How a call ended."""

    permit: str
    document: str
    state: Literal["answered", "failed", "unknown"]
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCalls:
    """The calls that earlier attempts made for one document."""

    made: int
    unknown: int
    """Those of which nobody knows whether they arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """The end of one document: an answer with its provenance, or the reason why there is none."""

    document: str
    state: Literal["processed", "withheld", "failed"]
    reason: str
    route: Route
    """The route actually taken."""
    level: Level
    """The stricter of the document's and the answer's."""
    answer: str | None = field(repr=False)
    """JSON text; stored sealed."""
    model: str
    fingerprint: str
    prompt_tokens: int
    completion_tokens: int
    cost_microusd: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One record of a finished chunk, as Parquet keeps it: sealed answer, plain provenance."""

    ordinal: int
    document: str
    level: str | None
    route: str | None
    state: str
    reason: str
    model: str | None
    fingerprint: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_microusd: int | None
    rules: tuple[str, ...]
    entities: Mapping[str, int]
    characters: int
    decided_at: datetime
    settled_at: datetime | None
    answer_sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A Parquet file that is whole and on disk."""

    route: str
    path: str
    """Relative to the folder of results; made of dates, ids and routes only."""
    digest: str
    rows: int
    bytes: int


def work_key(document: str, *, task_digest: str, policy_digest: str, model: str) -> bytes:
    """Return the name of the work "this document, by this task, policy and model": 32 bytes.

    What has a result under this name already is not done again.
    """
    words = f"{document}\0{task_digest}\0{policy_digest}\0{model}"
    return hashlib.sha256(words.encode()).digest()
