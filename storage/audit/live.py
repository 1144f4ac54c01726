"""Verification of the log in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from storage.audit.reading import checkpoints, entries, one_moment
from storage.auditor.archive import read_anchors
from storage.auditor.bodies import canonical
from storage.auditor.notes import Verifier
from storage.auditor.verdict import Fault, Verdict
from storage.auditor.verify import verify_entries
from storage.errors import translated


def verify_live(engine: Engine, verifier: Verifier, anchors: Sequence[bytes] = ()) -> Verdict:
    """Verify the whole log as of this moment, in constant memory; `anchors` are notes kept outside.

    `engine` connects as the signer's role. Entries that no checkpoint covers yet are counted,
    not refused.

    Raises:
        StorageError: the database did not answer.
    """
    with translated(), one_moment(engine) as connection:
        try:
            published = checkpoints(connection, verifier)
            kept = read_anchors(anchors, verifier, is_key_trusted=True)
        except Fault as fault:
            return Verdict(code=fault.code, reason=fault.reason, seq=fault.seq)
        return verify_entries(
            entries(connection),
            checkpoints=published,
            anchors=kept,
            derive=canonical,
            may_end_unsigned=True,
        )
