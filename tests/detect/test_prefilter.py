from __future__ import annotations

import random
from pathlib import Path

import pytest
import regex

from pipeline.detect import prefilter
from pipeline.detect.catalogue import build
from pipeline.detect.prefilter import Prefilter
from pipeline.detect.rendering import render
from pipeline.detect.search import Hit, Search, without_contained
from pipeline.detect.specs import read_presidio, read_recognisers

_WORDS = (
    "SSN 536-22-8741 4111 1111 1111 1112 jane@x.example.com DE89370400440532013000 +49 30 2345678 \u2013 \u212aey "
    "\u017f\u017f\u017f 943 476 5919 12/03/1980 pwd: hunter2x9 https://a.example/x?y=1 192.168.0.1 AB123456C \u0663\u0664\u0665 "
    "AKIAIOSFODNN7EXAMPLE M\u00fcller geboren am 03.04.1950 1HGCM82633A004352 ____ (212) 555-0187 x12 fe80::1 card 9 a"
)
BITS = _WORDS.split()


def _texts() -> list[str]:
    randomness = random.Random(7)
    return [" ".join(randomness.choices(BITS, k=randomness.randint(1, 40))) for _ in range(50)]


def _everything() -> list[object]:
    return [one.presidio for one in build(read_presidio(), read_recognisers(None))]


def _patterns() -> list[tuple[str, int]]:
    return [
        (pattern.regex, one.global_regex_flags)  # type: ignore[attr-defined]
        for one in _everything()
        for pattern in getattr(one, "patterns", ())
    ]


@pytest.mark.parametrize("fast", [True, False], ids=["automata", "gates"])
def test_no_pattern_that_matches_is_left_out(fast: bool) -> None:  # noqa: FBT001 - a table
    """Every shipped pattern that finds something in a text is among the possible ones."""
    patterns = _patterns()
    look = Prefilter(patterns, fast=fast)
    left_out = 0
    for text in _texts():
        possible = look.possible(text)
        matching = {at for at, one in enumerate(patterns) if regex.search(one[0], text, one[1])}
        assert matching <= possible
        left_out += len(patterns) - len(possible)
    assert left_out > 0


def test_the_shipped_patterns_have_outlines() -> None:
    """If another version of the regex module is parsed no more, this says so before the nights get long."""
    assert Prefilter(_patterns(), fast=False).always == ()


def test_the_search_finds_what_presidio_finds() -> None:
    """Recogniser by recogniser, the hits are those of Presidio's own `analyze`, with automata and with gates."""
    recognisers = _everything()
    for search in (
        Search(recognisers, pattern_seconds=5),
        Search(recognisers, pattern_seconds=5, fast=False),
    ):
        for text in _texts():
            hits, troubles = search.look(text, None)
            assert not troubles
            expected = {
                (who, result.start, result.end, result.score)
                for who, one in enumerate(recognisers)
                for result in one.analyze(text, one.supported_entities, None)  # type: ignore[attr-defined]
            }
            assert {(hit.who, hit.start, hit.end, hit.score) for hit in hits} == expected


def test_automata_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compiled once is loaded; what is damaged is compiled again."""
    patterns = [(rf"\bx{number}y\d+", 0) for number in range(40)]
    first = Prefilter(patterns, folder=tmp_path)
    if not first.is_fast:
        pytest.skip("hyperscan is not installed")
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 3
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    prefilter._compile.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(prefilter, "_compile", lambda _: pytest.fail("compiled again"))
        assert Prefilter(patterns, folder=tmp_path).possible("x7y1") == {7}
    kept[0].write_bytes(kept[0].read_bytes()[:-1])
    assert Prefilter(patterns, folder=tmp_path).possible("x7y1 x39y2") == {7, 39}


def test_a_pattern_that_the_automata_refuse_is_always_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pattern too large costs its neighbours nothing."""
    if prefilter.hyperscan is None:
        pytest.skip("hyperscan is not installed")
    monkeypatch.setattr(
        prefilter, "render", lambda one, **_: b"(?<=a)b" if b"z" in render(one) else render(one)
    )
    assert Prefilter([("ab", 0), ("z", 0), ("cd", 0)]).possible("cd") == {1, 2}


def test_contained_hits_go() -> None:
    """As Presidio's `remove_duplicates`: contained and not better goes, contained and better stays."""
    hits = [Hit(0, "X", *one) for one in ((0, 9, 0.5), (2, 4, 0.5), (3, 6, 0.9), (0, 9, 0.5))]
    assert [(one.start, one.end) for one in without_contained(hits)] == [(0, 9), (3, 6)]
