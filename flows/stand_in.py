"""A stand-in for the closed API: OpenAI's protocol on this machine, without a model.

The demonstration uses it when there is no API key, and says so; tests use it to see what
arrives and to make calls fail. It speaks `/v1/chat/completions` and `/v1/models`, answers by
plain rules, listens on loopback only, and logs nothing.

    python -m flows.stand_in --port 0 --announce FILE [--fault kind:rate[:times]] [--record FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flows.stand_in_answers import answer_to
from flows.stand_in_faults import Fault, FaultKind, spoil

MODEL = "stand-in-1"
API_KEY = "stand-in"
FINGERPRINT = "fp_stand_in_1"
_BODY_BYTES = 16 << 20
_HEAD_BYTES = 64 << 10
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request as it arrived; kept only when asked for."""

    at: float
    """Seconds since the epoch."""
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class StandIn:
    """The server. `record` is called with every arrival, before anything is answered."""

    api_key: str | None = API_KEY
    """The bearer token that callers must show; None lets everyone in."""
    model: str = MODEL
    faults: list[Fault] = field(default_factory=list)
    latency_seconds: float = 0.0
    record: Callable[[Arrival], None] | None = None
    redirect_to: str = "http://127.0.0.1:9/elsewhere"
    calls: int = 0
    """Chat completions that were asked for."""
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, port: int = 0) -> int:
        """Listen on loopback and return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_HEAD_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*tuple(self._open))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - asyncio calls this in a task
            return
        self._open.add(task)
        gone = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)
        with contextlib.suppress(*gone, asyncio.CancelledError):  # cancelled by `stop`
            while await self._one(reader, writer):
                pass
        self._open.discard(task)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _BODY_BYTES:
            return False
        body = await reader.readexactly(length)
        if self.record is not None:
            self.record(Arrival(at=time.time(), path=path, headers=headers, body=body))
        if self.api_key is not None and headers.get("authorization") != f"Bearer {self.api_key}":
            return await _send(writer, HTTPStatus.UNAUTHORIZED, _error("invalid_api_key"))
        if (method, path) == ("GET", "/v1/models"):
            models = {
                "object": "list",
                "data": [{"id": self.model, "object": "model", "owned_by": "stand-in"}],
            }
            return await _send(writer, HTTPStatus.OK, models)
        if (method, path) != ("POST", "/v1/chat/completions"):
            return await _send(writer, HTTPStatus.NOT_FOUND, _error("not_found"))
        return await self._complete(writer, body)

    async def _complete(self, writer: asyncio.StreamWriter, body: bytes) -> bool:
        self.calls += 1
        fault = next((fault.kind for fault in self.faults if fault.strikes()), None)
        if fault in _REFUSALS:
            status, headers = _REFUSALS[fault]()
            return await _send(writer, status, _error(str(fault)), headers)
        if fault is FaultKind.REDIRECT:
            return await _send(writer, HTTPStatus.TEMPORARY_REDIRECT, {}, {"location": self.redirect_to})
        if fault is FaultKind.HANG:
            await asyncio.sleep(3600)
        if fault is FaultKind.RESET:
            return _reset(writer)
        await asyncio.sleep(self.latency_seconds)
        try:
            completion = _completion(json.loads(body), body, self.model, fault)
        except (ValueError, LookupError, TypeError, AttributeError):
            return await _send(writer, HTTPStatus.BAD_REQUEST, _error("bad_request"))
        return await _send_faulty(writer, completion, fault)


def _completion(request: dict[str, Any], body: bytes, model: str, fault: FaultKind | None) -> dict[str, Any]:
    schema = request["response_format"]["json_schema"]["schema"]
    text = request["messages"][-1]["content"]
    value = answer_to(schema, text)
    answer = spoil(json.dumps(value, ensure_ascii=False), text, fault)
    prompt = sum(len(message["content"]) for message in request["messages"])
    tokens = prompt // _CHARACTERS_PER_TOKEN + 1, len(answer) // _CHARACTERS_PER_TOKEN + 1
    finish = "length" if fault is FaultKind.ANSWER_CUT_OFF else "stop"
    return {
        "id": f"chatcmpl-{hashlib.sha256(body).hexdigest()[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": FINGERPRINT,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer, "refusal": None},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }


def _refusal(
    status: HTTPStatus, wait: Callable[[], str] | None = None
) -> Callable[[], tuple[HTTPStatus, dict[str, str]]]:
    return lambda: (status, {"retry-after": wait()} if wait else {})


_REFUSALS: dict[FaultKind | None, Callable[[], tuple[HTTPStatus, dict[str, str]]]] = {
    FaultKind.RATE_LIMITED: _refusal(HTTPStatus.TOO_MANY_REQUESTS, lambda: "1"),
    FaultKind.RATE_LIMITED_DATE: _refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True),
    ),
    FaultKind.SERVER_ERROR: _refusal(HTTPStatus.INTERNAL_SERVER_ERROR),
    FaultKind.UNAVAILABLE: _refusal(HTTPStatus.SERVICE_UNAVAILABLE, lambda: "0"),
    FaultKind.BAD_REQUEST: _refusal(HTTPStatus.BAD_REQUEST),
    FaultKind.UNAUTHORISED: _refusal(HTTPStatus.UNAUTHORIZED),
}


def _error(code: str) -> dict[str, Any]:
    return {"error": {"message": code, "type": "stand_in", "param": None, "code": code}}


def _encode(status: HTTPStatus, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    fields = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def _send(
    writer: asyncio.StreamWriter,
    status: HTTPStatus,
    value: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> bool:
    writer.write(_encode(status, json.dumps(value, ensure_ascii=False).encode(), headers))
    await writer.drain()
    return True


async def _send_faulty(
    writer: asyncio.StreamWriter, value: Mapping[str, Any], fault: FaultKind | None
) -> bool:
    body = json.dumps(value, ensure_ascii=False).encode()
    if fault is FaultKind.TRUNCATED_JSON:
        body = body[: len(body) // 2]
    elif fault is FaultKind.NOT_JSON:
        body = b"<html>upstream error</html>"
    response = _encode(HTTPStatus.OK, body)
    if fault in (FaultKind.CUT_SHORT, FaultKind.RESET_AFTER_HEAD):
        writer.write(response[: len(response) - len(body) // 2])
        await writer.drain()
        return _reset(writer) if fault is FaultKind.RESET_AFTER_HEAD else False
    if fault is FaultKind.DRIP:
        for index in range(len(response)):
            writer.write(response[index : index + 1])
            await writer.drain()
            await asyncio.sleep(0.2)
        return True
    writer.write(response)
    await writer.drain()
    return True


def _reset(writer: asyncio.StreamWriter) -> bool:
    """Break the connection with RST, as a dying machine does."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


