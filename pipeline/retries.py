"""Retries: how long to wait before another attempt, in the one place that says so.

The SDKs retry nothing. On-prem, the lane retries by itself; towards the closed API every
attempt needs an intent of its own in the audit log, so the caller repeats the whole step
and asks here only for the delay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, wait_exponential_jitter

_LONGEST_RETRY_AFTER_SECONDS = 3600.0
"""A server that asks for more is down for tonight; the deadline decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and how long to try again."""

    attempts: int = 5
    deadline_seconds: float = 300.0
    """No attempt starts later than this after the first."""
    first_seconds: float = 0.5
    longest_seconds: float = 30.0


def retry_delay(
    attempt: int, retry_after_seconds: float | None = None, *, retries: Retries | None = None
) -> float:
    """Return the seconds to wait after attempt number `attempt` (from 1) has failed.

    What the server asked for is a lower bound: coming earlier would be refused again.
    Otherwise the delay doubles, with jitter so that many callers do not come together.
    """
    bounds = retries or Retries()
    wait = wait_exponential_jitter(
        multiplier=bounds.first_seconds, max=bounds.longest_seconds, jitter=bounds.first_seconds
    )
    state = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # type: ignore[arg-type] # only counted
    state.attempt_number = attempt
    return max(wait(state), retry_after_seconds or 0.0)


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for: a number, or an HTTP date.

    None if there is no header or it says nothing that can be understood.
    """
    if value is None:
        return None
    seconds = _seconds(value.strip(), now)
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER_SECONDS)


def _seconds(value: str, now: datetime) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
