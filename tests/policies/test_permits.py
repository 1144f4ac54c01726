"""Permits: made from a decision that leaves, and from nothing else."""

from __future__ import annotations

import copy
import hashlib
import pickle
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from policies.decide import Decision
from policies.levels import Level, Route
from policies.permits import PERMIT_LIFETIME, Permit, PermitRefused, issue_permit

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def _decision(level: Level = Level.INTERNAL, route: Route = Route.CLOSED) -> Decision:
    return Decision(level=level, route=route, rules=(), policy="sha256:0")


def _permit(now: datetime = NOW) -> Permit:
    return issue_permit(_decision(), document="d1", body=b"{}", model="gpt", now=now)


def test_a_permit_names_the_bytes() -> None:
    """A permit holds the digest of the body, the model, the decision and when it ends."""
    permit = _permit()
    assert hashlib.sha256(b"{}").hexdigest() == permit.body_digest
    assert (_decision(), "gpt", "d1") == (permit.decision, permit.model, permit.document)
    assert permit.expires == NOW + PERMIT_LIFETIME
    assert permit.id != _permit().id


def test_expiry_is_in_utc() -> None:
    """Whatever zone the clock is in, a permit ends in UTC."""
    permit = _permit(NOW.astimezone(timezone(timedelta(hours=5))))
    assert permit.expires.tzinfo == UTC


@pytest.mark.parametrize(
    ("level", "route", "code"),
    [
        (Level.REGULATED, Route.ON_PREM, "route_does_not_leave"),
        (Level.INTERNAL, Route.ON_PREM, "route_does_not_leave"),
        (Level.REGULATED, Route.QUARANTINE, "route_does_not_leave"),
        (Level.REGULATED, Route.CLOSED, "regulated"),  # no policy says so; nobody may
        (Level.REGULATED, Route.CLOSED_PSEUDONYMISED, "regulated"),
    ],
)
def test_refused_decisions(level: Level, route: Route, code: str) -> None:
    """A decision that keeps the document gives no permit."""
    with pytest.raises(PermitRefused, match=code):
        issue_permit(_decision(level, route), document="d1", body=b"{}", model="gpt", now=NOW)


@pytest.mark.parametrize(("document", "body", "model"), [("", b"{}", "m"), ("d", b"", "m"), ("d", b"{}", "")])
def test_nothing_is_left_unnamed(document: str, body: bytes, model: str) -> None:
    """A permit is for a named document, body and model."""
    with pytest.raises(PermitRefused, match="not_named"):
        issue_permit(_decision(), document=document, body=body, model=model, now=NOW)


def test_a_clock_without_zone_is_refused() -> None:
    """A time that could be any time gives no permit."""
    with pytest.raises(PermitRefused, match="time_without_zone"):
        _permit(NOW.replace(tzinfo=None))


def test_nobody_else_makes_permits() -> None:
    """Permits are not constructed, changed, replaced or unpacked outside the policy."""
    permit = _permit()
    with pytest.raises(PermitRefused):
        Permit(id="1", document="d", decision=_decision(), body_digest="", model="m", expires=NOW)
    with pytest.raises(PermitRefused):
        replace(permit, body_digest="other")
    with pytest.raises(FrozenInstanceError):
        permit.body_digest = "other"  # type: ignore[misc]
    for remake in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(PermitRefused):
            remake(permit)
