"""The stand-in for the closed API, on a thread of the test's own process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flows.stand_in import API_KEY, MODEL, Arrival, StandIn
from flows.stand_in_faults import Fault


@dataclass(kw_only=True)
class ClosedApi:
    """A running stand-in, and everything that has arrived at it."""

    url: str
    server: StandIn
    arrivals: list[Arrival] = field(default_factory=list, repr=False)
    api_key: str = API_KEY
    model: str = MODEL

    @property
    def calls(self) -> int:
        """Chat completions that were asked for."""
        return self.server.calls

    @property
    def bodies(self) -> list[bytes]:
        """The bodies of all chat completions, in order of arrival."""
        return [arrival.body for arrival in self.arrivals if arrival.path.endswith("/chat/completions")]


@contextmanager
def closed_api(
    *faults: str, api_key: str | None = API_KEY, latency_seconds: float = 0.0, redirect_to: str | None = None
) -> Iterator[ClosedApi]:
    """Serve on a free loopback port; `faults` are written `kind[:rate[:times]]`."""
    arrivals: list[Arrival] = []
    server = StandIn(
        api_key=api_key,
        faults=[Fault.parse(fault) for fault in faults],
        latency_seconds=latency_seconds,
        record=arrivals.append,
    )
    if redirect_to is not None:
        server.redirect_to = redirect_to
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield ClosedApi(url=f"http://127.0.0.1:{port}/v1", server=server, arrivals=arrivals)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
