"""What leaks, what is over-routed, and which level was expected."""

from __future__ import annotations

import pytest

from pipeline.evaluate.documents import (
    Outcome,
    confusion,
    direct_identifiers,
    expected_level,
    leaks,
    over_routing,
    routes,
)
from pipeline.evaluate.records import LabelledSpan, Record
from policies.levels import Level, Route


def _record(*entities, **known):
    spans = tuple(LabelledSpan(start=at, end=at + 1, entity=entity) for at, entity in enumerate(entities))
    return Record(id="1", text="x" * 9, spans=spans, **known)


def _outcome(route, **known):
    given = {"id": "1", "set": "s", "level": Level.PUBLIC, "rules": (), "is_complete": True, "expected": None}
    return Outcome(route=route, **(given | known))


@pytest.mark.parametrize(
    ("entity", "context", "direct"),
    [
        ("US_SSN", "", True),
        ("EMAIL_ADDRESS", "", True),
        ("CASE_NUMBER", "", True),
        ("PERSON", "", False),
        ("PERSON", "health", True),
        ("PERSON", "finance", True),
        ("LOCATION", "health", False),
        ("ORGANIZATION", "finance", False),
        ("DATE_TIME", "health", False),
        ("US_NPI", "health", False),  # internal under the default policy
        ("MISC", "health", False),  # the policy does not list it
    ],
)
def test_what_a_direct_identifier_is(policy, entity, context, direct):
    """Structured identifiers always, names of persons about health and finance, settings never."""
    assert direct == bool(direct_identifiers(_record(entity), policy, context=context))


@pytest.mark.parametrize(
    ("record", "level"),
    [
        (_record(), Level.PUBLIC),
        (_record("LOCATION", "MISC"), Level.PUBLIC),
        (_record("PERSON"), Level.CONFIDENTIAL),
        (_record("PERSON", "US_SSN"), Level.REGULATED),
        (_record("DATE_OF_BIRTH", "US_ZIP"), Level.REGULATED),  # together
        (_record(labelled=False), None),
        (_record("PERSON", level=Level.PUBLIC), Level.PUBLIC),  # people said so
    ],
)
def test_the_least_level_that_the_labels_ask_for(policy, record, level):
    """The policy is applied to the truth, unless people said which level they expect."""
    assert level == expected_level(record, policy)


def test_leaks_are_counted_over_documents_that_could_leak():
    """Cleared, left behind in what is sent, and the stricter readings, over those that hold an identifier."""
    counted = leaks(
        [
            _outcome(Route.CLOSED, direct=("US_SSN", "US_SSN"), direct_left=2),
            _outcome(Route.CLOSED_PSEUDONYMISED, direct=("US_SSN",), direct_left=1),
            _outcome(Route.CLOSED_PSEUDONYMISED, direct=("EMAIL_ADDRESS",), direct_left_in_part=1),
            _outcome(Route.ON_PREM, direct=("US_SSN",)),
            _outcome(Route.CLOSED, persons=1, persons_left=1),
            _outcome(Route.CLOSED_PSEUDONYMISED, persons=1, is_refused=True),
            _outcome(Route.CLOSED),
        ]
    )
    shares = {
        name: (one["hits"], one["total"])
        for name, one in counted.items()
        if isinstance(one, dict) and "hits" in one
    }
    assert shares == {
        "cleared": (1, 4),
        "left": (2, 4),
        "left_in_part": (3, 4),
        "cleared_any_person": (2, 6),
        "left_any_person": (3, 6),
    }
    assert counted["refused_by_the_gate"] == 1
    assert tuple(counted["cleared_by_entity"]["US_SSN"][key] for key in ("hits", "total")) == (1, 3)


def test_no_leak_is_no_proof():
    """None of 20 leaked: the true rate may still be 14 %."""
    counted = leaks([_outcome(Route.ON_PREM, direct=("US_SSN",))] * 20)
    assert counted["cleared"]["share"] == 0
    assert counted["cleared"]["upper_bound_95"] == pytest.approx(0.1391, abs=1e-4)


def test_over_routing_is_counted_over_ordinary_documents():
    """Held ones count among all of them; pseudonymised ones only where nobody is named."""
    counted = over_routing(
        [
            _outcome(Route.CLOSED, is_ordinary=True),
            _outcome(Route.CLOSED_PSEUDONYMISED, is_ordinary=True, rules=("person",)),
            _outcome(Route.CLOSED_PSEUDONYMISED, is_ordinary=True, names_publicly=True, rules=("person",)),
            _outcome(Route.ON_PREM, is_ordinary=True, rules=("incomplete",)),
            _outcome(Route.QUARANTINE, is_ordinary=True, names_publicly=True),
            _outcome(Route.ON_PREM),
        ]
    )
    assert (counted["held"]["hits"], counted["held"]["total"]) == (2, 5)
    assert (counted["held_nameless"]["hits"], counted["held_nameless"]["total"]) == (1, 3)
    assert (counted["held_or_pseudonymised"]["hits"], counted["held_or_pseudonymised"]["total"]) == (2, 3)
    assert counted["with_public_names"] == 2
    assert counted["rules"] == {"person": 1, "incomplete": 1}


def test_levels_and_routes_are_tabulated():
    """Each expected level has a row, whether or not it occurs; unlabelled documents are left out."""
    outcomes = [
        _outcome(Route.CLOSED, expected=Level.CONFIDENTIAL, level=Level.PUBLIC),
        _outcome(Route.ON_PREM, expected=Level.REGULATED, level=Level.REGULATED),
        _outcome(Route.ON_PREM, level=Level.REGULATED),
    ]
    table = confusion(outcomes)
    assert table["confidential"] == {"public": 1, "internal": 0, "confidential": 0, "regulated": 0}
    assert sum(sum(row.values()) for row in table.values()) == 2
    assert routes(outcomes) == {"on_prem": 2, "closed": 1, "closed_pseudonymised": 0, "quarantine": 0}
