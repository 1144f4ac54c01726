"""The command line. Verbs live beside this file; here is only how a command ends.

Exit codes: 0 done · 1 something failed · 2 usage or configuration · 3 refused by a safety rule ·
4 a needed service is unavailable · 5 audit verification found tampering.
"""

from __future__ import annotations

import sys

import typer

from flows.cli import audit, evidence, job, policy, services
from flows.cli.output import problem
from flows.errors import CommandError
from policies.policy import PolicyError
from pipeline.errors import CordonError, TaskError
from storage.errors import StorageError

app = typer.Typer(
    name="cordon",
    help="Batch document processing with language models: regulated text never leaves, and anyone can check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
