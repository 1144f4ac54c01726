"""Nothing is cleared that holds an identifier, however it is written."""

from __future__ import annotations

import pytest

from pipeline.detect import Detector
from policies.decide import decide
from policies.levels import Route
from tests.evasion import benign
from tests.evasion.carriers import CARRIERS, carry
from tests.evasion.entities import ENTITIES
from tests.evasion.known_open import KNOWN_OPEN, KNOWN_OPEN_COMPOSITIONS
from tests.evasion.matrix import (
    SHARDS,
    default_policy,
    judge,
    kept,
    plain_cases,
    sample,
    single_cases,
    written,
)
from tests.evasion.operators import OPERATORS

MOST_OPEN_CELLS, MOST_OPEN_COMPOSITIONS = 11, 2
"""What is open may only become less: lower these with the list. The bar of the issue is none."""
LARGEST_BENIGN_SHARE = 0.15
"""Of harmless documents that may not leave as they are: the bar of the issue."""


def _open(operator: str) -> set[str]:
    names, _ = KNOWN_OPEN.get(operator, ("", ""))
    return set(names.split())


def test_every_entry_that_is_known_to_be_open_has_a_name_and_a_reason() -> None:
    """The table names operators and entity types that exist, and says why each is open."""
    for operator, (names, reason) in KNOWN_OPEN.items():
        assert operator == "plain" or operator in OPERATORS
        assert names
        assert set(names.split()) <= ENTITIES.keys()
        assert reason


def test_what_is_open_only_becomes_less() -> None:
    """The list can be written anew, but not longer."""
    assert sum(len(names.split()) for names, _ in KNOWN_OPEN.values()) <= MOST_OPEN_CELLS
    assert sum(KNOWN_OPEN_COMPOSITIONS) <= MOST_OPEN_COMPOSITIONS


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_carrier_by_itself_may_leave(detector: Detector, carrier: str) -> None:
    """With harmless words for the value every carrier is cleared: only the value can hold it back."""
    for entity in ENTITIES.values():
        text = carry(CARRIERS[carrier], entity, "the usual one").text
        assert decide(detector.scan(text), default_policy()).route is Route.CLOSED, entity.name


def test_a_value_as_usually_written_does_not_leave(detector: Detector) -> None:
    """Before any evasion every entity is found in every carrier, but for what is known to be open."""
    leaks = {one.case.entity for one, outcome in judge(written(plain_cases()), detector) if outcome.leaks}
    assert leaks == _open("plain")


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_evaded_value_does_not_leave(detector: Detector, operator: str) -> None:
    """Each operator leaks exactly the entity types that are known to be open, mostly none."""
    cases = single_cases(carriers=1, operator=operator)
    leaks = {one.case.entity for one, outcome in judge(written(cases), detector) if outcome.leaks}
    assert leaks == _open(operator)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_compositions_do_not_leave(detector: Detector, shard: int) -> None:
    """Of random compositions of two and three operators as many leak as are known to be open, at best none."""
    leaks = [str(one.case) for one, outcome in judge(sample(shard), detector) if outcome.leaks]
    assert len(leaks) == KNOWN_OPEN_COMPOSITIONS[shard], leaks


def test_harmless_documents_mostly_leave(detector: Detector) -> None:
    """Numbers that are nobody's, and what only looks encoded, are held back in few cases."""
    documents = [*benign.numbers(), *benign.look_encoded()]
    held = [
        one.name
        for one in documents
        if decide(detector.scan(one.text), default_policy()).route is not Route.CLOSED
    ]
    assert len(documents) > 400
    assert len(held) <= LARGEST_BENIGN_SHARE * len(documents), held


def test_what_is_left_of_a_value_is_measured_in_place() -> None:
    """Only what stands where the value stood counts, whatever else the text repeats."""
    carried = carry(CARRIERS["form"], ENTITIES["US_SSN"], "536-22-8741")
    assert kept(carried, carried.text) == len("536-22-8741")
    assert kept(carried, carried.text.replace("536-22-8741", "[US_SSN_1]")) == 0
    assert kept(carried, carried.text.replace("536-22", "[US_SSN_1]")) == len("-8741")
