"""The log in PostgreSQL: only ever appended to, without gaps, whoever tries what."""

from __future__ import annotations

import itertools
import threading
from contextlib import ExitStack

import psycopg
import pytest

from storage.audit.append import append
from storage.database import Database, Role
from storage.errors import StorageError
from tests.audit.logs import event

TABLES = ("entry", "counter", "checkpoint", "tile", "access")
STATEMENTS = {
    "select": "SELECT * FROM audit.{table}",
    "insert": "INSERT INTO audit.{table} DEFAULT VALUES",
    "update": "UPDATE audit.{table} SET {column} = {column}",
    "delete": "DELETE FROM audit.{table}",
    "truncate": "TRUNCATE audit.{table} CASCADE",
    "lock": "DO $$ BEGIN LOCK TABLE audit.{table} IN ACCESS EXCLUSIVE MODE; END $$",
    "copy": "COPY audit.{table} FROM PROGRAM 'true'",
    "drop": "DROP TABLE audit.{table}",
    "disable triggers": "ALTER TABLE audit.{table} DISABLE TRIGGER ALL",
    "rule": "CREATE RULE quiet AS ON DELETE TO audit.{table} DO INSTEAD NOTHING",
    "trigger": "CREATE TRIGGER mine BEFORE INSERT ON audit.{table} EXECUTE FUNCTION audit.refuse()",
    "own": "ALTER TABLE audit.{table} OWNER TO CURRENT_USER",
}
COLUMN = {"entry": "body", "counter": "size", "checkpoint": "note", "tile": "root", "access": "reader"}
READABLE_BY_SIGNER = ("entry", "counter", "tile")
ROLES = (Role.WRITER, Role.SIGNER, Role.COMPLIANCE)
SESSION_STATEMENTS = (
    "SET ROLE cordon_owner",
    "DROP SCHEMA audit CASCADE",
    "DROP FUNCTION audit.append",
    "CREATE OR REPLACE FUNCTION audit.append(bodies bytea[]) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
    "CREATE TABLE audit.mine (x int)",
    "ALTER FUNCTION audit.rows SECURITY INVOKER",
    "SET session_replication_role = replica",
)
FUNCTIONS = {
    "SELECT audit.append(ARRAY['{}'::bytea])": {Role.WRITER},
    "SELECT audit.publish(1, NULL, NULL, NULL, NULL, NULL, NULL)": {Role.SIGNER},
    "SELECT audit.open_query('p', 't', '{}')": {Role.COMPLIANCE},
    "SELECT audit.rows(0)": {Role.COMPLIANCE},
    "SELECT audit.newest_checkpoint()": {Role.SIGNER, Role.COMPLIANCE},
    "SELECT audit.canonical('{}')": set(),
    "SELECT audit.document_of('{}')": set(),
}


@pytest.fixture
def as_role(live, database_url):
    """Give a function that runs one statement as a login that has only this role, and returns its SQLSTATE."""
    live.grow(3)
    live.signer().checkpoint()
    with ExitStack() as stack, psycopg.connect(database_url, autocommit=True) as connection:
        names = {role: f"only_{role}_{connection.info.backend_pid}" for role in ROLES}
        for role, name in names.items():
            connection.execute(f"CREATE ROLE {name} LOGIN IN ROLE {role}".encode())

        logins = {role: stack.enter_context(psycopg.connect(database_url, autocommit=True)) for role in ROLES}
        for role, login in logins.items():
            login.execute(f"SET SESSION AUTHORIZATION {names[role]}".encode())

        def run(role: Role, statement: str) -> str:
            try:
                logins[role].execute(statement.encode())
            except psycopg.Error as error:
                return error.sqlstate or "none"
            return ""

        yield run
        stack.close()
        for name in names.values():
            connection.execute(f"DROP ROLE {name}".encode())


def test_no_role_can_touch_a_table(as_role):
    """Of every statement on every table by every role, only the signer's reading is allowed."""
    allowed = {
        (role, name, table)
        for role, (name, statement), table in itertools.product(ROLES, STATEMENTS.items(), TABLES)
        if as_role(role, statement.format(table=table, column=COLUMN[table])) not in {"42501", "25006"}
    }
    assert allowed == {(Role.SIGNER, "select", table) for table in READABLE_BY_SIGNER}


def test_no_role_can_change_the_rules(as_role):
    """Nobody becomes the owner, or redefines what the schema does."""
    codes = {as_role(role, statement) for role in ROLES for statement in SESSION_STATEMENTS}
    assert codes == {"42501"}


def test_each_function_has_its_role(as_role):
    """A function runs for the roles that it was made for, and is denied to the others."""
    granted = {
        statement: {role for role in ROLES if as_role(role, statement) != "42501"} for statement in FUNCTIONS
    }
    # rows(0) is denied inside the function too: there is no such query
    assert granted == {**FUNCTIONS, "SELECT audit.rows(0)": set()}


def test_triggers_refuse_a_superuser_too(live, database_url):
    """Even where grants do not reach, and in every replication role, changing a row is refused."""
    live.grow(3)
    live.signer().checkpoint()
    changes = ("update", "delete", "truncate")
    for replication_role, name, table in itertools.product(("origin", "replica", "local"), changes, TABLES):
        statement = STATEMENTS[name].format(table=table, column=COLUMN[table])
        with psycopg.connect(database_url) as connection:
            connection.execute(f"SET session_replication_role = {replication_role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_events_get_neighbouring_places_in_order(live):
    """What is appended together stands together, in the order given, from 0."""
    assert (live.grow(3), live.grow(2)) == (range(3), range(3, 5))


def test_appending_nothing_is_no_statement(live):
    """No events, no places, and no lock."""
    assert live.append([]) == range(0)


def test_what_is_no_event_is_refused_whole(live):
    """A body that is no JSON object, or too long, takes the events beside it down with it."""
    for body in (b"", b"{", b"[]", b"1", b'{"a":"\\u0000"}', b"\xff\xff", b"x" * 65_537):
        with pytest.raises(StorageError):
            live.append([event(1), body])
    assert live.grow(1) == range(1)


def test_a_rollback_leaves_no_gap(live):
    """Places that were given out in a transaction that failed are given out again."""
    live.grow(2)
    with live.database.engine(Role.WRITER).connect() as connection:
        assert append(connection, [event(9)]) == range(2, 3)
        connection.rollback()
    assert live.grow(1) == range(2, 3)


def test_concurrent_writers_leave_no_gap(live, database_url):
    """Six writers, of which some roll back, fill the log without gap or repetition."""
    places: list[int] = []

    def write(writer: int) -> None:
        database = Database(database_url, embedded=True)
        for turn in range(15):
            with database.engine(Role.WRITER).connect() as connection:
                got = append(connection, [event(turn) for _ in range(1 + turn % 3)])
                if (turn + writer) % 4:
                    connection.commit()
                    places.extend(got)
                else:
                    connection.rollback()
        database.dispose()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(places) == list(range(len(places)))
    assert live.signer().checkpoint().size == len(places)


def test_the_counter_only_grows(database_url):
    """Even the owner of everything cannot wind the counter back."""
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"),
    ):
        connection.execute("UPDATE audit.counter SET size = size - 1")


def test_the_database_passes_its_self_check(database):
    """The triggers that the start-up check demands are there."""
    database.self_check()
