"""Typography: what word processors, typesetters and mail programs do to a value without asking."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import (
    CASELESS,
    EVERY,
    GROUPED,
    SEPARATORS,
    Kind,
    Operator,
    Shape,
    between_groups,
    break_point,
    groups,
    inserting,
    joining,
    same,
    without,
)

LINE_BREAKING = "Unicode TR14, line breaking"
DASHES = "The Unicode Standard, section 6.2 (dashes and spaces)"
HOUSE_STYLE = "notations of the same number on forms and letterheads (ITU-T E.123 for telephones)"
MARKUP = "CommonMark 0.31, emphasis and escapes"
SOFT_HYPHEN = "\u00ad"
BULLETS = "\u2022\u25cf\u25e6"

_operator = partial(Operator, kind=Kind.TYPOGRAPHY)
_grouping = partial(_operator, shapes=GROUPED, undo=same)


def _wrap(before: str, after: str) -> Callable[[str, random.Random], str]:
    def apply(value: str, rng: random.Random) -> str:
        at = break_point(value, rng)
        return f"{value[:at].rstrip(' ')}{before}\n{after}{value[at:]}"

    return apply


def _ungrouped(value: str, _: random.Random) -> str:
    return SEPARATORS.sub("", value)


def _regrouped(value: str, rng: random.Random) -> str:
    letters, usual = SEPARATORS.sub("", value), [len(group) for group in groups(value)]
    while len(letters) > 1:
        parts, at = [], 0
        while at < len(letters):
            size = rng.randint(1, 4)
            parts.append(letters[at : at + size])
            at += size
        if [len(part) for part in parts] != usual:
            return " ".join(parts)
    return value


def _thousands(value: str, _: random.Random) -> str:
    digits = SEPARATORS.sub("", value)
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", digits)


def _half_bold(value: str, rng: random.Random) -> str:
    at = break_point(value, rng)
    return f"**{value[:at]}**{value[at:]}"


def _escaped(value: str, _: random.Random) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", value)


OPERATORS: tuple[Operator, ...] = (
    _grouping(name="en_dash", source=DASHES, apply=between_groups("\u2013")),
    _grouping(name="em_dash", source=DASHES, apply=between_groups("\u2014\u2015")),
    _grouping(name="no_break_hyphen", source=DASHES, apply=between_groups("\u2011")),
    _grouping(name="minus_or_figure_dash", source=DASHES, apply=between_groups("\u2012\u2212\u2010\ufe63\uff0d")),
    _grouping(name="no_break_space", source=DASHES, apply=between_groups("\u00a0\u202f")),
    _grouping(name="narrow_spaces", source=DASHES, apply=between_groups("\u2007\u2008\u2009\u200a\u2005")),
    _grouping(name="ideographic_space", source=DASHES, apply=between_groups("\u3000\u2003\u2002")),
    _grouping(name="spaced_hyphens", source=HOUSE_STYLE, apply=joining(" - ")),
    _grouping(name="spaced_en_dashes", source=DASHES, apply=joining(" \u2013 ")),
    _grouping(name="wide_gaps", source="justified text and fixed-width forms", apply=joining("    ")),
    _grouping(name="full_stops", source=HOUSE_STYLE, apply=joining(".")),
    _grouping(name="slashes", source=HOUSE_STYLE, apply=joining("/")),
    _grouping(name="spaced_slashes", source=HOUSE_STYLE, apply=joining(" / ")),
    _grouping(name="backslashes", source=HOUSE_STYLE, apply=joining("\\")),
    _grouping(name="middle_dots", source="The Unicode Standard, section 6.2", apply=joining("\u00b7")),
    _grouping(name="bullets", source="list marks used as separators", apply=between_groups(BULLETS)),
    _grouping(name="low_lines", source="file names and identifiers in code", apply=joining("_")),
    _grouping(name="commas", source="lists of numbers", apply=joining(", ")),
    _grouping(name="colons", source="notation of hardware addresses (IEEE 802)", apply=joining(":")),
    _grouping(name="tildes", source="notations in chats", apply=joining("~")),
    _grouping(name="plus_signs", source="spaces in form data (HTML, application/x-www-form-urlencoded)", apply=joining("+")),
    _operator(
        name="parentheses",
        source=HOUSE_STYLE,
        shapes=GROUPED,
        apply=lambda value, _: " ".join(f"({group})" for group in groups(value)),
        undo=same,
    ),
    _grouping(name="no_separators", source="fields of databases and forms", apply=_ungrouped, ungroups=True),
    _grouping(name="other_groups", source="numbers read out or typed in haste", apply=_regrouped, ungroups=True),
    _operator(
        name="thousands",
        source="spreadsheets that take an identifier for an amount",
        shapes=frozenset({Shape.NUMBER}),
        apply=_thousands,
        undo=same,
        ungroups=True,
    ),
    _operator(
        name="soft_hyphens",
        source="Unicode TR14, SOFT HYPHEN in hyphenated text",
        shapes=EVERY,
        apply=inserting(SOFT_HYPHEN, share=0.3),
        undo=without(SOFT_HYPHEN),
    ),
    _operator(name="line_wrap", source=LINE_BREAKING, shapes=EVERY, apply=_wrap("", ""), undo=same),
    _operator(
        name="indented_wrap", source="continued lines of forms and headers (RFC 5322, 2.2.3)",
        shapes=EVERY, apply=_wrap("", "      "), undo=same,
    ),
    _operator(
        name="hyphenated_wrap", source=LINE_BREAKING, shapes=CASELESS - {Shape.DOTTED},
        apply=_wrap("-", ""), undo=without(r"-\n\s*"),
    ),
    _operator(name="half_bold", source=MARKUP, shapes=EVERY, apply=_half_bold, undo=without(r"\*\*")),
    _operator(name="escaped_signs", source=MARKUP, shapes=EVERY, apply=_escaped, undo=without(r"\\(?=[^\w\s])")),
    _operator(
        name="bracketed",
        source="filled boxes of printed forms",
        shapes=frozenset({Shape.NUMBER}),
        apply=lambda value, _: "".join(f"[{digit}]" for digit in SEPARATORS.sub("", value)),
        undo=same,
        ungroups=True,
    ),
)  # fmt: skip
