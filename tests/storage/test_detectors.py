"""Which detector looked at which document, and what it was made of: the log alone can say."""

from __future__ import annotations

from types import MappingProxyType

from pipeline.detect.manifest import digest_manifest
from storage.audit.query import Question, Reason, ask
from storage.database import Database, Role
from storage.keys import Keys
from storage.work.detectors import PIECE
from tests.storage.examples import ASSESSMENT, SPEC, claimed, decided_row, events, ledger_on, running

COMPONENTS = MappingProxyType({f"file/{number}.py": f"sha256:{number:064x}" for number in range(PIECE + 10)})
DETECTOR = digest_manifest(COMPONENTS)


def test_a_detector_is_recorded_once(database: Database, keys: Keys) -> None:
    """Its first use is in the log with all components, and its digest can be computed again from them."""
    ledger = ledger_on(database, keys)
    assert ledger.detector_components(DETECTOR) is None
    assert [ledger.activate_detector(DETECTOR, COMPONENTS) for _ in range(3)] == [True, False, False]
    assert ledger.detector_components(DETECTOR) == COMPONENTS
    recorded = [event for event in events(database) if event["type"] == "detector.activated"]
    assert [(event["piece"], event["pieces"]) for event in recorded] == [(1, 2), (2, 2)]
    parts = [event["components"] for event in recorded]
    assert digest_manifest({**parts[0], **parts[1]}) == DETECTOR  # type: ignore[dict-item]


def test_a_decision_carries_its_proof(database: Database, keys: Keys) -> None:
    """The event of a decision says which detector looked, how far, and why that was not enough."""
    ledger = ledger_on(database, keys)
    run = running(ledger)
    ledger.decided(claimed(ledger, run), [decided_row(0)])
    decided = next(event for event in events(database) if event["type"] == "doc.decided")
    assert decided["detector"] == SPEC.detector
    assert decided["proof"] == ASSESSMENT.proof.as_json()
    assert decided["gaps"] == {"image": 2}
    assert decided["complete"] is False


def test_the_log_is_asked_by_detector(database: Database, keys: Keys) -> None:
    """One question gives a detector's components and every document that it looked at."""
    ledger = ledger_on(database, keys)
    ledger.activate_detector(SPEC.detector, {"views": "raw"})
    ledger.activate_detector(DETECTOR, COMPONENTS)
    run = running(ledger)
    ledger.decided(claimed(ledger, run), [decided_row(0), decided_row(1)])
    reason = Reason(purpose="audit", ticket="DPO-1")
    answer = list(ask(database.engine(Role.COMPLIANCE), Question(detector=SPEC.detector), reason))
    assert [event["type"] for event in answer] == [
        "detector.activated",
        "run.opened",
        "doc.decided",
        "doc.decided",
    ]
    (of,) = ask(
        database.engine(Role.COMPLIANCE),
        Question(detector=SPEC.detector, type="detector.activated"),
        reason,
    )
    assert of["components"] == {"views": "raw"}
