"""The fields of a record, checked: `text`, and perhaps `id` and `metadata`."""

from __future__ import annotations

import json
import math
from typing import Any

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract, Record

_ID_CHARACTERS = 512
_METADATA_DEPTH = 32


def parse_json(text: str) -> Any:
    """Return the value of strict JSON: no NaN, and no nesting that exhausts the stack.

    Raises:
        Refused: bad_record.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refused(UnreadableReason.BAD_RECORD) from None


def make_record(*, text: object, raw_id: object, metadata: object) -> Record:
    """Return the record of these fields; whole numbers are accepted as ids.

    Raises:
        Refused: missing_text, or bad_record if a field has another type.
    """
    if text is None:
        raise Refused(UnreadableReason.MISSING_TEXT)
    if isinstance(raw_id, int) and not isinstance(raw_id, bool):
        raw_id = str(raw_id)
    metadata = {} if metadata is None else metadata
    if not isinstance(text, str) or not _is_id(raw_id) or not _is_metadata(metadata):
        raise Refused(UnreadableReason.BAD_RECORD)
    return Record(id=raw_id or None, extract=Extract(text=text), metadata=metadata)  # type: ignore[arg-type]


def _refuse_constant(_name: str) -> None:
    raise ValueError


def _is_id(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, str) and len(value) <= _ID_CHARACTERS and _is_storable(value)


def _is_metadata(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return not value or _is_plain(value, _METADATA_DEPTH)


def _is_plain(value: object, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(value, str):
        return _is_storable(value)
    if isinstance(value, dict):
        return all(_is_storable(key) and _is_plain(item, depth - 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item, depth - 1) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int)


def _is_storable(value: str) -> bool:
    if value.isascii():
        return "\x00" not in value
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
