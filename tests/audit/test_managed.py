"""The log on a managed PostgreSQL, whose administrator is no superuser."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage import embedded
from storage.audit.append import append
from storage.audit.live import verify_live
from storage.audit.query import Question, Reason, ask
from storage.audit.signer import Signer
from storage.auditor.verdict import Code
from storage.database import Database, Role
from tests.audit.logs import ORIGIN, event


@pytest.fixture
def managed_url():
    """Give the URL of a database on a server of its own, as an administrator with CREATEROLE."""
    home = Path(tempfile.mkdtemp(prefix="cordon-managed-"))
    try:
        url = embedded.start(home)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE administrator LOGIN CREATEROLE")
            connection.execute("CREATE DATABASE managed OWNER administrator")
        yield url.replace("/cordon?", "/managed?").replace("//postgres", "//administrator")
    finally:
        embedded.stop(home)
        shutil.rmtree(home)


def test_an_administrator_without_superuser_can_set_it_up(managed_url, tmp_path):
    """Migrated twice by such an administrator, the log is appended to, signed, asked and verified."""
    database = Database(managed_url)
    for _ in range(2):
        database.migrate()
    database.self_check()
    with database.begin(Role.WRITER) as connection:
        append(connection, [event(1)])
    engine = database.engine(Role.SIGNER)
    signer = Signer(engine, Ed25519PrivateKey.generate(), tmp_path / "state.note", ORIGIN)
    rows = list(ask(database.engine(Role.COMPLIANCE), Question(), Reason(purpose="review", ticket="T-1")))
    assert [row["seq"] for row in rows] == [0]
    assert signer.checkpoint().size == 2
    assert verify_live(engine, signer.verifier, signer.remembered()).code is Code.OK
    database.dispose()
