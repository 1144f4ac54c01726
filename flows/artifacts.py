"""What Prefect's UI shows of a night: numbers by level and route, never a name or a text."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

import matplotlib as mpl
from matplotlib.axes import Axes
from prefect import get_run_logger
from prefect.artifacts import (
    create_image_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from policies.levels import Level, Route
from storage.ledger import CanarySummary, Ledger
from storage.work.summary import RunSummary

mpl.use("agg")
from matplotlib import pyplot as plt

NIGHTS = 14
_FEWEST_BARS = 7
_LEVEL_COLOURS = {
    "public": "#9bc4a8",
    "internal": "#5f9ea0",
    "confidential": "#e2a13b",
    "regulated": "#b5443c",
}
_ROUTE_COLOURS = {
    "closed": "#7b8fd1",
    "closed_pseudonymised": "#b79cd9",
    "on_prem": "#3d5a80",
    "quarantine": "#8a8a8a",
}


class Progress:
    """How far a run is, as a bar on the flow run's page."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        self._ledger = ledger
        self._run = run
        self._artifact = cast("UUID", create_progress_artifact(0.0, key="progress", description=f"Run {run}"))

    def tell(self) -> None:
        """Bring the bar and the log of the flow run up to date."""
        progress = self._ledger.progress(self._run)
        done = 100 * progress.chunks_done / max(progress.chunks, 1)
        update_progress_artifact(self._artifact, done)
        get_run_logger().info(
            "Run %s: %d of %d chunks done, %d documents settled",
            self._run,
            progress.chunks_done,
            progress.chunks,
            progress.documents_settled,
        )


def in_words(summary: RunSummary) -> str:
    """Return the run's outcome in a line: `58 documents: 53 processed, 3 failed, 2 quarantined`."""
    ends = ", ".join(f"{count} {name}" for name, count in summary.by_state.items())
    said = f"{summary.documents} documents: {ends or 'none'}"
    return f"{said}; closed routes shut ({summary.canaries.shut})" if summary.canaries.shut else said


def publish(ledger: Ledger, summary: RunSummary) -> None:
    """Attach a table of the run, a plot of the newest nights, and what to look at next."""
    create_table_artifact(
        key="night-summary",
        table=[{"what": name, "value": value} for name, value in _rows(summary)],
        description=f"Run {summary.run}",
    )
    nights = [ledger.summary(head.run) for head in reversed(ledger.runs(limit=NIGHTS)) if not head.plan_only]
    create_image_artifact(
        key="nights",
        image_url="data:image/png;base64," + base64.b64encode(draw(nights)).decode(),
        description="Documents by level and by route, newest nights",
    )
    create_markdown_artifact(
        key="night-next", markdown=_next_steps(summary.run), description="What to look at next"
    )


def draw(nights: Sequence[RunSummary]) -> bytes:
    """Return a PNG of stacked bars: documents by level and by route, one bar a night."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), dpi=110, sharey=True)
    names = [f"{night.run[4:6]}-{night.run[6:8]}\n{night.run[-4:]}" for night in nights]
    _stack(
        left,
        "by level",
        names,
        [(level.label, [n.by_level for n in nights]) for level in Level],
        _LEVEL_COLOURS,
    )
    _stack(
        right,
        "by route",
        names,
        [(route.value, [n.by_route for n in nights]) for route in Route],
        _ROUTE_COLOURS,
    )
    left.set_ylabel("documents")
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def _stack(
    axes: Axes,
    title: str,
    names: Sequence[str],
    series: Iterable[tuple[str, Sequence[Mapping[str, int]]]],
    colours: Mapping[str, str],
) -> None:
    below = [0] * len(names)
    for name, counts in series:
        values = [count.get(name, 0) for count in counts]
        axes.bar(names, values, bottom=below, color=colours[name], label=name.replace("_", " "), width=0.7)
        below = [a + b for a, b in zip(below, values, strict=True)]
    axes.set_title(title, loc="left", fontsize=10)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(-0.6, max(len(names), _FEWEST_BARS) - 0.4)  # one night is a bar, not a wall
    axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _rows(summary: RunSummary) -> list[tuple[str, object]]:
    return [
        ("state", summary.state.value),
        ("documents", summary.documents),
        *((f"level {name}", count) for name, count in summary.by_level.items()),
        *((f"route {name}", count) for name, count in summary.by_route.items()),
        *((name, count) for name, count in summary.by_state.items()),
        ("prompt tokens", summary.prompt_tokens),
        ("completion tokens", summary.completion_tokens),
        ("cost, US dollars", f"{summary.cost_microusd / 1_000_000:.4f}"),
        ("seconds", round(summary.seconds, 1)),
        *_canary_rows(summary.canaries),
    ]


def _canary_rows(canaries: CanarySummary) -> list[tuple[str, object]]:
    recall = canaries.tally.recall
    if not recall.total:
        return []
    low, high = recall.interval()
    return [
        ("canaries", canaries.tally.canaries),
        ("canary recall", f"{recall.hits} of {recall.total}, {recall.value:.2%}"),
        ("canary recall, 95 % interval", f"{low:.2%} to {high:.2%}"),
        ("canaries that would have left", canaries.tally.cleared),
        ("closed routes", f"shut: {canaries.shut}" if canaries.shut else "open"),
        *(
            (f"canary recall, {name}", f"{one.hits} of {one.total}")
            for name, one in canaries.tally.entities.items()
            if one.hits < one.total
        ),
    ]


def _next_steps(run: str) -> str:
    return (
        f"- `cordon results --run {run} --json`: what was stored\n"
        f"- `cordon audit query --run {run} --json`: who decided what, and why\n"
        "- `cordon audit verify`: the log is whole\n"
    )
