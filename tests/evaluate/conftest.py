from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from pipeline.documents import Document
from pipeline.evaluate.labels import Labels, read_labels
from pipeline.evaluate.word import taken_at_their_word
from policies.assessment import Assessment, Finding, Gap, GapReason, Topic
from policies.policy import Policy, parse_policy, read_shipped


@dataclass
class Lookup:
    """A detector that finds listed words wherever they stand: what it misses is known beforehand."""

    words: dict[str, tuple[str, float]]
    topics: tuple[Topic, ...] = ()
    unfinished: frozenset[str] = frozenset()
    digest: str = "sha256:lookup"
    looks: list[str] = field(default_factory=list)

    @property
    def entities(self) -> frozenset[str]:
        """Return what its words are."""
        return frozenset(entity for entity, _ in self.words.values())

    def assess(self, documents: Sequence[Document]) -> list[Assessment]:
        """Return what stands in each document."""
        return [self.scan(document.text) for document in documents]

    def scan(self, text: str) -> Assessment:
        """Return what stands in `text`."""
        self.looks.append(text)
        findings = []
        for word, (entity, score) in self.words.items():
            at = text.find(word)
            while at >= 0:
                end = at + len(word)
                findings.append(Finding(start=at, end=end, entity=entity, score=score, recogniser="lookup"))
                at = text.find(word, end)
        gaps = (Gap(reason=GapReason.EMPTY_TEXT),) if text in self.unfinished else ()
        return taken_at_their_word(
            findings, characters=len(text), by=self.digest, topics=self.topics, gaps=gaps
        )


@pytest.fixture
def labels() -> Labels:
    return read_labels()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return parse_policy(read_shipped("default"), name="default")


@pytest.fixture
def lookup() -> type[Lookup]:
    return Lookup
