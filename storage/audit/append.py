"""Appending to the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

_APPEND = text("SELECT audit.append(CAST(:bodies AS bytea[]))")


def append(connection: Connection, bodies: Sequence[bytes]) -> range:
    """Append encoded events and return their places in the log, in order.

    Make it the last statement of a short transaction: the log's counter stays locked until
    the commit, so that places are given out without gaps and in commit order.

    Raises:
        sqlalchemy.exc.DBAPIError: the log refused them; nothing was appended.
    """
    if not bodies:
        return range(0)
    first: int = connection.execute(_APPEND, {"bodies": list(bodies)}).scalar_one()
    return range(first, first + len(bodies))
