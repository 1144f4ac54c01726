from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from pipeline.errors import CallFailed, DocumentError, GateRefused, ModelUnavailable, TaskError
from pipeline.retries import Retries, retry_after, retry_delay

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("-3", 0.0),
        ("999999", 3600.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after(header, expected):
    """Both forms of the header are understood, within bounds; nonsense is ignored."""
    assert retry_after(header, now=NOW) == expected


def test_delay_grows_to_a_bound():
    """The delay doubles with jitter, up to a bound; what the server asks is a lower one."""
    retries = Retries(first_seconds=1, longest_seconds=8)
    for attempt, least in ((1, 1), (2, 2), (3, 4), (4, 8), (40, 8)):
        assert least <= retry_delay(attempt, retries=retries) <= min(least + 1, 8)
    assert retry_delay(1, 20.0, retries=retries) == 20.0


@pytest.mark.parametrize(
    "error",
    [
        DocumentError("answer_invalid"),
        GateRefused("permit_used"),
        ModelUnavailable("timed_out", 3.0),
        CallFailed("timed_out", 2.0, sent=None),
        TaskError("mine.yaml", 3, "unknown key"),
    ],
)
def test_errors_pickle(error):
    """An error survives the way between processes, whole."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(again), str(again), again.code) == (type(error), str(error), error.code)
    assert vars(again) == vars(error)