def record_to(path: Path) -> Callable[[Arrival], None]:
    """Return a recorder that appends arrivals to `path`, one JSON line each."""

    def record(arrival: Arrival) -> None:
        line = {"at": arrival.at, "path": arrival.path, "body": arrival.body.decode("utf-8", "replace")}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return record


def announce(path: Path, port: int) -> None:
    """Write the base URL where another process waits for it, whole or not at all."""
    part = path.with_suffix(f"{path.suffix}.part")
    part.write_text(f"http://127.0.0.1:{port}/v1\n", encoding="utf-8")
    part.replace(path)


async def _main(options: argparse.Namespace) -> None:
    stand_in = StandIn(
        api_key=options.api_key,
        faults=[Fault.parse(text) for text in options.fault],
        latency_seconds=options.latency,
        record=record_to(options.record) if options.record else None,
    )
    port = await stand_in.start(options.port)
    if options.announce:
        announce(options.announce, port)
    await asyncio.Event().wait()


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(prog="python -m flows.stand_in", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--announce", type=Path, help="file that gets the base URL once it listens")
    parser.add_argument("--api-key", default=API_KEY, help="the bearer token that callers must show")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND:RATE[:TIMES]")
    parser.add_argument(
        "--record", type=Path, help="file that gets every request, content included: tests only"
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
