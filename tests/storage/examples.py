"""Small true-to-life values for the ledger's tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text

from pipeline.documents import Format, Segment
from policies.assessment import Assessment, Finding, Gap, GapReason, Topic
from policies.decide import Decision
from policies.levels import Level, Route
from policies.permits import issue_permit
from storage.database import Database, Role
from storage.keys import Keys
from storage.ledger import Ledger
from storage.rows import CallOutcome, Claim, DecidedRow, IntentRow, ResultRow, RunSpec
from storage.vault import Vault
from tests.lib.proofs import whole

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
CANARY = "Wilhelmina Quartzblatt"
"""A name that may stand in no column, file or event in plain."""
SPEC = RunSpec(
    source=f"/records/{CANARY}",
    policy_name="default",
    policy_digest="sha256:" + "a" * 64,
    policy_text="name: default\n",
    task_name="triage",
    task_digest="sha256:" + "b" * 64,
    task_text="name: triage\n",
    on_prem_model="clerk",
    closed_model="gpt-5-mini",
    detector="sha256:" + "c" * 64,
)
FINDING = Finding(start=0, end=4, entity="PERSON", score=0.9, recogniser="ner")
ASSESSMENT = Assessment(
    findings=(FINDING,),
    topics=(Topic(name="health", score=0.8),),
    gaps=(Gap(reason=GapReason.IMAGE, count=2),),
    characters=120,
    language="en",
    detector=SPEC.detector,
    proof=whole(120),
)


def ledger_on(database: Database, keys: Keys) -> Ledger:
    """Return a ledger whose clock stands still."""
    return Ledger(database, Vault(keys), lambda: NOW)


def segments(count: int, *, name: str = "records.jsonl") -> tuple[Segment, ...]:
    """Return one segment of `count` records of a file whose name is personal data."""
    return (Segment(path=f"/records/{CANARY}/{name}", name=name, format=Format.JSONL, first=0, count=count),)


def running(ledger: Ledger, *, chunks: int = 1, spec: RunSpec = SPEC) -> str:
    """Return a run that is planned with chunks of three records."""
    run = ledger.open_run(spec)
    ledger.plan(run, (segments(3) for _ in range(chunks)))
    return run


def claimed(ledger: Ledger, run: str, *, lease_seconds: float = 60) -> Claim:
    """Return a claim on the run's first free chunk."""
    claim = ledger.claim(run, owner="tester", lease_seconds=lease_seconds)
    assert claim is not None
    return claim


def document_id(number: int) -> str:
    """Return the id of made-up document `number`."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def decision(route: Route = Route.ON_PREM, level: Level = Level.REGULATED) -> Decision:
    """Return a decision for `route`."""
    return Decision(level=level, route=route, rules=("person",), policy=SPEC.policy_digest)


def decided_row(number: int, *, ordinal: int | None = None, route: Route = Route.ON_PREM) -> DecidedRow:
    """Return the row of document `number`."""
    return DecidedRow(
        ordinal=number if ordinal is None else ordinal,
        document=document_id(number),
        ref=f"{CANARY} {number}",
        state="decided",
        decision=decision(route),
        assessment=ASSESSMENT,
        characters=120,
    )


def intent(number: int, *, attempt: int = 1) -> IntentRow:
    """Return an intent with a fresh permit."""
    permit = issue_permit(
        decision(Route.CLOSED, Level.PUBLIC),
        document=document_id(number),
        body=b"{}",
        model=SPEC.closed_model,
        now=NOW,
    )
    return IntentRow(
        document=document_id(number),
        permit=permit,
        attempt=attempt,
        destination="api.example",
        closed_model=SPEC.closed_model,
    )


def outcome(of: IntentRow, state: str = "answered") -> CallOutcome:
    """Return how the call of an intent ended."""
    return CallOutcome(permit=of.permit.id, document=of.document, state=state, code="ok")  # type: ignore[arg-type]


def result(number: int, *, route: Route = Route.ON_PREM) -> ResultRow:
    """Return the result of document `number`, with an answer that names someone."""
    return ResultRow(
        document=document_id(number),
        state="processed",
        reason="",
        route=route,
        level=Level.REGULATED,
        answer=f'{{"party": "{CANARY}"}}',
        model="clerk",
        fingerprint="fp",
        prompt_tokens=10,
        completion_tokens=5,
        cost_microusd=7 if route.leaves else 0,
        milliseconds=12,
    )


def no_result(number: int, state: str, reason: str) -> ResultRow:
    """Return the end of document `number` without an answer."""
    return replace(result(number), state=state, reason=reason, answer=None)  # type: ignore[arg-type]


def events(database: Database) -> list[dict[str, object]]:
    """Return every event in the log, as the signer may read it, in order."""
    with database.begin(Role.SIGNER) as connection:
        bodies = connection.execute(text("SELECT body FROM audit.entry ORDER BY seq")).scalars()
        return [json.loads(bytes(body)) for body in bodies]


def event_types(database: Database) -> Sequence[str]:
    """Return the types of all events, in order."""
    return [str(event["type"]) for event in events(database)]


def finished(ledger: Ledger, claim: Claim) -> None:
    """End a chunk without parts."""
    ledger.part_rows(claim)
    ledger.finish(claim, ())
