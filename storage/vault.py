"""The vault: what is stored of a document is sealed under that document's own key.

Rules
1. Each document has a random 256-bit key, kept wrapped by the KEK. Destroying the key destroys every
   answer and reference, and unlinks every HMAC, in tables, files and backups alike.
2. A sealed value says in its AAD what it is: it cannot be moved to another document or another column.
3. Nonces are random 96 bits; a key seals a handful of values.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TEXT

from storage.errors import SealError
from storage.keys import KEY_BYTES, Keys

_VERSION = 1
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKey:
    """The key of one document, unwrapped for as long as a batch is worked on."""

    document: str
    _key: bytes = field(repr=False)

    def seal(self, kind: str, content: str) -> bytes:
        """Return `content` sealed as this document's `kind` (`answer`, `ref`)."""
        return seal(self._key, content.encode("utf-8", "surrogatepass"), label=self._label(kind))

    def open(self, kind: str, sealed: bytes) -> str:
        """Return what `seal` was given.

        Raises:
            SealError: not sealed by this key as this kind, or changed since.
        """
        return unseal(self._key, sealed, label=self._label(kind)).decode("utf-8", "surrogatepass")

    def reference(self) -> str:
        """Return how the audit log names this document: 64 hex digits, nobody's once the key is destroyed."""
        return self.hmac("document", self.document.encode())

    def hmac(self, purpose: str, content: bytes) -> str:
        """Return an HMAC of `content` under a key of this document and purpose."""
        return hmac.digest(Keys.derive(f"hmac|{purpose}", self._key), content, "sha256").hex()

    def _label(self, kind: str) -> str:
        return f"{self.document}|{kind}|{_VERSION}"


class Vault:
    """Document keys, wrapped in the database by the installation's KEK."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._kek_id = keys.kek_id

    def keys_for(self, connection: Connection, documents: Collection[str]) -> Mapping[str, DocumentKey]:
        """Return the key of each document, made in this transaction where there is none yet."""
        wanted = sorted(set(documents))  # one order for all: two chunks with the same record cannot deadlock
        found = self.existing(connection, wanted)
        missing = [document for document in wanted if document not in found]
        if missing:
            made = [self._wrap(document, secrets.token_bytes(KEY_BYTES)) for document in missing]
            connection.execute(_INSERT, {"documents": missing, "wrapped": made, "kek": self._kek_id})
            found = {**found, **self.existing(connection, missing)}
        return found

    def existing(self, connection: Connection, documents: Collection[str]) -> dict[str, DocumentKey]:
        """Return the keys there are; an erased document has none."""
        rows = connection.execute(_SELECT, {"documents": list(documents)})
        return {row.document: self.unwrap(row.document, row.wrapped, row.kek) for row in rows}

    def unwrap(self, document: str, wrapped: bytes, kek: str) -> DocumentKey:
        """Return the key that `wrapped` holds.

        Raises:
            SealError: it was wrapped by another KEK, or changed.
        """
        if kek != self._kek_id:
            raise SealError
        key = unseal(self._keys.kek, wrapped, label=f"{document}|key|{_VERSION}")
        return DocumentKey(document=document, _key=key)

    def seal_here(self, kind: str, content: bytes) -> bytes:
        """Seal what belongs to the installation rather than to one document (where its files are)."""
        return seal(self._keys.segments, content, label=kind)

    def open_here(self, kind: str, sealed: bytes) -> bytes:
        """Return what `seal_here` was given.

        Raises:
            SealError: another installation's, another kind, or changed.
        """
        return unseal(self._keys.segments, sealed, label=kind)

    def _wrap(self, document: str, key: bytes) -> bytes:
        return seal(self._keys.kek, key, label=f"{document}|key|{_VERSION}")


def seal(key: bytes, content: bytes, *, label: str) -> bytes:
    """Return version, nonce and AES-256-GCM of `content`, bound to `label`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return bytes([_VERSION]) + nonce + AESGCM(key).encrypt(nonce, content, label.encode())


def unseal(key: bytes, sealed: bytes, *, label: str) -> bytes:
    """Return what `seal` was given.

    Raises:
        SealError: wrong key, label or version, or changed bytes.
    """
    nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    if sealed[:1] != bytes([_VERSION]) or len(nonce) != _NONCE_BYTES:
        raise SealError
    try:
        return AESGCM(key).decrypt(nonce, rest, label.encode())
    except InvalidTag:
        raise SealError from None


def digest(content: bytes) -> str:
    """Return `sha256:<hex>`, for what is not personal data: files of sealed rows."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


_SELECT = text("SELECT document, wrapped, kek FROM keys.doc_key WHERE document = ANY(:documents)").bindparams(
    bindparam("documents", type_=ARRAY(TEXT))
)
_INSERT = text(
    "INSERT INTO keys.doc_key (document, wrapped, kek)"
    " SELECT document, wrapped, :kek FROM unnest(:documents, :wrapped) AS made (document, wrapped)"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("documents", type_=ARRAY(TEXT)), bindparam("wrapped", type_=ARRAY(BYTEA)))
