"""`cordon results`: what was stored."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer

from flows.cli.output import note, page, say_json, table
from flows.errors import Usage
from flows.settings import current_settings
from flows.wiring import open_stores
from storage.results import read_results

app = typer.Typer()
_SHOWN_CHARACTERS = 90


@app.command()
def results(
    run: Annotated[str | None, typer.Option(help="A run's id; without one, the newest run.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a document.")] = False,
) -> None:
    """Print what became of each document: level, route, state and answer."""
    with open_stores(current_settings()) as stores:
        newest = stores.ledger.runs(limit=1)
        if run is None and not newest:
            note("No run yet. `cordon run examples/documents` makes one.")
            return
        wanted = run or newest[0].run
        if run is not None and not stores.ledger.has_run(run):
            raise Usage("No run has that id. `cordon status` and the Prefect UI list them.")
        lines = read_results(stores.database, stores.vault, wanted)
        if json:
            for line in lines:
                say_json(line)
            return
        grid = table(f"Run {wanted}", "document", "level", "route", "state", "answer or reason")
        for line in lines:
            answer = line["answer"]
            said = jsonlib.dumps(answer, ensure_ascii=False) if answer is not None else str(line["reason"])
            grid.add_row(
                str(line["ref"]),
                str(line["level"]),
                str(line["route"]),
                str(line["state"]),
                said[:_SHOWN_CHARACTERS],
            )
        page.print(grid)
