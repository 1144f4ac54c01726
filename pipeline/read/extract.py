"""What a reader hands back, brought to canonical form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from policies.assessment import Gap, GapReason
from policies.proof import Coverage

_NEWLINES = re.compile("\r\n?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Gaps:
    """Collects what a reader could not see, one entry per reason and detail, and counts what it went through."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[GapReason, str]] = Counter()
        self._read: Counter[str] = Counter()
        self._there: Counter[str] = Counter()

    def met(self, kind: str, *, is_read: bool, count: int = 1) -> None:
        """Note that the file has `count` more pages, parts or sheets, and whether they became text."""
        self._there[kind] += count
        self._read[kind] += count * is_read

    def take(self, extract: Extract) -> None:
        """Take over what an extract of a part says about gaps and coverage."""
        self.extend(extract.gaps)
        for one in extract.coverage:
            self._there[one.kind] += one.of
            self._read[one.kind] += one.read

    def count(self, reason: GapReason) -> int:
        """Return how many things were noted for `reason`."""
        return sum(count for (noted, _), count in self._counts.items() if noted is reason)

    def add(self, reason: GapReason, detail: str = "", *, count: int = 1) -> None:
        """Note that `count` more things were not, or not surely, seen."""
        if count > 0:
            self._counts[reason, detail] += count

    def extend(self, gaps: tuple[Gap, ...]) -> None:
        """Take over the gaps of a part."""
        for gap in gaps:
            self.add(gap.reason, gap.detail, count=gap.count)

    def all(self) -> tuple[Gap, ...]:
        """Return the gaps in a stable order."""
        return tuple(
            Gap(reason=reason, detail=detail, count=count)
            for (reason, detail), count in sorted(self._counts.items())
        )

    def coverage(self) -> tuple[Coverage, ...]:
        """Return how much of each kind became text, in a stable order."""
        return tuple(
            Coverage(kind=kind, read=self._read[kind], of=of) for kind, of in sorted(self._there.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The text of a document, and what could not be seen."""

    text: str = field(repr=False)
    gaps: tuple[Gap, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    """How many of a file's pages, parts or sheets became text; empty where the record is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One document as a reader found it."""

    extract: Extract = field(repr=False)
    id: str | None = field(default=None, repr=False)
    metadata: Mapping[str, object] = field(default_factory=dict, repr=False)


def canonical(extract: Extract, *, most_characters: int) -> Extract:
    r"""Return `extract` with newlines as `\n` and nothing that cannot be stored or sent.

    NUL and lone surrogates become U+FFFD, and the text counts as not surely decoded.

    Raises:
        Refused: too_large.
    """
    text = extract.text
    if len(text) > most_characters:
        raise Refused(UnreadableReason.TOO_LARGE)
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    gaps = extract.gaps
    if "\x00" in text or not text.isascii():
        text, bad = _UNSTORABLE.subn("\ufffd", text)
        if bad:
            gaps = (*gaps, Gap(reason=GapReason.UNDECODABLE_TEXT, count=bad))
    if not text or text.isspace():
        gaps = (*gaps, Gap(reason=GapReason.EMPTY_TEXT))
    return Extract(text=text, gaps=gaps, coverage=extract.coverage)


def decode(raw: bytes) -> str:
    """Return UTF-8 text, with or without a byte order mark.

    Raises:
        Refused: not_utf8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(UnreadableReason.NOT_UTF8) from None
