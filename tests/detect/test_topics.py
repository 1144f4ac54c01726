from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.topics import Topics, read_lexicons

CORPORA = Path(__file__).parents[3] / "shared/corpora/eval-dev"
ABOUT = {
    "health": "DIAGNOSIS: type 2 diabetes. The patient was prescribed metformin twice daily; blood pressure normal.",
    "finance": "My checking account was charged an overdraft and the debt collection agency hurt my credit score.",
    "legal": "Privileged and confidential: the plaintiff filed a motion to dismiss; counsel advises settlement.",
    "hr": "Performance review: the employee received a written warning; base salary unchanged, no bonus.",
    "credentials": "The root password and the API key are in the vault; rotate the private key of the service account.",
    "children": "The pupil's guardian gave parental consent; my daughter is in third grade at the elementary school.",
    "special_category": "He stated his religious belief and his trade union membership in the asylum interview.",
    "trade_secret": "Strictly confidential, for internal use only: the unreleased product roadmap and pricing strategy.",
}
TOPICS = Topics(read_lexicons())
ORDINARY = "The garden needs water twice a week in summer. Cut the roses in March and plant bulbs in autumn. "


def _scores(text: str) -> dict[str, float]:
    return {topic.name: topic.score for topic in TOPICS.judge(text)}


def test_the_topics_are_those_of_the_policies() -> None:
    """There is one lexicon for each topic that a policy may name."""
    assert set(TOPICS.names) == set(ABOUT)


@pytest.mark.parametrize("topic", ABOUT)
def test_knows_what_a_text_is_about(topic: str) -> None:
    """A few sentences are enough, and the right topic comes first."""
    scores = _scores(ABOUT[topic])
    assert scores[topic] >= 0.5
    assert max(scores, key=scores.__getitem__) == topic


def test_ordinary_text_is_about_nothing() -> None:
    """Neither a garden nor a long book about gardens has a topic."""
    assert _scores(ORDINARY) == {}
    assert _scores(ORDINARY * 500) == {}


def test_repeating_a_word_does_not_add_up() -> None:
    """One word a thousand times stays one word."""
    assert _scores("hospital " * 1_000)["health"] == _scores("hospital ")["health"]


@given(before=st.text(max_size=300), after=st.text(max_size=300), topic=st.sampled_from(sorted(ABOUT)))
def test_text_around_never_lowers_a_score(before: str, after: str, topic: str) -> None:
    """Padding does not hide what a text is about."""
    assert _scores(f"{before} {ABOUT[topic]} {after}")[topic] >= _scores(ABOUT[topic])[topic]


def test_a_wrong_lexicon_is_refused(tmp_path: Path) -> None:
    """A misspelt key would silently empty a topic."""
    (tmp_path / "x.yaml").write_text("topic: x\ndescription: x\ndecisiv: [a b]\n")
    with pytest.raises(DetectorUnavailable, match="lexicon_wrong"):
        read_lexicons(tmp_path)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the development corpora are not on this machine")
@pytest.mark.parametrize(
    ("corpus", "topic", "least", "most"),
    [
        ("mtsamples", "health", 0.85, 1),
        ("cfpb", "finance", 0.7, 1),
        ("ordinary", "finance", 0, 0.05),
        ("ordinary", "legal", 0, 0.05),
        ("ordinary", "health", 0, 0.15),
        ("ordinary", "hr", 0, 0.02),
    ],
)
def test_rates_on_real_documents(corpus: str, topic: str, least: float, most: float) -> None:
    """Medical notes and bank complaints are recognised; manuals, news and reviews mostly are not."""
    with gzip.open(CORPORA / f"{corpus}.jsonl.gz", "rt") as lines:
        scores = [_scores(json.loads(line)["text"]).get(topic, 0) for line in lines]
    assert least <= sum(score >= 0.5 for score in scores) / len(scores) <= most
