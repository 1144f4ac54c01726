"""The report as one page: nothing is fetched, no script runs, and every word from the data is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any, Final

from flows.evaluation import plots
from flows.evaluation.sections import comparison, conditions, confusion, data, definitions, head
from flows.evaluation.words import number, share

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Cordon: evaluation</title>
<style>
{style}</style>
</head>
<body><main>
"""
_SPANS: Final = {
    "recall": "recall",
    "recall_any": "any finding",
    "recall_by_policy": "by the policy",
    "recall_exact": "exact",
    "precision": "precision",
    "document_recall": "documents touched",
    "document_recall_complete": "documents whole",
}
_LEAKS: Final = {
    "cleared": "A direct identifier, and sent as it is",
    "left": "One still stands in what is sent, either way",
    "left_in_part": "A part of one still stands in what is sent",
    "cleared_any_person": "A direct identifier or any name, and sent as it is",
    "left_any_person": "One of these still stands in what is sent",
}
_OVER: Final = {
    "held": "Not allowed to the closed API in any form",
    "held_nameless": "The same, without documents that truly name somebody",
    "held_or_pseudonymised": "Held or pseudonymised, without documents that truly name somebody",
}


def render(report: Mapping[str, Any]) -> str:
    """Return the page. It holds ids of nothing, and text of nobody: the report has neither."""
    systems = report["systems"]
    style = (resources.files("flows.evaluation") / "page.css").read_text(encoding="utf-8")
    parts = [_HEAD.replace("{style}", style), _top(report)]
    parts += [conditions(report["conditions"])] if report["conditions"] else []
    parts += [comparison(report["comparison"])] if report["comparison"] else []
    parts += [_figure("Recall", plots.recall(systems), _RECALL_CAPTION)]
    parts += [_figure("Score", plots.curves(systems), _CURVE_CAPTION)]
    for system in systems:
        parts += [_system(system, is_alone=len(systems) == 1)]
    parts += [data(report["data"]), definitions(), "</main></body></html>\n"]
    return "\n".join(parts)


_RECALL_CAPTION: Final = (
    "Filled: found with the right entity, with its 95 % interval. Hollow: met by any finding, which hides it "
    "as well. Sets that do not label the entity are left out."
)
_CURVE_CAPTION: Final = (
    "Solid: recall. Dotted: precision. Each point counts only findings of at least this score, over all "
    "sets; a model that gives every name one score makes a step."
)


def _top(report: Mapping[str, Any]) -> str:
    documents = sum(one["documents"] for one in report["data"])
    spans = sum(one["spans"] for one in report["data"])
    names = " against ".join(f"<b>{escape(one['name'])}</b>" for one in report["systems"])
    return (
        f"<h1>How wrong the detector is</h1>\n"
        f'<p class="soft">{names} on {number(documents)} documents of {len(report["data"])} sets with '
        f"{number(spans)} labelled spans. 95 % intervals in brackets.</p>\n"
        + "".join(
            (f'<h3 class="{colour}">{escape(one["name"])}</h3>' if len(report["systems"]) > 1 else "")
            + _cards(one)
            for one, colour in zip(report["systems"], ("first", "second"), strict=False)
        )
    )


def _cards(system: Mapping[str, Any]) -> str:
    everything, speed = system["all"], system["throughput"]
    leak, over = everything["leaks"]["cleared"], everything["over_routing"]["held"]
    person = everything["entities"].get("PERSON", {}).get("recall")
    shown = [
        _card(
            "Leak rate",
            leak,
            f"of documents with a direct identifier; at most {_percent(leak['upper_bound_95'])}",
        ),
        _card("Over-routing", over, "of ordinary documents are kept in the house"),
    ]
    shown += [_card("Recall of persons", person, "of labelled names are found")] if person else []
    rate = f"{speed['documents_per_second']:,.0f}" if speed["documents_per_second"] else "–"  # noqa: RUF001 - a dash
    shown.append(
        f'<div class="card"><span class="name">Speed</span><b>{rate}</b>'
        f"<span>documents a second in one process</span></div>"
    )
    return f'<div class="cards">{"".join(shown)}</div>\n'


def _card(name: str, one: Mapping[str, Any], says: str) -> str:
    value = "–" if one["share"] is None else _percent(one["share"])  # noqa: RUF001 - a dash
    interval = f"[{_percent(one['low'])}, {_percent(one['high'])}]" if one["total"] else "nothing was counted"
    return (
        f'<div class="card"><span class="name">{name}</span><b>{value}</b>'
        f"<span>{one['hits']} of {one['total']} {interval}</span><span>{says}</span></div>"
    )


