"""What a person reads in a terminal: tables, progress and problems. JSON goes to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

talk = Console(stderr=True, highlight=False)
"""Progress and problems: never mixed into what a program reads."""
page = Console(highlight=False)
"""What a command was asked for, for a person."""


def say_json(value: object) -> None:
    """Print one JSON value as one line on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")) + "\n")
    sys.stdout.flush()


def problem(message: str) -> None:
    """Say what is wrong and what to do about it."""
    talk.print("[bold red]✗[/]", message, soft_wrap=True, markup=True)


def note(message: str) -> None:
    """Say something in passing."""
    talk.print(f"[dim]{message}[/]", soft_wrap=True)


def line(text: str, *, style: str | None = None, markup: bool = True) -> None:
    """Print one line that the terminal may wrap but we do not: it can be copied whole."""
    page.print(text, style=style, markup=markup, soft_wrap=True)


def table(title: str, *columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """Return an empty table; the columns named in `numbers` are right-aligned."""
    made = Table(
        title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False
    )
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left")
    return made


def pairs(values: Mapping[str, object]) -> str:
    """Return `name value` pairs for one line."""
    return " · ".join(f"{value} {name}" for name, value in values.items())
