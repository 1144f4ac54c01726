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

from flows.cli.output import line, pairs, table, talk
from pipeline.canaries import ShutReason
from policies.levels import Level, Route
from storage.errors import StorageError
from storage.ledger import CanarySummary, Ledger
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


_SHUT = {
    ShutReason.CLEARED: "a document with a known identifier would have left",
    ShutReason.RECALL: "recall is below the policy's floor",
    ShutReason.ENTITY_RECALL: "recall of one entity is below the policy's floor",
}


def canaries_in_words(canaries: CanarySummary) -> str:
    """Return what the canaries showed, in a line."""
    recall = canaries.tally.recall
    low, high = recall.interval()
    said = (
        f"{canaries.tally.canaries} canaries: {recall.hits} of {recall.total} identifiers found"
        f" (recall {recall.value:.1%}, 95 % interval {low:.1%} to {high:.1%})"
    )
    if canaries.shut is None:
        return said
    missed = [name for name, one in canaries.tally.entities.items() if one.hits < one.total]
    names = f"; missed: {', '.join(missed)}" if missed else ""
    return f"{said}. Closed routes shut: {_SHUT[canaries.shut]}{names}"


def write_summary(page: Console, summary: RunSummary) -> None:
    """Print a run: documents by level and route, how they ended, and what it cost."""
    routes = [route for route in Route if summary.by_route.get(route.value)]
    names = [route.value for route in routes]
    grid = table(f"Run {summary.run}: {summary.state.value}", "level", *names, "all", numbers=(*names, "all"))
    for level in Level:
        if count := summary.by_level.get(level.label):
            cells = [summary.by_level_and_route.get((level.label, name), 0) for name in names]
            grid.add_row(level.label, *(str(cell or "·") for cell in cells), str(count))
    totals = [summary.by_route[name] for name in names]
    grid.add_row("all", *map(str, totals), str(sum(totals)), style="bold")
    costs = [summary.cost_by_route.get(name, 0) / _MICRO for name in names]
    if any(costs):
        grid.add_row("cost, US$", *(f"{cost:.4f}" if cost else "·" for cost in costs), f"{sum(costs):.4f}")
    page.print()
    page.print(grid)
    ends = pairs({state: count for state, count in summary.by_state.items() if count})
    tokens = summary.prompt_tokens + summary.completion_tokens
    line(f"\n{summary.documents} documents: {ends}")
    if summary.canaries.tally.canaries:
        line(canaries_in_words(summary.canaries), style="bold red" if summary.canaries.shut else None)
    line(f"{tokens:,} tokens · ${summary.cost_microusd / _MICRO:.4f} · {summary.seconds:.1f} s")