def _system(system: Mapping[str, Any], *, is_alone: bool) -> str:
    detector, policy = system["detector"], system["policy"]
    title = "" if is_alone else f"<h2>{escape(system['name'])}</h2>"
    everything = system["all"]
    speed = system["throughput"]["milliseconds_per_document"]
    stages = [
        f"{name.replace('_', ' ')} {value:.2f} ms" for name, value in speed.items() if value is not None
    ]
    return "\n".join(
        [
            title,
            (
                f'<p class="soft">Detector {escape(detector["name"])} <code>{detector["digest"][:23]}</code>, policy '
                f"{escape(policy['name'])} {policy['version']} <code>{policy['digest'][:23]}</code>. "
                f"A document costs: {', '.join(stages)}. Incomplete assessments: {everything['incomplete']}.</p>"
            ),
            "<h2>Spans and documents by set</h2>" if is_alone else "<h3>Spans and documents by set</h3>",
            _spans(system),
            "<h2>Leaks</h2>" if is_alone else "<h3>Leaks</h3>",
            _shares(_LEAKS, everything["leaks"], bound=True),
            _by_entity(everything["leaks"]["cleared_by_entity"]),
            "<h2>Over-routing</h2>" if is_alone else "<h3>Over-routing</h3>",
            _shares(_OVER, everything["over_routing"], bound=False),
            _rules(everything["over_routing"]["rules"]),
            "<h2>Levels and routes</h2>" if is_alone else "<h3>Levels and routes</h3>",
            confusion(everything["confusion"]),
            f"<figure>{plots.routes(system)}</figure>",
        ]
    )


def _spans(system: Mapping[str, Any]) -> str:
    places = [(one["set"], one) for one in system["sets"]]
    places = [("all", system["all"]), *places] if len(places) > 1 else places
    rows = "".join(_place(name, place["entities"]) for name, place in places)
    heading = head(["set", "entity", "#spans", *_SPANS.values()])
    return f'<div class="scroll"><table>{heading}{rows}</table></div>'


def _place(name: str, entities: Mapping[str, Any]) -> str:
    """Return the rows of one set; its name stands in the first."""
    rows: list[str] = []
    for entity, row in entities.items():
        if not row["recall"]["total"]:
            continue
        shown = escape(name) if not rows else ""
        cells = "".join(f"<td>{_interval(row[figure])}</td>" for figure in _SPANS)
        rows.append(
            f'<tr class="{"all" if name == "all" else ""}"><td>{shown}</td><td>{escape(entity)}</td>'
            f'<td class="n">{row["recall"]["total"]}</td>{cells}</tr>'
        )
    return "".join(rows)


def _shares(names: Mapping[str, str], shares: Mapping[str, Any], *, bound: bool) -> str:
    rows: list[str] = []
    for name, says in names.items():
        one = shares[name]
        most = f"<td>{_percent(one['upper_bound_95'])}</td>" if bound else ""
        rows.append(
            f'<tr><td>{says}</td><td class="n">{one["hits"]} of {one["total"]}</td><td>{share(one, 4)}</td>{most}</tr>'
        )
    heading = head(["documents", "#", "share", *(["at most (95 %)"] if bound else [])])
    return f'<div class="scroll"><table>{heading}{"".join(rows)}</table></div>'


def _by_entity(shares: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><td>{escape(entity)}</td><td class="n">{one["hits"]} of {one["total"]}</td><td>{share(one, 4)}</td></tr>'
        for entity, one in shares.items()
    )
    return f"<table>{head(['leaking documents by entity', '#', 'share'])}{rows}</table>" if rows else ""


def _rules(rules: Mapping[str, int]) -> str:
    rows = "".join(
        f'<tr><td><code>{escape(name)}</code></td><td class="n">{count}</td></tr>'
        for name, count in rules.items()
    )
    return f"<table>{head(['rule that fired on one of these', '#documents'])}{rows}</table>" if rows else ""


def _figure(title: str, drawn: str, caption: str) -> str:
    return f"<h2>{title}</h2><figure>{drawn}<figcaption>{caption}</figcaption></figure>" if drawn else ""


def _interval(one: Mapping[str, Any]) -> str:
    if one["share"] is None:
        return "–"  # noqa: RUF001 - a dash
    return f"{one['share']:.3f} <small>[{one['low']:.3f}, {one['high']:.3f}]</small>"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
