"""A whole measurement with a detector whose mistakes are known, and two of them side by side."""

from __future__ import annotations

import json

import pytest

from pipeline.evaluate.compare import compare
from pipeline.evaluate.measure import Known, contexts, look, measure, sample
from pipeline.evaluate.readers import read_sets
from pipeline.evaluate.report import describe, describe_data, describe_documents, describe_misses
from policies.assessment import Topic
from policies.policy import parse_policy, read_shipped

RECORDS = [
    {"id": "1", "text": "Mary Walker, SSN 536-22-8741.", "spans": [[0, 11, "PER"], [17, 28, "SSN"]]},
    {"id": "2", "text": "Write to Jonas Berg.", "spans": [[9, 19, "PER"]], "domain": "medical"},
    {"id": "3", "text": "Write to jb@example.com.", "spans": [[9, 23, "EMAIL"]]},
    {"id": "4", "text": "Nothing here.", "spans": []},
    {"id": "5", "text": "A manual by Mary Walker.", "spans": [], "labelled": False, "domain": "ordinary"},
    {"id": "6", "text": "A manual.", "spans": [], "labelled": False, "domain": "ordinary"},
]
WORDS = {"Mary Walker": ("PERSON", 0.9), "536-22-8741": ("US_SSN", 0.9), "Nothing": ("PERSON", 0.3)}


@pytest.fixture
def sets(tmp_path, labels):
    path = tmp_path / "letters.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    return read_sets(path, labels).sets


@pytest.fixture
def system(sets, labels, policy, lookup):
    def make(words, *, law=policy, topics=(), public_names=()):
        detector = lookup(dict(words), topics=topics)
        told = []
        seen = look("lookup", detector, sets, tell=told.append)
        assert sum(told) == len(RECORDS)
        known = Known(
            also=labels.also, contexts=contexts(sets, seen, law), public_names=frozenset(public_names)
        )
        return measure("lookup", seen, sets, policy=law, scan=detector.scan, known=known)

    return make


def _pair(share):
    return share["hits"], share["total"]


def test_a_measurement_counts_what_is_known(system):
    """Every figure of a small set is what a person counts by hand."""
    told = describe(system(WORDS, public_names=["5"]))
    everything = told["all"]
    assert _pair(everything["entities"]["PERSON"]["recall"]) == (1, 2)
    assert _pair(everything["entities"]["PERSON"]["precision"]) == (1, 2)  # `Nothing` is none
    assert _pair(everything["entities"]["PERSON"]["precision_by_policy"]) == (1, 1)  # but below the threshold
    assert _pair(everything["entities"]["US_SSN"]["recall"]) == (1, 1)
    assert _pair(everything["entities"]["EMAIL_ADDRESS"]["recall"]) == (0, 1)
    assert _pair(everything["leaks"]["cleared"]) == (2, 3)  # the name in a medical text, and the address
    assert _pair(everything["leaks"]["left"]) == (2, 3)
    assert _pair(everything["over_routing"]["held"]) == (0, 2)
    assert _pair(everything["over_routing"]["held_or_pseudonymised"]) == (0, 1)
    assert everything["confusion"]["confidential"] == {
        "public": 2, "internal": 0, "confidential": 0, "regulated": 0,
    }  # fmt: skip
    assert everything["confusion"]["public"]["internal"] == 1
    assert told["throughput"]["documents"] == len(RECORDS)


def test_a_topic_makes_a_context(system):
    """Where the detector finds that a document is about health, names in it are direct identifiers."""
    told = describe(system({"Walker": ("PERSON", 0.9)}, topics=(Topic(name="health", score=0.9),)))
    assert told["all"]["leaks"]["cleared"]["total"] == 3
    told = describe(system({"Walker": ("PERSON", 0.9)}, topics=(Topic(name="health", score=0.3),)))
    assert told["all"]["leaks"]["cleared"]["total"] == 3  # one by its domain, two by structured identifiers


def test_curves_fall_with_the_score(system):
    """Asked for surer findings, recall falls and precision here rises."""
    points = describe(system(WORDS))["curves"]["PERSON"]
    assert [(one["score"], one["recall"], one["precision"]) for one in points] == [
        (0.3, 0.5, 0.5),
        (0.9, 0.5, 1.0),
    ]


def test_no_report_holds_text(system):
    """Every form of the report is ids, offsets and counts."""
    measured = system(WORDS)
    said = json.dumps(
        [
            describe(measured),
            describe_data(measured),
            list(describe_documents(measured)),
            list(describe_misses(measured)),
            compare(measured, measured),
            repr(measured),
        ]
    )
    for words in ("Mary", "Jonas", "536", "example.com", "Nothing"):
        assert words not in said


def test_misses_are_told_by_place(system):
    """A miss is a set, an id, an entity and a span."""
    assert [
        (one["id"], one["entity"], one["start"], one["end"]) for one in describe_misses(system(WORDS))
    ] == [
        ("2", "PERSON", 9, 19),
        ("3", "EMAIL_ADDRESS", 9, 23),
    ]


def test_two_detectors_are_compared_by_the_same_spans(system):
    """The better one found what the other missed; the difference has its interval and its p."""
    better = WORDS | {"Jonas Berg": ("PERSON", 0.9), "jb@example.com": ("EMAIL_ADDRESS", 0.9)}
    told = compare(system(WORDS), system(better))
    person = told["all"]["entities"]["PERSON"]["recall"]
    assert tuple(person[key] for key in ("both", "only_first", "only_second", "neither")) == (1, 0, 1, 0)
    assert person["difference"] == 0.5
    assert person["mcnemar_p"] == 1.0  # one pair proves nothing
    assert told["documents"]["leaks"]["only_first"] == 2
    assert told["routes"]["closed"]["closed_pseudonymised"] == 2


def test_two_policies_are_compared_over_the_same_look(system):
    """HIPAA and PCI judge the same findings, and send the same document different ways."""
    policies = [parse_policy(read_shipped(name), name=name) for name in ("default", "pci")]
    first, second = (system(WORDS, law=law) for law in policies)
    told = compare(first, second)
    assert told["all"]["entities"]["PERSON"]["recall"]["difference"] == 0
    assert sum(sum(row.values()) for row in told["routes"].values()) == len(RECORDS)
    moved = sum(count for one, row in told["routes"].items() for other, count in row.items() if one != other)
    routes = [[one.route for one in system.sets[0].outcomes] for system in (first, second)]
    assert moved == sum(one is not other for one, other in zip(*routes, strict=True))


def test_a_sample_is_always_the_same(sets):
    """A sample keeps its order, and a larger one holds the smaller one."""
    (whole,) = sets
    small, large = sample(whole, 2), sample(whole, 4)
    assert small == sample(whole, 2)
    assert set(small.records) <= set(large.records)
    ids = [one.id for one in large.records]
    assert ids == sorted(ids)
    assert sample(whole, 100) is whole
