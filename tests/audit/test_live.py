"""Verification of the live log: what a superuser can do in the database, a kept checkpoint shows."""

from __future__ import annotations

import pytest

from storage.audit.live import verify_live
from storage.auditor.notes import sign_checkpoint
from storage.auditor.verdict import Code
from storage.database import Role
from tests.audit.logs import ORIGIN, event
from tests.audit.test_signer import as_superuser

REWRITES = {
    "edit a body": ["UPDATE audit.entry SET body = replace(convert_from(body, 'UTF8'), 'damaged', 'missing')::bytea WHERE seq = 7"],
    "edit all bodies": ["UPDATE audit.entry SET body = replace(convert_from(body, 'UTF8'), 'worker-1', 'worker-2')::bytea"],
    "append spaces": ["UPDATE audit.entry SET body = body || ' '::bytea WHERE seq = 3"],
    "copy a body over another": ["UPDATE audit.entry SET body = (SELECT body FROM audit.entry WHERE seq = 10) WHERE seq = 11"],
    "swap two places": [
        "UPDATE audit.entry SET seq = 1000 WHERE seq = 5",
        "UPDATE audit.entry SET seq = 5 WHERE seq = 6",
        "UPDATE audit.entry SET seq = 6 WHERE seq = 1000",
    ],
    "delete one": ["DELETE FROM audit.entry WHERE seq = 20"],
    "delete one and close the gap": [
        "DELETE FROM audit.entry WHERE seq = 20",
        "UPDATE audit.entry SET seq = -seq WHERE seq > 20",
        "UPDATE audit.entry SET seq = -seq - 1 WHERE seq < 0",
        "UPDATE audit.counter SET size = size - 1",
    ],
    "delete the first": ["DELETE FROM audit.entry WHERE seq = 0"],
    "cut the tail": ["DELETE FROM audit.entry WHERE seq >= 30"],
    "cut the tail and the counter": ["DELETE FROM audit.entry WHERE seq >= 30", "UPDATE audit.counter SET size = 30"],
    "roll back whole": [
        "DELETE FROM audit.entry WHERE seq >= 25",
        "UPDATE audit.counter SET size = 25",
        "DELETE FROM audit.checkpoint WHERE size > 25",
    ],
    "empty the log": ["DELETE FROM audit.entry", "UPDATE audit.counter SET size = 0", "DELETE FROM audit.checkpoint"],
    "change a checkpoint's root": ["UPDATE audit.checkpoint SET root = sha256('') WHERE size = 25"],
    "change a checkpoint's note": ["UPDATE audit.checkpoint SET note = note || chr(10)::bytea WHERE size = 25"],
    "lie in a derived column": [
        "ALTER TABLE audit.entry ALTER COLUMN doc DROP EXPRESSION",
        "UPDATE audit.entry SET doc = doc || '{\"level\": \"public\"}' WHERE seq = 4",
    ],
    "lie in the leaf hash": [
        "ALTER TABLE audit.entry ALTER COLUMN leaf_hash DROP EXPRESSION",
        "UPDATE audit.entry SET leaf_hash = sha256('') WHERE seq = 4",
    ],
}  # fmt: skip


@pytest.fixture
def signed(live):
    """Give a log of 40 entries, signed at 25 and 40, and the note kept outside."""
    live.grow(25)
    signer = live.signer()
    signer.checkpoint()
    live.grow(15)
    return live, signer.checkpoint().note


def test_a_clean_log_is_in_order(signed):
    """The live log verifies with and without an anchor; what is not signed yet is counted."""
    live, note = signed
    live.grow(2)
    verifier = live.signer().verifier
    engine = live.database.engine(Role.SIGNER)
    verdict = verify_live(engine, verifier, [note])
    assert (verdict.code, verdict.size, verdict.unsigned, verdict.checkpoints) == (Code.OK, 42, 2, 3)
    assert verify_live(engine, verifier).code is Code.OK


@pytest.mark.parametrize("name", REWRITES)
def test_a_superusers_rewrite_is_found(signed, database_url, name):
    """Whatever a superuser does with the triggers off, the log no longer verifies."""
    live, note = signed
    as_superuser(
        database_url, "ALTER TABLE audit.entry DROP CONSTRAINT entry_seq_not_negative", *REWRITES[name]
    )
    verdict = verify_live(live.database.engine(Role.SIGNER), live.signer().verifier, [note])
    assert verdict.code in {Code.TAMPERED, Code.INCOMPLETE}, verdict


def test_a_rewrite_signed_anew_is_found_by_the_anchor(signed, database_url):
    """Even with the signing key, a superuser cannot make another log fit the checkpoint kept outside."""
    live, note = signed
    as_superuser(
        database_url,
        "DELETE FROM audit.entry", "DELETE FROM audit.checkpoint", "DELETE FROM audit.tile",
        "UPDATE audit.counter SET size = 0",
    )  # fmt: skip
    live.state_file.unlink()
    live.append([event(number) for number in range(40)])
    live.signer().checkpoint()
    engine = live.database.engine(Role.SIGNER)
    assert verify_live(engine, live.signer().verifier).code is Code.OK
    assert verify_live(engine, live.signer().verifier, [note]).reason == "root_differs"


def test_an_anchor_of_another_log_judges_nothing(signed):
    """An anchor that this log's key did not sign is the caller's mistake, not a finding."""
    live, _ = signed
    other = sign_checkpoint(live.key, origin=f"{ORIGIN}2", size=3, root=bytes(32))
    verdict = verify_live(live.database.engine(Role.SIGNER), live.signer().verifier, [other.note])
    assert (verdict.code, verdict.reason) == (Code.UNVERIFIABLE, "anchor_unknown_key")
