"""Letters and digits that stand apart, lines that break inside a word, values that stick to a label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from pipeline.detect.views.reading import Piece
from pipeline.detect.views.worth import is_known, is_labelled, is_number

# Single letters or digits with a little between them; a longer gap parts words.
_SPACED: Final = re.compile(r"[^\W_](?<![^\W_][^\W_])(?:[\W_]{1,9}[^\W_](?![^\W_])){4,}")
_BETWEEN: Final = re.compile(r"[\W_]+")
_MANY_LETTERS: Final = 8
_SSN_DIGITS: Final = 9
_NANP: Final = re.compile(r"[2-9]\d\d[2-9]\d{6}")
"""A telephone number of North America."""
_WORD_EDGE: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z]{2})(?=\d)|(?<=\d)(?=[A-Za-z]{2})")
_BREAK: Final = re.compile(r"\n[ \t>|]*")
# With the mark of an item or of a quotation after it.
_ANY_BREAK: Final = re.compile(r"[ \t]{0,4}\r?\n(?:[ \t]{0,8}(?:[>|*•+]|-(?=[ \t]))){0,3}[ \t]{0,8}(?=[^\s])")
_GOES_ON: Final = "-._@/:+="
_FRAGMENT: Final = re.compile(r"[0-9@_]|://|\w\.\w")
_NUMBERED_LINE: Final = re.compile(r"\b([A-Za-z_]{1,12})(\d{1,2}) ?[:=] ?([^\n;]{1,60})[\n;]?")
_NUMBERED_DIGIT: Final = re.compile(r"(?<!\S)()(\d{1,2})[:=](\w)(?!\w)")
_DOMAIN_BEFORE: Final = re.compile(r"@[\w-]{1,60}(?:\.[\w-]{1,60}){0,4}\.?\Z")
# Not what stands before a function in a program: `@app.task`, `@app.task(…)`.
_AT_DOMAIN: Final = re.compile(
    r"@(?![\w.]{1,120}(?:\(|\n(?:async )?def |\nclass ))[\w-]{1,60}(?:\.\w|\.?\s*\Z|\.?\n)"
)
_ADDRESS_AFTER: Final = re.compile(r"[\w.+-]{0,60}@\w")
_SIDE: Final = 80
_NUMBER: Final = re.compile(
    r"(?<!\d)(?:\d{7,19}|\d{3}-\d{2}-\d{4}|\d{4}(?:[ -]\d{4}){3}|\d{1,3}(?:\.\d{1,3}){3}|\+?\d{0,3}\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4})(?!\d)"
)
_CODE: Final = re.compile(r"(?<![A-Za-z0-9])[a-z_]{0,10}([A-Z0-9]{8,40})[a-z_]{0,10}(?![A-Za-z0-9])")
_FEW_DIGITS: Final = 2
_REACH: Final = 24
_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9])_?[A-Za-z0-9][\w.+-]{0,60}@[A-Za-z0-9.-]{3,60}_?(?![A-Za-z0-9])"
)
_EDGE: Final = re.compile(r"(?<!\w)_(?=[A-Za-z(]{0,6}[0-9])|[0-9][A-Za-z]{0,4}_(?!\w)")
_TURNS: Final = re.compile(r"[A-Za-z]\d")
_FEWEST_DIGITS: Final = 6
_LONG: Final = 16
_CODE_TAIL: Final = re.compile(r"(?:[A-Z0-9]{1,20}[ ./-]{0,3}){1,10}\Z")
_CODE_HEAD: Final = re.compile(r"[ ./-]{0,3}(?:[A-Z0-9]{1,20}[ ./-]{0,3}){1,10}")
_CODE_LINE: Final = re.compile(r"[A-Za-z0-9@._:/+=-]{1,60}|[A-Z0-9]{1,9}(?:[ ./-]{1,2}[A-Z0-9]{1,9}){0,8}")
_CODE_GROUP: Final = re.compile("[A-Z0-9]+")
_DIGITS_BEFORE: Final = re.compile(r"[\d .()/-]*\d\Z")
_DIGITS_AFTER: Final = re.compile(r"\d[\d .()/-]*")
_MOST_TURNS: Final = 2
"""Turns from letters to digits in a word; a digest has more."""


def letters(text: str) -> Iterator[Piece]:
    """Yield words and numbers that are written letter by letter, put together."""
    for match in _SPACED.finditer(text):
        if _is_ordinary(text, match):
            continue
        says = shape(_together(match.group()))
        if sum(map(str.isalpha, says)) >= _MANY_LETTERS and " " not in says:
            says = f"{says} {_WORD_EDGE.sub(' ', says)}"
        yield Piece(match.start(), match.end(), says)


def _is_ordinary(text: str, match: re.Match[str]) -> bool:
    """Return whether these are a few numbers, a numbered heading, or abbreviations as `p.o. b.i.d.`."""
    shown = match.group()
    digits = sum(map(str.isdigit, shown))
    if digits > _FEWEST_DIGITS:
        return False
    gaps = set(_BETWEEN.findall(shown))
    signs = sum(map(str.isalnum, shown))
    goes_on = text[match.end() : match.end() + 1] == "." and text[match.end() + 1 : match.end() + 2].isdigit()
    return (
        digits == signs
        or (goes_on and gaps == {"."})
        or ("." in gaps and len(gaps) > 1 and signs < _MANY_LETTERS)
    )


def shape(says: str) -> str:
    """Return nine or ten digits that were hidden one by one in the shape of what has so many digits."""
    if len(says) == _SSN_DIGITS and says.isdigit():
        return f"{says[:3]}-{says[3:5]}-{says[5:]}"
    return f"({says[:3]}) {says[3:6]}-{says[6:]}" if _NANP.fullmatch(says) else says


def _together(spaced: str) -> str:
    gaps = _BETWEEN.findall(spaced)
    unit = Counter(gaps).most_common(1)[0][0]
    return _BETWEEN.sub(lambda gap: _gap(gap.group(), unit), spaced)


def _gap(gap: str, unit: str) -> str:
    """Return what stands between two letters beyond the usual `unit`: a sign, or a space for a wider gap."""
    if gap == unit:
        return ""
    if len(gap) > 2 * len(unit) and gap.startswith(unit) and gap.endswith(unit):
        inner = gap[len(unit) : -len(unit)]
        return inner.strip() or " "
    bare = gap.strip()
    if bare and not unit.strip():
        return bare
    return " " if len(gap) > len(unit) or unit.strip() else ""


def numbered(text: str) -> Iterator[Piece]:
    """Yield values that are given in numbered parts, `part1=…` and `part2=…`, put together."""
    for item in (_NUMBERED_LINE, _NUMBERED_DIGIT):
        run: list[re.Match[str]] = []
        for match in item.finditer(text):
            if run and not (
                int(match[2]) == int(run[-1][2]) + 1
                and match[1] == run[0][1]
                and match.start() - run[-1].end() < len("  ")
            ):
                yield from _parts(run)
                run = []
            run.append(match)
        yield from _parts(run)


def _parts(run: list[re.Match[str]]) -> Iterator[Piece]:
    if len(run) > 1 and (run[0][1] or len(run) > _MANY_LETTERS):
        says = "".join(one[3].strip("\"'") for one in run)
        yield Piece(run[0].start(), run[-1].end(), f"{shape(says)} ")


def wrapped(text: str) -> Iterator[Piece]:
    """Yield line breaks inside a number, a hyphenated word or an address, with what they say."""
    for start, end in _breaks(text):
        before, after = text[start - 1 : start], text[end : end + 1]
        if before == "-" and text[start - 2 : start - 1].isalpha() and after.isalpha():
            yield Piece(start - 1, end, "")
        elif before.isdigit() and after.isdigit():
            if _is_number_parted(text, start, end):
                yield Piece(start, end, " ")
        elif text[start - 2 : start].rstrip("-.").isdigit() and (after.isdigit() or before.isdigit()):
            if text[end : end + 2].strip("-.").isdigit():
                yield Piece(start, end, "")
        elif _parts_address(text, start, end):
            yield Piece(start, end, "")


def _breaks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the line breaks between two lines, with white space and marks of quotation around."""
    for match in _BREAK.finditer(text):
        start = match.start()
        while start and text[start - 1] in " \t\r" and match.start() - start < _SIDE:
            start -= 1
        if start and match.end() < len(text) and text[match.end()] != "\n":
            yield start, match.end()


