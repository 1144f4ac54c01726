"""What can go wrong in storage. Every message is publishable: codes and ids, never values.

A driver's exception quotes the row it failed on, so none leaves this package: `translated`
is the one place where they become ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy.exc

from pipeline.errors import CordonError

_BY_STATE = {
    "42501": "denied",
    "55P03": "lock_timeout",
    "57014": "statement_timeout",
    "P0001": "refused_by_trigger",
}
_BY_CLASS = {
    "08": "database_unreachable",
    "22": "bad_value",
    "23": "constraint",
    "25": "bad_transaction",
    "28": "login_refused",
    "40": "conflict",
    "42": "schema_mismatch",
    "53": "out_of_resources",
    "57": "database_unreachable",
    "58": "database_io",
}


class StorageError(CordonError):
    """The database refused, failed or could not be reached.

    `code` is one of ours; `sqlstate` is PostgreSQL's five characters, or empty when
    the server never answered.
    """

    def __init__(self, code: str, *, sqlstate: str = "") -> None:
        super().__init__(code)
        self.sqlstate = sqlstate

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later without anyone changing anything."""
        return self.code in {"database_unreachable", "lock_timeout", "statement_timeout", "conflict"}


class UnsafeDatabase(StorageError):  # noqa: N818 - same
    """The database is set up in a way that would break a promise; Cordon does not start on it."""


class StaleClaim(StorageError):  # noqa: N818 - a state of the world, not a mistake
    """The chunk was claimed by someone else since: this worker's late write changed nothing."""

    def __init__(self) -> None:
        super().__init__("stale_claim")


class RoutesShut(StorageError):  # noqa: N818 - same
    """The closed routes of this run are shut: no call of its is intended any more."""

    def __init__(self) -> None:
        super().__init__("routes_shut")


class TransitionError(StorageError):
    """A change of state that the table of states does not know."""

    def __init__(self) -> None:
        super().__init__("transition_refused")


class KeyFileError(StorageError):
    """A key file is missing, damaged, or readable by others."""


class SealError(StorageError):
    """A sealed value could not be opened: wrong key, wrong label, changed bytes, or an erased key."""

    def __init__(self) -> None:
        super().__init__("seal_broken")


@contextmanager
def translated() -> Iterator[None]:
    """Let no exception of SQLAlchemy or psycopg out; they become `StorageError`."""
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        raise _translation(error.orig) from None
    except psycopg.Error as error:
        raise _translation(error) from None
    except sqlalchemy.exc.TimeoutError:
        raise StorageError("pool_exhausted") from None
    except sqlalchemy.exc.SQLAlchemyError:
        raise StorageError("database_error") from None


def _translation(error: BaseException | None) -> StorageError:
    state = getattr(error, "sqlstate", None) or ""
    if not state:
        return StorageError("database_unreachable" if _lost(error) else "database_error")
    code = _BY_STATE.get(state) or _BY_CLASS.get(state[:2], "database_error")
    return StorageError(code, sqlstate=state)


def _lost(error: BaseException | None) -> bool:
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
