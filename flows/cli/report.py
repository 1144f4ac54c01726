"""How a run looks while it works and when it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from flows.cli.output import table, talk
from policies.levels import Level, Route
from storage.errors import StorageError
from storage.ledger import Ledger
from storage.work.summary import RunSummary

_MICRO = 1_000_000


@contextmanager
def watched(ledger: Ledger, run: str, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show how many documents of the run are settled, read from the database twice a second."""
    if quiet:
        yield lambda: None
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("run {task.fields[run]}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("documents"),
        TimeElapsedColumn(),
        console=talk,
        transient=True,
    )
    ended = threading.Event()
    with bar:
        shown = bar.add_task("run", run=run, total=None)

        def refresh() -> None:
            progress = ledger.progress(run)
            bar.update(shown, completed=progress.documents_settled, total=progress.documents or None)

        def poll() -> None:
            while not ended.wait(0.5):
                try:
                    refresh()
                except StorageError:
                    continue  # the work itself says so, with an exit code

        watcher = threading.Thread(target=poll, name="progress", daemon=True)
        watcher.start()
        try:
            yield lambda: None
        finally:
            ended.set()
            watcher.join()


def write_summary(page: Console, summary: RunSummary) -> None:
    """Print a run's documents by level and route, and what it cost."""
    grid = table(f"Run {summary.run}: {summary.state.value}", "", "documents", numbers=("documents",))
    for level in Level:
        if count := summary.by_level.get(level.label, 0):
            grid.add_row(f"level {level.label}", str(count))
    grid.add_section()
    for route in Route:
        if count := summary.by_route.get(route.value, 0):
            cost = summary.cost_by_route.get(route.value, 0)
            grid.add_row(f"route {route.value}", str(count) + (f"   ${cost / _MICRO:.4f}" if cost else ""))
    grid.add_section()
    for state, count in summary.by_state.items():
        if count:
            grid.add_row(str(state), str(count))
    page.print()
    page.print(grid)
    page.print(
        f"\n{summary.documents} documents · {summary.prompt_tokens + summary.completion_tokens:,} tokens · "
        f"${summary.cost_microusd / _MICRO:.4f} · {summary.seconds:.1f} s"
    )
