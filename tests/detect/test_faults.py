"""Whatever goes wrong with any one recogniser, view or the model of names: the document is regulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from presidio_analyzer import PatternRecognizer

from pipeline.detect import Detector, DetectorConfig, DetectorUnavailable, again
from pipeline.detect import detector as module
from pipeline.detect.lamp import Lamp, read_examples
from pipeline.detect.specs import read_presidio, read_recognisers
from pipeline.documents import Document
from policies.assessment import Assessment, GapReason
from policies.decide import decide
from policies.levels import Level
from policies.policy import parse_policy, read_shipped
from policies.proof import NAMES, RAW, Coverage

PLAIN = "The quarterly meeting is moved to the large room on the second floor, and lunch is provided."
EXAMPLES = read_examples().recognisers
POLICY = parse_policy(read_shipped("default"), name="default")


def _is_regulated(assessment: Assessment) -> bool:
    return not assessment.complete and decide(assessment, POLICY).level is Level.REGULATED


def _details(assessment: Assessment) -> set[str]:
    return {gap.detail for gap in assessment.gaps}


def test_plain_text_is_not_regulated_without_a_fault(detector: Detector) -> None:
    """What the faults below do is their doing: without one, the same text is complete and public."""
    assessment = detector.scan(PLAIN)
    assert assessment.complete
    assert decide(assessment, POLICY).level is Level.PUBLIC


def test_every_recogniser_has_an_example(detector: Detector) -> None:
    """Every recogniser made of patterns has an example, and none is left over from one that is gone."""
    recognisers = detector._engine.recognisers
    assert EXAMPLES.keys() - {one.name for one in recognisers} == set()
    made_of_patterns = {one.name for one in recognisers if isinstance(one.presidio, PatternRecognizer)}
    assert made_of_patterns - EXAMPLES.keys() == set(), "add a line to pipeline/detect/examples.yaml"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_recogniser_finds_its_example(detector: Detector, name: str) -> None:
    """Alone as well as among the others, so that a failed lamp test names the right one."""
    assert name in {one.recogniser for one in detector._look_at_text(EXAMPLES[name]).findings}


@pytest.mark.parametrize("error", [ValueError, TimeoutError])
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_exception_in_any_recogniser_regulates(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, name: str, error: type[Exception]
) -> None:
    """A recogniser that raises or runs out of time on a text costs the text its clearance, by name."""
    victim = next(one.presidio for one in detector._engine.recognisers if one.name == name)
    method = "validate_result" if isinstance(victim, PatternRecognizer) else "analyze"

    def breaks(*_: object, **__: object) -> None:
        raise error("canary")

    monkeypatch.setattr(victim, method, breaks)
    assessment = detector.scan(f"{PLAIN} {EXAMPLES[name]}")
    assert _is_regulated(assessment)
    assert name in _details(assessment)
    assert "canary" not in repr(assessment)
    assert assessment.proof.views[0].missing == (name,)


def _with_sight(monkeypatch: pytest.MonkeyPatch, detector: Detector, change: Callable[[Any], Any]) -> None:
    look = detector._engine.look
    monkeypatch.setattr(detector._engine, "look", lambda *given, **named: change(look(*given, **named)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_recogniser_that_is_passed_over_regulates(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One that does not report that it looked counts as missing, though nothing failed."""
    place = [one.name for one in detector._engine.recognisers].index(name)
    _with_sight(monkeypatch, detector, lambda sight: replace(sight, looked=sight.looked & ~(1 << place)))
    assessment = detector.scan(PLAIN)
    assert _is_regulated(assessment)
    assert {(gap.reason, gap.detail) for gap in assessment.gaps} == {(GapReason.NOT_COVERED, name)}


def _blinded(name: str) -> Callable[[Any], Any]:
    return lambda sight: replace(
        sight, findings=tuple(one for one in sight.findings if one.recogniser != name)
    )


