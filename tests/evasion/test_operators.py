"""Operators hide a value and keep it: a reader gets it back, and the same seed hides it the same way."""

from __future__ import annotations

import random

import pytest

from tests.evasion.entities import ENTITIES
from tests.evasion.matrix import Case, parse_case, plain_cases, single_cases, write, written
from tests.evasion.operators import ALL, OPERATORS
from tests.evasion.shapes import Kind, Shape, canonical, recovers

SEEDS = range(5)
OWN_MEANING = {"leetspeak", "braille_digits", "keycaps", "small_capitals"}
"""Some values hold what these write with (a 4 in an address, say) and are then not counted."""


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    """There are at least 48 operators of six kinds and 14 entity types, and no two of one name."""
    assert len(ALL) == len(OPERATORS) >= 48
    assert {operator.kind for operator in ALL} == set(Kind)
    assert len(ENTITIES) >= 14
    assert {entity.shape for entity in ENTITIES.values()} == set(Shape)
    assert all(operator.source and operator.shapes for operator in ALL)


@pytest.mark.parametrize("name", OPERATORS)
def test_a_reader_gets_the_value_back(name: str) -> None:
    """For every entity type that an operator fits, undoing it gives the value; it changes at least one of them."""
    operator, changed = OPERATORS[name], 0
    for entity in ENTITIES.values():
        for seed in SEEDS:
            rng = random.Random(seed)
            value = entity.make(rng)
            if entity.shape not in operator.shapes:
                continue
            spelling = operator.apply(value, rng)
            changed += spelling != value
            if name not in OWN_MEANING:
                assert recovers(operator.undo(spelling), value, [operator], entity.shape), entity.name
    assert changed


@pytest.mark.parametrize("name", OPERATORS)
def test_the_same_seed_writes_the_same(name: str) -> None:
    """An operator depends on its value and its seed alone."""
    operator = OPERATORS[name]
    entity = next(entity for entity in ENTITIES.values() if entity.shape in operator.shapes)
    value = entity.make(random.Random(1))
    assert operator.apply(value, random.Random(2)) == operator.apply(value, random.Random(2))


def test_what_loses_the_value_is_not_counted() -> None:
    """A reading that misses a digit is not the value, unless the operator may lose one."""
    wrong = OPERATORS["wrong_digit"]
    assert not recovers("536-22-8742", "536-22-8741", [], Shape.NUMBER)
    assert recovers("536-22-8742", "536-22-8741", [wrong], Shape.NUMBER)
    assert not recovers("536-22-8722", "536-22-8741", [wrong], Shape.NUMBER)
    assert not recovers("536-22-874", "536-22-8741", [wrong], Shape.NUMBER)
    assert write(Case(entity="US_PASSPORT", operators=("en_dash",), carrier="form", seed=0)) is None


def test_signs_and_case_count_where_they_matter() -> None:
    """A password is another one in another case; an address is the same."""
    assert canonical("pAss word", Shape.SECRET) == "pAssword"
    assert canonical("Jane@Example.org", Shape.ADDRESS) == "jane@example.org"
    assert canonical("gb29 NWBK-60", Shape.CODE) == "GB29NWBK60"


def test_a_case_is_found_again_by_its_name() -> None:
    """What a report names can be run again."""
    case = Case(entity="US_SSN", operators=("en_dash", "base64"), carrier="form", seed=7)
    assert parse_case(str(case)) == case
    plain = Case(entity="US_SSN", operators=(), carrier="form", seed=7)
    assert parse_case(str(plain)) == plain
    with pytest.raises(ValueError, match="no such"):
        parse_case("US_SSN/no_such_operator/form/7")


def test_the_value_stands_where_the_document_says() -> None:
    """The span of a document holds the spelling, and every entity meets at least 40 operators."""
    documents = list(written([*plain_cases(), *single_cases(carriers=1)]))
    for one in documents:
        assert one.carried.text[one.carried.start : one.carried.end] == one.spelling
        assert len(one.carried.text) >= 300
    for entity in ENTITIES:
        assert len({one.case.operators for one in documents if one.case.entity == entity}) > 40
