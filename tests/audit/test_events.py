"""Events: what may be recorded, and the one way to write it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from storage.audit.events import KINDS, Actor, Event, EventError, encode
from storage.auditor.bodies import MOST_BODY_BYTES, canonical, columns_of, parse_body
from tests.audit.logs import NOON, RUN, WORKER

integers = st.integers(-(2**53) + 1, 2**53 - 1)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | integers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
)


def record(event: Event) -> bytes:
    return encode(event, now=NOON, actor=WORKER, nonce=bytes(16))


@given(st.dictionaries(keys, values, max_size=6))
def test_our_canonical_form_is_rfc_8785(document):
    """For all that a body may hold, our fast encoder writes what the reference encoder writes."""
    body = canonical(document)
    assert body == rfc8785.dumps(document)
    assert parse_body(body) == document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}\n",
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":"\\u0041"}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":' + b"9" * 20 + b"}",
        b"[]",
        b"null",
        b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"a":"' + b"x" * MOST_BODY_BYTES + b'"}',
    ],
)
def test_any_other_form_is_not_a_body(body):
    """Spaces, other orders, floats, escapes and duplicates are refused, so two readers cannot disagree."""
    assert parse_body(body) is None


def test_an_event_says_who_what_and_when():
    """The members of a body, whole."""
    body = record(Event(type="doc.failed", document_hmac="d" * 64, run=RUN, fields={"code": "timed_out"}))
    assert json.loads(body) == {
        "v": 1,
        "type": "doc.failed",
        "at": "2026-03-01T12:00:00.000000Z",
        "nonce": "0" * 32,
        "actor": {"kind": "service", "id": "worker-1"},
        "run": RUN,
        "document": "d" * 64,
        "code": "timed_out",
    }


def test_columns_are_derived_from_the_body():
    """The columns that an export repeats are members of the body; what is absent is null."""
    body = parse_body(record(Event(type="run.closed", run=RUN, fields={"state": "done", "documents": 3})))
    assert body is not None
    assert columns_of(body) == ("run.closed", "2026-03-01T12:00:00.000000Z", RUN, None, None, None)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Event(type="doc.read", fields={}), "unknown_type"),
        (Event(type="doc.failed", document_hmac="d", run=RUN), "missing_field"),
        (Event(type="doc.failed", run=RUN, fields={"code": "x"}), "missing_field"),
        (Event(type="system.start", document_hmac="d", fields={"version": "1"}), "missing_field"),
        (Event(type="system.start", fields={"version": "1", "text": "Dear Ms"}), "unknown_field"),
        (Event(type="system.start", fields={"version": 1.5}), "bad_value"),
        (Event(type="system.start", fields={"version": 2**53}), "bad_value"),
        (Event(type="system.start", fields={"version": b"1"}), "bad_value"),
        (Event(type="system.start", fields={"version": "\ud800"}), "bad_value"),
        (Event(type="system.start", fields={"version": {1: "x"}}), "bad_value"),
        (Event(type="system.start", fields={"version": {"é": "x"}}), "bad_value"),
        (Event(type="system.start", fields={"version": "x" * 513}), "bad_value"),
        (Event(type="system.start", fields={"version": ["x" * 500] * 200}), "too_large"),
    ],
)
def test_what_may_not_be_recorded(event, code):
    """Unknown types and fields, floats and long strings are refused by a code that shows none of them."""
    with pytest.raises(EventError) as caught:
        record(event)
    assert (caught.value.code, "Dear" in str(caught.value)) == (code, False)


def test_a_time_without_zone_is_refused():
    """Nobody knows when a naive time was."""
    with pytest.raises(EventError, match="bad_value"):
        encode(
            Event(type="system.start", fields={"version": "1"}),
            now=datetime(2026, 3, 1),  # noqa: DTZ001 - on purpose
            actor=Actor(kind="person", id="x"),
            nonce=bytes(16),
        )


def test_no_kind_uses_a_member_that_every_event_has():
    """Fields cannot overwrite who, what and when."""
    reserved = {"v", "type", "at", "nonce", "actor", "run", "document", "seq"}
    assert not any(reserved & {*kind.required, *kind.optional} for kind in KINDS.values())
    assert not any(set(kind.required) & set(kind.optional) for kind in KINDS.values())
