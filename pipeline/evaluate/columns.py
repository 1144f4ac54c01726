"""Words in columns: CoNLL-2003 and its kin (IOB1, IOB2, BIOES, BILOU, CoNLL-U with a tag column).

Rules
1. A line is a word with its columns, split at tabs if there are any, at blanks otherwise. The tag is the last
   column that holds nothing but tags (`O`, `B-PER`, `I-LOC`, …); the word is the first, or the second where the
   first only counts (`1`, `2`, …).
2. A blank line ends a sentence. `-DOCSTART-` and `# newdoc` begin a document; without either, each sentence is one.
3. The text is the words with one blank between them and one newline between sentences: the original spacing is
   not in the file.
4. A new span begins at `B-`, `S-` and `U-`, and at any other tag whose type differs from the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.evaluate.shapes import RawRecord, RawSpan

_TAG: Final = re.compile(r"O|[BIESLU]-\S+")
_NUMBER: Final = re.compile(r"\d+(?:[-.]\d+)?")
_DOCUMENT: Final = re.compile(r"-DOCSTART-|#\s*newdoc\b")
_LINES_TO_JUDGE: Final = 500
"""Lines that decide which column is which."""


class ColumnError(Exception):
    """A line has other columns than the first ones; holds its number."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How the lines of a file are to be read."""

    separator: str | None
    word: int
    tag: int


@dataclass(slots=True, kw_only=True)
class _Open:
    """A document while its lines are read."""

    words: list[str] = field(default_factory=list, repr=False)
    length: int = 0
    spans: list[RawSpan] = field(default_factory=list)
    before: str = "O"
    """The tag of the word before, `O` at the start of a sentence."""
    at_line_start: bool = True

    def add(self, word: str, tag: str) -> None:
        start = self.length if self.at_line_start else self.length + 1
        self.words.append(word if self.at_line_start else f" {word}")
        self.length = start + len(word)
        self.at_line_start = False
        if tag != "O":
            self._mark(start, tag)
        self.before = tag

    def _mark(self, start: int, tag: str) -> None:
        kind = tag[2:]
        goes_on = tag[0] not in "BSU" and self.before[2:] == kind and self.before[0] not in "ESLU"
        if goes_on and self.spans:
            self.spans[-1] = (self.spans[-1][0], self.length, kind)
        else:
            self.spans.append((start, self.length, kind))

    def end_sentence(self) -> None:
        if not self.at_line_start:
            self.words.append("\n")
            self.length += 1
        self.before, self.at_line_start = "O", True

    def record(self) -> RawRecord:
        return RawRecord(id="", text="".join(self.words).removesuffix("\n"), spans=tuple(self.spans))


def recognise_columns(text: str) -> Columns | None:
    """Return how `text` is to be read, or None when it is no words in columns."""
    lines = [line for line in text.splitlines()[: _LINES_TO_JUDGE * 2] if line.strip()]
    separator = "\t" if any("\t" in line for line in lines) else None
    rows = [line.split(separator) for line in lines if not _DOCUMENT.match(line)]
    rows = [row for row in rows if not _is_comment(row)][:_LINES_TO_JUDGE]
    width = min((len(row) for row in rows), default=0)
    if width < len(("word", "tag")) or any(len(row) != width for row in rows):
        return None
    for column in reversed(range(1, width)):
        if all(_TAG.fullmatch(row[column].strip()) for row in rows):
            counts = column > 1 and all(_NUMBER.fullmatch(row[0].strip()) for row in rows)
            return Columns(separator=separator, word=int(counts), tag=column)
    return None


def read_columns(text: str, columns: Columns) -> Iterator[tuple[int, RawRecord]]:
    """Yield the documents of `text`, each with the number of its first line.

    Raises:
        ColumnError: a line lacks a column, or its tag is none.
    """
    lines = text.splitlines()
    by_document = any(_DOCUMENT.match(line) for line in lines)
    document, began = _Open(), 1
    for number, line in enumerate(lines, 1):
        is_start = _DOCUMENT.match(line) is not None
        if is_start or (not line.strip() and not by_document):
            if document.words:
                yield began, document.record()
            document, began = _Open(), number + 1
        elif not line.strip():
            document.end_sentence()
        elif not _is_comment(row := line.split(columns.separator)):
            document.add(*_word_and_tag(row, columns, number))
    if document.words:
        yield began, document.record()


def _word_and_tag(row: Sequence[str], columns: Columns, number: int) -> tuple[str, str]:
    if len(row) <= max(columns.word, columns.tag):
        raise ColumnError(number, "has too few columns")
    word, tag = row[columns.word].strip(), row[columns.tag].strip()
    if not word:
        raise ColumnError(number, "has no word")
    if not _TAG.fullmatch(tag):
        raise ColumnError(number, "has a tag that is none")
    return word, tag


def _is_comment(row: Sequence[str]) -> bool:
    """Whether a line is CoNLL-U's `# key = value`; a word `#` has a tag at the end of its line."""
    return row[0].startswith("#") and not any(_TAG.fullmatch(cell.strip()) for cell in row[1:])
