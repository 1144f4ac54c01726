"""The command line. Verbs live beside this file; here is only how a command ends.

Exit codes: 0 done · 1 something failed · 2 usage or configuration · 3 refused by a safety rule ·
4 a needed service is unavailable · 5 audit verification found tampering.
"""

from __future__ import annotations

import resource
import sys

import typer

from flows.cli import demo, detector, evaluate, evidence, gate, job, law, look, services, stored
from flows.cli.output import problem
from flows.errors import CommandError
from pipeline.errors import CordonError, TaskError
from policies.policy import PolicyError
from storage.audit.signer import SignerRefused
from storage.errors import KeyFileError, StorageError, UnsafeDatabase

_EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (PolicyError, 2),
    (TaskError, 2),
    (KeyFileError, 3),
    (UnsafeDatabase, 3),
    (SignerRefused, 5),
    (StorageError, 4),
)

app = typer.Typer(
    name="cordon",
    help="Batch document processing with language models: regulated text never leaves, and anyone can check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verbs in (job.app, look.app, stored.app, evaluate.app, services.app, gate.app, demo.app):
    app.add_typer(verbs)
app.add_typer(evidence.app, name="audit")
app.add_typer(law.app, name="policy")
app.add_typer(detector.app, name="detector")


def main() -> None:
    """Run one command; whatever goes wrong ends as one publishable line and an exit code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file holds text; services inherit this
    try:
        app()
    except CommandError as error:
        problem(str(error))
        sys.exit(error.exit_code)
    except (CordonError, PolicyError, TaskError) as error:
        problem(str(error))
        sys.exit(next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1))
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - a foreign exception may hold content: only its type is said
        problem(f"Internal error ({type(error).__name__}).")
        sys.exit(1)
