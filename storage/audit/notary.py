"""The notary: tells the gate whether a call's intent is in the signed audit log. Offline."""

from __future__ import annotations

from pipeline.errors import GateRefused
from policies.permits import Permit
from storage.audit.proofs import Proof
from storage.auditor.bodies import parse_body
from storage.auditor.notes import NoteError, Verifier


class LogNotary:
    """Accepts a proof under a checkpoint of the one log whose public key it was given.

    It needs no connection: whoever holds a permit brings the proof along.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def check(self, permit: Permit, proof: Proof) -> None:
        """Return if `proof` shows the intent of exactly this permit.

        Raises:
            GateRefused: `intent_not_signed`, `intent_not_in_log`, `intent_unreadable` or `intent_of_another_call`.
        """
        try:
            checkpoint = proof.covering(self._verifier)
        except NoteError:
            raise GateRefused("intent_not_signed") from None
        if checkpoint is None:
            raise GateRefused("intent_not_in_log")
        intent = parse_body(proof.body)
        if intent is None:
            raise GateRefused("intent_unreadable")
        expected = {
            "type": "call.intent",
            "permit": permit.id,
            "model": permit.model,
            "route": permit.decision.route.value,
            "level": permit.decision.level.label,
            "policy": permit.decision.policy,
        }
        if any(intent.get(name) != value for name, value in expected.items()):
            raise GateRefused("intent_of_another_call")
