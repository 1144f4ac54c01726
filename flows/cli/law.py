"""`cordon policy check`: a policy in words, and what it forgets."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.output import line
from flows.law import read_policy
from flows.settings import current_settings
from flows.wiring import load_detector
from policies.explain import explain

app = typer.Typer(help="Look at policies.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Look at policies."""


@app.command()
def check(
    policy: Annotated[str | None, typer.Argument(help="A shipped policy's name, or a YAML file.")] = None,
) -> None:
    """Check a policy, explain it in words, and list the entities that it forgets."""
    settings = current_settings()
    law = read_policy(policy or settings.policy)
    for sentence in explain(law, load_detector(settings).entities):
        line(sentence, markup=False)
