"""The canaries of one chunk, on their way through the detector and no further.

Rules
1. A canary is looked at in the same call as the chunk's documents among which its place is.
2. Only counts come out of here: no canary's text, id or assessment does, so none can be asked about or stored.
3. A canary is looked at to its end, also where the policy lets a document's look end early: what was not
   looked for must not count as missed, and what counts only where it was found would flatter.
4. A chunk of which nothing has to be looked at carries no canaries: there is nothing that could leave.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows.tools import Tools
from pipeline.canaries import NOTHING, Canary, make_canaries, measure
from pipeline.documents import Document
from policies.assessment import Assessment
from policies.settled import settled_by
from storage.rows import CanaryCounts, Claim


class Flock:
    """Canaries that wait for their place in a chunk, and what was found of those that had it."""

    def __init__(self, tools: Tools, claim: Claim) -> None:
        self._tools = tools
        self._waiting: list[Canary] = list(
            make_canaries(
                tools.keys.canary_seed(claim.run, claim.chunk),
                count=tools.policy.canaries.per_chunk,
                documents=sum(segment.count for segment in claim.segments),
            )
        )
        self._tally = NOTHING
        self._has_looked = False

    def assess(self, documents: Sequence[tuple[int, Document]]) -> list[Assessment]:
        """Return an assessment of each document (with its ordinal), in order; canaries fly along."""
        if not documents:
            return []
        self._has_looked = True
        due = [canary for canary in self._waiting if canary.place <= documents[-1][0]]
        del self._waiting[: len(due)]
        return self._look(documents, due)

    def counts(self) -> CanaryCounts | None:
        """Return what the chunk's canaries came to, looking at those whose place nothing came to.

        None if the policy asks for no canaries, or nothing of the chunk had to be looked at.
        """
        if self._has_looked and self._waiting:
            due, self._waiting = self._waiting, []
            self._look([], due)
        if not self._tally.canaries:
            return None
        tools = self._tools
        return CanaryCounts(
            tally=self._tally, floor=tools.policy.canaries.floor, detector=tools.detector.digest
        )

    def _look(self, documents: Sequence[tuple[int, Document]], due: Sequence[Canary]) -> list[Assessment]:
        """Assess all of them at once, in the order of their places; keep the canaries' assessments here."""
        flying: list[tuple[int, Document, Canary | None]] = [
            *((canary.place, canary.document, canary) for canary in due),
            *((ordinal, document, None) for ordinal, document in documents),
        ]
        flying.sort(key=lambda one: one[0])  # stable: a canary comes before the record whose place it has
        says = settled_by(self._tools.policy)
        found = self._tools.detector.assess(
            [document for _, document, _ in flying],
            settled=[says if canary is None else None for _, _, canary in flying] if says else (),
        )
        assessments = []
        for (_, _, canary), assessment in zip(flying, found, strict=True):
            if canary is None:
                assessments.append(assessment)
            else:
                self._tally += measure(canary, assessment, self._tools.policy)
        return assessments
