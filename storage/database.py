"""The way into PostgreSQL: one engine a role, migrations, and the refusal to work unsafely.

Four roles divide what may be done. Given one URL, a connection logs in with it and gives
up its rights by `role` at connection; given a URL a role (production), each part of the
system has a login that can do no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, make_url, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.exc import ArgumentError

from storage.errors import StorageError, UnsafeDatabase, translated

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x636F_7264_6F6E  # "cordon"
_OLDEST_SERVER = 150_000
_LOCK_TIMEOUT = "2s"
_STATEMENT_TIMEOUT = "30s"


GUARDS = frozenset(
    {(f"work.{table}", f"{table}_guard_state") for table in ("run", "chunk", "document", "call")}
    | {
        (f"audit.{table}", f"{table}_refuse_{what}")
        for table in ("entry", "checkpoint", "tile", "access", "counter")
        for what in ("change", "truncate")
    }
    | {("audit.counter", "counter_only_grows"), ("work.call", "call_guard_shut")}
)
"""The triggers without which the log could be rewritten, a state be changed against the table of states, or a
call be intended in a run whose closed routes are shut."""


class Role(StrEnum):
    """What a connection may do; the names of the database's roles."""

    OWNER = "cordon_owner"
    """Owns the schemas, cannot log in; used by migrations only."""
    WRITER = "cordon_writer"
    """Works: claims, decides, stores, and appends to the audit log that it cannot read."""
    SIGNER = "cordon_signer"
    """Reads the audit log and signs checkpoints."""
    COMPLIANCE = "cordon_compliance"
    """Asks the audit log, by the function that records who asked."""


class Database:
    """Engines for one PostgreSQL database, made when first used.

    `url` is the writer's, and everybody's for whom no other is given. `embedded` says that
    the server is our own and its superuser the only login.
    """

    def __init__(
        self,
        url: str,
        *,
        admin_url: str | None = None,
        signer_url: str | None = None,
        compliance_url: str | None = None,
        embedded: bool = False,
    ) -> None:
        self._urls = {
            None: _parsed(admin_url or url),
            Role.WRITER: _parsed(url),
            Role.SIGNER: _parsed(signer_url or url),
            Role.COMPLIANCE: _parsed(compliance_url or url),
        }
        self._embedded = embedded
        self._engines: dict[Role | None, Engine] = {}

    def __repr__(self) -> str:
        return f"Database(host={self._urls[Role.WRITER].host!r})"  # a URL may hold a password

    def engine(self, role: Role) -> Engine:
        """Return the engine whose connections have the rights of `role`."""
        return self._engine(role)

    @contextmanager
    def begin(self, role: Role) -> Iterator[Connection]:
        """One transaction as `role`: committed at the end, rolled back by any exception.

        Raises:
            StorageError: what the database did not do, by code.
        """
        with translated(), self._engine(role).begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema up to date. Does nothing on a current one; safe from many processes at once."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with translated():
            with self._engine(None).begin() as connection:
                _create_roles(connection)
            with self._engine(None).begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")

    def self_check(self) -> None:
        """Refuse a database on which a promise would not hold.

        Raises:
            UnsafeDatabase: by code, the first thing that is wrong.
            StorageError: the database does not answer.
        """
        with self.begin(Role.WRITER) as connection:
            _check_server(connection)
            _check_login(connection, embedded=self._embedded)
            _check_triggers(connection)

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()

    def _engine(self, role: Role | None) -> Engine:
        if role not in self._engines:
            self._engines[role] = _engine(self._urls[role], role)
        return self._engines[role]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageError("bad_database_url") from None
    if parsed.get_backend_name() != "postgresql":
        raise StorageError("not_postgresql")
    return parsed.set(drivername="postgresql+psycopg")


def _engine(url: URL, role: Role | None) -> Engine:
    options = f"-c lock_timeout={_LOCK_TIMEOUT} -c statement_timeout={_STATEMENT_TIMEOUT}"
    if role is None:
        options = ""  # a migration may take as long as it needs
    else:
        options += f" -c role={role}"
    return create_engine(
        url,
        pool_size=4,
        max_overflow=8,
        pool_pre_ping=True,  # a restarted server costs one retry here instead of a failed chunk
        hide_parameters=True,
        connect_args={
            "options": options,
            "application_name": f"cordon {role.removeprefix('cordon_') if role else 'admin'}",
            "connect_timeout": 10,
        },
    )


def _create_roles(connection: Connection) -> None:
    """Make the roles that are missing, and let this login act as each.

    Where all is there already nothing is asked for, so that a login without the right to make
    roles can start on a migrated database.
    """
    missing = connection.execute(_MISSING_ROLES, {"roles": list(Role)}).scalars().all()
    for role in missing:
        # Roles belong to the cluster: another database's migration may be making the same one now.
        connection.execute(
            text(
                f"DO $$ BEGIN CREATE ROLE {Role(role)} NOLOGIN; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        )
    if missing and not connection.scalar(_IS_SUPERUSER):
        connection.execute(text(f"GRANT {', '.join(Role)} TO CURRENT_USER"))


def _check_server(connection: Connection) -> None:
    settings = connection.execute(
        text(
            "SELECT current_setting('server_version_num')::int AS version,"
            " current_setting('fsync') AS fsync,"
            " current_setting('full_page_writes') AS full_page_writes,"
            " current_setting('synchronous_commit') AS synchronous_commit"
        )
    ).one()
    _refuse(settings.version < _OLDEST_SERVER, "server_too_old")
    _refuse(settings.fsync != "on", "fsync_off")
    _refuse(settings.full_page_writes != "on", "full_page_writes_off")
    _refuse(settings.synchronous_commit not in {"on", "remote_apply"}, "synchronous_commit_off")


def _check_login(connection: Connection, *, embedded: bool) -> None:
    rights = connection.execute(
        text(
            "SELECT c.rolsuper AS role_super, s.rolsuper AS login_super,"
            " pg_has_role(c.oid, 'cordon_owner', 'MEMBER') AS role_owner"
            " FROM pg_roles c, pg_roles s WHERE c.rolname = current_user AND s.rolname = session_user"
        )
    ).one()
    _refuse(rights.role_super, "writer_is_superuser")
    _refuse(rights.role_owner, "writer_is_owner")
    _refuse(rights.login_super and not embedded, "login_is_superuser")


def _check_triggers(connection: Connection) -> None:
    """Every guard of the audit log and of the states is there, and fires whoever writes."""
    found = connection.execute(
        text(
            "SELECT n.nspname || '.' || c.relname AS relation, t.tgname AS name, t.tgenabled = 'A' AS always"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('audit', 'work') AND NOT t.tgisinternal"
        )
    ).all()
    _refuse(not {(guard.relation, guard.name) for guard in found} >= GUARDS, "triggers_missing")
    _refuse(not all(guard.always for guard in found), "triggers_not_always")


def _refuse(wrong: bool, code: str) -> None:  # noqa: FBT001 - reads as a sentence
    if wrong:
        raise UnsafeDatabase(code)


_MISSING_ROLES = text(
    "SELECT role FROM unnest(:roles) AS role WHERE role NOT IN (SELECT rolname FROM pg_roles)"
).bindparams(bindparam("roles", type_=ARRAY(TEXT)))
_IS_SUPERUSER = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
