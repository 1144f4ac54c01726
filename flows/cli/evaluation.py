"""The report in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from flows.cli.output import table
from flows.evaluation.words import difference, share

_WIDE: Final = 160
"""Characters that every column takes; also what is printed where there is no screen."""
_NUMBERS: Final = ("spans", "recall", "any", "exact", "by policy", "precision", "documents")


def write_tables(report: Mapping[str, Any]) -> None:
    """Print the figures of each system, then how they differ; a narrow screen gets fewer columns."""
    page = Console(highlight=False)
    if not page.is_terminal:
        page = Console(highlight=False, width=_WIDE)
    for system in report["systems"]:
        about = f"detector {system['detector']['name']}, policy {system['policy']['name']}"
        page.print(f"[bold]{escape(system['name'])}[/]: {escape(about)}")
        _spans(page, system)
        _documents(page, system)
        _speed(page, system["throughput"])
    if report["comparison"]:
        _comparison(page, report["comparison"])


def _spans(page: Console, system: Mapping[str, Any]) -> None:
    columns = {"recall": "recall", "any": "recall_any", "precision": "precision"}
    if page.width >= _WIDE:
        columns |= {"by policy": "recall_by_policy", "documents": "document_recall"}
    grid = table("", "set", "entity", "spans", *columns, numbers=_NUMBERS)
    places = [(one["set"], one) for one in system["sets"]]
    places += [("all", system["all"])] if len(places) > 1 else []
    for name, place in places:
        for entity, row in place["entities"].items():
            if row["recall"]["total"]:
                figures = (share(row[figure]) for figure in columns.values())
                grid.add_row(escape(name), entity, str(row["recall"]["total"]), *figures)
    page.print(grid)


def _documents(page: Console, system: Mapping[str, Any]) -> None:
    leaks, over = system["all"]["leaks"], system["all"]["over_routing"]
    grid = table("", "documents", "of", "share", numbers=("of", "share"))
    for name, one in (
        ("leak: a direct identifier, sent in clear", leaks["cleared"]),
        ("leak: one still stands in what is sent, either way", leaks["left"]),
        ("leak: any name of a person, sent in clear", leaks["cleared_any_person"]),
        ("over-routed: ordinary, not allowed out in any form", over["held"]),
        ("over-routed: ordinary without public names, held or pseudonymised", over["held_or_pseudonymised"]),
    ):
        grid.add_row(name, f"{one['hits']} of {one['total']}", share(one, 4))
    page.print(grid)
    levels = table(
        "", "expected level", *system["all"]["confusion"], numbers=tuple(system["all"]["confusion"])
    )
    for expected, row in system["all"]["confusion"].items():
        levels.add_row(expected, *(str(count) for count in row.values()))
    page.print(levels)


def _speed(page: Console, speed: Mapping[str, Any]) -> None:
    page.print(
        f"{speed['documents']} documents in {speed['seconds']:.1f} s, one process: "
        f"{speed['documents_per_second']} documents/s, {speed['characters_per_second']} characters/s\n"
    )


def _comparison(page: Console, comparison: Mapping[str, Any]) -> None:
    title = escape(f"{comparison['second']} minus {comparison['first']}")
    grid = table(title, "set", "entity", "spans", "recall", "p", "any", "p any", "by policy", "p by policy")
    places = [(one["set"], one) for one in comparison["sets"]] + [("all", comparison["all"])]
    for name, place in places:
        for entity, row in place["entities"].items():
            if name != "all" and not any(_differs(row[criterion]) for criterion in row):
                continue
            cells = [
                cell
                for criterion in ("recall", "recall_any", "recall_by_policy")
                for cell in (difference(row[criterion]), f"{row[criterion]['mcnemar_p']:.2g}")
            ]
            grid.add_row(escape(name), entity, str(row["recall"]["total"]), *cells)
    for name, row in comparison["documents"].items():
        grid.add_row("documents", name, str(row["total"]), difference(row), f"{row['mcnemar_p']:.2g}")
    page.print(grid)
    page.print("[dim]Sets and entities without any difference are left out.[/]")


def _differs(one: Mapping[str, Any]) -> bool:
    return bool(one["only_first"] or one["only_second"])
