"""The installation's key files: made on first use, private to their owner, never overwritten.

`kek` wraps the documents' keys, `identity` derives document ids, `segments` seals where
documents come from, `audit` signs the log. Whoever loses `kek` loses every stored answer:
it belongs in a backup of its own, apart from the database's.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.audit.files import sync
from storage.errors import KeyFileError

KEY_BYTES = 32
_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of one installation."""

    kek: bytes = field(repr=False)
    """Wraps each document's own key."""
    identity: bytes = field(repr=False)
    """Derives ids, so that an id says nothing about a text that someone could guess."""
    audit: Ed25519PrivateKey = field(repr=False)
    """Signs the audit log's checkpoints."""

    @classmethod
    def open(cls, folder: Path) -> Keys:
        """Read the keys in `folder`, making those that are missing. Safe from several processes at once.

        Raises:
            KeyFileError: a file is damaged, or others may read it or replace it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o022:
            raise KeyFileError("key_folder_writable_by_others")
        return cls(
            kek=_key(folder / "kek.key"),
            identity=_key(folder / "identity.key"),
            audit=Ed25519PrivateKey.from_private_bytes(_key(folder / "audit.key")),
        )

    @property
    def kek_id(self) -> str:
        """Eight hex digits that tell one KEK from another; stored beside what it wraps."""
        return self.derive("kek id", self.kek).hex()[:8]

    def identify(self, ref: str, text: str) -> str:
        """Return the id of a document: 32 hex digits, the same for the same reference and text."""
        message = b"".join(_framed(part) for part in (ref, text))
        return hmac.digest(self.identity, message, "sha256")[:_ID_BYTES].hex()

    def placeholder_key(self, document: str) -> bytes:
        """Return the key that names the placeholders of one document."""
        return self.derive(f"placeholders|{document}", self.identity)

    def canary_seed(self, run: str, chunk: int) -> bytes:
        """Return what a chunk's canaries are drawn from: nobody without this key knows them beforehand."""
        return self.derive(f"canaries|{run}|{chunk}", self.identity)

    @property
    def segments(self) -> bytes:
        """Seals file names, which can be personal data too."""
        return self.derive("segments", self.kek)

    @staticmethod
    def derive(purpose: str, key: bytes) -> bytes:
        """Return a key for one purpose: HKDF-Expand of a key that is uniform already."""
        return hmac.digest(key, b"cordon|" + purpose.encode() + b"\x01", "sha256")


def _framed(part: str) -> bytes:
    """Length first, so that no two pairs run together into the same bytes."""
    raw = part.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(8, "big") + raw


def _key(path: Path) -> bytes:
    if not path.exists():
        _create(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise KeyFileError("key_unreadable") from None
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        if os.fstat(descriptor).st_mode & 0o077:
            raise KeyFileError("key_readable_by_others")
        text = file.read().strip()
    if len(text) != 2 * KEY_BYTES or set(text) - set("0123456789abcdef"):
        raise KeyFileError("key_damaged")
    return bytes.fromhex(text)


def _create(path: Path) -> None:
    """Write a new key whole, then give it its name unless someone was faster: the first one stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync(path.parent)
