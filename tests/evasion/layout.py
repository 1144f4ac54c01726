"""Layout: the value is all there, spread over cells, lines, quotes, code or sentences."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import EVERY, GROUPED, SEPARATORS, Kind, Operator, Shape, groups, same, without

TABLES = "GitHub Flavored Markdown, tables"
CSV = "RFC 4180"
FORMAT_FLOWED = "RFC 3676, quoted and flowed mail"
CODE = "string expressions of programming languages"
CHARACTER_SPACE = "PyRIT's character space converter"
JOIN = "PyRIT's string join converter"
FRAGMENTS = "split payloads in the prompt injection literature (Kang et al. 2023)"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_operator = partial(Operator, kind=Kind.LAYOUT)
_grouping = partial(_operator, shapes=GROUPED, undo=same)


def _spaced(mark: str) -> Callable[[str, random.Random], str]:
    def apply(value: str, _: random.Random) -> str:
        return mark.join(SEPARATORS.sub("", value) if mark.strip() else value.replace(" ", ""))

    return apply


def _pieces(value: str, rng: random.Random) -> list[str]:
    """Return two to four pieces of `value`, its groups where it has that many."""
    usual = groups(value)
    if (
        2 <= len(usual) <= 4
        and "".join(usual) == SEPARATORS.sub("", value)
        and not re.search(r"[^\w\s/().-]", value)
    ):
        return usual
    cuts = sorted(rng.sample(range(1, len(value)), min(2, len(value) - 1)))
    return [value[start:end] for start, end in zip([0, *cuts], [*cuts, len(value)], strict=True)]


def _in_parts(value: str, rng: random.Random) -> str:
    return ", ".join(f"{ORDINALS[at]} part {piece}" for at, piece in enumerate(_pieces(value, rng)))


def _added(value: str, rng: random.Random) -> str:
    return " + ".join(json.dumps(piece) for piece in _exact_pieces(value, rng))


def _exact_pieces(value: str, rng: random.Random) -> list[str]:
    cuts = sorted(rng.sample(range(1, len(value)), min(2, len(value) - 1)))
    return [value[start:end] for start, end in zip([0, *cuts], [*cuts, len(value)], strict=True)]


def _unadded(text: str) -> str:
    return "".join(json.loads(piece) for piece in re.findall(r'"(?:[^"\\]|\\.)*"', text))


def _variables(value: str, rng: random.Random) -> str:
    return "\n".join(f"part{at}={piece}" for at, piece in enumerate(_exact_pieces(value, rng), start=1))


def _tagged(value: str, rng: random.Random) -> str:
    return "".join(f"<span>{piece}</span>" for piece in _exact_pieces(value, rng))


def _commented(mark: str) -> Callable[[str, random.Random], str]:
    def apply(value: str, rng: random.Random) -> str:
        return mark.join(_exact_pieces(value, rng))

    return apply


def _list_of_lines(value: str, rng: random.Random) -> str:
    return "\n" + "\n".join(f"- {piece}" for piece in _exact_pieces(value, rng)) + "\n"


def _backwards(value: str, _: random.Random) -> str:
    return value[::-1]


def _rows(value: str, _: random.Random) -> str:
    return " ".join(f"{at}:{digit}" for at, digit in enumerate(SEPARATORS.sub("", value), start=1))


OPERATORS: tuple[Operator, ...] = (
    _operator(
        name="letter_spacing", source=CHARACTER_SPACE, shapes=EVERY, apply=_spaced(" "), undo=without(" ")
    ),
    _operator(name="wide_letter_spacing", source=CHARACTER_SPACE, shapes=EVERY, apply=_spaced("  "), undo=without(" ")),
    _operator(name="hyphen_spacing", source=JOIN, shapes=GROUPED, apply=_spaced("-"), undo=same, ungroups=True),
    _operator(name="dot_spacing", source=JOIN, shapes=GROUPED, apply=_spaced("."), undo=same, ungroups=True),
    _operator(name="comma_spacing", source=JOIN, shapes=GROUPED, apply=_spaced(", "), undo=same, ungroups=True),
    _operator(name="bar_spacing", source=JOIN, shapes=GROUPED, apply=_spaced(" | "), undo=same, ungroups=True),
    _operator(name="vertical", source=CHARACTER_SPACE, shapes=EVERY, apply=_spaced("\n"), undo=without("\n")),
    _grouping(name="table_cells", source=TABLES, apply=lambda value, _: f"| {' | '.join(groups(value))} |"),
    _grouping(name="csv_fields", source=CSV, apply=lambda value, _: ",".join(f'"{group}"' for group in groups(value))),
    _grouping(name="tabs", source="text/tab-separated-values (IANA)", apply=lambda value, _: "\t".join(groups(value))),
    _grouping(name="semicolons", source="CSV as spreadsheets with a decimal comma write it", apply=lambda value, _: ";".join(groups(value))),
    _operator(
        name="html_cells", source="HTML, tables", shapes=GROUPED,
        apply=lambda value, _: "".join(f"<td>{group}</td>" for group in groups(value)), undo=without("</?td>"),
    ),
    _operator(
        name="json_list", source="RFC 8259", shapes=frozenset({Shape.NUMBER}),
        apply=lambda value, _: json.dumps([int(c) for c in value if c in "0123456789"]), undo=same, ungroups=True,
    ),
    _operator(
        name="quoted_mail", source=FORMAT_FLOWED, shapes=EVERY, apply=_commented("\n> "), undo=without(r"\n> "),
    ),
    _operator(name="twice_quoted_mail", source=FORMAT_FLOWED, shapes=EVERY, apply=_commented("\n>> "), undo=without(r"\n>> ")),
    _operator(name="form_feeds", source="page breaks of printed text", shapes=EVERY, apply=_commented("\f"), undo=same),
    _operator(name="list_items", source="CommonMark, lists", shapes=EVERY, apply=_list_of_lines, undo=without(r"\n(?:- )?")),
    _operator(name="string_sum", source=CODE, shapes=EVERY, apply=_added, undo=_unadded),
    _operator(
        name="numbered_variables", source=FRAGMENTS, shapes=EVERY, apply=_variables, undo=without(r"\n?part\d=")
    ),
    _operator(
        name="parts_in_words", source=FRAGMENTS, shapes=GROUPED, apply=_in_parts,
        undo=without(r",? ?(?:first|second|third|fourth) part "),
    ),
    _operator(name="html_spans", source="HTML, inline elements", shapes=EVERY, apply=_tagged, undo=without("</?span>")),
    _operator(name="html_comments", source="HTML, comments", shapes=EVERY, apply=_commented("<!-- -->"), undo=without("<!-- -->")),
    _operator(name="word_break_tags", source="HTML, wbr", shapes=EVERY, apply=_commented("<wbr>"), undo=without("<wbr>")),
    _operator(name="code_comments", source="C and SQL, comments", shapes=EVERY, apply=_commented("/**/"), undo=without(r"/\*\*/")),
    _operator(name="latex_braces", source="LaTeX, grouping", shapes=EVERY, apply=_commented("{}"), undo=without(r"\{\}")),
    _operator(name="ansi_colours", source="ECMA-48 control sequences; PyRIT's ANSI converter", shapes=EVERY,
              apply=_commented("\x1b[1m"), undo=without(r"\x1b\[1m")),
    _operator(
        name="backwards", source="PyRIT's flip converter", shapes=EVERY, apply=_backwards,
        undo=lambda text: text[::-1], ungroups=True,
    ),
    _operator(
        name="numbered_digits", source=FRAGMENTS, shapes=frozenset({Shape.NUMBER}), apply=_rows,
        undo=without(r"(?:^| )\d+:"), ungroups=True,
    ),
)  # fmt: skip
