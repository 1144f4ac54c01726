"""What still stands in a text once it is pseudonymised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate.records import LabelledSpan
from pipeline.evaluate.sending import look_at_what_leaves, replaced_spans
from pipeline.pseudonymise import pseudonymise
from policies.assessment import Finding


def _span(text, words, entity="PERSON", after=0):
    start = text.index(words, after)
    return LabelledSpan(start=start, end=start + len(words), entity=entity)


@pytest.mark.parametrize(
    ("text", "found", "labelled", "whole", "in_part"),
    [
        ("Ask Mary Walker today.", ["Mary Walker"], "Mary Walker", False, False),
        ("Ask Mary Walker today.", ["Mary"], "Mary Walker", False, True),
        ("Ask Mary Walker today.", [], "Mary Walker", True, True),
        ("Ask Dr. Walker today.", ["Walker"], "Dr. Walker", False, True),
        ("Walker asks Mary.", ["Mary"], "Walker", True, True),
        ("Mary asks mary  , and MARY.", ["Mary"], "MARY", False, False),  # other spellings go too
    ],
)
def test_what_of_a_name_is_left(policy, lookup, text, found, labelled, whole, in_part):
    """A span is left whole when nothing of it was replaced, in part when one of its words was not."""
    detector = lookup(dict.fromkeys(found, ("PERSON", 0.9)))
    left = look_at_what_leaves(
        text, detector.scan(text), [_span(text, labelled)], policy=policy, scan=detector.scan
    )
    assert left.is_sent
    assert (left.whole, left.in_part) == ((whole,), (in_part,))


def test_what_the_gate_refuses_is_not_sent(policy, lookup):
    """The last look cannot see all of the pseudonymised text: nothing leaves."""
    text = "Ask Mary Walker today."
    detector = lookup({"Mary": ("PERSON", 0.9)}, unfinished=frozenset({"Ask [PERSON_1] Walker today."}))
    left = look_at_what_leaves(
        text, detector.scan(text), [_span(text, "Walker")], policy=policy, scan=detector.scan
    )
    assert not left.is_sent
    assert left.whole == ()


def test_a_second_look_helps(policy, lookup):
    """What only a later look sees is hidden too, as it would be in a run."""
    text = "Ask Mary Walker today."
    detector = lookup({"Mary": ("PERSON", 0.9), "] Walker": ("PERSON", 0.9)})
    left = look_at_what_leaves(
        text, detector.scan(text), [_span(text, "Walker")], policy=policy, scan=detector.scan
    )
    assert left.is_sent
    assert left.in_part == (False,)


@given(
    text=st.text(alphabet="aAbB \n[]_1ßS", max_size=40),
    cuts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=4),
)
def test_replaced_spans_are_found_again(text, cuts):
    """What became a placeholder is told from the result, and covers every finding; or nothing is told."""
    findings = [
        Finding(start=start, end=min(len(text), start + length), entity="PERSON", score=1.0, recogniser="r")
        for start, length in cuts
        if start < min(len(text), start + length)
    ]
    hidden = pseudonymise(text, findings, key=b"k")
    replaced = replaced_spans(text, hidden)
    if replaced is None:
        return
    covered = {at for start, end in replaced for at in range(start, end)}
    wanted = {at for one in findings for at in range(one.start, one.end) if not text[at].isspace()}
    assert wanted <= covered
