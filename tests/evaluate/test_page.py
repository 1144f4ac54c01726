"""The page: whole, self-contained, escaped, and the same each time."""

from __future__ import annotations

import json
import re

import pytest
from lxml import etree

from flows.evaluation.page import render
from pipeline.evaluate.compare import compare
from pipeline.evaluate.measure import Known, contexts, look, measure
from pipeline.evaluate.readers import read_sets
from pipeline.evaluate.report import FORMAT, describe, describe_data

_WORDS = {"Mary Walker": ("PERSON", 0.9), "Boston": ("LOCATION", 0.6), "536-22-8741": ("US_SSN", 0.9)}


@pytest.fixture
def report(tmp_path, labels, policy, lookup):
    def make(*systems):
        path = tmp_path / "<b>set&.jsonl"
        records = [
            {"text": "Mary Walker of Boston, SSN 536-22-8741.", "spans": [[0, 11, "PER"], [15, 21, "GPE"]]},
            {"text": "Jonas Berg.", "spans": [[0, 10, "PER"]], "domain": "medical"},
            {"text": "A manual.", "spans": [], "sensitive": False},
        ] * 6
        path.write_text("".join(json.dumps(one) + "\n" for one in records))
        sets = read_sets(path, labels).sets
        measured = []
        for number, words in enumerate(systems):
            detector = lookup(dict(words))
            seen = look(f"d{number}", detector, sets, tell=lambda _: None)
            known = Known(also=labels.also, contexts=contexts(sets, seen, policy))
            measured.append(measure(f"d{number}", seen, sets, policy=policy, scan=detector.scan, known=known))
        return {
            "format": FORMAT,
            "data": describe_data(measured[0]),
            "systems": [describe(one) for one in measured],
            "comparison": compare(*measured) if len(measured) > 1 else None,
            "conditions": [{"condition": "fail under recall:PERSON=0.9", "seen": 0.5, "holds": False}],
        }

    return make


def test_the_page_is_whole_and_fetches_nothing(report):
    """No script, no address, no name of a set that becomes markup; every section is there."""
    page = render(report(_WORDS))
    root = etree.fromstring(page, etree.HTMLParser())
    assert root.xpath("//script | //link | //img | //iframe | //*[@onload]") == []
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "url(http" not in page
    assert "<b>set&" not in page
    assert "&lt;b&gt;set&amp;" in page
    headings = {one.text for one in root.iter("h2")}
    assert {"Recall", "Score", "Leaks", "Over-routing", "Levels and routes", "Data", "Words"} <= headings
    assert len(root.xpath("//svg")) == 3


def test_the_page_says_what_was_counted(report):
    """Shares stand there with their intervals, and a condition that fails says so."""
    told = report(_WORDS)
    page = render(told)
    recall = told["systems"][0]["all"]["entities"]["PERSON"]["recall"]
    assert f"{recall['share']:.3f} <small>[{recall['low']:.3f}, {recall['high']:.3f}]</small>" in page
    assert f"{recall['hits']} of {recall['total']}" in page
    assert ">fails<" in page
    assert "6 of 6" in page  # each of the medical documents leaks


def test_the_page_is_right_on_light_dark_and_paper(report):
    """What is written takes the page's colour: the plots hold no ink of their own."""
    page = render(report(_WORDS))
    assert "#010203" not in page
    assert "currentColor" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_two_systems_stand_side_by_side(report):
    """The comparison comes with both names, differences, and where documents move."""
    page = render(report(_WORDS, _WORDS | {"Jonas Berg": ("PERSON", 0.9)}))
    assert "Side by side" in page
    assert "+0.500" in page
    assert page.count("<h2>d") == 2
    assert page.count("<h3 class=") == 2


def test_the_same_report_makes_the_same_page(report):
    """Plots are drawn without clocks and random ids."""
    told = report(_WORDS)
    assert render(told) == render(told)


def test_nothing_labelled_makes_a_page_too(report):
    """A system that finds nothing, and sets that hold nothing, are told with dashes."""
    told = report({"zzz": ("PERSON", 0.9)})
    told["systems"][0]["all"]["entities"] = {}
    told["systems"][0]["sets"][0]["entities"] = {}
    assert "<h1>" in render(told)
