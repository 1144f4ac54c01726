"""A detector that saw less than everything says so, for that document and no other."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import presidio_analyzer.predefined_recognizers as presidio
import pytest

from pipeline.detect import Detector, DetectorConfig, DetectorUnavailable
from pipeline.documents import Document
from policies.assessment import Assessment, Gap, GapReason

PLAIN = "The quarterly meeting is moved to the large room on the second floor, and lunch is provided."
SLOW = "a" * 60 + "b!"
CANARY = "943 476 5918"
"""Of an NHS number's form, with a wrong check digit."""


def _document(text: str, *gaps: Gap) -> Document:
    return Document(id="0" * 32, ref="r", source="s", text=text, gaps=gaps)


def _reasons(assessment: Assessment) -> set[tuple[GapReason, str]]:
    return {(gap.reason, gap.detail) for gap in assessment.gaps}


def test_a_plain_document_is_complete(detector: Detector) -> None:
    """Ordinary English that every recogniser saw has no gap."""
    assessment = detector.scan(PLAIN)
    assert assessment.complete
    assert (assessment.language, assessment.characters) == ("en", len(PLAIN))


def test_without_a_names_model_nothing_is_complete() -> None:
    """Patterns alone cannot clear a document."""
    assert _reasons(Detector.load(DetectorConfig(accepted=None)).scan(PLAIN)) == {
        (GapReason.NO_NER_MODEL, "")
    }


def test_what_the_reader_missed_is_carried_on(detector: Detector) -> None:
    """A gap of the reader stays in the assessment."""
    gap = Gap(reason=GapReason.IMAGE, count=2)
    (assessment,) = detector.assess([_document(PLAIN, gap)])
    assert assessment.gaps == (gap,)


@pytest.fixture
def slow_recognisers(tmp_path: Path) -> Path:
    (tmp_path / "slow.yaml").write_text(
        "recognisers:\n"
        "  - name: SlowRecogniser\n    entity: SLOW\n    needs: ''\n"
        "    patterns: [{name: slow, regex: '(?:a|aa)+(?:a|aa)+b(?=c)', score: 0.5}]\n"
    )
    return tmp_path


def test_a_pattern_that_times_out_taints_its_document(config: DetectorConfig, slow_recognisers: Path) -> None:
    """Presidio skips a slow pattern with a warning; here the document is incomplete, its neighbour not."""
    detector = Detector.load(replace(config, recognisers=str(slow_recognisers), regex_timeout_seconds=1))
    slow, plain = detector.assess([_document(f"{PLAIN} {SLOW}"), _document(PLAIN)])
    assert _reasons(slow) == {(GapReason.RECOGNISER_TIMED_OUT, "SlowRecogniser")}
    assert plain.complete


def test_a_document_that_takes_too_long_is_incomplete(config: DetectorConfig, slow_recognisers: Path) -> None:
    """Many slow windows share one budget: what lies behind its end is a gap, and the next document has its own."""
    detector = Detector.load(
        replace(config, recognisers=str(slow_recognisers), document_seconds=0.5, window_characters=2_000)
    )
    slow, plain = detector.assess([_document(f"{PLAIN} {SLOW} 7 " * 40), _document(PLAIN)])
    assert (GapReason.RECOGNISER_TIMED_OUT, "SlowRecogniser") in _reasons(slow)
    assert (GapReason.RECOGNISER_TIMED_OUT, "NhsRecognizer") not in _reasons(plain)
    assert plain.complete


def _break(detector: Detector, monkeypatch: pytest.MonkeyPatch, *, warn: bool) -> None:
    victim = next(
        one.presidio for one in detector._engine.recognisers if one.presidio.name == "NhsRecognizer"
    )
    validate = victim.validate_result

    def breaks(shown: str) -> object:
        if shown == CANARY and warn:
            logging.getLogger("presidio-analyzer").warning("cannot judge %s", shown)
        elif shown == CANARY:
            raise ValueError(shown)
        return validate(shown)

    monkeypatch.setattr(victim, "validate_result", breaks)


