"""The embedded PostgreSQL: starts, stays, and lets nobody else in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from storage import embedded
from storage.database import Database
from storage.errors import StorageError, UnsafeDatabase

_START = "import sys, pathlib; from storage import embedded; print(embedded.start(pathlib.Path(sys.argv[1])), flush=True)"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return a home whose path is longer than a socket's may be, and whose server is stopped at the end."""
    home = tmp_path / ("deep-" * 20) / "home"
    yield home
    embedded.stop(home)


def _starter(home: Path, *, then: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"{_START}; {then}", str(home)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_two_processes_start_one_server(home: Path) -> None:
    """Two processes that start at once share one server, and both get its URL."""
    starters = [_starter(home), _starter(home)]
    urls = {starter.communicate(timeout=120)[0].strip() for starter in starters}
    assert urls == {embedded.url(home)}
    assert embedded.is_running(home)
    with psycopg.connect(embedded.url(home)) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    _stops_and_starts_again(home)


def _stops_and_starts_again(home: Path) -> None:
    """Check that what was committed is there after a stop and a start, and that stopping twice is no error."""
    with psycopg.connect(embedded.url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    embedded.stop(home)
    embedded.stop(home)
    assert not embedded.is_running(home)
    with psycopg.connect(embedded.start(home)) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_survives_its_starter(home: Path) -> None:
    """An interrupt to the terminal's whole process group, and its hang-up, leave the server running."""
    starter = _starter(home, then="import time; time.sleep(60)")
    assert starter.stdout is not None
    assert starter.stdout.readline().startswith("postgresql://")
    for interruption in (signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
        try:
            os.killpg(starter.pid, interruption)
        except ProcessLookupError:
            break
    starter.communicate(timeout=30)
    assert embedded.is_running(home)
    _refuses_unsafe_settings(home)


def _refuses_unsafe_settings(home: Path) -> None:
    """Check that a server that may lose what it promised to keep is refused."""
    database = Database(embedded.url(home), embedded=True)
    database.migrate()
    database.self_check()
    for setting in ("fsync", "full_page_writes"):
        _set(home, f"ALTER SYSTEM SET {setting} = off")
        with pytest.raises(UnsafeDatabase, match=f"{setting}_off"):
            database.self_check()
        _set(home, f"ALTER SYSTEM RESET {setting}")
    database.dispose()


def _set(home: Path, statement: str) -> None:
    with psycopg.connect(embedded.url(home), autocommit=True) as connection:
        connection.execute(statement.encode())
        connection.execute("SELECT pg_reload_conf()")
    _wait_for_reload(home)


def _wait_for_reload(home: Path) -> None:
    """Wait until the server has read its settings again."""
    for _ in range(50):
        with psycopg.connect(embedded.url(home)) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_file_settings f JOIN pg_settings s USING (name)"
                " WHERE f.applied AND f.name IN ('fsync', 'full_page_writes') AND f.setting <> s.setting"
            ).fetchone()
            if row == (0,):
                return


def test_a_file_in_the_way_is_an_error_by_code(tmp_path: Path) -> None:
    """A server that cannot start is an error that says where to look, without quoting anything."""
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("none")
    with pytest.raises(StorageError, match="embedded_unavailable") as error:
        embedded.start(tmp_path)
    assert error.value.__cause__ is None
