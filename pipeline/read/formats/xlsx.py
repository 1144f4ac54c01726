"""XLSX: all sheets, hidden ones too, cell by cell; comments and text boxes after them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract, Gaps
from pipeline.read.formats.numbers import NumberFormats
from pipeline.read.formats.package import Package, attribute, local
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_PROSE_PARTS = ("xl/comments", "xl/threadedcomments/", "xl/drawings/drawing")
_TRUE = ("1", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    strings: Sequence[str] = field(repr=False)
    formats: NumberFormats
    gaps: Gaps
    limits: ReadLimits


def read(raw: bytes, limits: ReadLimits) -> Extract:
    """Return the text of a workbook: a sheet's name, then its rows with tabs between cells.

    Raises:
        Refused: it cannot be read.
    """
    package = Package(raw, limits)
    gaps = Gaps()
    package.note_parts(gaps)
    workbook = next((name for name in package.names if name.lower().endswith("xl/workbook.xml")), None)
    if workbook is None:
        raise Refused(UnreadableReason.WRONG_CONTENT)
    root = package.xml(workbook)
    targets = package.relations(workbook)
    book = _Book(
        strings=_strings(package, targets),
        formats=NumberFormats.of(_styles(package, targets), is_1904=_is_1904(root)),
        gaps=gaps,
        limits=limits,
    )
    sheets = [element for element in root.iter() if local(element) == "sheet"]
    if len(sheets) > limits.pages:
        raise Refused(UnreadableReason.TOO_LARGE)
    texts = [_sheet(package, targets, sheet, book) for sheet in sheets]
    gaps.met("sheets", is_read=True, count=len(texts))
    texts += _prose(package)
    return Extract(
        text="\n\n".join(text for text in texts if text), gaps=gaps.all(), coverage=gaps.coverage()
    )


def _is_1904(root: Element) -> bool:
    return any(local(element) == "workbookPr" and element.get("date1904") in _TRUE for element in root)


def _strings(package: Package, targets: dict[str, str]) -> list[str]:
    name = next((target for target in targets.values() if target.lower().endswith("sharedstrings.xml")), None)
    if name is None or name not in package.names:
        return []
    return [_rich(item) for item in package.xml(name) if local(item) == "si"]


def _styles(package: Package, targets: dict[str, str]) -> Element | None:
    name = next((target for target in targets.values() if target.lower().endswith("styles.xml")), None)
    return package.xml(name) if name is not None and name in package.names else None


def _rich(item: Element) -> str:
    """Return the text of a string item; readings of ideographs (`rPh`) are not part of it."""
    pieces = []
    for child in item:
        if local(child) == "t":
            pieces.append(child.text or "")
        elif local(child) == "r":
            pieces += [run.text or "" for run in child if local(run) == "t"]
    return "".join(pieces)


def _sheet(package: Package, targets: dict[str, str], sheet: Element, book: _Book) -> str:
    target = targets.get(attribute(sheet, "id") or "", "")
    if target not in package.names:
        raise Refused(UnreadableReason.DAMAGED)
    reader = _Sheet(book)
    lines = [sheet.get("name", "")]
    characters = 0
    for line in reader.lines(package, target):
        lines.append(line)
        characters += len(line)
        if characters > book.limits.text_characters:
            raise Refused(UnreadableReason.TOO_LARGE)
    if sheet.get("state", "visible") != "visible":
        book.gaps.add(GapReason.HIDDEN_TEXT, "sheet")
    return "\n".join(lines)


class _Sheet:
    """Reads one sheet's rows; columns that are hidden are named before them."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self._hidden_columns: list[tuple[int, int]] = []

    def lines(self, package: Package, name: str) -> Iterator[str]:
        """Yield a line for each row that has a cell, and for headers and footers."""
        for event, element in package.elements(name):
            if event != "end":
                continue
            kind = local(element)
            if kind == "col" and element.get("hidden") in _TRUE:
                self._hidden_columns.append((int(element.get("min", "0")), int(element.get("max", "0"))))
            elif kind == "row":
                if line := self._row(element):
                    yield line
                element.clear()
            elif kind in ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"):
                yield element.text or ""

    def _row(self, row: Element) -> str:
        cells = []
        for cell in row:
            if local(cell) == "c" and (text := self._cell(cell)):
                cells.append(text)
                if self._is_hidden(cell):
                    self._book.gaps.add(GapReason.HIDDEN_TEXT, "cell")
        if cells and row.get("hidden") in _TRUE:
            self._book.gaps.add(GapReason.HIDDEN_TEXT, "row")
        return "\t".join(cells)

    def _is_hidden(self, cell: Element) -> bool:
        if self._book.formats.hides(cell.get("s")):
            return True
        if not self._hidden_columns:
            return False
        column = _column(cell.get("r", ""))
        return any(first <= column <= last for first, last in self._hidden_columns)

    def _cell(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        parts = {local(child): child for child in cell}
        if kind == "inlineStr":
            return _rich(parts["is"]) if "is" in parts else ""
        value = (parts["v"].text or "") if "v" in parts else ""
        if not value and "f" in parts:
            self._book.gaps.add(GapReason.ACTIVE_CONTENT, "formula_without_value")
            return f"={parts['f'].text or ''}"
        if kind == "s" and value:
            return self._string(value)
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return self._book.formats.show(value, cell.get("s")) if kind == "n" else value

    def _string(self, value: str) -> str:
        try:
            return self._book.strings[int(value)]
        except (ValueError, IndexError):
            raise Refused(UnreadableReason.DAMAGED) from None


def _column(reference: str) -> int:
    column = 0
    for letter in reference:
        if not letter.isalpha():
            break
        column = column * 26 + ord(letter.upper()) - ord("A") + 1
    return column


def _prose(package: Package) -> list[str]:
    """Return the texts of comments and drawings."""
    texts = []
    for name in sorted(package.names):
        if name.lower().startswith(_PROSE_PARTS) and name.lower().endswith(".xml"):
            pieces = [e.text for e in package.xml(name).iter() if local(e) in ("t", "text") and e.text]
            texts.append("\n".join(piece for piece in pieces if piece.strip()))
    return texts
