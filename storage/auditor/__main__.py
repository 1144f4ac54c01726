"""The command: `python -m storage.auditor WHAT [--key VKEY] [--anchor NOTE]…`.

WHAT is the folder of an export, or the file of a bundle. Prints one JSON object. Exit code: 0
ok, 5 tampered or incomplete, 2 unverifiable or wrongly called.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .archive import open_archive, verify_export
from .bundle import make_bundle, verify_bundle
from .notes import NoteError, Verifier, open_checkpoint
from .verdict import Code, Fault, Verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        verdict = _run(options)
    except NoteError as error:
        verdict = Verdict(code=Code.UNVERIFIABLE, reason=error.code)
    except Fault as fault:
        verdict = Verdict(code=fault.code, reason=fault.reason, seq=fault.seq)
    except OSError as error:
        verdict = Verdict(code=Code.UNVERIFIABLE, reason=f"unreadable_input_{error.errno}")
    sys.stdout.write(json.dumps(verdict.as_json()) + "\n")
    return verdict.code.exit_code


def _run(options: argparse.Namespace) -> Verdict:
    verifier = _key(options.key) if options.key else None
    notes = [Path(anchor).read_bytes() for anchor in options.anchor]
    what = Path(options.what)
    if what.is_file():
        return verify_bundle(what.read_bytes(), verifier=verifier, anchors=notes)
    verdict = verify_export(what, verifier=verifier, anchors=notes)
    if verdict.code is Code.OK and options.document:
        archive = open_archive(what, verifier)
        anchor = open_checkpoint(notes[0], archive.verifier) if notes else None
        Path(options.bundle).write_bytes(make_bundle(archive, options.document, anchor=anchor))
    return verdict


def _key(given: str) -> Verifier:
    """Read a key given as the file that holds it, or as the line itself."""
    path = Path(given)
    return Verifier.parse(path.read_text("utf-8") if path.is_file() else given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cordon-audit-verify", description="Verify an exported audit log, or a document's bundle, alone."
    )
    parser.add_argument("what", help="folder of an export, or file of a bundle")
    parser.add_argument(
        "--key", help="the log's public key (vkey line or file) as you know it, not as it came"
    )
    parser.add_argument(
        "--anchor", action="append", default=[], help="file of a checkpoint you kept earlier; may be repeated"
    )
    parser.add_argument("--document", help="HMAC of a document: write its bundle if the export is in order")
    parser.add_argument("--bundle", default="bundle.json", help="where to write the bundle (bundle.json)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
