"""The wire: one HTTP client for one endpoint, under the SDK.

Rules
1. Only the endpoint's own origin and path are ever connected to; redirects are not
   followed and no proxy and no netrc is taken from the environment. Certificates are checked
   against the system's, or those that `SSL_CERT_FILE` names.
2. A POST is sent only if its exact bytes were cleared, and once per clearance. A retry or
   a rewritten body inside the SDK finds no clearance and stays here.
3. Headers are an allow-list, and the key is put in here: nothing about this machine, and
   nothing that the SDK found in the environment, travels with a request.
4. A response is read up to a bound.
5. Plain `http` is for loopback only.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx2

from pipeline.errors import CallFailed, CordonError
from pipeline.retries import retry_after

CLEARANCE = "x-clearance"
"""Header by which a request names its clearance; it never leaves the process."""

_HEADERS = ("host", "content-type", "content-length", "accept")
_RESPONSE_BYTES = 16 << 20
_TOO_MANY, _REQUEST_TIMEOUT, _CONFLICT, _SERVER = 429, 408, 409, 500
_BAD_REQUEST, _TOO_LARGE = 400, 413
_OVERFLOW = (b"context_length_exceeded", b"maximum context length", b"max_model_len", b"maximum model length")
_TALKATIVE = ("openai", "httpx2", "httpcore2")
_SILENT = logging.CRITICAL + 1


class NotCleared(httpx2.TransportError):
    """A request that the wire refused to carry: rules 1 and 2."""

    def __init__(self) -> None:
        super().__init__("not cleared")


class Wire(httpx2.AsyncBaseTransport):
    """Carries cleared bodies to one endpoint and nothing else anywhere."""

    def __init__(self, url: str, *, api_key: str, concurrency: int) -> None:
        """Make the transport for the endpoint at `url`.

        Raises:
            CordonError: `endpoint_invalid` or `endpoint_not_https`.
        """
        self._base = checked_url(url)
        self._authorization = f"Bearer {api_key}"
        self._cleared: dict[str, str] = {}
        self._inner = httpx2.AsyncHTTPTransport(
            verify=ssl.create_default_context(),
            trust_env=False,
            retries=0,
            limits=httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
        )
        for name in _TALKATIVE:  # at DEBUG they write whole requests
            logging.getLogger(name).setLevel(_SILENT)

    def client(self, timeout_seconds: float) -> httpx2.AsyncClient:
        """Return the HTTP client for the SDK."""
        return httpx2.AsyncClient(
            transport=self, trust_env=False, follow_redirects=False, timeout=httpx2.Timeout(timeout_seconds)
        )

    @contextmanager
    def cleared(self, body_digest: str) -> Iterator[dict[str, str]]:
        """Let one body with this SHA-256 (hex) pass once, while the context lasts.

        Yields the header that the request has to carry.
        """
        clearance = secrets.token_hex(16)
        self._cleared[clearance] = body_digest
        try:
            yield {CLEARANCE: clearance}
        finally:
            self._cleared.pop(clearance, None)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send `request` if the rules let it pass."""
        await request.aread()
        self._check_target(request)
        if request.method == "POST":
            self._check_body(request)
        request.headers = httpx2.Headers(
            [(name, request.headers[name]) for name in _HEADERS if name in request.headers]
            + [
                ("authorization", self._authorization),
                ("user-agent", "cordon"),
                ("accept-encoding", "identity"),
            ]
        )
        response = await self._inner.handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _check_target(self, request: httpx2.Request) -> None:
        base, url = self._base, request.url
        root = base.path.rstrip("/")
        targets = {("POST", f"{root}/chat/completions"), ("GET", f"{root}/models")}
        same = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
        if not same or url.query or (request.method, url.path) not in targets:
            raise NotCleared
        if request.headers.get("host") != url.netloc.decode():
            raise NotCleared

    def _check_body(self, request: httpx2.Request) -> None:
        expected = self._cleared.pop(request.headers.get(CLEARANCE, ""), None)
        if expected is None or hashlib.sha256(request.content).hexdigest() != expected:
            raise NotCleared


class _Bounded(httpx2.AsyncByteStream):
    """A response's stream that ends in an error once it has grown too long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _RESPONSE_BYTES
        async for part in self._stream:
            left -= len(part)
            if left < 0:
                raise httpx2.DecodingError("response too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def checked_url(url: str) -> httpx2.URL:
    """Return the base URL of an endpoint.

    Raises:
        CordonError: `endpoint_invalid`, or `endpoint_not_https` for plain http to anywhere
            but this machine.
    """
    try:
        base = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError):
        base = httpx2.URL("")
    if base.scheme not in ("http", "https") or not base.host or base.userinfo or base.fragment or base.query:
        raise CordonError("endpoint_invalid")
    if base.scheme == "http" and not _is_loopback(base.host):
        raise CordonError("endpoint_not_https")
    return base


def status_failure(response: httpx2.Response, *, now: datetime) -> CallFailed:
    """Return the failure that an HTTP status stands for."""
    status, wait = response.status_code, retry_after(response.headers.get("retry-after"), now=now)
    if response.is_redirect or response.has_redirect_location:
        return CallFailed("redirected", sent=True)
    if status == _TOO_MANY:
        return CallFailed("rate_limited", wait, sent=True)
    if status >= _SERVER or status in (_REQUEST_TIMEOUT, _CONFLICT):
        return CallFailed("server_error", wait, sent=True)
    if status == _TOO_LARGE or (
        status == _BAD_REQUEST and any(mark in response.content for mark in _OVERFLOW)
    ):
        return CallFailed("too_long_for_model", sent=True)
    codes = {_BAD_REQUEST: "bad_request", 401: "unauthorised", 403: "forbidden", 404: "not_found"}
    return CallFailed(codes.get(status, "refused_by_endpoint"), sent=True)


def failure_of(error: Exception, *, now: datetime) -> CallFailed:
    """Return the failure that an error of the SDK, or a deadline, stands for."""
    response = getattr(error, "response", None)
    if isinstance(response, httpx2.Response):
        return status_failure(response, now=now)
    cause = error if isinstance(error, TimeoutError) else error.__cause__
    if isinstance(cause, NotCleared):
        return CallFailed("not_cleared", sent=False)
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return CallFailed("no_connection", sent=False)
    if isinstance(cause, httpx2.TimeoutException | TimeoutError):
        return CallFailed("timed_out", sent=None)
    if isinstance(cause, httpx2.DecodingError):
        return CallFailed("bad_response", sent=True)
    return CallFailed("connection_lost", sent=None)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