@pytest.mark.parametrize(
    ("warn", "expected"), [(False, GapReason.RECOGNISER_FAILED), (True, GapReason.DETECTOR_WARNED)]
)
def test_a_recogniser_in_trouble_taints_its_document(
    detector: Detector,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    *,
    warn: bool,
    expected: GapReason,
) -> None:
    """An exception or a warning costs one document its clearance, names the recogniser and quotes nothing."""
    caplog.set_level(logging.DEBUG)
    _break(detector, monkeypatch, warn=warn)
    bad, good = detector.assess([_document(f"{PLAIN} {CANARY} SSN 536-22-8741"), _document(f"{PLAIN} 5")])
    assert _reasons(bad) == {(expected, "NhsRecognizer")}
    assert "US_SSN" in bad.entities  # the other recognisers went on
    assert good.complete
    printed = capfd.readouterr()
    assert CANARY not in caplog.text + printed.out + printed.err + repr(bad)


def test_a_text_that_breaks_the_names_model_taints_itself(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a batch fails its texts are read one by one, and only the bad one loses."""
    tokenizer = detector._names._nlp.tokenizer

    def breaks(text: str) -> object:
        if "canary" in text and not breaks.spent:  # type: ignore[attr-defined]
            raise ValueError(text)
        return tokenizer(text)

    breaks.spent = False  # type: ignore[attr-defined]
    monkeypatch.setattr(detector._names._nlp, "tokenizer", breaks)
    monkeypatch.setattr(
        detector._names,
        "words",
        lambda text: type(detector._names).words(_plain_names(detector, tokenizer), text),
    )
    bad, good = detector.assess([_document(f"{PLAIN} canary"), _document(f"{PLAIN} Mary Walker")])
    assert _reasons(bad) == {(GapReason.RECOGNISER_FAILED, "NamesRecogniser")}
    assert good.complete
    assert "PERSON" in good.entities


def _plain_names(detector: Detector, tokenizer: object) -> object:
    class Names:
        class _nlp:  # noqa: N801 - stands for the attribute
            make_doc = staticmethod(tokenizer)  # type: ignore[arg-type]

    del detector
    return Names()


def test_a_missing_recogniser_refuses_to_start(
    monkeypatch: pytest.MonkeyPatch, config: DetectorConfig
) -> None:
    """A recogniser that Presidio no longer has is not left out quietly."""
    monkeypatch.delattr(presidio, "UkNinoRecognizer")
    with pytest.raises(DetectorUnavailable, match="recogniser_missing:UkNinoRecognizer"):
        Detector.load(config)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (DetectorConfig(ner_model="/nowhere/at/all"), "ner_model_not_loadable"),
        (DetectorConfig(nlp_configuration="/nowhere/at/all.yaml"), "nlp_configuration_not_loadable"),
        (DetectorConfig(recognisers="/nowhere/at/all"), "recogniser_folder_empty"),
    ],
)
def test_a_wrong_configuration_refuses_to_start(config: DetectorConfig, code: str) -> None:
    """Nothing weaker is put in the place of what was asked for."""
    with pytest.raises(DetectorUnavailable) as refused:
        Detector.load(config)
    assert refused.value.code == code


WRONG_FILES = [
    ("recognisers:\n - {name: X1, entity: X_X, patern: []}\n", "missing"),
    (
        "recognisers:\n - {name: X1, entity: X_X, colour: red, patterns: [{name: a, regex: a, score: 1}]}\n",
        "extra_forbidden",
    ),
    (
        "recognisers:\n - {name: X1, entity: X_X, patterns: [{name: a, regex: '(', score: 1}]}\n",
        "value_error",
    ),
    (
        "recognisers:\n - {name: X1, entity: X_X, checksum: crc, patterns: [{name: a, regex: a, score: 1}]}\n",
        "value_error",
    ),
    ("recognisers: [\n", "unreadable"),
]


@pytest.mark.parametrize(("text", "code"), WRONG_FILES)
def test_a_wrong_recogniser_file_refuses_to_start(
    config: DetectorConfig, tmp_path: Path, text: str, code: str
) -> None:
    """A misspelt recogniser would silently detect nothing, so it is an error that names the file."""
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(DetectorUnavailable, match=code) as refused:
        Detector.load(replace(config, recognisers=str(tmp_path)))
    assert "mine.yaml" in refused.value.code


def test_users_add_recognisers(config: DetectorConfig, tmp_path: Path) -> None:
    """A folder of files adds entities, and changes the digest."""
    (tmp_path / "mine.yaml").write_text(
        "recognisers:\n"
        "  - {name: TicketRecogniser, entity: TICKET, patterns: [{name: t, regex: 'TCK-\\d{4}', score: 0.8}]}\n"
    )
    ours, theirs = Detector.load(config), Detector.load(replace(config, recognisers=str(tmp_path)))
    assert "TICKET" in theirs.scan("see TCK-1234").entities
    assert theirs.digest != ours.digest


CHARACTERS = [
    ("", GapReason.EMPTY_TEXT, ""),
    ("  \n ", GapReason.EMPTY_TEXT, ""),
    ("The name is P\u0430ul today.", GapReason.MIXED_SCRIPTS, "mixed_words"),
    ("He lives in Владивосток on улица Светланская.", GapReason.MIXED_SCRIPTS, "foreign_letters"),
    ("Pay \u202e0001\u202c euros.", GapReason.HIDDEN_TEXT, "direction_marks"),
    ("Hello\U000e0041\U000e0042", GapReason.HIDDEN_TEXT, "tag_characters"),
    ("Caf\ufffd on the corner", GapReason.UNDECODABLE_TEXT, "damaged_characters"),
]


@pytest.mark.parametrize(("text", "reason", "detail"), CHARACTERS)
def test_untrustworthy_characters_are_gaps(
    detector: Detector, text: str, reason: GapReason, detail: str
) -> None:
    """Text that cannot be read as it is displayed is not cleared."""
    assert (reason, detail) in _reasons(detector.scan(text))


def test_what_lies_beyond_the_limit_is_a_gap(config: DetectorConfig) -> None:
    """A text longer than the limit is scanned up to it and never cleared."""
    detector = Detector.load(replace(config, max_characters=1_000))
    assessment = detector.scan(f"{PLAIN} " * 20)
    assert (GapReason.TOO_LONG, "detector") in _reasons(assessment)
    assert assessment.characters == 1_000


NLP_CONFIGURATION = """
nlp_engine_name: spacy
models: [{{lang_code: en, model_name: {model}}}]
ner_model_configuration:
  model_to_presidio_entity_mapping: {{PERSON: PERSON, GPE: LOCATION, NORP: NRP}}
  labels_to_ignore: []
"""


def test_a_presidio_nlp_configuration_may_stand_in(names_model: Path, tmp_path: Path) -> None:
    """Any NLP engine of Presidio finds the names; what it warns about taints the document."""
    file = tmp_path / "nlp.yaml"
    file.write_text(NLP_CONFIGURATION.format(model=names_model))
    detector = Detector.load(DetectorConfig(nlp_configuration=str(file), accepted=None))
    clear, unmapped = detector.assess(
        [_document(f"{PLAIN} Mary Walker, SSN 536-22-8741"), _document(f"{PLAIN} dollars")]
    )
    assert clear.complete
    assert {"PERSON", "US_SSN"} <= clear.entities.keys()
    assert _reasons(unmapped) == {(GapReason.DETECTOR_WARNED, "NamesRecogniser")}


def test_a_model_that_is_not_here_is_not_downloaded(tmp_path: Path) -> None:
    """Presidio would fetch it; the detector refuses to start."""
    file = tmp_path / "nlp.yaml"
    file.write_text(NLP_CONFIGURATION.format(model="en_core_web_lg"))
    with pytest.raises(DetectorUnavailable, match="missing_model"):
        Detector.load(DetectorConfig(nlp_configuration=str(file), accepted=None))
