"""Parts of the page that stand by themselves: comparison, conditions, levels, data, and what the words mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from flows.evaluation.words import difference, number

_CRITERIA: Final = {"recall": "recall", "recall_any": "any finding", "recall_by_policy": "by the policy"}
_DOCUMENTS: Final = {
    "leaks": "leak: a direct identifier, sent as it is",
    "leaks_left": "leak: one still stands in what is sent",
    "over_routing": "ordinary, not allowed out in any form",
    "over_routing_or_pseudonymised": "ordinary and nameless, held or pseudonymised",
}
_UNLIKELY: Final = 0.05
_WORDS: Final = {
    "Recall": "Share of labelled spans that share a character with a finding of the same entity. "
    "“Any finding” asks for no entity, “by the policy” for a score that reaches the policy's threshold, "
    "“exact” for the very same span.",
    "Precision": "Share of findings that share a character with a labelled span of their entity, counted only where "
    "the set labels that entity.",
    "Documents touched, whole": "Share of documents with a labelled span of the entity in which at least one, "
    "or every one, was found.",
    "Direct identifier": "A labelled span of an entity that alone makes a document at least confidential under the "
    "policy; a person's name where the document is about health or finance. Places, organisations and dates never.",
    "Leak": "A document that holds a direct identifier and is routed to the closed API as it is. “Still stands” "
    "also counts documents that go out pseudonymised and still say one. The bound says: with 95 % confidence the true "
    "rate is not above it.",
    "Over-routing": "Documents known to be non-sensitive that are kept from the closed API.",
    "Intervals": "95 %: Wilson's, or Clopper and Pearson's exact one where fewer than ten hits or misses were seen. "
    "They take spans as independent; spans of one document are not quite, so that the true intervals are wider.",
    "p": "McNemar's exact test on what only one of the two found; not adjusted for the number of rows.",
}


def comparison(told: Mapping[str, Any]) -> str:
    """Return how the second system differs from the first, by set and entity, and by document."""
    first, second = escape(told["first"]), escape(told["second"])
    places = [*((one["set"], one) for one in told["sets"]), ("all", told["all"])]
    rows = []
    for name, place in places:
        for entity, row in place["entities"].items():
            if name != "all" and not any(one["only_first"] + one["only_second"] for one in row.values()):
                continue
            cells = "".join(_cells(row[criterion]) for criterion in _CRITERIA)
            rows.append(
                f'<tr class="{"all" if name == "all" else ""}"><td>{escape(name)}</td><td>{escape(entity)}</td>'
                f'<td class="n">{row["recall"]["total"]}</td>{cells}</tr>'
            )
    head = "".join(f"<th>{says}</th><th class='n'>p</th>" for says in _CRITERIA.values())
    documents = "".join(
        f'<tr><td>{_DOCUMENTS[name]}</td><td class="n">{row["total"]}</td>{_cells(row, more_is_better=False)}</tr>'
        for name, row in told["documents"].items()
    )
    speed = told["speed"]["second_to_first"]
    return (
        f"<h2>Side by side</h2>"
        f'<p><span class="first">{first}</span> &nbsp; <span class="second">{second}</span></p>'
        f'<p class="soft">What the second adds to the first, over the same spans and documents, with 95 % intervals. '
        "Sets and entities without any difference are left out."
        f"{f' Speed: {speed:.2f} times that of the first.' if speed else ''}</p>"
        f'<div class="scroll"><table><tr><th>set</th><th>entity</th><th class="n">spans</th>{head}</tr>'
        f"{''.join(rows)}</table></div>"
        f'<table><tr><th>documents</th><th class="n">of</th><th>difference</th><th class="n">p</th></tr>{documents}</table>'
        f"{_moves(told['routes'])}"
    )


def definitions() -> str:
    """Return what the words of the page mean."""
    return f"<h2>Words</h2><dl>{''.join(f'<dt>{name}</dt><dd>{says}</dd>' for name, says in _WORDS.items())}</dl>"


def confusion(table: Mapping[str, Mapping[str, int]]) -> str:
    """Return how expected levels and decided ones agree, what is too low in red."""
    rows = []
    order = list(table)
    for expected, row in table.items():
        total = max(1, sum(row.values()))
        cells = []
        for decided, count in row.items():
            is_below = order.index(decided) < order.index(expected)
            colour = "var(--wrong)" if is_below else "var(--heat)"
            cells.append(
                f'<td class="heat" style="background: rgba({colour}, {0.75 * count / total:.2f})">{count}</td>'
            )
        rows.append(f"<tr><td>{expected}</td>{''.join(cells)}</tr>")
    return (
        f"<table>{head(['expected, at least', *(f'#{name}' for name in order)])}{''.join(rows)}</table>"
        '<p class="soft">Documents by the level that their labels ask for at least, and the level that was decided. '
        "Red: decided below what was expected. Above is no mistake by itself: a topic can raise a document.</p>"
    )


def conditions(conditions: Sequence[Mapping[str, Any]]) -> str:
    """Return which conditions hold."""
    rows = "".join(
        f'<tr><td class="{"good" if one["holds"] else "bad"}">{"holds" if one["holds"] else "fails"}</td>'
        f"<td><code>{escape(one['condition'])}</code></td><td>{one['seen'] if one['seen'] is not None else 'nothing counted'}</td></tr>"
        for one in conditions
    )
    return f"<h2>Conditions</h2><table>{head(['', 'condition', 'seen'])}{rows}</table>"


def data(sets: Sequence[Mapping[str, Any]]) -> str:
    """Return what was measured on."""
    rows = "".join(
        f"<tr><td>{escape(one['set'])}</td><td>{one['format']}</td>"
        + "".join(
            f'<td class="n">{number(one[key])}</td>'
            for key in ("documents", "labelled", "ordinary", "spans", "characters")
        )
        + f"<td>{escape(', '.join(one['not_judged']))}</td><td><code>{one['digest'][7:19]}</code></td></tr>"
        for one in sets
    )
    heading = head(
        [
            "set",
            "format",
            "#documents",
            "#labelled",
            "#ordinary",
            "#spans",
            "#characters",
            "labels not judged",
            "SHA-256",
        ]
    )
    return f'<h2>Data</h2><div class="scroll"><table>{heading}{rows}</table></div>'


def head(columns: Iterable[str]) -> str:
    """Return a row of headings; one that begins with `#` is over numbers."""
    cells = "".join(
        f'<th class="n">{escape(name[1:])}</th>' if name.startswith("#") else f"<th>{escape(name)}</th>"
        for name in columns
    )
    return f"<tr>{cells}</tr>"


def _cells(row: Mapping[str, Any], *, more_is_better: bool = True) -> str:
    tone = ""
    if row["difference"] and row["mcnemar_p"] < _UNLIKELY:
        tone = "good" if (row["difference"] > 0) == more_is_better else "bad"
    return f'<td class="{tone}">{difference(row)}</td><td class="n">{row["mcnemar_p"]:.2g}</td>'


def _moves(routes: Mapping[str, Mapping[str, int]]) -> str:
    names = list(routes)
    head = "".join(f'<th class="n">{name}</th>' for name in names)
    rows = "".join(
        f"<tr><td>{one}</td>{''.join(f'<td class=n>{routes[one][other]}</td>' for other in names)}</tr>"
        for one in names
    )
    return f"<h3>Routes: the first's in rows, the second's in columns</h3><table><tr><th></th>{head}</tr>{rows}</table>"
