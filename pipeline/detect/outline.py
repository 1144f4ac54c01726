r"""The outline of a regular expression: a simpler one that matches wherever the original does, and more.

An outline speaks of bytes, so that an automaton can look for hundreds of them in one pass.
Rules
1. A text becomes bytes one to one: ASCII stays, other word characters become `FOREIGN_WORD`,
   the rest `FOREIGN_OTHER` (`encode`).
2. What an outline cannot say (look-arounds, anchors, back-references) it leaves out or widens;
   it never narrows. Where the original finds something, its outline matches too.
3. What a pattern means is asked of the `regex` module itself: its own parser, and its own
   answer to which ASCII characters a class holds. What that parser says in a way not known
   here gives no outline, and the pattern is searched in every text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import regex
from regex import _regex, _regex_core

_PARSER: Final[Any] = _regex_core
_MATCHER: Final[Any] = _regex
FOREIGN_WORD: Final = 0x80
FOREIGN_OTHER: Final = 0x81
_ASCII: Final = "".join(map(chr, range(0x80)))
ALPHABET: Final = frozenset(range(0x82))
FOREIGN: Final = frozenset({FOREIGN_WORD, FOREIGN_OTHER})
_FOREIGN_RUN: Final = regex.compile(r"[^\x00-\x7f]+")
_IS_WORD: Final = regex.compile(r"\w")
# Letters of ASCII that other letters fold to: dotless and dotted I, the Kelvin sign, the long s.
_FOLDED_TO: Final = frozenset(b"IiKkSs")
WORD: Final = frozenset(ord(one) for one in _ASCII if _IS_WORD.match(one)) | {FOREIGN_WORD}
_MOST_REPEATS: Final = 32
"""Counts above are said as "at least so many": automata grow with each count."""

_UNICODE: Final = regex.compile("").flags & regex.UNICODE


@dataclass(frozen=True, slots=True)
class Byte:
    """One byte of a set."""

    of: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sequel:
    """Parts one after the other; empty, it matches everywhere."""

    parts: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several outlines."""

    branches: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """An outline so many times; `most` None is without end."""

    of: Outline
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge of a word. Only said at the ends of a pattern."""


Outline = Byte | Sequel | Choice | Repeat | Edge
_EMPTY: Final = Sequel(())
# The parser's names of what it reads.
_WITHOUT_WIDTH: Final = frozenset(
    {
        "Boundary",
        "LookAround",
        "Keep",
        "StartOfWord",
        "EndOfWord",
        "StartOfLine",
        "EndOfLine",
        "StartOfString",
    }
    | {"EndOfString", "EndOfStringLine"}
)
_ONE_CHARACTER: Final = frozenset(
    {"Character", "Property", "Range", "SetUnion", "SetDiff", "SetInter", "SetSymDiff"}
)


class NoOutlineError(Exception):
    """The pattern says something that has no outline."""


def encode(text: str) -> bytes:
    """Return `text` with one byte for each code point."""
    if text.isascii():
        return text.encode("ascii")
    return _FOREIGN_RUN.sub(_encode_run, text).encode("latin-1")


def _encode_run(match: regex.Match[str]) -> str:
    return "".join("\x80" if _IS_WORD.match(one) else "\x81" for one in match.group())


def outline(pattern: str, flags: int) -> Outline:
    """Return the outline of `pattern` as `regex.compile(pattern, flags)` would read it.

    Raises:
        NoOutlineError: it has none (rule 3).
    """
    try:
        parsed, info = _parse(pattern, flags)
        whole = _Reader(info).read(parsed)
    except NoOutlineError:
        raise
    except Exception:  # noqa: BLE001 - another version of the parser may raise anything; then there is no outline
        raise NoOutlineError from None
    return _without_inner_edges(whole)


def is_nullable(one: Outline) -> bool:
    """Return whether an outline matches the empty text, and so everywhere."""
    match one:
        case Byte():
            return False
        case Edge():
            return True
        case Sequel(parts):
            return all(map(is_nullable, parts))
        case Choice(branches):
            return any(map(is_nullable, branches))
        case Repeat(of, least, _):
            return least == 0 or is_nullable(of)


def _parse(pattern: str, flags: int) -> tuple[Any, Any]:
    """Parse as `regex.compile` does, which tries again with the flags that it meets inside."""
    wanted = flags | _UNICODE
    while True:
        source = _PARSER.Source(pattern)
        info = _PARSER.Info(wanted, source.char_type, {})
        info.guess_encoding = regex.UNICODE
        source.ignore_space = bool(info.flags & regex.VERBOSE)
        try:
            parsed = _PARSER._parse_pattern(source, info)  # noqa: SLF001 - rule 3
        except _PARSER._UnscopedFlagSet:  # noqa: SLF001
            wanted = info.global_flags
            continue
        unknown = regex.FULLCASE | regex.LOCALE | regex.ASCII | regex.WORD | regex.REVERSE | regex.VERSION1
        if info.flags & unknown or not source.at_end():
            raise NoOutlineError
        parsed.fix_groups(pattern, False, False)
        return parsed, info


class _Reader:
    """Reads the parser's tree."""

    def __init__(self, info: Any) -> None:
        self._info = info
        self._known: dict[Any, Byte] = {}

    def read(self, node: Any) -> Outline:  # noqa: C901, PLR0911 - one answer for each kind of node
        match type(node).__name__:
            case "Sequence":
                return Sequel(tuple(map(self.read, node.items)))
            case "Branch":
                return Choice(tuple(map(self.read, node.branches)))
            case "Group" | "Atomic":
                return self.read(node.subpattern)
            case "GreedyRepeat" | "LazyRepeat" | "PossessiveRepeat":
                return _repeat(self.read(node.subpattern), node.min_count, node.max_count)
            case "RefGroup":
                return Repeat(Byte(ALPHABET), 0, None)
            case "Boundary" if node.positive:
                return Edge()
            case "Any":
                return Byte(ALPHABET - {ord("\n")})
            case "AnyAll":
                return Byte(ALPHABET)
            case name if name in _WITHOUT_WIDTH:
                return _EMPTY
            case name if name in _ONE_CHARACTER:
                return self._byte(node)
        raise NoOutlineError

    def _byte(self, node: Any) -> Byte:
        if node.zerowidth:
            raise NoOutlineError
        key = node._key  # noqa: SLF001 - the parser's own name of what a node means
        if key not in self._known:
            matches = _compiled(node, self._info)
            held = {ord(one) for one in _ASCII if matches(one)}
            self._known[key] = Byte(frozenset(held) | self._foreign(node))
        return self._known[key]

    def _foreign(self, node: Any) -> frozenset[int]:
        """Return which bytes stand for characters outside ASCII that `node` may match."""
        match type(node).__name__:
            case "Character" if node.positive and node.value < 0x80:  # noqa: PLR2004 - ASCII
                return self._folds(node, {node.value})
            case "Range" if node.positive and node.upper < 0x80:  # noqa: PLR2004
                return self._folds(node, set(range(node.lower, node.upper + 1)))
            case "SetUnion" if node.positive:
                inside = (
                    item.with_flags(case_flags=node.case_flags) if node.case_flags else item
                    for item in node.items
                )
                return frozenset().union(*map(self._foreign, inside))
            case "Property" if node.positive and _is_word_property(node, self._info):
                return frozenset({FOREIGN_WORD})
        return FOREIGN

    @staticmethod
    def _folds(node: Any, letters: set[int]) -> frozenset[int]:
        folds = node.case_flags & regex.IGNORECASE and letters & _FOLDED_TO
        return frozenset({FOREIGN_WORD}) if folds else frozenset()


