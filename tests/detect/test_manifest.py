"""What a detector is made of is written down, and another one does not start."""

from __future__ import annotations

import ast
import json
import pickle
import re
import shutil
import sys
import unicodedata
from dataclasses import replace
from importlib import metadata, util
from pathlib import Path

import pytest

from flows.settings import load_settings
from pipeline.detect import Detector, DetectorConfig, manifest
from pipeline.detect.config import SHIPPED_MANIFEST, DetectorUnavailable
from pipeline.detect.manifest import (
    ALSO_GOOD,
    DISTRIBUTIONS,
    Difference,
    Manifest,
    ManifestDrift,
    Parts,
    differences,
    make_manifest,
    read_manifest,
    write_manifest,
)

PACKAGE = SHIPPED_MANIFEST.parent


@pytest.fixture(scope="module")
def shipped() -> Detector:
    return Detector(DetectorConfig(ner_model=load_settings({}).ner_model))


@pytest.fixture(scope="module")
def parts(config: DetectorConfig) -> Parts:
    """Return what the test's detector is made of."""
    caught: list[Parts] = []

    def catch(parts: Parts) -> dict[str, str]:
        caught.append(parts)
        return make_manifest(parts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.detect.detector.make_manifest", catch)
        Detector(config)
    return caught[0]


def _changed(detector: Detector, now: Manifest) -> set[str]:
    return {one.component for one in differences(now, detector.manifest)}


def test_the_shipped_manifest_is_fresh(shipped: Detector) -> None:
    """`manifest.json` says what the shipped detector is made of, component by component."""
    stale = differences(shipped.manifest, read_manifest(SHIPPED_MANIFEST))
    assert stale == (), "something changed in pipeline/detect: run `python -m pipeline.detect` and commit"
    assert shipped.manifest["python/unicodedata"] in ALSO_GOOD["python/unicodedata"].split(" | ")


def test_the_shipped_manifest_is_as_it_is_written(tmp_path: Path) -> None:
    """Every component stands once, one a line, in order: a merge is no more than a new run of the command."""
    write_manifest(tmp_path / "again.json", read_manifest(SHIPPED_MANIFEST))
    assert (tmp_path / "again.json").read_text() == SHIPPED_MANIFEST.read_text()


def test_every_library_that_looks_is_named() -> None:
    """Whatever a module of the detector imports from elsewhere is in the manifest with its version."""
    owners = metadata.packages_distributions()
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name.split(".")[0] for name in names}
    foreign = {name for name in found if name and name not in sys.stdlib_module_names} - {
        "pipeline",
        "policies",
    }
    needed = {re.sub(r"[-_.]+", "-", owners[name][0]).lower() for name in foreign}
    assert needed - set(DISTRIBUTIONS) == set()


def test_the_manifest_is_publishable(detector: Detector, config: DetectorConfig) -> None:
    """The manifest is names, versions and digests: no path of the machine, no long text."""
    assert str(config.ner_model) not in json.dumps(dict(detector.manifest))
    for name, value in detector.manifest.items():
        assert re.fullmatch(r"[a-z_]+(?:/[A-Za-z0-9_./-]+)?", name)
        assert len(value) < 200
    assert detector.digest.startswith("sha256:")


@pytest.mark.parametrize("component", ["distribution/spacy", "file/merge.py", "recogniser/NhsRecognizer"])
def test_a_component_that_is_not_the_accepted_one_refuses_the_start(
    detector: Detector, config: DetectorConfig, tmp_path: Path, component: str
) -> None:
    """One other version, file or recogniser is enough, and the error says which."""
    lock = tmp_path / "lock.json"
    write_manifest(lock, {**detector.manifest, component: "sha256:0"})
    with pytest.raises(ManifestDrift) as refused:
        Detector.load(replace(config, accepted=lock))
    assert refused.value.code == f"manifest_drift:{component}"
    assert [one.component for one in refused.value.differences] == [component]
    assert pickle.loads(pickle.dumps(refused.value)).differences == refused.value.differences  # noqa: S301 - our own


