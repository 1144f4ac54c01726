"""Signed notes and keys: one text, one meaning."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.auditor.merkle import EMPTY_ROOT
from storage.auditor.notes import NoteError, Verifier, open_checkpoint, sign_checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "cordon.test/audit"
VERIFIER = Verifier.of(KEY, ORIGIN)
HEAD = sign_checkpoint(KEY, origin=ORIGIN, size=123, root=EMPTY_ROOT)

# from the Go module that defined the format, golang.org/x/mod/sumdb/note
SUMDB_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SUMDB_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def refusal(note: bytes, verifier: Verifier = VERIFIER) -> str:
    with pytest.raises(NoteError) as caught:
        open_checkpoint(note, verifier)
    return caught.value.code


def test_a_signed_checkpoint_opens():
    """What was signed is what is read."""
    assert open_checkpoint(HEAD.note, VERIFIER) == HEAD


def test_a_checkpoint_is_the_published_format():
    """Origin, size and root stand on lines of their own, then the signature line."""
    lines = HEAD.note.decode().split("\n")
    assert lines[:4] == [ORIGIN, "123", base64.b64encode(EMPTY_ROOT).decode(), ""]
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    assert lines[5:] == [""]


def test_the_go_implementations_key_and_note_are_understood():
    """A key and note made by the format's authors parse and verify; only that it is no checkpoint is refused."""
    verifier = Verifier.parse(SUMDB_VKEY)
    assert verifier.vkey == SUMDB_VKEY
    assert refusal(SUMDB_NOTE.encode(), verifier) == "malformed"  # after the signature held
    assert refusal(SUMDB_NOTE.replace("If", "if").encode(), verifier) == "bad_signature"


def test_every_flipped_bit_is_refused():
    """No bit of a signed checkpoint can change."""
    for bit in range(8 * len(HEAD.note)):
        changed = bytearray(HEAD.note)
        changed[bit // 8] ^= 1 << (bit % 8)
        refusal(bytes(changed))


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace(b"\n", b"\r\n"),
        lambda note: note[:-1] + b"\x0b",
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: note.replace(b"\n123\n", b"\n0123\n"),
        lambda note: note.replace(b"\n123\n", b"\n+123\n"),
        lambda note: note.replace(b"\n123\n", "\n\u0661\u0662\u0663\n".encode()),
        lambda note: note.replace(b"\n\n", b"\nextension\n\n"),
        lambda note: note.replace(b"\n\n", b"\n\n\n"),
        lambda note: note[:-2] + b"\n",
        lambda note: note + note.split(b"\n\n")[1],
        lambda _note: b"",
        lambda note: b"\xff" + note,
        lambda note: note * 1000,
    ],
)
def test_other_spellings_are_refused(change):
    """Whatever a lenient reader would take for the same checkpoint is another one, or none."""
    refusal(change(HEAD.note))


def test_a_witness_may_sign_beside():
    """Signatures by other keys and of other algorithms do not spoil ours."""
    other = sign_checkpoint(
        Ed25519PrivateKey.generate(), origin="witness.test", size=123, root=EMPTY_ROOT
    ).note.split(b"\n\n")[1]
    longer = "\u2014 witness.test/2 " + base64.b64encode(bytes(90)).decode() + "\n"
    assert open_checkpoint(HEAD.note + other + longer.encode(), VERIFIER).size == 123


def test_another_logs_checkpoint_is_refused():
    """A key signs for its own log only."""
    other = sign_checkpoint(KEY, origin="elsewhere.test/audit", size=123, root=EMPTY_ROOT)
    assert refusal(other.note) == "unknown_key"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        VERIFIER.vkey[:-1],
        VERIFIER.vkey + "\n\n",
        VERIFIER.vkey.replace("cordon", "condor"),
        VERIFIER.vkey.replace("+A", "+B"),
        " " + VERIFIER.vkey,
    ],
)
def test_a_key_has_one_spelling(vkey):
    """A key line whose name, id and key do not fit together is refused."""
    with pytest.raises(NoteError, match="malformed_key"):
        Verifier.parse(vkey)


def test_a_key_line_may_end_in_a_line_break():
    """A key is read as its file holds it."""
    assert Verifier.parse(VERIFIER.vkey + "\n") == VERIFIER
