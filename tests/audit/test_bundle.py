"""Bundles: one document's story, proven without the rest of the log."""

from __future__ import annotations

import json
import random

import pytest

from storage.auditor.__main__ import main
from storage.auditor.archive import open_archive
from storage.auditor.bodies import canonical
from storage.auditor.bundle import make_bundle, verify_bundle
from storage.auditor.notes import Verifier
from storage.auditor.verdict import Code
from tests.audit.logs import PaperLog, event, paper_log

DOCUMENT = f"{3:064x}"


@pytest.fixture(scope="module")
def log() -> PaperLog:
    found = paper_log(60, (20, 45, 61))
    found.bodies.append(event(3, kind="doc.failed", code="timed_out"))
    return found


@pytest.fixture(scope="module")
def bundle(log, tmp_path_factory) -> bytes:
    archive = open_archive(log.export(tmp_path_factory.mktemp("log") / "export"), log.verifier)
    return make_bundle(archive, DOCUMENT, anchor=log.checkpoints[0])


def test_a_bundle_proves_its_events(log, bundle):
    """Both events of the document are there, and verify with the key and against the anchor."""
    content = json.loads(bundle)
    assert [json.loads(found["body"])["type"] for found in content["events"]] == [
        "doc.quarantined",
        "doc.failed",
    ]
    verdict = verify_bundle(bundle, verifier=log.verifier, anchors=[log.checkpoints[0].note])
    assert (verdict.code, verdict.size, verdict.is_anchored) == (Code.OK, 61, True)
    assert verify_bundle(bundle).code is Code.OK


def test_a_bundle_tells_of_no_other_document(bundle):
    """Nothing of another document is in it but hashes."""
    assert {json.loads(found["body"])["document"] for found in json.loads(bundle)["events"]} == {DOCUMENT}


def test_any_changed_bit_is_found(log, bundle):
    """A bundle with any bit flipped verifies no more."""
    chance = random.Random(11)
    for _ in range(600):
        changed = bytearray(bundle)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        verdict = verify_bundle(bytes(changed), verifier=log.verifier, anchors=[log.checkpoints[0].note])
        if verdict.code is Code.OK:
            before, after = json.loads(bundle), json.loads(bytes(changed))
            before.pop("vkey"), after.pop("vkey")  # the verifier brought its own key
            assert before == after


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda b: b["events"][0].update(seq=4), "event_not_in_log"),
        (lambda b: b["events"][0].update(proof=[]), "event_not_in_log"),
        (lambda b: b["events"][0].update(proof=[1]), "proof_malformed"),
        (lambda b: b["events"][0].update(proof=None), "proof_malformed"),
        (lambda b: b["events"][0].update(seq="3"), "event_malformed"),
        (lambda b: b["events"].append(None), "event_malformed"),
        (lambda b: b.update(document="f" * 64), "event_of_another_document"),
        (lambda b: b.update(events="none"), "event_malformed"),
        (lambda b: b.update(consistency={}), "anchor_not_covered"),
        (lambda b: b["consistency"].update(proof=[]), "anchor_not_continued"),
        (lambda b: b.update(extra=1), "not_a_bundle"),
        (lambda b: b.update(format="2"), "not_a_bundle"),
    ],
)
def test_a_forged_bundle_is_refused(log, bundle, change, reason):
    """Each part of a bundle is checked, whatever stands in it."""
    content = json.loads(bundle)
    change(content)
    verdict = verify_bundle(canonical(content), verifier=log.verifier, anchors=[log.checkpoints[0].note])
    assert verdict.reason == reason


def test_another_logs_bundle_is_refused(log, bundle):
    """A bundle is judged by the key that the verifier knows."""
    other = Verifier(name=log.verifier.name, key=bytes(32))
    assert verify_bundle(bundle, verifier=other).reason == "checkpoint_unknown_key"


def test_a_forked_log_makes_no_bundle_for_the_anchor(log, tmp_path):
    """The bundle of a log that was rewritten and signed anew does not continue the kept checkpoint."""
    forked = PaperLog(key=log.key, bodies=[event(3), *log.bodies[1:]], sizes=log.sizes)
    archive = open_archive(forked.export(tmp_path / "export"), log.verifier)
    forged = make_bundle(archive, DOCUMENT, anchor=forked.checkpoints[0])
    assert verify_bundle(forged).code is Code.OK
    assert verify_bundle(forged, anchors=[log.checkpoints[0].note]).reason == "anchor_not_continued"


def test_the_command_makes_and_verifies_a_bundle(log, tmp_path, capsys):
    """One command writes the bundle of a verified export, and judges it."""
    folder = log.export(tmp_path / "export")
    target = tmp_path / "bundle.json"
    note = tmp_path / "kept.note"
    note.write_bytes(log.checkpoints[1].note)
    assert main([str(folder), "--anchor", str(note), "--document", DOCUMENT, "--bundle", str(target)]) == 0
    assert main([str(target), "--anchor", str(note), "--key", log.verifier.vkey]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["anchored"] is True
