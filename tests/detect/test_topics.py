from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.language import judge_language
from pipeline.detect.topics import Lexicon, Topics, read_lexicons, read_model, words_of

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
TOPICS = Topics(read_lexicons(), read_model())
ORDINARY = "The garden needs water twice a week in summer. Cut the roses in March and plant bulbs in autumn. "


def _scores(text: str) -> dict[str, float]:
    languages = dict(judge_language(text).passages)
    return {topic.name: topic.score for topic in TOPICS.judge(text, languages)}


def test_the_topics_are_those_of_the_policies() -> None:
    """There is one lexicon for each topic that a policy may name."""
    assert set(TOPICS.names) == set(ABOUT)


@pytest.mark.parametrize("topic", ABOUT)
def test_knows_what_a_text_is_about(topic: str) -> None:
    """A few sentences are enough, and the right topic comes first."""
    scores = _scores(ABOUT[topic])
    assert scores[topic] >= 0.5
    assert max(scores, key=scores.__getitem__) == topic


FOREIGN = [
    (
        "health",
        "Die Patientin wurde gestern stationär aufgenommen, und die Diagnose lautet Diabetes; sie wird mit Insulin behandelt.",
    ),
    ("finance", "Auf meinem Kontoauszug fehlt die Überweisung; die Mahnung der Bank ist falsch."),
    ("hr", "Nach der Abmahnung steht das Mitarbeitergespräch in der Personalakte; die Kündigung folgt."),
    (
        "health",
        "La patiente a été hospitalisée ; le médecin a prescrit un traitement et un arrêt de travail.",
    ),
    ("legal", "Notre avocat conseille une transaction confidentielle avant l'audience au tribunal."),
    ("health", "El paciente fue ingresado con fiebre; el informe de alta y el tratamiento van adjuntos."),
    ("children", "Mi hija cambia de colegio; la custodia de los hijos la decide el juzgado."),
    ("finance", "Il bonifico non risulta nell'estratto conto e la banca chiede il pagamento della rata."),
    ("special_category", "Ha dichiarato il suo orientamento sessuale ed è iscritto al sindacato."),
    ("credentials", "Das Passwort lautet anders als in den Zugangsdaten für den Server."),
    (
        "trade_secret",
        "Ce document est strictement confidentiel, à usage interne : la marge et le projet ne doivent pas être connus.",
    ),
]


@pytest.mark.parametrize(("topic", "text"), FOREIGN)
def test_four_more_languages_have_lexicons(topic: str, text: str) -> None:
    """German, French, Spanish and Italian texts are told by their own words."""
    scores = _scores(text)
    assert scores[topic] >= 0.5
    assert max(scores, key=scores.__getitem__) == topic


def test_every_topic_has_its_words_in_every_language() -> None:
    """No topic is forgotten in a translation."""
    assert {(one.topic, one.language) for one in read_lexicons()} == {
        (topic, language) for topic in ABOUT for language in ("en", "de", "fr", "es", "it")
    }


def test_ordinary_text_is_about_nothing() -> None:
    """Neither a garden nor a long book about gardens has a topic."""
    assert _scores(ORDINARY) == {}
    assert _scores(ORDINARY * 500) == {}


@pytest.mark.parametrize("word", ["hospital ", "patient ", "password ", "lawsuit ", "debt "])
def test_repeating_a_word_makes_no_topic(word: str) -> None:
    """One word a thousand times stays one word."""
    assert all(score < 0.5 for score in _scores(word * 1_000).values())


@given(before=st.text(max_size=300), after=st.text(max_size=300), topic=st.sampled_from(sorted(ABOUT)))
def test_text_around_never_lowers_a_score(before: str, after: str, topic: str) -> None:
    """Padding does not hide what a text is about."""
    assert _scores(f"{before} {ABOUT[topic]} {after}")[topic] >= _scores(ABOUT[topic])[topic]


@given(st.text(max_size=300), st.text(max_size=300), st.data())
def test_the_model_is_monotone_word_by_word(before: str, after: str, data: st.DataObject) -> None:
    """Whatever words are put before and after, no topic's evidence falls."""
    model = read_model()
    middle = data.draw(st.lists(st.sampled_from(sorted(model.numbers)), max_size=30))
    around = [*words_of(before), *middle, *words_of(after)]
    alone, padded = model.evidence(middle), model.evidence(around)
    assert all(padded[topic] >= alone[topic] for topic in model.topics)


@given(st.sampled_from(sorted(ABOUT)), st.integers(0, 80), st.integers(0, 1_500), st.integers(0, 80))
def test_the_chance_is_monotone(topic: str, evidence: int, points: int, more: int) -> None:
    """More evidence or more terms never make a topic less likely."""
    model = read_model()
    chance = model.chance(topic, evidence, points)
    assert model.chance(topic, evidence + more, points) >= chance
    assert model.chance(topic, evidence, points + more) >= chance


