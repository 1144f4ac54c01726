"""The bundle of one document: its events and the proofs that they are in the log, in one JSON file.

It discloses one document's story without the rest of the log. It proves that each event is
in the log; that these are *all* of the document's events only the whole log can show.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

from .archive import Archive
from .bodies import canonical, parse_body
from .merkle import Prover, Tree, consistency_proof, is_consistent, is_included, leaf_hash
from .notes import Checkpoint, NoteError, Verifier, open_checkpoint
from .verdict import Code, Fault, Verdict

FORMAT = "cordon-audit-bundle-1"
_MEMBERS = {"format", "vkey", "document", "checkpoint", "consistency", "events"}
_EVENT_MEMBERS = {"seq", "body", "proof"}


def make_bundle(archive: Archive, document: str, *, anchor: Checkpoint | None = None) -> bytes:
    """Return the bundle of the document with this HMAC, under the newest checkpoint of a verified export.

    Given an anchor, the bundle carries the proof that its checkpoint continues it. Memory: 64
    bytes for each entry of the log.

    Raises:
        Fault: the export has no checkpoint, or its entries do not lead to the newest one.
    """
    if not archive.checkpoints:
        raise Fault(Code.UNVERIFIABLE, "no_checkpoint")
    newest = archive.checkpoints[-1]
    tree = Tree()
    found: list[tuple[int, bytes]] = []
    for entry in archive.entries():
        tree.append(leaf_hash(entry.body))
        body = parse_body(entry.body)
        if body is not None and body.get("document") == document:
            found.append((entry.seq, entry.body))
    prover = Prover(tree.node, newest.size)
    consistency: dict[str, object] = {}
    if anchor is not None and 0 < anchor.size <= newest.size:
        path = consistency_proof(tree.node, anchor.size, newest.size)
        consistency = {"size": anchor.size, "proof": _encoded(path)}
    return canonical(
        {
            "format": FORMAT,
            "vkey": archive.verifier.vkey,
            "document": document,
            "checkpoint": newest.note.decode(),
            "consistency": consistency,
            "events": [
                {"seq": seq, "body": body.decode(), "proof": _encoded(prover.path(seq))}
                for seq, body in found
            ],
        }
    )


def verify_bundle(
    content: bytes, *, verifier: Verifier | None = None, anchors: Sequence[bytes] = ()
) -> Verdict:
    """Verify a bundle alone. Without `verifier` its own key is taken."""
    try:
        bundle = _parsed(content)
        key = verifier or Verifier.parse(str(bundle["vkey"]))
        checkpoint = open_checkpoint(str(bundle["checkpoint"]).encode(), key)
        for note in anchors:
            _check_anchor(bundle["consistency"], checkpoint, open_checkpoint(note, key))
        events = bundle["events"]
        for event in events if isinstance(events, list) else [None]:
            _check_event(event, str(bundle["document"]), checkpoint)
    except NoteError as error:
        return Verdict(code=Code.TAMPERED, reason=f"checkpoint_{error.code}")
    except Fault as fault:
        return Verdict(code=fault.code, reason=fault.reason, seq=fault.seq)
    return Verdict(code=Code.OK, size=checkpoint.size, checkpoints=1, is_anchored=bool(anchors))


def _parsed(content: bytes) -> dict[str, object]:
    try:
        bundle: object = json.loads(content)
        if isinstance(bundle, dict) and bundle.keys() == _MEMBERS and _is_ours(bundle, content):
            return bundle
    except (ValueError, RecursionError):
        pass
    raise Fault(Code.UNVERIFIABLE, "not_a_bundle")


def _is_ours(bundle: Mapping[str, object], content: bytes) -> bool:
    return bundle["format"] == FORMAT and canonical(bundle) == content


def _check_event(event: object, document: str, checkpoint: Checkpoint) -> None:
    if not isinstance(event, dict) or event.keys() != _EVENT_MEMBERS or type(event["seq"]) is not int:
        raise Fault(Code.TAMPERED, "event_malformed")
    seq = event["seq"]
    body = str(event["body"]).encode()
    parsed = parse_body(body)
    if parsed is None or parsed.get("document") != document:
        raise Fault(Code.TAMPERED, "event_of_another_document", seq)
    is_proven = is_included(
        leaf=leaf_hash(body),
        index=seq,
        size=checkpoint.size,
        proof=_decoded(event["proof"]),
        root=checkpoint.root,
    )
    if not is_proven:
        raise Fault(Code.TAMPERED, "event_not_in_log", seq)


def _check_anchor(consistency: object, checkpoint: Checkpoint, anchor: Checkpoint) -> None:
    if anchor.size == checkpoint.size:
        if anchor.root != checkpoint.root:
            raise Fault(Code.TAMPERED, "root_differs")
        return
    if not isinstance(consistency, Mapping) or consistency.get("size") != anchor.size:
        raise Fault(Code.UNVERIFIABLE, "anchor_not_covered")
    is_continued = is_consistent(
        old=anchor.size,
        old_root=anchor.root,
        new=checkpoint.size,
        new_root=checkpoint.root,
        proof=_decoded(consistency.get("proof")),
    )
    if not is_continued:
        raise Fault(Code.TAMPERED, "anchor_not_continued")


def _encoded(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in hashes]


def _decoded(hashes: object) -> list[bytes]:
    """Read hashes strictly: what has two spellings is refused by its length or by writing it again."""
    if not isinstance(hashes, list):
        raise Fault(Code.TAMPERED, "proof_malformed")
    try:
        decoded = [base64.b64decode(value.encode("ascii"), validate=True) for value in hashes]
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise Fault(Code.TAMPERED, "proof_malformed") from None
    if _encoded(decoded) != hashes:
        raise Fault(Code.TAMPERED, "proof_malformed")
    return decoded
