"""One look at a text that tells which patterns can match it at all; the others are not searched.

Rules
1. A pattern that could match is never left out: what is asked is a pattern's outline, which matches
   wherever the pattern does. The findings are the same with and without a prefilter.
2. Hyperscan looks for all outlines in one pass. Where it is not installed, the letters
   and the number of digits that a match needs are looked for one pattern after the other.
3. Compiled automata are kept in a folder, named by the digest of what they were compiled from and by what;
   one that is damaged or was made elsewhere is compiled again. The folder must be as safe as the program's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pipeline.detect.gates import Gates
from pipeline.detect.outline import NoOutlineError, Outline, encode, is_nullable, outline
from pipeline.detect.rendering import ignores_case, render

hyperscan: Any
try:
    import hyperscan
except ImportError:  # no wheel for this processor: rule 2
    hyperscan = None

_PER_AUTOMATON: Final = 16
"""Outlines compiled together: 191 take 5.5 s as one, 1.4 s as twelve, and scan equally fast (0.07 ms a page)."""
_VERSION: Final = 2

_Expression = tuple[int, bytes, bool]
Pattern = tuple[str, int]
"""A regular expression and its flags."""


class Prefilter:
    """Patterns, known by their place in a list, and which of them a text can match."""

    def __init__(self, patterns: Sequence[Pattern], *, folder: Path | None = None, fast: bool = True) -> None:
        outlines = [_outline(*pattern) for pattern in patterns]
        self.always: tuple[int, ...] = tuple(at for at, one in enumerate(outlines) if one is None)
        """Patterns that are searched in every text: they have no outline, or one that fits everywhere."""
        known = [(at, one) for at, one in enumerate(outlines) if one is not None]
        self.is_fast = fast and hyperscan is not None
        """Whether hyperscan does it."""
        self._look: Callable[[bytes], set[int]]
        self._look = _Automata(known, folder).look if self.is_fast else Gates(known).look

    def possible(self, text: str) -> set[int]:
        """Return the places of all patterns that `text` can match."""
        return self._look(encode(text)).union(self.always)


def _outline(pattern: str, flags: int) -> Outline | None:
    try:
        found = outline(pattern, flags)
    except NoOutlineError:
        return None
    return None if is_nullable(found) else found


class _Automata:
    """Hyperscan's automata, a few outlines each."""

    def __init__(self, outlines: Sequence[tuple[int, Outline]], folder: Path | None) -> None:
        expressions = tuple((at, *_expression(one)) for at, one in outlines)
        self._databases: list[Any] = []
        self._refused: set[int] = set()
        for start in range(0, len(expressions), _PER_AUTOMATON):
            self._add(expressions[start : start + _PER_AUTOMATON], folder)

    def _add(self, expressions: tuple[_Expression, ...], folder: Path | None) -> None:
        try:
            self._databases.append(_load(expressions, folder))
        except hyperscan.error:
            if len(expressions) == 1:  # too large, perhaps: searched in every text
                self._refused.add(expressions[0][0])
                return
            for one in expressions:
                self._add((one,), folder)

    def look(self, text: bytes) -> set[int]:
        found = set(self._refused)
        for database in self._databases:
            database.scan(text, match_event_handler=_collect, context=found)
        return found


def _expression(one: Outline) -> tuple[bytes, bool]:
    lower = ignores_case(one)
    return render(one, lower=lower), lower


def _collect(at: int, _start: int, _end: int, _flags: int, found: set[int]) -> None:
    found.add(at)


def _load(expressions: tuple[_Expression, ...], folder: Path | None) -> Any:
    """Return the automaton of some outlines, from `folder` if it was made before."""
    if folder is None:
        return _compile(expressions)
    made_of = b"\n".join(
        [f"{_VERSION} {hyperscan.__version__}".encode(), *(b"%d %s %d" % one for one in expressions)]
    )
    path = folder / f"{hashlib.sha256(made_of).hexdigest()}.hs"
    with contextlib.suppress(Exception):  # unreadable, damaged, or of another processor: made again
        raw = path.read_bytes()
        if hashlib.sha256(raw[32:]).digest() == raw[:32]:
            database = hyperscan.loadb(raw[32:], mode=hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            return database
    database = _compile(expressions)
    with contextlib.suppress(OSError):  # a folder that cannot be written costs a second at each start
        _write(path, hyperscan.dumpb(database))
    return database


@lru_cache(maxsize=128)  # detectors of one process that share recognisers share their automata
def _compile(expressions: tuple[_Expression, ...]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[one for _, one, _ in expressions],
        ids=[at for at, _, _ in expressions],
        flags=[
            hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_CASELESS * lower for _, _, lower in expressions
        ],
    )
    return database


def _write(path: Path, raw: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(hashlib.sha256(raw).digest() + raw)
    draft.replace(path)