LEAFLET = (
    "Keep this leaflet; you may need to read it again. Tell your doctor or pharmacist if you are pregnant, if you "
    "have asthma, diabetes or high blood pressure, or if you take other medicines. The usual dose is one tablet twice "
    "a day. Side effects may include headache, nausea and dizziness. Keep the tablets out of the reach of children."
)
HANDBOOK = (
    "Employees are entitled to thirty days of annual leave. Every manager conducts a review with each employee once a "
    "year and explains the steps of the procedure. New members of staff complete a training course in the first week."
)


@pytest.mark.parametrize(("topic", "text"), [("health", LEAFLET), ("hr", HANDBOOK)])
def test_a_text_about_nobody_is_told_from_a_record(topic: str, text: str) -> None:
    """A leaflet and a handbook speak of a subject, and are about nobody."""
    assert _scores(text).get(topic, 0) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Mary Walker was diagnosed with asthma and prescribed albuterol.",
        "The patient was admitted to hospital with chest pain.",
        "DISCHARGE DIAGNOSIS: pneumonia. Mr Berg was discharged home in stable condition.",
        "She tested positive for HIV and was told by her doctor on Friday.",
    ],
)
def test_one_sentence_about_a_patient_is_enough(text: str) -> None:
    """A short note needs no long context."""
    assert _scores(text)["health"] >= 0.5


def test_terms_that_an_officer_adds_count() -> None:
    """Two decisive terms of an edited lexicon settle its topic, whatever the model thinks."""
    (health,) = (one for one in read_lexicons() if one.topic == "health" and one.language == "en")
    edited = health.model_copy(update={"decisive": (*health.decisive, "garden", "roses in march")})
    scores = {topic.name: topic.score for topic in Topics([edited], read_model()).judge(ORDINARY)}
    assert scores["health"] >= 0.6


def test_a_topic_of_ones_own_is_told_by_its_terms() -> None:
    """A lexicon for a subject that the model does not know works alone."""
    own = Lexicon(topic="export_control", description="x", decisive=("dual use", "licenc*"))
    (topic,) = Topics([own], read_model()).judge("Dual use goods need an export licence.")
    assert topic.name == "export_control"
    assert topic.score >= 0.6


def test_a_missing_or_damaged_model_is_refused(tmp_path: Path) -> None:
    """Nothing weaker is put in its place."""
    (tmp_path / "bad.npz").write_bytes(b"no model")
    for name in ("bad.npz", "none.npz"):
        with pytest.raises(DetectorUnavailable, match="topic_model_wrong"):
            read_model(tmp_path / name)


def test_time_is_linear() -> None:
    """Ten times the text takes about ten times as long."""
    text = "".join(f"{one} {ORDINARY}" for one in ABOUT.values()) * 10
    assert _seconds(text * 10) <= 16 * _seconds(text)


def _seconds(text: str) -> float:
    def once() -> float:
        start = time.process_time()
        TOPICS.judge(text)
        return time.process_time() - start

    return min(once() for _ in range(5))


def test_a_wrong_lexicon_is_refused(tmp_path: Path) -> None:
    """A misspelt key would silently empty a topic."""
    (tmp_path / "x.yaml").write_text("topic: x\ndescription: x\ndecisiv: [a b]\n")
    with pytest.raises(DetectorUnavailable, match="lexicon_wrong"):
        read_lexicons(tmp_path)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the development corpora are not on this machine")
@pytest.mark.parametrize(
    ("corpus", "topic", "least", "most"),
    [
        ("mtsamples", "health", 0.95, 1),
        ("cfpb", "finance", 0.85, 1),
        ("ordinary", "finance", 0, 0.03),
        ("ordinary", "legal", 0, 0.05),
        ("ordinary", "health", 0, 0.08),
        ("ordinary", "hr", 0, 0.02),
        ("ordinary", "children", 0, 0.03),
        ("ordinary", "credentials", 0, 0.03),
        ("ordinary", "special_category", 0, 0.02),
        ("ordinary", "trade_secret", 0, 0.02),
    ],
)
def test_rates_on_real_documents(corpus: str, topic: str, least: float, most: float) -> None:
    """Medical notes and bank complaints are recognised; manuals, news and reviews mostly are not."""
    with gzip.open(CORPORA / f"{corpus}.jsonl.gz", "rt") as lines:
        scores = [_scores(json.loads(line)["text"]).get(topic, 0) for line in lines]
    assert least <= sum(score >= 0.5 for score in scores) / len(scores) <= most
