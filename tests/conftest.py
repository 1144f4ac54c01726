"""Fixtures that every area may use: a real PostgreSQL, and keys."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from storage import embedded
from storage.database import Database
from storage.keys import Keys


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the URL of a migrated database, started for this test session: a template, not to be written to."""
    home = Path(tempfile.mkdtemp(prefix="cordon-tests-"))
    try:
        url = embedded.start(home)
        database = Database(url, embedded=True)
        database.migrate()
        database.dispose()
        yield url
    finally:
        embedded.stop(home)
        shutil.rmtree(home)


@contextmanager
def _copy(template_url: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{uuid4().hex[:12]}"
    admin = template_url.replace("/cordon?", "/postgres?")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE cordon".encode())
    yield template_url.replace("/cordon?", f"/{name}?")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """Return the URL of a fresh copy of the migrated database."""
    with _copy(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def untouched(postgres_url: str) -> Iterator[Database]:
    """Return a `Database` that many tests share, because they change nothing in it."""
    with _copy(postgres_url) as url:
        database = Database(url, embedded=True)
        yield database
        database.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return a `Database` on a fresh copy of the migrated schema."""
    database = Database(database_url, embedded=True)
    yield database
    database.dispose()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Return fresh keys of an installation."""
    return Keys.open(tmp_path / "keys")
