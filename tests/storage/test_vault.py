"""The vault: sealed values open for the right document, as the right kind, unchanged, or not at all."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import Database, Role
from storage.errors import SealError
from storage.keys import Keys
from storage.vault import DocumentKey, Vault, seal, unseal
from tests.storage.examples import CANARY, document_id

ONE, OTHER = document_id(1), document_id(2)


def _key(document: str = ONE, key: bytes = b"k" * 32) -> DocumentKey:
    return DocumentKey(document=document, _key=key)


@given(st.text())
def test_what_is_sealed_opens(content: str) -> None:
    """Any text comes back as it was."""
    assert _key().open("answer", _key().seal("answer", content)) == content


@pytest.mark.parametrize(
    "reader",
    [_key(OTHER), _key(key=b"x" * 32)],
    ids=["another document", "another key"],
)
def test_only_its_own_key_opens(reader: DocumentKey) -> None:
    """A sealed value cannot be moved to another document."""
    with pytest.raises(SealError):
        reader.open("answer", _key().seal("answer", CANARY))


def test_a_kind_is_not_another() -> None:
    """A sealed reference is no answer."""
    with pytest.raises(SealError):
        _key().open("answer", _key().seal("ref", CANARY))


def test_every_changed_byte_is_noticed() -> None:
    """Whatever byte is changed, dropped or added: it does not open."""
    sealed = seal(b"k" * 32, b"content", label="l")
    changed = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    changed += [sealed[:i] for i in range(len(sealed))] + [sealed + b"\0"]
    for raw in changed:
        with pytest.raises(SealError):
            unseal(b"k" * 32, raw, label="l")


def test_the_same_content_looks_different() -> None:
    """Sealing twice gives two values; neither shows the content."""
    first, second = _key().seal("answer", CANARY), _key().seal("answer", CANARY)
    assert first != second
    assert CANARY.encode() not in first + second
    assert "k" * 32 not in repr(_key())


def test_references_need_the_documents_key() -> None:
    """How the log names a document follows from its key, not from its id alone."""
    assert _key().reference() == _key().reference()
    assert len({_key().reference(), _key(OTHER).reference(), _key(key=b"x" * 32).reference()}) == 3
    assert _key().hmac("body", b"x") != _key().hmac("answer", b"x")


def test_a_document_keeps_its_key(database: Database, keys: Keys) -> None:
    """A key is made once, wrapped, and the same for everyone afterwards."""
    with database.begin(Role.WRITER) as connection:
        made = Vault(keys).keys_for(connection, [ONE, OTHER, ONE])
    with database.begin(Role.WRITER) as connection:
        again = Vault(keys).keys_for(connection, [OTHER, ONE])
        assert Vault(keys).existing(connection, [document_id(3)]) == {}
    assert dict(made) == dict(again)
    assert made[ONE].reference() != made[OTHER].reference()


def test_another_kek_opens_nothing(database: Database, keys: Keys, tmp_path: Path) -> None:
    """Keys that were lost are an error, not a fresh start."""
    with database.begin(Role.WRITER) as connection:
        Vault(keys).keys_for(connection, [ONE])
    other = Vault(Keys.open(tmp_path / "other"))
    with pytest.raises(SealError), database.begin(Role.WRITER) as connection:
        other.keys_for(connection, [ONE])


def test_an_erased_key_is_gone(database: Database, database_url: str, keys: Keys) -> None:
    """Once its key is deleted, what was sealed for a document opens never again, not even for a new key."""
    vault = Vault(keys)
    with database.begin(Role.WRITER) as connection:
        sealed = vault.keys_for(connection, [ONE])[ONE].seal("answer", CANARY)
    with psycopg.connect(database_url) as connection_of_owner:
        connection_of_owner.execute("DELETE FROM keys.doc_key")
    with database.begin(Role.WRITER) as connection, pytest.raises(SealError):
        vault.keys_for(connection, [ONE])[ONE].open("answer", sealed)
