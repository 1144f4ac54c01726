"""Memory: a text that comes again is looked at once, and no assessment is another for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.corpus import write_mix
from pipeline.canaries import make_canaries
from pipeline.detect import Detector, DetectorConfig, again
from pipeline.detect.memory import Memory
from pipeline.documents import Document
from policies.assessment import Assessment, Gap, GapReason
from policies.policy import parse_policy, read_shipped
from policies.proof import Coverage
from policies.settled import Settled, is_settled
from tests.lib.proofs import whole

CONFIG = DetectorConfig(ner_model=str(Path(__file__).parents[2] / "models" / "ner" / "weights"))
FOOT = "This message is for its addressee only. If it came to you by mistake, tell the sender and delete it."
CUT = ("Please write to jane.doe@", "example.com or call 030 55", "5 0199 77, her SSN is 536-22-", "8741.")
"""Paragraphs that mean nothing alone: what they hold shows only where one follows the other."""


@pytest.fixture(scope="module")
def forgetful() -> Detector:
    """Return a detector that keeps nothing."""
    return Detector(replace(CONFIG, remembered_bytes=0))


@pytest.fixture(scope="module")
def remembering() -> Detector:
    """Return the detector that ships."""
    return Detector(CONFIG)


@cache
def paragraphs() -> tuple[str, ...]:
    made = "\n\n".join(text for mix in ("none", "mixed", "dense") for text in write_mix(mix, 2)).split("\n\n")
    planted = [one.document.text for one in make_canaries(b"again" * 8, count=4, documents=4)]
    return (
        *made[::4],
        *planted,
        *CUT,
        FOOT,
        "Der Vertrag wird von beiden Seiten bis zum Ende des Jahres geprüft.",
    )


@cache
def early() -> Settled:
    law = parse_policy(read_shipped("default") + "\nexhaustive: false\n", name="early")
    return partial(is_settled, policy=law)


def document(text: str, *gaps: Gap, coverage: tuple[Coverage, ...] = ()) -> Document:
    return Document(id="0" * 32, ref="r", text=text, gaps=gaps, coverage=coverage)


TEXTS = st.lists(
    st.tuples(
        st.lists(st.integers(0, len(paragraphs()) - 1), max_size=4), st.sampled_from(("\n\n", "\n", ""))
    ),
    min_size=1,
    max_size=6,
).map(lambda plans: [between.join(paragraphs()[at] for at in places) for places, between in plans])
READERS = st.sampled_from(
    (
        document(""),
        document("", Gap(reason=GapReason.IMAGE, detail="page", count=2)),
        document("", coverage=(Coverage(kind="pages", read=1, of=2),)),
    )
)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), texts=TEXTS)
def test_what_is_remembered_changes_no_assessment(
    forgetful: Detector, remembering: Detector, data: st.DataObject, texts: list[str]
) -> None:
    """Put together from paragraphs that repeat, every document gets the assessment of a detector that keeps nothing."""
    picked = data.draw(st.lists(st.sampled_from(texts), max_size=6))
    documents = [replace(data.draw(READERS), text=text) for text in (*texts, *picked)]
    says = [data.draw(st.sampled_from((None, early()))) for _ in documents]
    assert remembering.assess(documents, settled=says) == forgetful.assess(documents, settled=says)
    assert remembering.assess(documents) == forgetful.assess(documents)


def looks(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what will hold the number of texts of each look."""
    counts: list[int] = []
    look = detector._look

    def counted(texts: Sequence[str]) -> object:
        counts.append(len(texts))
        return look(texts)

    monkeypatch.setattr(detector, "_look", counted)
    return counts


