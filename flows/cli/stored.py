"""`cordon results`: what was stored."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from flows.cli.output import page, say_json, table
from flows.errors import Usage
from flows.settings import current_settings
from flows.wiring import open_stores
from storage.errors import StorageError
from storage.results import read_results

app = typer.Typer()


@app.command()
def results(
    run: Annotated[str | None, typer.Option(help="A run's id; without one, the newest run.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a document.")] = False,
) -> None:
    """Print what became of each document: level, route, state and answer."""
    grid = table("", "document", "level", "route", "state", "answer or reason")
    with open_stores(current_settings()) as stores:
        try:
            for line in read_results(stores.database, stores.vault, run=run):
                if json:
                    say_json(line.as_json())
                    continue
                grid.title = f"Run {line.run}"
                cells = (line.ref, line.level, line.route, line.state, line.answer or line.reason)
                grid.add_row(*(Text(cell or "") for cell in cells))  # an answer is no markup of ours
        except StorageError as error:
            if error.code != "no_such_run":
                raise
            raise Usage("There is no such run. `cordon run SOURCE` makes one.") from None
    if not json:
        page.print(grid)
