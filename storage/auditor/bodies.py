"""Bodies of events: canonical JSON, and the columns that an export derives from them.

The log signs bytes. A body is never written again to be verified; that it has the one
canonical form (RFC 8785, restricted to objects with ASCII keys, arrays, strings, integers,
booleans and null) is checked beside, so that two programs can never read it differently.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

MOST_BODY_BYTES = 64 * 1024
COLUMNS = ("type", "at", "run", "document", "route", "level")
"""Members of a body that an export repeats as columns, for those who ask it with SQL."""
_MOST_DIGITS = 17

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(document: Mapping[str, object]) -> bytes:
    """Return RFC 8785 bytes of a value that holds only what a body may hold.

    For such values the standard library's compact, sorted, unescaped JSON is RFC 8785, at a
    quarter of the time of a general encoder; a property test holds the two together.

    Raises:
        UnicodeEncodeError: a string is not Unicode (a lone surrogate).
    """
    return _ENCODER.encode(document).encode()


def parse_body(body: bytes) -> dict[str, object] | None:
    """Return what `body` says, or None unless it is the canonical form of a JSON object without floats."""
    if len(body) > MOST_BODY_BYTES:
        return None
    try:
        document = _DECODER.decode(body.decode())
        if isinstance(document, dict) and canonical(document) == body:
            return document
    except (ValueError, RecursionError):
        pass
    return None


def columns_of(document: Mapping[str, object]) -> tuple[str | None, ...]:
    """Return the values of `COLUMNS`: strings as they are, anything else as absent."""
    values = map(document.get, COLUMNS)
    return tuple(value if isinstance(value, str) else None for value in values)


def _refuse(_literal: str) -> object:
    raise ValueError("not canonical")


def _integer(literal: str) -> int:
    if len(literal) > _MOST_DIGITS:
        raise ValueError("not canonical")
    return int(literal)


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer)
