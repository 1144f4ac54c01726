"""The reader process: the only place where foreign bytes are parsed.

Started by `sandbox` with an empty environment. It takes one request at a time, answers
in batches of outcomes and ends each answer with null. An outcome is
`["document", id or null, text, gaps, metadata]`, followed by the coverage if there is any,
or `["unreadable", reason]`; in a plan it is `[first, count, offset, length, weight]`.

What no reader foresaw ends the process, here and not in a parser's own handler: its
successor takes the next record.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipeline.documents import UnreadableReason
from pipeline.read import frames
from pipeline.read.errors import Refused
from pipeline.read.extract import Record, canonical
from pipeline.read.formats import module_of, read_document
from pipeline.read.formats.files import read_whole
from pipeline.read.kinds import TABLES, format_of
from pipeline.read.limits import ReadLimits
from pipeline.read.request import Request, Run

_BATCH_RECORDS = 256
_BATCH_CHARACTERS = 1 << 18
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_OPEN_FILES = 64


def main() -> None:
    """Serve requests from standard input until it closes."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _silence()
    given: Any = frames.read(source)
    limits = ReadLimits(**given)
    _confine(limits)
    answer = _Answer(sink, limits)
    answer.say(["ready"])
    while (raw_request := frames.read(source)) is not None:
        try:
            answer.give(Request.from_json(raw_request))
        except MemoryError:
            os._exit(frames.OUT_OF_MEMORY)


def _silence() -> None:
    """Point the standard streams at nothing: a parser that prints must not forge a frame."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    sys.stdout = sys.stderr = os.fdopen(nothing, "w")


def _confine(limits: ReadLimits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    # Best effort: root may leave the network at once, others through a user namespace.
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None and unshare(_CLONE_NEWNET) != 0:
        unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


class _Answer:
    """Writes outcomes in batches, and renews the time limit with each."""

    def __init__(self, sink: BinaryIO, limits: ReadLimits) -> None:
        self._sink = sink
        self._limits = limits

    def say(self, value: object) -> None:
        """Send one frame now, and start the next span of processor time."""
        self._sink.write(frames.encode(value))
        self._sink.flush()
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + 1 + self._limits.cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))

    def give(self, request: Request) -> None:
        """Answer `request` in full."""
        if request.plan:
            for run in _runs(request, self._limits):
                self.say([[run.first, run.count, run.offset, run.length, run.weight]])
            self.say(None)
            return
        batch: list[object] = []
        characters = 0
        for outcome, size in _outcomes(request, self._limits):
            batch.append(outcome)
            characters += size
            if request.careful or len(batch) >= _BATCH_RECORDS or characters >= _BATCH_CHARACTERS:
                self.say(batch)
                batch, characters = [], 0
        if batch:
            self.say(batch)
        self.say(None)


def _runs(request: Request, limits: ReadLimits) -> Iterator[Run]:
    """Yield the planned runs; a file that cannot be planned is left to be refused when read."""
    try:
        yield from module_of(request.format).plan(request, limits)
    except Refused:
        yield Run(first=0, count=1, offset=0, length=0, weight=0)


def _outcomes(request: Request, limits: ReadLimits) -> Iterator[tuple[list[Any], int]]:
    """Yield one outcome, with its size, per record of the segment that is left to answer."""
    answered = request.skip
    try:
        for record in _records(request, limits):
            yield _outcome(record, limits)
            answered += 1
    except Refused as refusal:
        for _ in range(answered, request.count):
            yield ["unreadable", refusal.reason.value], 0


def _records(request: Request, limits: ReadLimits) -> Iterator[Record | UnreadableReason]:
    kind = format_of(request.path)
    if kind is not request.format:
        raise Refused(UnreadableReason.UNSUPPORTED_FORMAT)
    if kind in TABLES:
        yield from module_of(kind).records(request, limits)
        return
    raw = read_whole(request.path, planned_bytes=request.length, limits=limits)
    yield Record(extract=read_document(raw, kind, limits))


def _outcome(record: Record | UnreadableReason, limits: ReadLimits) -> tuple[list[Any], int]:
    if isinstance(record, UnreadableReason):
        return ["unreadable", record.value], 0
    try:
        extract = canonical(record.extract, most_characters=limits.text_characters)
    except Refused as refusal:
        return ["unreadable", refusal.reason.value], 0
    size = len(extract.text)
    if record.metadata:
        about = len(json.dumps(record.metadata))
        if about > limits.metadata_characters:
            return ["unreadable", UnreadableReason.TOO_LARGE.value], 0
        size += about
    gaps = [[gap.reason.value, gap.count, gap.detail] for gap in extract.gaps]
    coverage = [[one.kind, one.read, one.of] for one in extract.coverage]
    return [
        "document",
        record.id,
        extract.text,
        gaps,
        record.metadata,
        *([coverage] if coverage else []),
    ], size
