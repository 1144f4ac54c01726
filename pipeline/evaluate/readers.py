"""Labelled data from files: the format is recognised from the content, and what is wrong is named by its place.

A folder is a folder of sets: each file that some format recognises is one. Files may be compressed with gzip.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.evaluate.columns import ColumnError, read_columns, recognise_columns
from pipeline.evaluate.errors import DataError
from pipeline.evaluate.labels import Labels
from pipeline.evaluate.records import DataSet, LabelledSpan, Record
from pipeline.evaluate.shapes import SHAPES, RawRecord, ShapeError, parse, recognise
from policies.levels import Level

FORMATS: Final = (*SHAPES, "conll")
_GZIP: Final = b"\x1f\x8b"
_SUFFIXES: Final = (
    ".gz",
    ".jsonl",
    ".ndjson",
    ".json",
    ".conll",
    ".conllu",
    ".iob2",
    ".iob",
    ".bio",
    ".txt",
    ".tsv",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """What a file or a folder holds."""

    sets: tuple[DataSet, ...]
    passed_over: tuple[str, ...]
    """Names of a folder's files that no format recognises."""


def read_sets(source: Path, labels: Labels, *, format: str | None = None) -> Sets:  # noqa: A002 - the option's name
    """Return the sets of a file or folder, by name; `format` is one of `FORMATS`, or None to recognise it.

    Raises:
        DataError: nothing can be read there, or a record is wrong.
    """
    if source.is_file():
        found = _read_set(source, labels, format)
        if found is None:
            raise DataError(source.name, 0, "", f"no format recognises it; there are: {', '.join(FORMATS)}")
        return Sets(sets=(found,), passed_over=())
    if not source.is_dir():
        raise DataError(source.name, 0, "", "is neither a file nor a folder")
    sets, passed_over = [], []
    for path in sorted(path for path in source.iterdir() if path.is_file()):
        found = _read_set(path, labels, format)
        if found is None:
            passed_over.append(path.name)
        else:
            sets.append(found)
    if not sets:
        raise DataError(source.name, 0, "", "holds no file that a format recognises")
    return Sets(sets=tuple(sets), passed_over=tuple(passed_over))


def _read_set(path: Path, labels: Labels, format: str | None) -> DataSet | None:  # noqa: A002 - as above
    raw = path.read_bytes()
    text = _decoded(path, raw)
    if text is None:
        return None
    known, raws = _records(path.name, text, format)
    if not known:
        return None
    name = path.name
    while name.endswith(_SUFFIXES):
        name = name[: name.rindex(".")]
    records = [
        _record(raw_record, labels, file=path.name, place=place, fallback=f"{name}#{number}")
        for number, (place, raw_record) in enumerate(raws, 1)
    ]
    if not records:
        raise DataError(path.name, 0, "", "holds no record")
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return DataSet(name=name, format=known, digest=digest, records=tuple(records))


def _decoded(path: Path, raw: bytes) -> str | None:
    try:
        plain = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except (OSError, EOFError, zlib.error):
        raise DataError(path.name, 0, "", "is damaged gzip") from None
    try:
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        if path.name.endswith(_SUFFIXES):
            raise DataError(path.name, 0, "", "is not UTF-8") from None
        return None


def _records(file: str, text: str, format: str | None) -> tuple[str, Iterator[tuple[int, RawRecord]]]:  # noqa: A002
    """Return the format's name and the records with their places; no name when nothing recognises the text."""
    if format == "conll" or (format is None and text.lstrip()[:1] not in ("{", "[")):
        columns = recognise_columns(text)
        if columns is None:
            if format:
                raise DataError(file, 0, "", "holds no words in columns with a column of tags")
            return "", iter(())
        return "conll", _columns(file, text, columns)
    items = _items(file, text, strict=format is not None)
    first = next(items, None)
    shape = format or (recognise(first[1]) if first else "")
    if first is None or not shape:
        return "", iter(())
    return shape, _shaped(file, shape, first, items)


def _columns(file: str, text: str, columns: Any) -> Iterator[tuple[int, RawRecord]]:
    try:
        yield from read_columns(text, columns)
    except ColumnError as error:
        raise DataError(file, error.line, "", error.message) from None


def _shaped(
    file: str, shape: str, first: tuple[int, Any], rest: Iterator[tuple[int, Any]]
) -> Iterator[tuple[int, RawRecord]]:
    for place, raw in (first, *rest):
        try:
            yield place, parse(raw, shape)
        except ShapeError as error:
            raise DataError(file, place, error.field, error.message) from None


def _items(file: str, text: str, *, strict: bool) -> Iterator[tuple[int, Any]]:
    """Yield the objects of a JSON array with their ordinals, or those of JSON lines with their line numbers."""
    if text.lstrip()[:1] == "[" and (whole := _array(text)) is not None:
        yield from enumerate(whole, 1)
        return
    for seen, (number, line) in enumerate(
        (number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()
    ):
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError):
            if not seen and not strict:
                return  # a file that starts with something else is no JSON lines
            raise DataError(file, number, "", "is no JSON") from None


def _array(text: str) -> list[Any] | None:
    """Return a JSON array; None for lines of arrays, and for what is no JSON."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return whole if isinstance(whole, list) and recognise(whole) != "spacy" else None


def _record(raw: RawRecord, labels: Labels, *, file: str, place: int, fallback: str) -> Record:
    for number, (start, end, _) in enumerate(raw.spans):
        if not 0 <= start < end <= len(raw.text):
            raise DataError(
                file, place, f"spans[{number}]", f"is not within the text of {len(raw.text)} code points"
            )
    if not raw.labelled and raw.spans:
        raise DataError(file, place, "spans", "is not empty although the record says that it is not labelled")
    unsaid = tuple((start, end) for start, end, label in raw.spans if labels.is_unsaid(label))
    spans = {
        LabelledSpan(start=start, end=end, entity=labels.entity(label))
        for start, end, label in raw.spans
        if not any(start < stop and begin < end for begin, stop in unsaid)
    }
    return Record(
        id=raw.id or fallback,
        text=raw.text,
        spans=tuple(sorted(spans)),
        unsaid=unsaid,
        labelled=raw.labelled,
        domain=raw.domain,
        context=labels.context(raw.domain),
        ordinary=not raw.sensitive if raw.sensitive is not None else labels.is_ordinary(raw.domain),
        level=_level(raw.level, file, place),
    )


def _level(label: str, file: str, place: int) -> Level | None:
    try:
        return Level.parse(label) if label else None
    except ValueError as error:
        raise DataError(file, place, "level", str(error)) from None
