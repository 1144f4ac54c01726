"""The doctor: each thing that slows detection down is one line that says what helps; the others are silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.doctor import Machine, advice_for, examine
from flows.settings import Settings, load_settings
from pipeline.detect import prefilter

WELL = Machine(cores=4, numpy_core="SkylakeX", numpy_threads=1, blis_core="zen3", spacy="3.8.7")


def settings(**variables: str) -> Settings:
    return load_settings({"CORDON_DETECTOR_PROCESSES": "2", **variables})


@pytest.mark.parametrize(
    ("machine", "variables", "codes"),
    [
        (WELL, {}, []),
        (replace(WELL, hyperscan="missing"), {}, ["hyperscan_missing"]),
        (replace(WELL, hyperscan="broken"), {}, ["hyperscan_broken"]),
        (replace(WELL, numpy_core="Prescott"), {}, ["numpy_kernel"]),
        (replace(WELL, numpy_core="Haswell"), {}, []),
        (replace(WELL, cores=1), {}, ["processes"]),
        (replace(WELL, numpy_threads=4), {}, []),  # detecting processes take one each
        (replace(WELL, numpy_threads=8), {}, ["threads"]),
        # The model that ships uses neither spaCy's loop nor BLIS; another spaCy pipeline the one, Presidio's both.
        (replace(WELL, spacy="3.8.18", blis_core="generic"), {}, []),
        (
            replace(WELL, spacy="3.8.18", blis_core="generic"),
            {"CORDON_NER_MODEL": "en_core_web_sm"},
            ["spacy"],
        ),
        (replace(WELL, spacy="3.8.7"), {"CORDON_NER_MODEL": "en_core_web_sm"}, []),
        (
            replace(WELL, spacy="3.9.0", blis_core="generic"),
            {"CORDON_NLP_CONFIGURATION": "nlp.yaml"},
            ["spacy", "blis_kernel"],
        ),
        (Machine(cores=2), {"CORDON_NLP_CONFIGURATION": "nlp.yaml"}, []),  # what is not known is no advice
    ],
)
def test_what_is_slow_is_said(machine: Machine, variables: dict[str, str], codes: list[str]) -> None:
    """Exactly what the configured detector suffers from is said, each on one line with its remedy."""
    advice = advice_for(settings(**variables), machine)
    assert [one.code for one in advice] == codes
    for one in advice:
        assert "\n" not in one.says
        assert any(word in one.says for word in ("Set ", "Install ", "Unset ", "Name "))


def test_a_machine_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the installed libraries say of themselves is read from them, not guessed."""
    found = examine()
    assert found.cores >= 1
    assert found.spacy is not None
    assert found.numpy_core  # the wheel of numpy that is pinned brings OpenBLAS
    assert (found.numpy_threads or 0) >= 1
    assert found.blis_core
    monkeypatch.setattr(prefilter, "hyperscan", None)
    assert examine().hyperscan == "missing"


def test_a_hyperscan_that_this_processor_cannot_run_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed is not usable."""

    class Refuses:
        class Database:
            def compile(self, **_: object) -> None:
                raise RuntimeError("error code -11")

    monkeypatch.setattr(prefilter, "hyperscan", Refuses)
    assert examine().hyperscan == "broken"


def test_what_is_not_there_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the libraries that could say, nothing is said and nothing fails."""
    monkeypatch.setattr("flows.doctor._bundled", lambda *_: None)
    found = examine()
    assert (found.numpy_core, found.numpy_threads, found.blis_core) == (None, None, None)
