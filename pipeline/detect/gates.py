"""What a match of an outline cannot do without: letters that stand together, and a number of digits.

The slow but sufficient way to leave out patterns, for machines without an automaton library.
A gate is exact in one direction: where it is shut, the outline does not match.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.detect.outline import FOREIGN_OTHER, FOREIGN_WORD, Byte, Choice, Edge, Outline, Repeat, Sequel

_DIGITS: Final = frozenset(b"0123456789")
_FOREIGN: Final = frozenset({FOREIGN_WORD, FOREIGN_OTHER})
_MOST_LITERALS: Final = 64
"""More alternatives than this take longer to look for than the pattern itself."""

Literals = frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Gate:
    literals: Literals | None
    """Lower case; one of them stands in the text."""
    digits: int

    def is_open(self, lowered: bytes, digits: int) -> bool:
        return digits >= self.digits and (
            self.literals is None or any(literal in lowered for literal in self.literals)
        )


class Gates:
    """The gates of a list of outlines."""

    def __init__(self, outlines: Sequence[tuple[int, Outline]]) -> None:
        self._gates = [(at, _Gate(_literals(one), _digits(one))) for at, one in outlines]
        self._all = {at for at, _ in outlines}

    def look(self, text: bytes) -> set[int]:
        """Return the places of the outlines whose gates `text` opens."""
        if not text.isascii():  # a letter of another alphabet may stand for one of a literal
            return set(self._all)
        lowered = text.lower()
        digits = sum(map(lowered.count, (b"%d" % digit for digit in range(10))))
        return {at for at, gate in self._gates if gate.is_open(lowered, digits)}


def _digits(one: Outline) -> int:
    """Return how many digits every ASCII match holds."""
    match one:
        case Byte(of):
            return int(of - _FOREIGN <= _DIGITS)
        case Edge():
            return 0
        case Sequel(parts):
            return sum(map(_digits, parts))
        case Choice(branches):
            return min(map(_digits, branches), default=0)
        case Repeat(of, least, _):
            return least * _digits(of)


def _literals(one: Outline) -> Literals | None:
    """Return literals of which every ASCII match holds one, the longest there are; None without any."""
    match one:
        case Choice(branches):
            found = [_literals(branch) for branch in branches]
            whole = frozenset().union(*(each for each in found if each is not None))
            return None if None in found or len(whole) > _MOST_LITERALS else whole
        case Repeat(of, least, _):
            return _literals(of) if least else None
        case Sequel(parts):
            known = [each for each in (*_runs(parts), *map(_literals, parts)) if each]
            return max(known, key=_worth, default=None)
        case Byte():
            return next(_runs((one,)), None)
        case Edge():
            return None


def _worth(literals: Literals) -> tuple[int, int]:
    return min(map(len, literals)), -len(literals)


def _runs(parts: Sequence[Outline]) -> Iterator[Literals]:
    """Yield the letters that stand together in a sequence."""
    run = b""
    for part in parts:
        letter = _letter(part)
        if letter:
            run += letter
        elif run:
            yield frozenset({run})
            run = b""
    if run:
        yield frozenset({run})


def _letter(part: Outline) -> bytes:
    """Return the one character that a byte can be, in lower case; nothing if there are several."""
    if not isinstance(part, Byte):
        return b""
    letters = {bytes([byte]).lower() for byte in part.of - _FOREIGN}
    return letters.pop() if len(letters) == 1 else b""