def _is_number_parted(text: str, start: int, end: int) -> bool:
    """Return whether the digits on both sides of a break could be one number."""
    before = _DIGITS_BEFORE.search(text, max(0, start - _REACH), start)
    after = _DIGITS_AFTER.match(text, end, end + _REACH)
    if not before or not after:
        return False
    return is_number(text, before.start(), after.end(), f"{before.group()} {after.group()}")


def _parts_address(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _SIDE) : start], text[end : end + _SIDE]
    if "@" not in before and "@" not in after:
        return False
    if before.endswith("@") or (_AT_DOMAIN.match(after) and before[-1:].isalnum()):
        return True
    if _DOMAIN_BEFORE.search(before):
        return before.endswith(".") or after.startswith(".")
    return before.endswith((".", "_", "+")) and _ADDRESS_AFTER.match(after) is not None


def unbroken(text: str) -> Iterator[Piece]:
    """Yield line breaks, quoted or itemised, that may part a value of any kind, as nothing."""
    last_end, marks = -1, ""
    for match in _ANY_BREAK.finditer(text):
        start, end = match.span()
        if start == 0 or end == len(text):
            continue
        # What one break parts goes on behind the next with the same marks, however short the piece between.
        goes_on = bool(marks) and last_end > 0 and match.group().strip() == marks
        if (goes_on and _is_piece(text, last_end, match)) or _parts_value(text, start, end):
            hyphen = text[start - 1] == "-" and not text[start - 2 : start - 1].isalnum()
            yield Piece(start - hyphen, end, "")
            last_end, marks = end, match.group().strip()
        else:
            last_end = -1


