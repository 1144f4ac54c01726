"""What is found as it stands is not guessed at again; anything less sure is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect import Detector
from pipeline.detect.checksums import luhn
from pipeline.detect.views import views
from pipeline.detect.views.worth import is_settled

SETTLED = [
    ("536-22-8741", "US_SSN"),
    ("4111 1111 1111 1111", "CREDIT_CARD"),
    ("4111-1111-1111-1111", "CREDIT_CARD"),
    ("5500005555555559", "CREDIT_CARD"),
    ("+49 30 23456789", "PHONE_NUMBER"),
    ("+12125550187", "PHONE_NUMBER"),
]
OPEN = [
    "536 22 8741",
    "536-22-874 1",
    "936-22-8741",  # no area
    "4111 1111 1111 1112",  # a wrong digit
    "4111 1111-1111 1111",
    "0000 0000 0000 0000",
    "+53 622 8741",  # no telephone number
    "+49 3",
    "1 536-22-8741",
    "4111 1111 1111 1111 1",
    "30 23456789",
]


def _is_settled(text: str, shown: str) -> bool:
    at = text.index(shown.removeprefix("+"))
    return is_settled(text, at, at + len(shown.removeprefix("+")))


@pytest.mark.parametrize(("shown", "entity"), SETTLED)
def test_what_is_settled_is_found_as_it_stands(detector: Detector, shown: str, entity: str) -> None:
    """A usual form is seen in full by the first look, and no view shows it again."""
    text = f"Her number is {shown} since May."
    assert _is_settled(text, shown)
    assert not list(views(text))
    at = text.index(shown)
    found = [one for one in detector.scan(text).findings if one.entity == entity]
    assert any(one.start <= at and at + len(shown) <= one.end for one in found)


@pytest.mark.parametrize("shown", OPEN)
def test_what_is_not_in_its_usual_form_stays_open(shown: str) -> None:
    """A wrong digit, another gap, a further digit: somebody else's number, perhaps, or one that was hidden."""
    assert not _is_settled(f"Her number is {shown} since May.", shown)


@pytest.mark.parametrize("beside", ["x{}", "_{}", "{}x", "{}_", "7{}"])
def test_a_number_that_sticks_to_something_stays_open(beside: str) -> None:
    """The first look needs an edge on both sides."""
    text = beside.format("536-22-8741")
    assert not _is_settled(f"of {text} in", "536-22-8741")


@given(
    st.text("0123456789", min_size=15, max_size=15), st.sampled_from(["", " ", "-"]), st.sampled_from("456")
)
def test_a_card_is_settled_by_its_check_digit_alone(digits: str, gap: str, first: str) -> None:
    """Of ten last digits nine leave it open."""
    body = first + "1" + digits[:13]
    whole = [body + str(last) for last in range(10)]
    shown = {one: gap.join(one[at : at + 4] for at in range(0, 16, 4)) for one in whole}
    settled = [one for one in whole if is_settled(shown[one], 0, len(shown[one]))]
    assert settled == [one for one in whole if luhn(one)]
