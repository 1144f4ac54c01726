"""Proofs of completeness for assessments that a test makes up: each says what it claims."""

from __future__ import annotations

from policies.proof import RAW, Proof, ViewProof


def whole(characters: int) -> Proof:
    """Return the proof that one made-up recogniser and a model of names saw every character."""
    return Proof(
        characters=characters,
        recognisers=1,
        roster="sha256:0",
        view_names=(RAW,),
        views=(ViewProof(view=RAW, excerpts=1, characters=characters),),
        names_characters=characters,
        languages=(("en", 1),),
    )
