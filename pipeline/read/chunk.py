"""From the segments of a chunk to its documents, in order, one for each planned record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pipeline.documents import Document, Segment, Unreadable, UnreadableReason
from pipeline.read.kinds import TABLES
from pipeline.read.limits import ReadLimits
from pipeline.read.request import Request
from pipeline.read.sandbox import ReaderDied, Sandbox
from policies.assessment import Gap, GapReason
from policies.proof import KINDS_COVERED, Coverage

_DEFAULT_LIMITS = ReadLimits()
_Outcome = tuple[str | None, str, tuple[Gap, ...], dict[str, object], tuple[Coverage, ...]] | UnreadableReason


def read_chunk(
    segments: Sequence[Segment],
    *,
    identify: Callable[[str, str], str],
    limits: ReadLimits = _DEFAULT_LIMITS,
) -> Iterator[Document | Unreadable]:
    """Yield one item for each record that was planned, in order.

    `identify(ref, text)` gives the id; of an unreadable record the text is empty. A record
    that kills the reader process costs that record and a new process, nothing else.

    Raises:
        ReaderUnavailable: no reader process can be started.
    """
    with Sandbox(limits) as sandbox:
        for segment in segments:
            single = segment.format not in TABLES
            for ordinal, outcome in enumerate(_outcomes(sandbox, segment), start=segment.first):
                ref = segment.name if single else f"{segment.name}#{ordinal}"
                if isinstance(outcome, UnreadableReason):
                    yield Unreadable(id=identify(ref, ""), ref=ref, reason=outcome)
                    continue
                own_id, text, gaps, metadata, coverage = outcome
                ref = own_id or ref
                yield Document(
                    id=identify(ref, text),
                    ref=ref,
                    text=text,
                    source=segment.path,
                    gaps=gaps,
                    metadata=metadata,
                    coverage=coverage,
                )


def _outcomes(sandbox: Sandbox, segment: Segment) -> Iterator[_Outcome]:
    """Yield exactly `segment.count` outcomes, whatever becomes of the reader process."""
    done = 0
    careful = False
    while done < segment.count:
        try:
            for batch in sandbox.ask(_request(segment, skip=done, careful=careful)):
                for raw_outcome in batch[: segment.count - done]:
                    yield _outcome(raw_outcome)
                    done += 1
        except ReaderDied as death:
            if careful or segment.count - done == 1:
                yield death.reason
                done += 1
            careful = True  # the answers it still held are asked for again, one at a time
        else:
            for _ in range(done, segment.count):  # fewer records than planned
                yield UnreadableReason.CHANGED
            return


def _request(segment: Segment, *, skip: int, careful: bool) -> dict[str, object]:
    return Request(
        path=segment.path,
        format=segment.format,
        first=segment.first,
        count=segment.count,
        offset=segment.offset,
        length=segment.length,
        skip=skip,
        careful=careful,
    ).to_json()


def _outcome(raw: object) -> _Outcome:
    """Return what the reader process said, if it has the promised shape."""
    try:
        match raw:
            case ["unreadable", str(reason)]:
                return UnreadableReason(reason)
            case ["document", str() | None as own_id, str(text), list(raw_gaps), dict(metadata), *rest]:
                gaps = tuple(map(_gap, raw_gaps))
                return own_id, text, gaps, metadata, _coverages(rest)
    except ValueError:
        pass  # a reason that does not exist
    return UnreadableReason.READER_CRASHED


def _gap(raw: object) -> Gap:
    match raw:
        case [str(reason), int(count), str(detail)]:
            return Gap(reason=GapReason(reason), count=count, detail=detail)
    raise ValueError


def _coverages(rest: Sequence[object]) -> tuple[Coverage, ...]:
    match rest:
        case []:
            return ()
        case [list(raw_coverages)]:
            return tuple(map(_coverage, raw_coverages))
    raise ValueError


def _coverage(raw: object) -> Coverage:
    match raw:
        case [str(kind), int(read), int(of)] if kind in KINDS_COVERED:
            return Coverage(kind=kind, read=read, of=of)
    raise ValueError
