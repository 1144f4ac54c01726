"""The plots of a report, as SVG that stands inside a page and takes the page's colour for what is written.

They are drawn with one stand-in for ink, which becomes `currentColor`: the same plot is right on a light page,
on a dark one, and on paper.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_INK: Final = "#010203"
"""A colour that nothing else has."""
FIRST, SECOND = "#2a9d8f", "#d1713b"
"""Of the two systems; both stand out on white and on near-black."""
ROUTES: Final[Mapping[str, str]] = {
    "closed": "#6f9ceb",
    "closed_pseudonymised": "#b08fdc",
    "on_prem": "#2a9d8f",
    "quarantine": "#8f959e",
}
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "font.family": "sans-serif",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _INK,
    "grid.alpha": 0.14,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}
_MOST_ENTITIES: Final = 6
_FEWEST_SPANS: Final = 10
"""An entity with fewer spans in all gets a row in the table, but no plot: its interval fills it."""
_WIDTH: Final = 9.4
_ROW: Final = 0.24
"""Inches."""


def recall(systems: Sequence[Mapping[str, Any]]) -> str:
    """Return recall by set with its interval, a panel for each entity: right type filled, any finding hollow."""
    totals = {
        name: row["recall"]["total"]
        for name, row in systems[0]["all"]["entities"].items()
        if row["recall"]["total"] >= _FEWEST_SPANS
    }
    entities = sorted(totals, key=lambda name: -totals[name])[:_MOST_ENTITIES]
    if not entities:
        return ""
    columns = min(3, len(entities))
    rows = -(-len(entities) // columns)
    places = [one["set"] for one in systems[0]["sets"] if one["entities"]]
    height = rows * (0.75 + _ROW * (len(places) + 1) * len(systems))
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "recall"}):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, entity in zip(grid, entities, strict=False):
            _recall_panel(axes, entity, systems, [*places, "all"])
        for axes in grid[len(entities) :]:
            axes.set_axis_off()
        return _svg(figure, "Recall by set and entity with 95 % intervals")


def curves(systems: Sequence[Mapping[str, Any]]) -> str:
    """Return recall and precision over the least score of a finding that counts."""
    entities = list(systems[0]["curves"])
    if not entities:
        return ""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "curves"}):
        figure = Figure(figsize=(_WIDTH, 2.9), layout="constrained")
        grid = figure.subplots(1, len(entities), squeeze=False, sharey=True)[0]
        for axes, entity in zip(grid, entities, strict=True):
            for system, colour in zip(systems, (FIRST, SECOND), strict=False):
                points = system["curves"].get(entity, ())
                scores = [point["score"] for point in points]
                for figure_name, style in (("recall", "-"), ("precision", ":")):
                    values = [point[figure_name] for point in points]
                    label = f"{figure_name}, {system['name']}" if len(systems) > 1 else figure_name
                    axes.step([0.0, *scores], [*values[:1], *values], style, color=colour, label=label)
                    axes.plot(scores, values, ".", color=colour, markersize=3)
            axes.set_title(entity, loc="left", fontsize=10)
            axes.set_xlabel("findings count from this score")
            axes.set_ylim(0, 1.02)
            axes.set_xlim(0, 1.02)
            axes.grid(visible=True)
        grid[0].legend(loc="lower left", fontsize=8)
        return _svg(figure, "Recall and precision over the score")


def routes(system: Mapping[str, Any]) -> str:
    """Return where the documents of each set go, as shares of the set."""
    places = [*system["sets"], system["all"] | {"set": "all"}]
    with mpl.rc_context(_STYLE | {"svg.hashsalt": "routes"}):
        figure = Figure(figsize=(_WIDTH, 0.9 + 0.28 * len(places)), layout="constrained")
        axes = figure.subplots()
        for at, place in enumerate(reversed(places)):
            total, left = max(1, sum(place["routes"].values())), 0.0
            for route, colour in ROUTES.items():
                share = place["routes"][route] / total
                axes.barh(at, share, left=left, color=colour, height=0.72)
                if share > 0.06:  # noqa: PLR2004 - narrower than its own label
                    axes.text(left + share / 2, at, f"{share:.0%}", ha="center", va="center", fontsize=7.5)
                left += share
        axes.set_yticks(range(len(places)), [place["set"] for place in reversed(places)])
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        handles = [mpl.patches.Patch(color=colour, label=name) for name, colour in ROUTES.items()]
        figure.legend(
            handles=handles, labels=[*ROUTES], loc="outside upper left", ncols=len(ROUTES), fontsize=8
        )
        return _svg(figure, "Routes of the documents of each set")


def _recall_panel(
    axes: Axes, entity: str, systems: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> None:
    step = 0.3 if len(systems) > 1 else 0.0
    for number, (system, colour) in enumerate(zip(systems, (FIRST, SECOND), strict=False)):
        by_name = {one["set"]: one for one in system["sets"]} | {"all": system["all"]}
        for at, name in enumerate(reversed(names)):
            row = by_name[name]["entities"].get(entity)
            if row is None or not row["recall"]["total"]:
                continue
            y = at + (0.5 - number) * step
            right, either = row["recall"], row["recall_any"]
            axes.plot([right["low"], right["high"]], [y, y], color=colour, linewidth=1.6, alpha=0.65)
            axes.plot(right["share"], y, "o", color=colour, markersize=4.5)
            axes.plot(either["share"], y, "o", color=colour, markersize=5, fillstyle="none", linewidth=0.8)
    axes.set_yticks(range(len(names)), list(reversed(names)), fontsize=8)
    axes.axhline(0.5, linewidth=0.5, color=_INK, alpha=0.35)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlim(0, 1.02)
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.set_title(entity, loc="left", fontsize=10)


def _svg(figure: Figure, title: str) -> str:
    """Return the figure as an element of a page: no header, no fixed size, ink in the page's colour."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = buffer.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'<svg width="[^"]*" height="[^"]*"', "<svg", drawn, count=1)
    drawn = drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
    return drawn.replace(_INK, "currentColor")
