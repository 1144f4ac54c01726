"""Plain text and Markdown: the text as it is."""

from __future__ import annotations

from pipeline.read.extract import Extract, decode
from pipeline.read.limits import ReadLimits


def read(raw: bytes, limits: ReadLimits) -> Extract:  # noqa: ARG001 - every reader takes limits
    """Return the text of a UTF-8 file.

    Raises:
        Refused: not_utf8.
    """
    return Extract(text=decode(raw))
