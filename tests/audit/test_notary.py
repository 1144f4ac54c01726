"""The notary: lets a call pass only with the proof of its own intent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import GateRefused
from policies.decide import Decision
from policies.levels import Level, Route
from policies.permits import issue_permit
from storage.audit.notary import LogNotary
from storage.audit.proofs import Proof
from storage.auditor.merkle import Prover, Tree, leaf_hash
from storage.auditor.notes import Verifier
from tests.audit.logs import NOON, event, paper_log

DECISION = Decision(level=Level.INTERNAL, route=Route.CLOSED, rules=("default",), policy="sha256:" + "a" * 64)
PERMIT = issue_permit(DECISION, document="d" * 32, body=b"{}", model="gpt-x", now=NOON)
INTENT = {
    "permit": PERMIT.id,
    "model": PERMIT.model,
    "route": "closed",
    "level": "internal",
    "policy": DECISION.policy,
    "attempt": 1,
}


def proven(**changes: object) -> tuple[Proof, Verifier]:
    """Return the proof of an intent among nine other events, and the log's key."""
    log = paper_log(9, (10,))
    log.bodies.insert(4, event(1, kind="call.intent", **{**INTENT, **changes}))
    tree = Tree(map(leaf_hash, log.bodies))
    path = Prover(tree.node, 10).path(4)
    return Proof(seq=4, body=log.bodies[4], hashes=path, checkpoint=log.checkpoints[0].note), log.verifier


def refusal(proof: Proof, verifier: Verifier) -> str:
    with pytest.raises(GateRefused) as caught:
        LogNotary(verifier).check(PERMIT, proof)
    return caught.value.code


def test_the_proof_of_its_own_intent_lets_a_call_pass():
    """A permit with the proof of its intent is not refused."""
    proof, verifier = proven()
    LogNotary(verifier).check(PERMIT, proof)


@pytest.mark.parametrize(
    "changes",
    [
        {"permit": "e" * 32},
        {"model": "gpt-y"},
        {"route": "closed_pseudonymised"},
        {"level": "public"},
        {"policy": "sha256:0"},
    ],
)
def test_the_intent_of_another_call_does_not(changes):
    """Permit, model, route, level and policy must all be the permit's."""
    assert refusal(*proven(**changes)) == "intent_of_another_call"


def test_another_event_is_no_intent():
    """An event of another type that names the permit proves nothing."""
    log = paper_log(1, (1,))
    log.bodies[0] = event(1, kind="call.unknown", permit=PERMIT.id)
    proof = Proof(seq=0, body=log.bodies[0], hashes=(), checkpoint=log.checkpoints[0].note)
    assert refusal(proof, log.verifier) == "intent_of_another_call"


def test_a_proof_that_does_not_lead_to_the_checkpoint_is_refused():
    """Any part of the proof that is changed, is refused by the part that no longer fits."""
    proof, verifier = proven()
    other, _ = proven()
    assert refusal(replace(proof, seq=5), verifier) == "intent_not_in_log"
    assert refusal(replace(proof, hashes=proof.hashes[:-1]), verifier) == "intent_not_in_log"
    assert (
        refusal(replace(proof, body=proof.body.replace(b"gpt-x", b"gpt-z")), verifier) == "intent_not_in_log"
    )
    assert refusal(replace(proof, checkpoint=other.checkpoint), verifier) == "intent_not_signed"
    assert refusal(replace(proof, checkpoint=b""), verifier) == "intent_not_signed"


def test_the_proof_of_a_real_log_is_accepted(live):
    """From the database through the signer to the notary."""
    seqs = live.append([event(1, kind="call.intent", **INTENT)])
    signer = live.signer()
    LogNotary(signer.verifier).check(PERMIT, signer.prove(seqs)[0])
    assert PERMIT.expires > NOON + timedelta(seconds=1)
