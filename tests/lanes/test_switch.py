"""The stop switch: who lost the lease begins nothing more, even before anybody could say so."""

from __future__ import annotations

import math
import time

from flows.switch import StopSwitch


def test_a_lease_that_ran_out_throws_the_switch() -> None:
    """A process that was stopped for longer than its lease sees it before its next call."""
    stop = StopSwitch()
    stop.hold_until(time.monotonic() + 60)
    assert not stop.thrown
    stop.hold_until(time.monotonic() - 1)
    assert (stop.thrown, stop.reason) == (True, "lease_lost")


def test_without_a_lease_nothing_runs_out() -> None:
    """Between two chunks a worker may wait as long as it must."""
    stop = StopSwitch()
    stop.hold_until(time.monotonic() - 1)
    stop.hold_until(math.inf)
    assert not stop.thrown
