"""Early exit: a document is looked at no further once settled, and level and route are those of a full look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest

from benchmarks.corpus import write_mix
from pipeline.canaries import make_canaries
from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.pool import DetectorPool
from pipeline.documents import Document
from pipeline.read import read_chunk, split_source
from policies.assessment import Gap, GapReason
from policies.decide import decide
from policies.policy import Policy, parse_policy, read_shipped, shipped_policies
from policies.settled import Known, is_settled, settled_by

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "models" / "ner" / "weights"


@pytest.fixture(scope="module")
def shipped() -> Detector:
    """Return the detector that ships: its model of names reads apart from the words."""
    return Detector(shipped_config())


def shipped_config() -> DetectorConfig:
    return DetectorConfig(ner_model=str(WEIGHTS))


@cache
def law(name: str) -> Policy:
    return parse_policy(read_shipped(name) + "\nexhaustive: false\n", name="early")


def document(text: str, *gaps: Gap) -> Document:
    return Document(id="0" * 32, ref="r", source="s", text=text, gaps=gaps)


def never(_: Known) -> bool:
    return False


def examples() -> list[Document]:
    chunks = split_source(str(ROOT / "examples" / "documents"))
    read = [one for chunk in chunks for one in read_chunk(chunk, identify=lambda ref, _: ref)]
    return [one for one in read if isinstance(one, Document)]


def same(detector: Detector, documents: Sequence[Document], policy: Policy) -> int:
    """Check that both ways give the same level and route; return how many looks ended early."""
    full = detector.assess(documents)
    early = detector.assess(documents, settled=[partial(is_settled, policy=policy)] * len(documents))
    for one, (whole, ended) in zip(documents, zip(full, early, strict=True), strict=True):
        expected, got = (decide(each, policy, source=one.source) for each in (whole, ended))
        assert (got.level, got.route) == (expected.level, expected.route), one.ref
        assert ended.proof.is_stopped or ended == whole, one.ref
        assert not (ended.proof.is_stopped and got.route.leaves)
    return sum(ended.proof.is_stopped for ended in early)


@pytest.mark.parametrize("name", shipped_policies())
def test_examples_get_the_same_level_and_route(shipped: Detector, name: str) -> None:
    """Of the examples in all formats, some looks end early and none comes to another level or route."""
    assert same(shipped, examples(), law(name)) > 0


def test_made_up_documents_get_the_same_level_and_route(shipped: Detector) -> None:
    """So it is of generated texts, of very long ones, of empty ones, and beside gaps of the reader."""
    texts = [text for mix in ("none", "mixed", "dense") for text in write_mix(mix, 40)]
    documents = [document(text) for text in (*texts, "\n\n".join(texts[:20]), "", " ", "\u202eabc")]
    documents += [document(text, Gap(reason=GapReason.IMAGE)) for text in texts[:3]]
    assert same(shipped, documents, law("default")) > 20


def test_canaries_get_the_same_level_and_route(shipped: Detector) -> None:
    """So it is of identifiers in many forms and languages, as the canaries carry them."""
    documents = [canary.document for canary in make_canaries(b"early" * 8, count=60, documents=60)]
    assert same(shipped, documents, law("default")) > 20


def test_time_that_runs_out_ends_the_stages_with_a_gap(shipped: Detector) -> None:
    """What no time is left for is a gap in every stage, and names what was not looked at."""
    hurried = Detector(replace(shipped_config(), document_seconds=0.0, document_seconds_per_million=0.0))
    one = document("The meeting of the team is moved to the large room, and lunch is provided there.")
    (found,) = hurried.assess([one], settled=[never])
    timed_out = {gap.detail for gap in found.gaps if gap.reason is GapReason.RECOGNISER_TIMED_OUT}
    assert timed_out == {"characters", "disguise", "language", "topics", "unread", "windows"}
    assert not found.proof.is_stopped


def test_stages_after_a_settled_one_are_skipped_and_named(shipped: Detector) -> None:
    """A card number ends the look after the patterns, a reader's gap before anything; what was skipped is no gap."""
    settled = [partial(is_settled, policy=law("default"))] * 3
    card, image, plain = shipped.assess(
        [
            document("Paid with card 4111 1111 1111 1111 at the counter."),
            document("A letter.", Gap(reason=GapReason.IMAGE)),
            document("The meeting of the team is moved to the large room, and lunch is provided there."),
        ],
        settled=settled,
    )
    assert card.proof.skipped == ("names", "views")
    assert (card.gaps, card.proof.names_characters, len(card.proof.views)) == ((), 0, 1)
    assert image.proof.skipped == ("topics", "raw", "names", "views")
    assert [gap.reason for gap in image.gaps] == [GapReason.IMAGE]
    assert plain.complete


def test_a_document_of_its_own_is_looked_at_to_its_end(shipped: Detector) -> None:
    """Where one document has nothing that settles it, it is looked at as ever, whatever its neighbours have."""
    one = document("Anna Becker paid with card 4111 1111 1111 1111 at the counter.")
    early, whole = shipped.assess([one, one], settled=[partial(is_settled, policy=law("default")), None])
    assert early.proof.is_stopped
    assert whole == shipped.assess([one])[0]


def test_a_model_that_makes_the_words_reads_everything(detector: Detector) -> None:
    """With a spaCy pipeline scores hang on its words, so nothing ends early."""
    one = document("Paid with card 4111 1111 1111 1111 at the counter.")
    (found,) = detector.assess([one], settled=[partial(is_settled, policy=law("default"))])
    assert not found.proof.is_stopped


def test_detecting_processes_end_early_too(shipped: Detector) -> None:
    """What settles a document is sent along, and two processes answer as one does."""
    documents = [document(text) for text in write_mix("mixed", 8)]
    says = settled_by(law("default"))
    settled = [says, None] * 4
    with DetectorPool(shipped, shipped_config(), processes=2, fewest_documents=1) as pool:
        found = pool.assess(documents, settled=settled)
    assert found == shipped.assess(documents, settled=settled)
    assert any(one.proof.is_stopped for one in found)
