"""One installation for the whole area."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lib.local_services import Installation, installed


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Return a running installation whose nights begin every minute, until a test pauses the schedule."""
    with installed(cron="* * * * *") as one:
        yield one
