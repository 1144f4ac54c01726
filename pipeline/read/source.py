"""From a source to chunks of segments: which files, in which order, cut where.

Files of a folder come in the order of their names, folder by folder, so that the same
source is always cut the same way. Memory holds the names of one folder and one chunk.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.documents import Format, Segment, UnreadableReason
from pipeline.read.errors import SourceError
from pipeline.read.kinds import TABLES, format_of
from pipeline.read.limits import ReadLimits
from pipeline.read.paths import portable_name, portable_path
from pipeline.read.request import Request
from pipeline.read.sandbox import ReaderDied, Sandbox

_DEFAULT_LIMITS = ReadLimits()
_MAGIC = re.compile(r"[*?\[]")


class _File(NamedTuple):
    path: str
    name: str


class _Weighed(NamedTuple):
    segment: Segment
    weight: int


def split_source(
    source: str,
    *,
    chunk_documents: int = 1000,
    chunk_bytes: int = 8 << 20,
    limits: ReadLimits = _DEFAULT_LIMITS,
) -> Iterator[tuple[Segment, ...]]:
    """Yield the chunks of a file, folder (recursive) or glob (`*`, `?`, `[…]`, `**`).

    A chunk has at most `chunk_documents` records and about `chunk_bytes` bytes, more only
    if one record alone has more; small files share chunks. Hidden files and folders and
    links to folders are passed over. Files of a kind that is not read are planned too, and
    refused when read, so that they are quarantined rather than lost.

    Raises:
        SourceError: not_found, or empty if there is not one record.
        ReaderUnavailable: no reader process can be started.
    """
    chunk: list[Segment] = []
    documents = weight = total = 0
    with Sandbox(limits) as sandbox:
        for file in _files(source):
            for piece in _pieces(sandbox, file, chunk_documents, chunk_bytes):
                full = documents + piece.segment.count > chunk_documents
                if chunk and (full or weight + piece.weight > chunk_bytes):
                    yield tuple(chunk)
                    chunk, documents, weight = [], 0, 0
                chunk.append(piece.segment)
                documents += piece.segment.count
                weight += piece.weight
                total += 1
    if chunk:
        yield tuple(chunk)
    if not total:
        raise SourceError("empty")


def _pieces(sandbox: Sandbox, file: _File, documents: int, size: int) -> Iterator[_Weighed]:
    kind = format_of(file.name)
    try:
        length = os.stat(file.path).st_size  # noqa: PTH116 - millions of paths, no objects
    except OSError:
        length = 0  # gone already, or a link to nothing: refused when read
    if kind is None or kind not in TABLES:
        # NOTE: what has no reader is planned as text and refused for its suffix when read.
        yield _Weighed(_segment(file, kind or Format.TEXT, 0, 1, 0, length), length)
        return
    request = Request(
        path=portable_path(file.path), format=kind, plan=True, most_documents=documents, most_bytes=size
    )
    first = offset = 0
    try:
        for batch in sandbox.ask(request.to_json()):
            for raw_run in batch:
                piece = _weighed(file, kind, raw_run)
                first = piece.segment.first + piece.segment.count
                offset = piece.segment.offset + piece.segment.length
                yield piece
    except ReaderDied:  # the rest of the file is quarantined when read
        yield _Weighed(_segment(file, kind, first, 1, offset, max(0, length - offset)), 0)


def _weighed(file: _File, kind: Format, raw_run: object) -> _Weighed:
    """Return the run that the reader process named, if it has the promised shape."""
    match raw_run:
        case [int(first), int(count), int(offset), int(length), int(weight)] if count > 0 <= first:
            return _Weighed(_segment(file, kind, first, count, offset, length), weight)
    raise ReaderDied(UnreadableReason.READER_CRASHED)


def _segment(file: _File, kind: Format, first: int, count: int, offset: int, length: int) -> Segment:
    return Segment(
        path=portable_path(file.path),
        name=portable_name(file.name),
        format=kind,
        first=first,
        count=count,
        offset=offset,
        length=length,
    )


def _files(source: str) -> Iterator[_File]:
    """Yield the files of `source`, in order.

    Raises:
        SourceError: not_found.
    """
    path = os.path.abspath(source)  # noqa: PTH100 - links stay as they were named
    if os.path.isdir(path):  # noqa: PTH112 - see above
        yield from _walk(path, "", depth=None)
    elif os.path.lexists(path):
        yield _File(path, Path(path).name)
    elif _MAGIC.search(source):
        yield from _matching(path)
    else:
        raise SourceError("not_found")


def _matching(pattern: str) -> Iterator[_File]:
    """Yield the files that match a glob; a name is relative to the part before the first wildcard."""
    parts = pattern.split("/")
    fixed = next(index for index, part in enumerate(parts) if _MAGIC.search(part))
    root, rest = "/".join(parts[:fixed]) or "/", parts[fixed:]
    if not os.path.isdir(root):  # noqa: PTH112 - see above
        raise SourceError("not_found")
    matches = re.compile(_translated(rest))
    depth = None if "**" in rest else len(rest)
    for file in _walk(root, "", depth=depth):
        if matches.fullmatch(file.name):
            yield file


def _walk(folder: str, prefix: str, *, depth: int | None) -> Iterator[_File]:
    if depth == 0:
        return
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208
    except OSError:
        raise SourceError("not_found") from None
    for name in names:
        path = os.path.join(folder, name)  # noqa: PTH118
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue  # it went while we looked
        if stat.S_ISDIR(mode):
            yield from _walk(path, f"{prefix}{name}/", depth=None if depth is None else depth - 1)
        elif not (stat.S_ISLNK(mode) and os.path.isdir(path)):  # noqa: PTH112
            yield _File(path, f"{prefix}{name}")


def _translated(parts: list[str]) -> str:
    """Return the pattern of a glob's parts: a wildcard never crosses a slash, `**` does."""
    *folders, last = parts
    prefix = "".join("(?:.*/)?" if part == "**" else f"{_part(part)}/" for part in folders)
    return prefix + (".*" if last == "**" else _part(last))


def _part(part: str) -> str:
    pieces: list[str] = []
    for wildcard, literal in re.findall(r"(\*+|\?|\[!?\]?[^\]]*\])|([^*?\[]+|\[)", part):
        if literal:
            pieces.append(re.escape(literal))
        elif wildcard.startswith("["):
            inside = wildcard[1:-1].replace("\\", r"\\")
            pieces.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
        else:
            pieces.append("[^/]*" if wildcard.startswith("*") else "[^/]")
    return "".join(pieces)
