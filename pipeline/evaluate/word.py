"""Assessments by others than the detector, taken at their word: people's labels, and rivals.

They bring no proof of who looked at what, and are never used to decide about a real document.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.assessment import Assessment, Finding, Gap, Topic
from policies.proof import RAW, Proof, ViewProof


def taken_at_their_word(
    findings: Iterable[Finding],
    *,
    characters: int,
    by: str,
    topics: tuple[Topic, ...] = (),
    gaps: tuple[Gap, ...] = (),
) -> Assessment:
    """Return the assessment of a text of which `by` says that these are all findings."""
    proof = Proof(
        characters=characters,
        recognisers=1,
        roster=by,
        view_names=(RAW,),
        views=(ViewProof(view=RAW, excerpts=1, characters=characters),),
        names_characters=characters,
    )
    return Assessment(
        findings=tuple(sorted(findings)),
        topics=topics,
        gaps=gaps,
        characters=characters,
        language="en",
        detector=by,
        proof=proof,
    )
