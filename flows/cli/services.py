"""`cordon up | down | status`: the local services."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from flows import local
from flows.cli.output import note, page, say_json, table
from flows.settings import load_settings

app = typer.Typer()


@app.command()
def up() -> None:
    """Start PostgreSQL, Prefect with its UI and the nightly schedule, and the on-prem model."""