def _is_piece(text: str, start: int, match: re.Match[str]) -> bool:
    """Return whether one word stands from `start` to the break, and one, or a piece of a code, behind it."""
    after = text[match.end() : match.end() + _SIDE].split("\n", 1)[0].split()
    is_one = len(text[start : match.start()].split()) == 1
    is_word = bool(after) and after[0].isalpha() and (after[0].islower() or after[0].istitle())
    return is_one and bool(after) and (len(after) == 1 or not is_word)


def _parts_value(text: str, start: int, end: int) -> bool:
    """Return whether what stands on both sides may be pieces of one value."""
    if not (text[start - 1].isalnum() or text[start - 1] in _GOES_ON):
        return False
    line_before = text[max(0, start - _SIDE) : start].rsplit("\n", 1)[-1]
    if not line_before or not _is_fragment(line_before.split()[-1]):
        return False
    line_after = text[end : end + _SIDE].split("\n", 1)[0]
    before, after = line_before.split()[-1:], line_after.split()[:1]
    if not before or not after:
        return False
    is_alone = line_after.strip() == after[0]
    if not (_is_fragment(before[0]) and (is_alone or _is_fragment(after[0]))):
        return False
    marks = text[start:end].strip()
    if ">" in marks or (marks and _CODE_LINE.fullmatch(line_after.strip())):
        return True
    return _may_be_whole(before[0] + after[0]) or (
        _tells(line_before, line_after) or is_labelled(text, start - len(before[0]), end)
    )


def _may_be_whole(whole: str) -> bool:
    """Return whether `whole`, which a break parted, is an address, a number or a secret by its looks."""
    return (
        "@" in whole
        or sum(map(str.isdigit, whole)) >= _FEWEST_DIGITS
        or (len(whole) >= _LONG and not whole.islower() and _TURNS.search(whole) is not None)
    )


def _tells(before: str, after: str) -> bool:
    """Return whether the end of one line and the beginning of the next are a code or a key."""
    if "-----" in before or "-----" in after:
        return True
    tail, head = _CODE_TAIL.search(before), _CODE_HEAD.match(after)
    if not tail or not head:
        return False
    groups = [*_CODE_GROUP.findall(tail.group()), *_CODE_GROUP.findall(head.group())]
    return any(
        is_known("".join(groups[first:last]))
        for first in range(min(2, len(groups)))
        for last in range(len(groups), max(len(groups) - 2, 0), -1)
    )


def _is_fragment(word: str) -> bool:
    return _FRAGMENT.search(word) is not None or word.isupper()


def glued(text: str) -> Iterator[Piece]:
    """Yield the places where a number sticks to letters or to an underscore, as a space."""
    yield from sorted({*_numbers_glued(text), *_codes_glued(text), *_addresses_glued(text)})


def _addresses_glued(text: str) -> Iterator[Piece]:
    """Yield the low lines around an address or a value with digits, as a space."""
    if "_" not in text:
        return
    yield from (Piece(match.end() - 1, match.end(), " ") for match in _EDGE.finditer(text))
    if "@" in text:
        for match in _ADDRESS.finditer(text):
            yield from (Piece(at, at + 1, " ") for at in (match.start(), match.end() - 1) if text[at] == "_")


def _codes_glued(text: str) -> Iterator[Piece]:
    """Yield the places where a code of capitals and digits sticks to small letters."""
    for match in _CODE.finditer(text):
        if sum(map(str.isdigit, match[1])) >= _FEW_DIGITS and len(match.group()) > len(match[1]):
            yield from (Piece(at, at, " ") for at in match.span(1))


def _numbers_glued(text: str) -> Iterator[Piece]:
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        sticks = [at for at in (start, end) if 0 < at < len(text) and _sticks(text, at - (at == start))]
        if sticks and len(_TURNS.findall(text, max(0, start - _REACH), end + _REACH)) <= _MOST_TURNS:
            yield from (Piece(at, at, " ") for at in sticks)


def _sticks(text: str, at: int) -> bool:
    return text[at] == "_" or (text[at].isascii() and text[at].isalpha())