def test_a_text_that_comes_again_is_looked_at_once(
    remembering: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a call and after it; what the reader says of each document stays its own."""
    counts = looks(remembering, monkeypatch)
    text = "A notice that goes to everybody, written for this test."
    image = Gap(reason=GapReason.IMAGE)
    plain, pictured = remembering.assess([document(text), document(text, image)])
    assert (plain.gaps, pictured.gaps) == ((), (image,))
    assert remembering.assess([document(text)])[0] == plain
    assert counts == [1, 0]


def test_a_scan_is_always_a_look(remembering: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate's last look does not repeat what the first one said: it sees what is there now."""
    text = "A text that was cleared a moment ago, written for this test."
    (cleared,) = remembering.assess([document(text)])
    counts = looks(remembering, monkeypatch)
    assert remembering.scan(text) == remembering.scan(text) == cleared
    assert counts == [1, 1]
    monkeypatch.delattr(again, "views")  # whatever breaks since the first look shows in the last
    assert not remembering.scan(text).complete


def test_what_ends_early_is_not_answered_from_a_full_look(remembering: Detector) -> None:
    """Whether a text was looked at to its end before does not show: its look ends where it would have ended."""
    one = document("Paid with card 4111 1111 1111 1111, and this was written for this test.")
    (before,) = remembering.assess([one], settled=[early()])
    (full,) = remembering.assess([one])
    (after,) = remembering.assess([one], settled=[early()])
    assert before.proof.is_stopped
    assert not full.proof.is_stopped
    assert after == before


def seen(*gaps: Gap) -> Assessment:
    return Assessment(
        findings=(),
        topics=(),
        gaps=gaps,
        characters=10,
        language="en",
        detector="sha256:0",
        proof=whole(10),
    )


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        (GapReason.RECOGNISER_TIMED_OUT, False),
        (GapReason.RECOGNISER_FAILED, False),
        (GapReason.DETECTOR_WARNED, False),
        (GapReason.NOT_COVERED, False),
        (GapReason.LANGUAGE_UNSUPPORTED, True),
        (GapReason.HIDDEN_TEXT, True),
    ],
)
def test_what_hangs_on_the_moment_is_not_kept(reason: GapReason, kept: bool) -> None:  # noqa: FBT001 - a table
    """Time that ran out and parts that failed may go better next time; what a text is made of stays."""
    memory = Memory("sha256:0", most_bytes=10_000)
    memory.keep(memory.key("text"), seen(Gap(reason=reason)))
    assert (memory.recall(memory.key("text")) is not None) is kept


def test_memory_has_a_bound() -> None:
    """However many texts come, no more is kept; what was not asked for the longest goes first."""
    memory = Memory("sha256:0", most_bytes=10_000)
    keys = [memory.key(str(number)) for number in range(100)]
    for key in keys:
        memory.keep(key, seen())
        memory.recall(keys[0])
    assert len(memory) == 10
    assert memory.recall(keys[0]) is not None
    assert memory.recall(keys[1]) is None


def test_no_text_is_kept_and_no_text_answers_for_another_detector(remembering: Detector) -> None:
    """What is kept are digests, numbers and names of entities; another detector's digest is another key."""
    remembering.assess([document("Zanzibarfrosch wrote to zanzibar@frosch.example about it.")])
    assert len(remembering._memory)
    assert "anzibar" not in repr(remembering._memory._kept).lower()
    assert Memory("sha256:0", most_bytes=0).key("text") != Memory("sha256:1", most_bytes=0).key("text")


def test_a_detector_that_went_blind_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen before a part was found blind may have been seen blindly."""
    detector = Detector(replace(CONFIG, ner_model=None, accepted=None))
    detector._memory.keep(detector._memory.key("text"), seen())
    monkeypatch.setattr(detector._lamp, "check", lambda *_: ("UsSsnRecognizer",))
    assert not detector.assess([document("Another text.")])[0].complete
    assert len(detector._memory) == 0


def test_threads_share_a_memory() -> None:
    """Many at once keep its bound and its count."""
    memory = Memory("sha256:0", most_bytes=20_000)

    def work(first: int) -> None:
        for number in range(first, first + 300):
            memory.keep(memory.key(str(number)), seen())
            memory.recall(memory.key(str(number - 3)))

    threads = [threading.Thread(target=work, args=(100 * place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory) == 20
