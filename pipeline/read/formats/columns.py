"""Parquet: one record a row, row group by row group, and only the columns that are used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Record
from pipeline.read.formats.fields import make_record, parse_json
from pipeline.read.formats.files import open_table
from pipeline.read.limits import ReadLimits
from pipeline.read.request import Request, Run

_WANTED = ("id", "text", "metadata")
_BATCH_ROWS = 64


def plan(request: Request, limits: ReadLimits) -> Iterator[Run]:
    """Yield runs of rows within row groups; a run's offset is its row group.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    with open_table(request.path, Format.PARQUET) as stream:
        size = os.fstat(stream.fileno()).st_size
        metadata = _open(stream, limits).metadata
        first = 0
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group).num_rows
            row_bytes = max(1, metadata.row_group(group).total_byte_size // max(1, rows))
            step = max(1, min(request.most_documents, request.most_bytes // row_bytes))
            for start in range(0, rows, step):
                count = min(step, rows - start)
                yield Run(
                    first=first + start, count=count, offset=group, length=size, weight=count * row_bytes
                )
            first += rows


def records(request: Request, limits: ReadLimits) -> Iterator[Record | UnreadableReason]:
    """Yield the records of a segment. Cost: the rows of its row group before it are decoded too.

    Raises:
        Refused: the file as a whole cannot be read, or has changed.
    """
    with open_table(request.path, Format.PARQUET) as stream:
        if request.length and os.fstat(stream.fileno()).st_size != request.length:
            raise Refused(UnreadableReason.CHANGED)
        file = _open(stream, limits)
        before = request.first - sum(
            file.metadata.row_group(group).num_rows for group in range(request.offset)
        )
        start, end = before + request.skip, before + request.count
        row = 0
        try:
            for batch in _batches(file, request.offset):
                for index in range(max(0, start - row), min(batch.num_rows, end - row)):
                    yield _record(batch, index, limits)
                row += batch.num_rows
                if row >= end:
                    return
        except pa.ArrowMemoryError:
            raise MemoryError from None
        except (pa.ArrowException, OSError):
            raise Refused(UnreadableReason.DAMAGED) from None


def _open(stream: BinaryIO, limits: ReadLimits) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(
            stream,
            buffer_size=1 << 20,  # a column is read in pieces, not as a whole
            pre_buffer=False,
            thrift_string_size_limit=limits.record_bytes,
            thrift_container_size_limit=1_000_000,
            page_checksum_verification=True,
        )
        names = file.schema_arrow.names
    except pa.ArrowMemoryError:
        raise MemoryError from None
    except (pa.ArrowException, OSError) as error:
        encrypted = "encrypt" in str(error).lower()
        raise Refused(UnreadableReason.ENCRYPTED if encrypted else UnreadableReason.DAMAGED) from None
    if len(names) > limits.columns:
        raise Refused(UnreadableReason.TOO_LARGE)
    if "text" not in names:
        raise Refused(UnreadableReason.MISSING_TEXT)
    if any(names.count(name) > 1 for name in _WANTED):
        raise Refused(UnreadableReason.BAD_RECORD)
    return file


def _batches(file: pq.ParquetFile, group: int) -> Iterator[pa.RecordBatch]:
    columns = [name for name in _WANTED if name in file.schema_arrow.names]
    yield from file.iter_batches(
        batch_size=_BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False
    )


def _record(batch: pa.RecordBatch, index: int, limits: ReadLimits) -> Record | UnreadableReason:
    try:
        fields: dict[str, Any] = {name: batch[name][index].as_py() for name in batch.schema.names}
    except UnicodeDecodeError:
        return UnreadableReason.NOT_UTF8
    except (pa.ArrowException, ValueError, OverflowError):
        return UnreadableReason.BAD_RECORD
    text, metadata = fields.get("text"), fields.get("metadata")
    if isinstance(text, str) and len(text) > limits.record_bytes:
        return UnreadableReason.TOO_LARGE
    try:
        if isinstance(metadata, str):
            metadata = parse_json(metadata) if metadata.strip() else None
        return make_record(text=text, raw_id=fields.get("id"), metadata=metadata)
    except Refused as refusal:
        return refusal.reason