def _compiled(node: Any, info: Any) -> Any:
    """Return the regex module's own matcher of a single character."""
    ready = node.optimise(info, False).pack_characters(info)
    code = _PARSER._flatten_code([*ready.compile(False), (_PARSER.OP.SUCCESS,)])  # noqa: SLF001
    flags = info.flags | regex.VERSION0 | regex.UNICODE
    return _MATCHER.compile("", flags, code, {}, {}, {}, [], -1, (), 0, 0).match


def _is_word_property(node: Any, info: Any) -> bool:
    """Return whether a property is that of digits or of word characters."""
    source = _PARSER.Source(r"\d\w")
    digit, word = (_PARSER.parse_sequence(source, info).items)[:2]
    return node.value in {digit.value, word.value}


def _repeat(of: Outline, least: int, most: int | None) -> Outline:
    if most is not None and most > _MOST_REPEATS:
        most = None
    return Repeat(of, min(least, _MOST_REPEATS), most)


def _without_inner_edges(one: Outline) -> Outline:
    """Return an outline whose word edges all stand at its ends, where they can be said with a byte."""
    if isinstance(one, Choice):
        return Choice(tuple(map(_without_inner_edges, one.branches)))
    if not isinstance(one, Sequel):
        return _EMPTY if isinstance(one, Edge) else _drop(one)
    parts = _flat(one.parts)
    return Sequel(
        tuple(
            part if isinstance(part, Edge) and _is_said(parts, at) else _drop(part)
            for at, part in enumerate(parts)
        )
    )


def _is_said(parts: Sequence[Outline], at: int) -> bool:
    """Return whether the edge lies outside of a word that begins or ends the sequence."""
    if at == 0:
        return len(parts) > 1 and _is_word(parts[1], 0)
    return at == len(parts) - 1 and _is_word(parts[-2], -1)


def _is_word(one: Outline, end: Literal[0, -1]) -> bool:
    """Return whether every match begins (0) or ends (-1) with a word character."""
    match one:
        case Byte(of):
            return of <= WORD
        case Edge():
            return False
        case Sequel(parts):
            return bool(parts) and _is_word(parts[end], end)
        case Choice(branches):
            return all(_is_word(branch, end) for branch in branches)
        case Repeat(of, least, _):
            return least > 0 and _is_word(of, end)


def _flat(parts: Sequence[Outline]) -> tuple[Outline, ...]:
    return tuple(
        inner
        for part in parts
        for inner in (_flat(part.parts) if isinstance(part, Sequel) else (part,))
        if inner != _EMPTY
    )


def _drop(one: Outline) -> Outline:
    match one:
        case Edge():
            return _EMPTY
        case Byte():
            return one
        case Sequel(parts):
            return Sequel(tuple(map(_drop, parts)))
        case Choice(branches):
            return Choice(tuple(map(_drop, branches)))
        case Repeat(of, least, most):
            return Repeat(_drop(of), least, most)