def test_what_was_accepted_starts(detector: Detector, config: DetectorConfig, tmp_path: Path) -> None:
    """The same components start, under the same digest; one more or one fewer does not."""
    lock = tmp_path / "lock.json"
    write_manifest(lock, detector.manifest)
    assert Detector.load(replace(config, accepted=lock)).digest == detector.digest
    fewer = dict(detector.manifest)
    del fewer["recogniser/NhsRecognizer"]
    for changed in (fewer, {**detector.manifest, "recogniser/Gone": "sha256:0"}):
        write_manifest(lock, changed)
        with pytest.raises(ManifestDrift, match="recogniser/"):
            Detector.load(replace(config, accepted=lock))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_another_version_of_a_library_is_drift(
    detector: Detector, parts: Parts, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each library that looks counts with its version."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda one: "0" if one == name else version(one))
    assert _changed(detector, make_manifest(parts)) == {f"distribution/{name}"}


def test_one_byte_of_any_file_is_drift(
    detector: Detector, parts: Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Code, word lists, recogniser files and tables all count, and so does one of them that is new."""
    copy = tmp_path / "detect"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "manifest.json"))
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    for path in files:
        path.write_bytes(path.read_bytes() + b"\n")
    (copy / "new.py").write_text("")
    monkeypatch.setattr(manifest, "_PACKAGE", copy)
    expected = {f"file/{path.relative_to(copy).as_posix()}" for path in (*files, copy / "new.py")}
    assert _changed(detector, make_manifest(parts)) == expected


def test_the_code_of_presidio_is_part_of_it(
    detector: Detector, parts: Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A changed line in Presidio is drift, even under the same version."""
    (tmp_path / "presidio_analyzer").mkdir()
    init = tmp_path / "presidio_analyzer" / "__init__.py"
    init.write_text("# another\n")
    spec = util.spec_from_file_location("presidio_analyzer", init)
    monkeypatch.setattr(manifest.util, "find_spec", lambda _name: spec)
    assert _changed(detector, make_manifest(parts)) == {"source/presidio_analyzer"}


def test_other_tables_of_unicode_are_drift(
    detector: Detector, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folding depends on the tables that Python brings; what ships accepts those that were looked at."""
    monkeypatch.setattr(unicodedata, "unidata_version", "99.0.0")
    now = make_manifest(parts)
    assert _changed(detector, now) == {"python/unicodedata"}
    assert [one.component for one in differences(now, {**detector.manifest, **ALSO_GOOD})] == [
        "python/unicodedata"
    ]


SETTINGS = {
    "regex_timeout_seconds": 3,
    "window_characters": 10_000,
    "window_overlap": 300,
    "max_characters": 10,
    "minimum_score": 0.25,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_another_setting_is_drift(detector: Detector, parts: Parts, name: str) -> None:
    """Every setting that decides what is found counts."""
    config = replace(parts.config, **{name: SETTINGS[name]})
    assert _changed(detector, make_manifest(replace(parts, config=config))) == {f"setting/{name}"}


def test_another_model_of_names_is_drift(detector: Detector, config: DetectorConfig, tmp_path: Path) -> None:
    """One changed byte of the model is seen, and so is that there is none."""
    model = tmp_path / "model"
    shutil.copytree(str(config.ner_model), model)
    (model / "meta.json").write_text((model / "meta.json").read_text() + "\n")
    for other in (str(model), None):
        assert _changed(detector, Detector(replace(config, ner_model=other)).manifest) == {"names_model"}


def test_own_recognisers_are_drift(detector: Detector, config: DetectorConfig, tmp_path: Path) -> None:
    """A folder of one's own is named component by component, so that it can be accepted knowingly."""
    (tmp_path / "mine.yaml").write_text(
        "recognisers:\n"
        "  - {name: TicketRecogniser, entity: TICKET, patterns: [{name: t, regex: 'TCK-\\d{4}', score: 0.8}]}\n"
    )
    theirs = Detector(replace(config, recognisers=str(tmp_path)))
    assert _changed(detector, theirs.manifest) == {
        "recogniser/TicketRecogniser",
        "recognisers",
        "recogniser_files",
    }


def test_a_changed_lexicon_is_drift(detector: Detector, parts: Parts) -> None:
    """A topic counts with the words that were loaded for it."""
    health = next(one for one in parts.lexicons if (one.topic, one.language) == ("health", "en"))
    others = [one for one in parts.lexicons if one is not health]
    fewer = health.model_copy(update={"decisive": health.decisive[1:]})
    assert _changed(detector, make_manifest(replace(parts, lexicons=[*others, fewer]))) == {"topic/health.en"}


def test_a_view_that_is_gone_is_drift(detector: Detector, parts: Parts) -> None:
    """The views count by name."""
    assert _changed(detector, make_manifest(replace(parts, views=parts.views[1:]))) == {"views"}


@pytest.mark.parametrize("weaker", [{"patterns": []}, {"context": []}, {"version": "9"}])
def test_a_recogniser_changed_in_memory_is_drift(
    detector: Detector, parts: Parts, monkeypatch: pytest.MonkeyPatch, weaker: dict[str, object]
) -> None:
    """What counts is the recogniser as it was built, not only the file that it came from."""
    victim = next(one.presidio for one in parts.recognisers if one.name == "UsSsnRecognizer")
    for name, value in weaker.items():
        monkeypatch.setattr(victim, name, value)
    assert _changed(detector, make_manifest(parts)) == {"recogniser/UsSsnRecognizer"}


def test_less_trust_is_drift(detector: Detector, parts: Parts) -> None:
    """A recogniser whose scores were capped is another one."""
    less = [replace(one, cap=0.1) if one.name == "UsSsnRecognizer" else one for one in parts.recognisers]
    assert _changed(detector, make_manifest(replace(parts, recognisers=less))) == {
        "recogniser/UsSsnRecognizer"
    }


@pytest.mark.parametrize("text", ["", "[]", "{", '{"views": 3}', "\udcff"])
def test_a_broken_manifest_accepts_nothing(config: DetectorConfig, tmp_path: Path, text: str) -> None:
    """What cannot be read as a manifest refuses the start, and so does a missing file."""
    file = tmp_path / "lock.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    for path in (file, tmp_path / "none.json"):
        with pytest.raises(DetectorUnavailable, match="manifest_unreadable"):
            Detector.load(replace(config, accepted=path))


def test_differences_are_said_without_content() -> None:
    """A person reads which component differs and how: versions whole, digests by their first digits."""
    one, other = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    said = [str(each) for each in differences({"a": other, "b": "2"}, {"a": one, "c": "1"})]
    assert said == ["a: sha256:aaaaaaaa, now sha256:bbbbbbbb", "b: nothing, now 2", "c: 1, now nothing"]
    assert differences({"a": "2"}, {"a": "1 | 2"}) == ()
    assert differences({"a": ""}, {}) == (Difference(component="a", accepted="", actual=""),)
