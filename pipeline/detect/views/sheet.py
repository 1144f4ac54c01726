"""What a glance at a text tells: enough to say that most rewritings have nothing to do in it.

Everything here is one pass of C over the text, done once and only if somebody asks.
"""

from __future__ import annotations

import string
from functools import cached_property
from typing import Final

from pipeline.detect.views import encodings, groups

_KINDS: Final = bytes(
    ord(
        "A"
        if chr(code) in string.ascii_uppercase
        else "a"
        if chr(code) in string.ascii_lowercase
        else "0"
        if chr(code) in string.digits
        else chr(code)
        if chr(code) in "_\n"
        else " "
    )
    for code in range(256)
)
_NO_CASE: Final = bytes.maketrans(b"A", b"a")
_ONE_KIND: Final = bytes.maketrans(b"Aa0_", b"xxx ")
_NO_WORD: Final = {code: " " for code in range(128) if not chr(code).isalpha()}
_LONG_WORD: Final = 9


class Sheet:
    """A text and the kinds of its characters."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lowered(self) -> str:
        """The text in small letters."""
        return self.text.lower()

    @cached_property
    def cased(self) -> bytes:
        """For each code point `A`, `a`, `0`, `_`, a line break, or a space for anything else."""
        return self.text.encode("ascii", "replace").translate(_KINDS)

    @cached_property
    def kinds(self) -> bytes:
        """The same with `a` for every letter."""
        return self.cased.translate(_NO_CASE)

    @cached_property
    def blocks(self) -> bytes:
        """`x` for every letter and digit, a line break, or a space for anything else."""
        return self.cased.translate(_ONE_KIND)

    @cached_property
    def beads(self) -> bytes:
        """The same with one space for whatever stands between two of them, and at both ends."""
        return b" %b " % b" ".join(self.blocks.split())

    @cached_property
    def digits(self) -> int:
        """How many digits there are."""
        return self.cased.count(b"0")

    @cached_property
    def holds_number(self) -> bool:
        """Whether some run of digits could be an identifier whose groups are kept apart oddly."""
        return groups.may_hold(self.text)

    @cached_property
    def all_words(self) -> list[str]:
        """The words in small letters, cut at every sign and digit."""
        return self.lowered.translate(_NO_WORD).split()

    @cached_property
    def words(self) -> frozenset[str]:
        """The different words among them."""
        return frozenset(self.all_words)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """What stands between white space."""
        return frozenset(self.text.split())

    @cached_property
    def odd_tokens(self) -> list[str]:
        """Tokens that mix what words do not."""
        return [one for one in self.tokens if len(one) >= _LONG_WORD and encodings.is_odd(one)]

    def holds(self, *signs: str) -> bool:
        """Return whether any of `signs` is in the text."""
        return any(sign in self.text for sign in signs)
