"""The way into PostgreSQL: roles, migrations, refusals."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import make_url, text

from storage.database import GUARDS, Database, Role
from storage.errors import StorageError, UnsafeDatabase, translated
from tests.storage.examples import CANARY


def _as_superuser(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_each_role_is_itself(untouched: Database) -> None:
    """A connection has the rights of its role, and says who it is."""
    for role in (Role.WRITER, Role.SIGNER, Role.COMPLIANCE):
        with untouched.begin(role) as connection:
            who = connection.execute(
                text(
                    "SELECT current_user, current_setting('application_name'), current_setting('lock_timeout')"
                )
            ).one()
        assert who == (role.value, f"cordon {role.value.removeprefix('cordon_')}", "2s")


def test_migrating_at_once_is_safe(postgres_url: str) -> None:
    """Several processes may migrate an empty database at once, and a current one again."""
    admin = postgres_url.replace("/cordon?", "/postgres?")
    _as_superuser(admin, "CREATE DATABASE migrated_at_once")
    url = postgres_url.replace("/cordon?", "/migrated_at_once?")
    databases = [Database(url, embedded=True) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Database.migrate, databases))
    databases[0].self_check()
    for database in databases:
        database.dispose()
    _as_superuser(admin, "DROP DATABASE migrated_at_once")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("ALTER DATABASE {name} SET synchronous_commit = off", "synchronous_commit_off"),
        ("ALTER DATABASE {name} SET synchronous_commit = local", "synchronous_commit_off"),
        ("ALTER TABLE audit.entry DISABLE TRIGGER ALL", "triggers_not_always"),
        ("ALTER TABLE audit.entry ENABLE TRIGGER entry_refuse_change", "triggers_not_always"),
        ("DROP TRIGGER entry_refuse_truncate ON audit.entry", "triggers_missing"),
        ("DROP TRIGGER entry_refuse_change ON audit.entry", "triggers_missing"),
        ("ALTER TABLE work.document DISABLE TRIGGER document_guard_state", "triggers_not_always"),
    ],
)
def test_refuses_an_unsafe_database(database_url: str, statement: str, code: str) -> None:
    """A database on which a promise would not hold is refused by code."""
    name = make_url(database_url).database
    _as_superuser(database_url, statement.format(name=name))
    database = Database(database_url, embedded=True)
    try:
        with pytest.raises(UnsafeDatabase, match=code):
            database.self_check()
    finally:
        database.dispose()


def test_every_guard_is_checked_for(untouched: Database) -> None:
    """The guards that the start-up asks for are those that the migrations make."""
    with untouched.begin(Role.WRITER) as connection:
        found = connection.execute(
            text(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
            )
        )
        assert {tuple(row) for row in found} == GUARDS


def test_refuses_a_superusers_login(database_url: str) -> None:
    """Outside the embedded server the login itself must not be able to do everything."""
    database = Database(database_url)
    with pytest.raises(UnsafeDatabase, match="login_is_superuser"):
        database.self_check()
    database.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM work.document",
        "DELETE FROM work.result",
        "UPDATE work.result SET level = 'public'",
        "TRUNCATE work.run",
        "DELETE FROM keys.doc_key",
        "UPDATE keys.doc_key SET wrapped = ''",
        "SELECT body FROM audit.entry",
        "INSERT INTO audit.entry (seq, body) VALUES (0, '{}')",
        "ALTER TABLE work.document DISABLE TRIGGER ALL",
        "DROP TABLE work.call",
        "CREATE TABLE work.mine (x int)",
    ],
)
def test_the_writer_may_not(untouched: Database, statement: str) -> None:
    """The writer can neither take back, nor read the log, nor change the rules."""
    with pytest.raises(StorageError, match="denied"), untouched.begin(Role.WRITER) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("role", [Role.SIGNER, Role.COMPLIANCE])
@pytest.mark.parametrize("table", ["work.run", "work.document", "work.result", "keys.doc_key"])
def test_others_do_not_see_the_work(untouched: Database, role: Role, table: str) -> None:
    """Signer and compliance have no way to the work's tables."""
    with pytest.raises(StorageError, match="denied"), untouched.begin(role) as connection:
        connection.execute(text(f"TABLE {table}"))


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO keys.doc_key VALUES (:canary, 'x', 'y'), (:canary, 'x', 'y')", "constraint"),
        ("SELECT CAST(:canary AS integer)", "bad_value"),
        ("SELECT :canary FROM nowhere", "schema_mismatch"),
    ],
)
def test_errors_are_codes(untouched: Database, statement: str, code: str) -> None:
    """No error quotes a value, and no cause or context is printed with it."""
    with pytest.raises(StorageError, match=code) as error, untouched.begin(Role.WRITER) as connection:
        connection.execute(text(statement), {"canary": CANARY})
    shown = "".join(traceback.format_exception(error.value))
    assert CANARY not in shown
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_statement_that_takes_too_long_is_transient(untouched: Database) -> None:
    """A statement that runs into its timeout may be tried again."""
    with untouched.engine(Role.WRITER).begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 20"))
        with pytest.raises(StorageError, match="statement_timeout") as error, translated():
            connection.execute(text("SELECT pg_sleep(5)"))
        connection.rollback()
    assert error.value.is_transient


def test_no_server_is_an_error_by_code() -> None:
    """A server that does not answer is transient, and a URL that is none is not repeated."""
    with pytest.raises(StorageError, match="database_unreachable") as error:
        Database("postgresql://nobody@/none?host=%2Fnowhere").self_check()
    assert error.value.is_transient
    for url in ("sqlite:///x", f"{CANARY}"):
        with pytest.raises(StorageError, match=r"not_postgresql|bad_database_url"):
            Database(url)


def test_recovers_when_the_server_drops_connections(database: Database) -> None:
    """A connection that the server closed is replaced without anyone noticing."""
    with database.begin(Role.WRITER) as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(
        database.engine(Role.WRITER).url.set(drivername="postgresql").render_as_string(), autocommit=True
    ) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with database.begin(Role.WRITER) as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.fixture
def logins(postgres_url: str) -> Iterator[dict[str, str]]:
    """Return URLs of one database as production has it: its owner, and a login that only works."""
    admin = postgres_url.replace("/cordon?", "/postgres?")
    for statement in (
        "CREATE ROLE test_owner LOGIN",
        "CREATE ROLE test_worker LOGIN",
        f"GRANT {', '.join(Role)} TO test_owner",
        "GRANT cordon_writer TO test_worker",
        "CREATE DATABASE as_in_production OWNER test_owner",
    ):
        _as_superuser(admin, statement)
    url = postgres_url.replace("/cordon?", "/as_in_production?")
    yield {name: url.replace("//postgres@", f"//{name}@") for name in ("test_owner", "test_worker")}
    _as_superuser(admin, "DROP DATABASE as_in_production WITH (FORCE)")
    _as_superuser(admin, "DROP ROLE test_owner, test_worker")


def test_works_without_a_superuser(logins: dict[str, str]) -> None:
    """An ordinary owner migrates, and a worker's login starts on what it finds and can do no more."""
    worker = Database(logins["test_worker"])
    with pytest.raises(StorageError, match="denied"):
        worker.migrate()
    both = Database(logins["test_worker"], admin_url=logins["test_owner"])
    both.migrate()
    worker.migrate()
    for database in (both, worker):
        database.self_check()
    with pytest.raises(StorageError, match="database_unreachable"), worker.begin(Role.SIGNER):
        pass
    both.dispose()
    worker.dispose()
