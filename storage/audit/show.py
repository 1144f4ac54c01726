"""One document's story, from the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Engine

from storage.audit.query import MOST_ROWS, Question, Reason, ask
from storage.errors import StorageError


def show_document(
    engine: Engine, document: str, *, hmac_of: Callable[[str], str | None], reason: Reason
) -> Iterator[Mapping[str, object]]:
    """Yield every event about the document with this id, oldest first; the question is recorded.

    The log knows documents by an HMAC under each one's own key: `hmac_of` computes it, or
    returns None for a document that is unknown or whose key was destroyed.

    Raises:
        StorageError: `unknown_document`, or as `ask`.
    """
    hmac = hmac_of(document)
    if hmac is None:
        raise StorageError("unknown_document")
    return ask(engine, Question(document=hmac, limit=MOST_ROWS), reason)
