"""DOCX: body, headers, footers, notes, comments, text boxes and tracked changes.

Every part that holds Word text is found by its root element, wherever the package keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract, Gaps
from pipeline.read.formats.package import Package, attribute, is_on, local
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_W = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_MAIN = "document"
_ROOTS = (_MAIN, "hdr", "ftr", "footnotes", "endnotes", "comments", "glossaryDocument")
"""In the order of the text."""
_SKIPPED = frozenset({"rPr", "pPr", "tblPr", "trPr", "tcPr", "sectPr", "instrText", "delInstrText", "sdtPr", "fldData"})  # fmt: skip
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "ptab": "\t", "noBreakHyphen": "-", "softHyphen": ""}
_LOADING_FIELDS = ("INCLUDETEXT", "INCLUDEPICTURE", "DDE", "LINK ", "IMPORT ", "RD ")
_TINY_HALF_POINTS = 4


def read(raw: bytes, limits: ReadLimits) -> Extract:
    """Return the text of a Word document.

    Raises:
        Refused: it cannot be read.
    """
    package = Package(raw, limits)
    gaps = Gaps()
    package.note_parts(gaps)
    found: dict[str, list[Element]] = {root: [] for root in _ROOTS}
    hidden_styles: frozenset[str] = frozenset()
    for name in sorted(package.names):
        if not name.lower().endswith(".xml"):
            continue
        root = package.xml(name)
        if not str(root.tag).startswith((_W, _STRICT_W)):
            continue
        if local(root) == "styles":
            hidden_styles = _hidden_styles(root)
        elif local(root) in found:
            found[local(root)].append(root)
    if not found[_MAIN]:
        raise Refused(UnreadableReason.WRONG_CONTENT)
    words = _Words(gaps, hidden_styles)
    gaps.met("parts", is_read=True, count=sum(map(len, found.values())))
    texts = [words.of(root).strip("\n") for roots in found.values() for root in roots]
    return Extract(
        text="\n\n".join(text for text in texts if text), gaps=gaps.all(), coverage=gaps.coverage()
    )


def _hidden_styles(root: Element) -> frozenset[str]:
    """Return the ids of styles that hide text, by themselves or by the style they build on."""
    hidden: set[str] = set()
    based: dict[str, str] = {}
    for style in root:
        style_id = attribute(style, "styleId") or ""
        for element in style.iter():
            if local(element) in ("vanish", "webHidden") and is_on(element):
                hidden.add(style_id)
            elif local(element) == "basedOn":
                based[style_id] = attribute(element, "val") or ""
    for style_id in based:
        ancestor, seen = style_id, {style_id}
        while (ancestor := based.get(ancestor, "")) and ancestor not in seen:
            seen.add(ancestor)
            if ancestor in hidden:
                hidden.add(style_id)
    return frozenset(hidden)


class _Words:
    """Turns elements into text, and notes what a reader of the page would not see."""

    def __init__(self, gaps: Gaps, hidden_styles: frozenset[str]) -> None:
        self._gaps = gaps
        self._hidden_styles = hidden_styles

    def of(self, element: Element) -> str:
        """Return the text within `element`."""
        name = local(element)
        if name in ("t", "delText"):
            if name == "delText" and element.text:
                self._gaps.add(GapReason.HIDDEN_TEXT, "deleted")
            return element.text or ""
        if name in _SKIPPED:
            self._note_field(element, name)
            return ""
        if name in _MARKS or name == "sym":
            self._gaps.add(GapReason.UNDECODABLE_TEXT, "symbol", count=name == "sym")
            return _MARKS.get(name, "\ufffd")
        if name == "AlternateContent":
            return self._alternatives(element)
        return self._inner(element, name)

    def _inner(self, element: Element, name: str) -> str:
        if name == "tr":
            cells = [self.of(child).strip("\n").replace("\n", " / ") for child in element]
            return "\t".join(cell for cell in cells if cell) + "\n"
        if name == "fldSimple":
            self._note_field(element, "instrText", attribute(element, "instr"))
        text = "".join(map(self.of, element))
        if name == "textpath":  # the words of a watermark are an attribute
            return f"{text}\n{attribute(element, 'string') or ''}\n"
        if name == "r" and text.strip() and self._is_hidden(element, "rPr", "rStyle"):
            self._gaps.add(GapReason.HIDDEN_TEXT, "vanish")
        if name == "p":
            if text.strip() and self._is_hidden(element, "pPr", "pStyle"):
                self._gaps.add(GapReason.HIDDEN_TEXT, "vanish")
            return text + "\n"
        if name == "txbxContent":
            return "\n" + text
        return text

    def _alternatives(self, element: Element) -> str:
        """Return the text that programs choose, and the other one if it says something else."""
        texts: list[str] = []
        for child in element:
            text = "".join(map(self.of, child))
            if text.split() not in [other.split() for other in texts]:
                texts.append(text)
        return "".join(texts)

    def _is_hidden(self, element: Element, properties: str, style: str) -> bool:
        for child in element:
            if local(child) == properties:
                return any(self._hides(item, style) for item in _shallow(child))
        return False

    def _hides(self, item: Element, style: str) -> bool:
        name = local(item)
        if name in ("vanish", "webHidden", "specVanish"):
            return is_on(item)
        value = attribute(item, "val") or ""
        if name == style:
            return value in self._hidden_styles
        return name == "sz" and value.isdigit() and int(value) <= _TINY_HALF_POINTS

    def _note_field(self, element: Element, name: str, instruction: str | None = None) -> None:
        if name == "instrText":
            code = (instruction or element.text or "").strip().upper() + " "
            if code.startswith(_LOADING_FIELDS):
                self._gaps.add(GapReason.EXTERNAL_REFERENCE, "field")


def _shallow(properties: Element) -> Iterable[Element]:
    """Yield the properties themselves, not those of the paragraph's mark, which is no text."""
    return (item for item in properties if local(item) != "rPr")
