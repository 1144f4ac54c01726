"""One chunk: read → look → decide → commit → ask → check → part → receipt.

Rules
1. Decisions are committed with their events before any document goes anywhere.
2. Text lives only inside `process_chunk`; what it returns and raises carries ids, counts and codes.
3. A chunk that stops half-way is released: what was settled stays, the rest is claimed again later.
4. Whatever a crashed attempt left behind is settled first: intents without an outcome become `call.unknown`,
   and the policy says whether their documents are asked once more or withheld.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.answers import refuse
from flows.closed_lane import ClosedLane
from flows.desk import Desk
from flows.items import Item
from flows.on_prem_lane import on_prem_lane
from flows.switch import Heartbeat, StopSwitch
from flows.tools import Tools
from pipeline.documents import Document, Unreadable
from pipeline.read import read_chunk
from policies.decide import decide, quarantine
from policies.levels import Route
from storage.audit.proofs import Proof
from storage.parts import write_parts
from storage.rows import Claim, DecidedRow, IntentRow

LEASE_SECONDS = 90
"""Three missed heartbeats; a worker that is silent for longer is taken for dead."""
LOOK_BATCH = 128
"""Documents assessed together: enough for the NER model's batches, and the lease is looked at in between."""
