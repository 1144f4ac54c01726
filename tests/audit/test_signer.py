"""The signer: signs what is there, proves what it signed, and never says two things."""

from __future__ import annotations

import threading

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.audit.signer import Signer, SignerRefused
from storage.auditor.merkle import Tree, leaf_hash, root
from storage.auditor.notes import open_checkpoint
from storage.database import Role
from tests.audit.logs import ORIGIN, event


def scalar(database_url: str, sql: str) -> object:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def as_superuser(database_url: str, *statements: str) -> None:
    """Do what only a superuser can: switch the triggers off, then anything."""
    with psycopg.connect(database_url) as connection:
        for table in ("entry", "checkpoint", "tile", "counter", "access"):
            connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER".encode())
        for statement in statements:
            connection.execute(statement.encode())
        for table in ("entry", "checkpoint", "tile", "counter", "access"):
            connection.execute(f"ALTER TABLE audit.{table} ENABLE TRIGGER USER".encode())


def test_a_checkpoint_covers_everything_committed(live):
    """The root is that of the appended bodies, the note opens with the public key, and it is published."""
    bodies = [event(number) for number in range(700)]
    live.append(bodies)
    signer = live.signer()
    checkpoint = signer.checkpoint()
    assert checkpoint.size == 700
    assert checkpoint.root == root(Tree(map(leaf_hash, bodies)).node, 700)
    assert open_checkpoint(checkpoint.note, signer.verifier) == checkpoint
    with live.database.begin(Role.COMPLIANCE) as connection:
        note = connection.exec_driver_sql("SELECT audit.newest_checkpoint()").scalar_one()
    assert bytes(note) == checkpoint.note


def test_an_unchanged_log_has_the_same_checkpoint(live):
    """Asking twice signs once; an empty log has a checkpoint that is not published."""
    signer = live.signer()
    assert signer.checkpoint().size == 0
    live.grow(1)
    assert signer.checkpoint() == signer.checkpoint() == live.signer().checkpoint()


@pytest.mark.parametrize("sizes", [(1, 2, 3), (255, 1, 1, 255, 700), (1000, 1000)])
def test_proofs_hold_after_every_growth(live, sizes):
    """Whatever was appended since, any entry is proven under the newest checkpoint."""
    signer = live.signer()
    total = 0
    for size in sizes:
        live.grow(size)
        total += size
        seqs = sorted({0, total // 2, total - 1})
        proofs = signer.prove(seqs)
        heads = [proof.covering(signer.verifier) for proof in proofs]
        assert [(head.size if head else None) for head in heads] == [total] * len(seqs)
        assert [proof.seq for proof in proofs] == seqs
        assert live.signer().prove(seqs) == proofs


def test_a_new_signer_does_not_read_the_log_again(live, database_url):
    """Once signed, entries before the last tile are never read: they can be gone and signing goes on."""
    live.grow(600)
    live.signer().checkpoint()
    as_superuser(database_url, "DELETE FROM audit.entry WHERE seq < 512")
    live.grow(1)
    assert live.signer().checkpoint().size == 601


def test_what_does_not_exist_is_not_proven(live):
    """There is no proof of an entry that was never appended."""
    signer = live.signer()
    assert signer.prove([]) == []
    for seqs in ([0], [-1]):
        with pytest.raises(SignerRefused, match="log_gap"):
            signer.prove(seqs)


def test_one_state_serves_many_signers(live):
    """Signers in threads, each with its own memory, take turns and agree."""
    problems: list[Exception] = []

    def work() -> None:
        signer = live.signer()
        try:
            for _ in range(6):
                seqs = live.grow(40)
                assert all(proof.covering(signer.verifier) for proof in signer.prove(seqs))
        except Exception as error:  # noqa: BLE001 - told to the test
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert live.signer().checkpoint().size == 4 * 6 * 40


def test_a_crash_before_publishing_is_made_good(live, database_url):
    """What was signed and not published is published by the next signer, tiles included."""
    live.grow(600)
    live.signer().checkpoint()
    as_superuser(database_url, "DELETE FROM audit.checkpoint", "DELETE FROM audit.tile")
    assert live.signer().checkpoint().size == 600
    assert scalar(database_url, "SELECT count(*) FROM audit.tile") == 2
    assert scalar(database_url, "SELECT max(size) FROM audit.checkpoint") == 600


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        (["UPDATE audit.entry SET body = (SELECT body FROM audit.entry WHERE seq = 0) WHERE seq = 599"], "log_rewritten"),
        (["DELETE FROM audit.entry WHERE seq = 599"], "log_shrank"),
        (["DELETE FROM audit.entry WHERE seq = 580"], "log_gap"),
        (["UPDATE audit.tile SET root = sha256('') WHERE level = 0 AND index = 1"], "log_rewritten"),
        (["TRUNCATE audit.entry CASCADE", "TRUNCATE audit.checkpoint, audit.tile"], "log_shrank"),
    ],
)  # fmt: skip
def test_a_rewritten_log_is_not_signed(live, database_url, statements, code):
    """A superuser who changes what was signed finds a signer that signs no more."""
    live.grow(600)
    live.signer().checkpoint()
    as_superuser(database_url, *statements)
    with pytest.raises(SignerRefused, match=code):
        live.signer().checkpoint()


def test_a_running_signer_notices_too(live, database_url):
    """A signer that has the log in memory does not sign entries that no longer follow."""
    live.grow(10)
    signer = live.signer()
    signer.checkpoint()
    as_superuser(database_url, "DELETE FROM audit.entry WHERE seq = 9", "UPDATE audit.counter SET size = 12")
    live.grow(1)
    with pytest.raises(SignerRefused, match="log_gap"):
        signer.checkpoint()


@pytest.mark.parametrize(
    ("content", "code"), [(None, "state_missing"), (b"", "state_damaged"), (b"old", "state_behind")]
)
def test_without_its_own_memory_it_does_not_sign(live, content, code):
    """A signer whose state is lost, damaged or older than what was published signs nothing."""
    live.grow(3)
    old = live.signer().checkpoint().note
    live.grow(3)
    live.signer().checkpoint()
    if content is None:
        live.state_file.unlink()
    else:
        live.state_file.write_bytes(old if content == b"old" else content)
    with pytest.raises(SignerRefused, match=code):
        live.signer().checkpoint()


def test_another_key_does_not_take_over(live):
    """A signer with another key does not believe the state, and signs nothing."""
    live.grow(3)
    live.signer().checkpoint()
    stranger = Signer(
        live.database.engine(Role.SIGNER), Ed25519PrivateKey.generate(), live.state_file, ORIGIN
    )
    with pytest.raises(SignerRefused, match="state_damaged"):
        stranger.checkpoint()


def test_what_it_remembers_is_an_anchor(live):
    """The signer's own state is the newest checkpoint, kept outside the database."""
    assert live.signer().remembered() == []
    live.grow(2)
    assert [live.signer().checkpoint().note] == live.signer().remembered()


def test_the_state_is_readable_by_its_owner_only(live):
    """The state file has no rights for others."""
    live.grow(1)
    live.signer().checkpoint()
    assert live.state_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in live.state_file.parent.iterdir()] == [live.state_file.name]
