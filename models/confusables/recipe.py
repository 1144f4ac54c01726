"""Write the table by which views read odd letters: `python models/confusables/recipe.py OUT`.

Needs the package confusable-homoglyphs (MIT), which carries the confusables of Unicode's
UTS #39 (Unicode licence v3), and Python's own Unicode character database. No network.

Each code point that is not ASCII gets what a reader takes it for, in this order: nothing
(invisible, or a mark on a letter), a digit, its compatibility form, the letter that its
name says, the ASCII character that Unicode lists as confusable with it.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

MARKS = ((0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F))
UNSEEN = (
    *(
        (0x34F, 0x34F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2065, 0x2065),
        (0x2800, 0x2800),
    ),
    *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF)),
)
QUOTES = {"\u2018": "'", "\u2019": "'", "\u201b": "'", "\u201a": "'", "\u2032": "'", "\u02bc": "'"}
QUOTES |= {
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u201f": '"',
    "\u2033": '"',
    "\u00ab": '"',
    "\u00bb": '"',
}
UPSIDE_DOWN = {"\u0196": "1", "\u1105": "2", "\u0190": "3", "\u3123": "4", "\u03db": "5", "\u3125": "7"}
LETTER = re.compile(
    r"(?:.*(?:CIRCLED|SQUARED|PARENTHESIZED) LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER"
    r"|LATIN LETTER SMALL CAPITAL|MODIFIER LETTER (?:SMALL|CAPITAL)|LATIN SUBSCRIPT SMALL LETTER"
    r"|LATIN (?:SMALL|CAPITAL) LETTER(?: TURNED| REVERSED| SIDEWAYS| SCRIPT| DOTLESS| INSULAR)?) ([A-Z])"
)
STROKED = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH ")
LATIN_END = 0x250


def within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Return whether `code` lies in one of the closed `ranges`."""
    return any(first <= code <= last for first, last in ranges)


def plain_ascii(text: str) -> str:
    """Return `text` decomposed, without marks, if that is printable ASCII; else nothing."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    bare = bare.replace("\u2044", "/")
    return bare if bare.isascii() and bare.isprintable() else ""


def cased(letter: str, like: str) -> str:
    """Return `letter` in the case of the character it stands for."""
    return letter.lower() if unicodedata.category(like) == "Ll" else letter


def confusable(letter: str, table: dict[str, list[dict[str, str]]]) -> str:
    """Return the one ASCII character that `letter` is confused with, if any."""
    found = {one["c"] for one in table.get(letter, ()) if one["c"].isascii()}
    found = {"m" if one == "rn" else one for one in found}
    wanted = {"Lu": str.isupper, "Ll": str.islower}.get(unicodedata.category(letter))
    best = sorted(one for one in found if wanted and wanted(one)) or sorted(found)
    return best[0] if best and len(best[0]) == 1 else ""


def classes(  # noqa: C901, PLR0912 - a table in code, one branch a class
    table: dict[str, list[dict[str, str]]],
) -> Iterator[tuple[str, int, str]]:
    """Yield class, code point and reading of every code point that has one."""
    dashes = {one["c"] for one in table["\u30fc"]} | {"\u30fc", "\u2212", "\u2043", "\u02d7"}
    for code in range(0x80, 0x110000):
        letter = chr(code)
        category = unicodedata.category(letter)
        name = unicodedata.name(letter, "")
        if within(code, UNSEEN) or category == "Cf":
            yield "unseen", code, ""
        elif within(code, MARKS) or category == "Me":
            yield "mark", code, ""
        elif category in ("Cn", "Co", "Cs", "Cc"):
            continue
        elif category == "Zs":
            yield "typographic", code, " "
        elif category in ("Zl", "Zp"):
            yield "typographic", code, "\n"
        elif letter in QUOTES:
            yield "typographic", code, QUOTES[letter]
        elif category == "Pd" or (letter in dashes and category != "Lo"):
            yield "typographic", code, "-"
        elif (says := plain_ascii(letter)) and category != "Lo":
            if re.match("PARENTHESIZED|DIGIT|NUMBER", name):
                says = says.strip("().,") or says
            is_accented = code < LATIN_END or 0x1E00 <= code < 0x1F00
            is_accented = is_accented and category in ("Lu", "Ll") and len(says) == 1
            yield "accented" if is_accented else "typographic" if letter == "\u2026" else "styled", code, says
        elif letter in UPSIDE_DOWN:
            yield "lookalike", code, UPSIDE_DOWN[letter]
        elif category in ("Nd", "No", "Lo", "Nl") and (value := unicodedata.numeric(letter, -1)) >= 0:
            if value == int(value) and value < 100:
                yield "styled", code, str(int(value))
        elif code < LATIN_END and (match := STROKED.match(name)):
            yield "accented", code, cased(match[1], letter)
        elif match := (STROKED.match(name) or LETTER.fullmatch(name)):
            yield "styled", code, match[1] if "REGIONAL" in name else cased(match[1], letter)
        elif says := confusable(letter, table):
            yield "lookalike", code, says


def ranges(codes: list[int]) -> str:
    """Return ascending code points as hexadecimal numbers and closed ranges."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return " ".join(f"{one:x}" if one == last else f"{one:x}-{last:x}" for one, last in runs)


def main() -> None:
    """Write the table to the file that the command line names."""
    raw = (files("confusable_homoglyphs") / "confusables.json").read_text(encoding="utf-8")
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, code, says in classes(json.loads(raw)):
        rows[kind, says].append(code)
    lines = [
        f"{kind}\t{says.encode('unicode_escape').decode()}\t{ranges(codes)}"
        for (kind, says), codes in rows.items()
    ]
    Path(sys.argv[1]).write_text(
        "\n".join(["# class, reading, code points", *sorted(lines)]) + "\n", encoding="ascii"
    )


if __name__ == "__main__":
    main()