@pytest.fixture
def freshly_tested(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> Detector:
    """Return the detector with its lamp test due after each text."""
    monkeypatch.setattr("pipeline.detect.lamp._TEXTS", 1)
    monkeypatch.setattr(detector, "_lamp", Lamp(list(EXAMPLES), module.VIEWS))
    return detector


@pytest.fixture(scope="module")
def seen(detector: Detector) -> dict[str, Any]:
    """Return what the engine sees, by text: a test of all examples takes a third of a second, once is enough."""
    return {text: detector._look_at_text(text) for text in (PLAIN, Lamp(list(EXAMPLES), ())._text)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_recogniser_that_finds_nothing_any_more_regulates(
    freshly_tested: Detector, monkeypatch: pytest.MonkeyPatch, seen: dict[str, Any], name: str
) -> None:
    """One that runs, reports and never finds anything fails the lamp test, and nothing is cleared without it."""
    monkeypatch.setattr(freshly_tested._engine, "look", lambda text, _words, **_: _blinded(name)(seen[text]))
    assessment = freshly_tested.scan(PLAIN)
    assert _is_regulated(assessment)
    assert (GapReason.NOT_COVERED, name) in {(gap.reason, gap.detail) for gap in assessment.gaps}


def test_the_lamp_is_tested_after_so_many_texts(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault at work is noticed after five thousand texts at most, holds until it is mended, and then ends."""
    lamp = Lamp(["NhsRecognizer"], ["folded"])
    monkeypatch.setattr(detector, "_lamp", lamp)
    with monkeypatch.context() as patch:
        _with_sight(patch, detector, _blinded("NhsRecognizer"))
        assert lamp.check(4_999, detector._look_at_text, module.views) == ()
        assert lamp.check(1, detector._look_at_text, module.views) == ("NhsRecognizer",)
        assert _is_regulated(detector.scan(PLAIN))
    assert detector.scan(PLAIN).complete


@pytest.mark.parametrize("name", ["NhsRecognizer", "UsSsnRecognizer", "PasswordRecogniser"])
def test_a_blind_recogniser_refuses_to_start(
    config: DetectorConfig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A detector one of whose recognisers does not find its own example is no detector."""
    monkeypatch.setattr(
        Lamp, "blind", lambda self, look, _show: tuple(sorted(self._expected - _seen(look(self._text), name)))
    )
    with pytest.raises(DetectorUnavailable, match=f"recogniser_blind:{name}"):
        Detector.load(config)


def _seen(sight: Any, blinded: str) -> set[str]:
    return {one.recogniser for one in _blinded(blinded)(sight).findings}


def test_what_ships_has_each_required_entity_in_an_example(detector: Detector) -> None:
    """Every entity that a detector must know is found in some example."""
    findings = detector._look_at_text("\n".join(EXAMPLES.values())).findings
    assert set(read_presidio().required_entities) - {one.entity for one in findings} == set()
    assert {spec.name for spec in read_recognisers(None)} <= EXAMPLES.keys()


def test_every_view_has_an_example() -> None:
    """Examples and views belong to each other."""
    assert set(module.VIEWS) == read_examples().views.keys(), (
        "add a line to pipeline/detect/view_examples.yaml"
    )


def test_a_view_that_breaks_regulates(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Views that cannot be gone through to their end are a hole, even where they would have shown nothing."""

    def breaks(_text: str) -> Iterator[Any]:
        raise ValueError("canary")
        yield

    monkeypatch.setattr(again, "views", breaks)
    assessment = detector.scan(PLAIN)
    assert _is_regulated(assessment)
    assert (GapReason.RECOGNISER_FAILED, "views") in {(gap.reason, gap.detail) for gap in assessment.gaps}
    assert assessment.proof.views[0].view == RAW
    assert len(assessment.proof.views) == 1


@pytest.mark.parametrize("name", module.VIEWS)
def test_a_view_that_is_passed_over_regulates(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A view that nobody goes through is a hole in the proof."""
    monkeypatch.setattr(again, "VIEWS", tuple(view for view in module.VIEWS if view != name))
    assessment = detector.scan(PLAIN)
    assert _is_regulated(assessment)
    assert _details(assessment) == {f"view_{name}"}


@pytest.mark.parametrize("name", module.VIEWS)
def test_a_view_that_shows_nothing_any_more_regulates(
    freshly_tested: Detector, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A view that runs and never shows anything fails the lamp test."""
    whole = module.views
    monkeypatch.setattr(
        module, "views", lambda text, **how: (view for view in whole(text, **how) if view.name != name)
    )
    assessment = freshly_tested.scan(PLAIN)
    assert _is_regulated(assessment)
    assert _details(assessment) == {f"view_{name}"}


@pytest.mark.parametrize("kept", [0, 1, 20, len(PLAIN) - 6])
def test_a_model_of_names_that_reads_less_regulates(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """A model that silently stops before the end of a text has not read it."""
    read = detector._names.read
    monkeypatch.setattr(detector._names, "read", lambda texts: read([text[:kept] for text in texts]))
    assessment = detector.scan(PLAIN)
    assert _is_regulated(assessment)
    assert {(gap.reason, gap.detail) for gap in assessment.gaps} == {(GapReason.NOT_COVERED, NAMES)}
    assert assessment.proof.names_characters <= kept + 1


def test_a_window_that_is_left_out_regulates(config: DetectorConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Characters between two windows that nobody looked at are counted as missing."""
    detector = Detector(replace(config, window_characters=1_000, window_overlap=200))
    text = f"{PLAIN} " * 40
    cut = detector._cut
    for gone in range(3):
        spans = list(cut(text))
        del spans[gone]
        with monkeypatch.context() as patch:
            patch.setattr(detector, "_cut", lambda _text, spans=spans: iter(spans))
            assessment = detector.scan(text)
        assert _is_regulated(assessment)
        assert _details(assessment) == {"characters", NAMES}
    assert detector.scan(text).complete


def test_what_the_reader_left_out_regulates(detector: Detector) -> None:
    """A file of which a part became no text is not complete, even if its reader named no gap."""
    document = Document(id="0" * 32, ref="r", text=PLAIN, coverage=(Coverage(kind="pages", read=2, of=3),))
    (assessment,) = detector.assess([document])
    assert _is_regulated(assessment)
    assert _details(assessment) == {"extraction_pages"}
    assert assessment.proof.as_json()["extraction"] == {"pages": [2, 3]}
