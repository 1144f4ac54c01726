"""Signed notes and checkpoints, as C2SP writes them (signed-note, tlog-checkpoint), with Ed25519.

Parsing is strict: what was read is written again and compared byte by byte, so that no
two texts mean the same checkpoint. Lines end in a line feed and in nothing else.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .merkle import HASH_BYTES

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_DASH = "\u2014 "
_MOST_NOTE_BYTES = 64 * 1024
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(Exception):
    """A note, checkpoint or key that is malformed, or not signed by the key it must be signed by.

    `code` is `malformed`, `malformed_key`, `unknown_key`, `bad_signature` or `wrong_origin`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A log's public key, under the name that the log signs with."""

    name: str
    key: bytes
    """32 bytes of Ed25519 public key."""

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line names the key by."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as one line of text, as C2SP writes it."""
        return f"{self.name}+{self.id.hex()}+{_encoded(_ED25519 + self.key)}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Return the key that `vkey` writes; one final line break is allowed.

        Raises:
            NoteError: malformed_key.
        """
        line = vkey.removesuffix("\n")
        name, _, rest = line.partition("+")
        _, _, encoded = rest.partition("+")
        raw = _decoded(encoded)
        if raw is None or len(raw) != 1 + 32 or raw[:1] != _ED25519 or not _NAME.fullmatch(name):
            raise NoteError("malformed_key")
        verifier = cls(name=name, key=raw[1:])
        if verifier.vkey != line:
            raise NoteError("malformed_key")
        return verifier

    @classmethod
    def of(cls, key: Ed25519PrivateKey, name: str) -> Verifier:
        """Return the public half of a signing key."""
        return cls(name=name, key=key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed head of a log: so many entries, with this root. `note` is the text that was signed, with its signatures."""

    origin: str
    size: int
    root: bytes
    note: bytes


def sign_checkpoint(key: Ed25519PrivateKey, *, origin: str, size: int, root: bytes) -> Checkpoint:
    """Return the checkpoint of a log's first `size` entries. The same arguments give the same bytes."""
    verifier = Verifier.of(key, origin)
    text = _checkpoint_text(origin, size, root)
    signature = _encoded(verifier.id + key.sign(text.encode()))
    note = f"{text}\n{_DASH}{origin} {signature}\n".encode()
    return Checkpoint(origin=origin, size=size, root=root, note=note)


def open_checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint in `note`, which `verifier` must have signed under its own name as origin.

    Signatures by others (witnesses) may stand beside; they are not judged.

    Raises:
        NoteError: anything else than that, by code.
    """
    text, signatures = _parse(note)
    ours = [raw for name, raw in signatures if name == verifier.name and raw[:_KEY_ID_BYTES] == verifier.id]
    if len(ours) != 1:
        raise NoteError("unknown_key")
    try:
        Ed25519PublicKey.from_public_bytes(verifier.key).verify(ours[0][_KEY_ID_BYTES:], text.encode())
    except (InvalidSignature, ValueError):
        raise NoteError("bad_signature") from None
    origin, size, root = _read_checkpoint_text(text)
    if origin != verifier.name:
        raise NoteError("wrong_origin")
    return Checkpoint(origin=origin, size=size, root=root, note=note)


def _parse(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Split a note into its text (with the final line break) and its signatures."""
    try:
        whole = note.decode("utf-8") if len(note) <= _MOST_NOTE_BYTES else ""
    except UnicodeDecodeError:
        raise NoteError("malformed") from None
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not text or not tail.endswith("\n") or _has_control(whole):
        raise NoteError("malformed")
    return text + "\n", [_parse_signature(line) for line in tail[:-1].split("\n")]


def _parse_signature(line: str) -> tuple[str, bytes]:
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _decoded(encoded)
    if not line.startswith(_DASH) or not separator or not _NAME.fullmatch(name) or raw is None:
        raise NoteError("malformed")
    if len(raw) != _KEY_ID_BYTES + _SIGNATURE_BYTES:
        if len(raw) <= _KEY_ID_BYTES:
            raise NoteError("malformed")
        return name, b""  # another algorithm: it cannot be ours
    return name, raw


def _read_checkpoint_text(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) != 4 or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - origin, size, root, and what follows the last break
        raise NoteError("malformed")
    root = _decoded(lines[2])
    if root is None or len(root) != HASH_BYTES or not lines[0]:
        raise NoteError("malformed")
    if _checkpoint_text(lines[0], int(lines[1]), root) != text:
        raise NoteError("malformed")
    return lines[0], int(lines[1]), root


def _checkpoint_text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{_encoded(root)}\n"


def _has_control(text: str) -> bool:
    return any(ord(character) < ord(" ") and character != "\n" for character in text)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes | None:
    """Return the bytes, or None unless `text` is the one way to write them."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return raw if _encoded(raw) == text else None
