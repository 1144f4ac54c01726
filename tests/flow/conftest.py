"""Installations for tests of the whole job."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage import embedded
from tests.lib.closed_api import closed_api
from tests.lib.installation import Installation


@pytest.fixture
def install() -> Iterator[Callable[..., Installation]]:
    """Return a function that makes installations; `faults` are those of the closed API."""
    with ExitStack() as stack:

        def make(
            *faults: str,
            closed: bool = True,
            latency_seconds: float = 0.0,
            on_prem_faults: Sequence[str] = (),
        ) -> Installation:
            home = Path(tempfile.mkdtemp(prefix="cordon-test-"))
            stack.callback(shutil.rmtree, home)
            stack.callback(embedded.stop, home / ".cordon")
            return Installation(
                home=home,
                on_prem=stack.enter_context(
                    closed_api(*on_prem_faults, api_key=None, latency_seconds=latency_seconds)
                ),
                closed=stack.enter_context(closed_api(*faults, latency_seconds=latency_seconds))
                if closed
                else None,
            )

        yield make


@pytest.fixture
def cordon(install: Callable[..., Installation]) -> Installation:
    """Return an installation with both models."""
    return install()
