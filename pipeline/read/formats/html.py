"""HTML: the text a browser would show, and what else the page holds. Nothing is fetched."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract, Gaps
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hr", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select",
    "summary", "table", "tbody", "textarea", "tfoot", "thead", "title", "tr", "ul",
})  # fmt: skip
_CELLS = frozenset({"td", "th"})
_EMBEDDED = frozenset({"object", "embed", "applet", "audio", "video", "canvas", "math"})
_FRAMES = frozenset({"iframe", "frame", "portal"})
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?(?![.\d])"
    r"|font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%|\s*[;}]|\s*$)|text-indent\s*:\s*-\d{3}|(?:left|top)\s*:\s*-\d{3}"
    r"|mso-hide\s*:\s*all|(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent\b)",
    re.IGNORECASE,
)
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_DECLARED_WITHIN_BYTES = 4096
_CHARSETS = frozenset({
    "windows-1250", "windows-1251", "windows-1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "latin1", "us-ascii",
})  # fmt: skip
_END = "\ue000end of page\ue000"
"""Put after the page: if it does not come out as text, a tag, comment or script was never closed."""
_SPACES = re.compile(r"[ \t\n\f\r]+")
_LINE_EDGES = re.compile(r"[ \t]*\n[ \t]*")
_BLANK_LINES = re.compile(r"\n{3,}")


def read(raw: bytes, limits: ReadLimits) -> Extract:
    """Return the text of a page.

    Raises:
        Refused: not_utf8 if neither UTF-8 nor a declared Western or Slavic charset fits; damaged.
    """
    return read_page(_decoded(raw), limits)


def read_page(page: str, limits: ReadLimits) -> Extract:  # noqa: ARG001 - the text is bounded by the page
    """Return the text of a decoded page.

    Raises:
        Refused: damaged, also if the parser would drop what is nested too deep or too long.
    """
    gaps = Gaps()
    if not page.strip():
        return Extract(text="")
    gaps.add(GapReason.UNDECODABLE_TEXT, "nul", count=page.count("\x00"))
    raw = f"{page.replace(chr(0), chr(0xFFFD))}\n{_END}".encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Refused(UnreadableReason.DAMAGED) from None
    if root is None or any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        raise Refused(UnreadableReason.DAMAGED)
    text = _Page(gaps).text(root)
    if not text.endswith(_END):
        gaps.add(GapReason.UNDECODABLE_TEXT, "torn")
    return Extract(text=text.removesuffix(_END).rstrip(), gaps=gaps.all())


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # an older charset may be declared
    declared = _DECLARED.search(raw[:_DECLARED_WITHIN_BYTES])
    charset = declared.group(1).decode("ascii", "replace").lower() if declared else ""
    try:
        if charset in _CHARSETS:
            return raw.decode(charset)
    except UnicodeDecodeError:
        pass
    raise Refused(UnreadableReason.NOT_UTF8)


class _Page:
    """Walks a page once, without recursion: depth is the page author's choice."""

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps
        self._pieces: list[str] = []

    def text(self, root: Any) -> str:
        """Return the text of the whole page: what follows `</html>` is a tree of its own."""
        for tree in (*reversed([*root.itersiblings(preceding=True)]), root, *root.itersiblings()):
            if isinstance(tree.tag, str):
                self._walk(tree)
            else:
                self._comment(tree, silent=False)
        text = _LINE_EDGES.sub("\n", "".join(self._pieces))
        return _BLANK_LINES.sub("\n\n", text).strip()

    def _walk(self, root: Any) -> None:
        silent = 0
        for event, element in etree.iterwalk(root, events=("start", "end", "comment")):
            if event == "comment":
                self._comment(element, silent=silent > 0)
                continue
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                silent += tag in ("script", "style")
                if not silent:
                    self._start(element, tag)
                elif tag in ("script", "style"):
                    self._unseen(element, tag)
            else:
                self._end(element, tag, silent=silent)
                silent -= tag in ("script", "style")

    def _start(self, element: Any, tag: str) -> None:
        if tag in _BLOCKS:
            self._pieces.append("\n")
        self._note(element, tag)
        if element.text:
            self._say(element.text, element)

    def _end(self, element: Any, tag: str, *, silent: int) -> None:
        inside = silent - (tag in ("script", "style"))
        if inside:
            return
        if tag in _BLOCKS and tag != "br":
            self._pieces.append("\n")
        elif tag in _CELLS:
            self._pieces.append("\t")
        if element.tail:
            self._say(element.tail, element.getparent())

    def _say(self, text: str, holder: Any) -> None:
        is_verbatim = holder is not None and holder.tag in ("pre", "textarea")
        self._pieces.append(text if is_verbatim else _SPACES.sub(" ", text))

    def _comment(self, comment: Any, *, silent: bool) -> None:
        if (comment.text or "").strip():
            self._gaps.add(GapReason.HIDDEN_TEXT, "comment")
        if comment.tail and not silent:
            self._say(comment.tail, comment.getparent())

    def _unseen(self, element: Any, tag: str) -> None:
        if tag == "script":
            self._gaps.add(GapReason.ACTIVE_CONTENT, "script")
        elif _HIDING.search(element.text or ""):
            self._gaps.add(GapReason.HIDDEN_TEXT, "stylesheet")

    def _note(self, element: Any, tag: str) -> None:
        attributes = element.attrib
        if "hidden" in attributes or _HIDING.search(attributes.get("style", "")):
            self._gaps.add(GapReason.HIDDEN_TEXT, "element")
        if any(name.startswith("on") for name in attributes):
            self._gaps.add(GapReason.ACTIVE_CONTENT, "handler")
        if tag != "img" and any(_is_data(value) for value in attributes.values()):
            self._gaps.add(GapReason.EMBEDDED_OBJECT, "data_uri")
        if tag in _EMBEDDED:
            self._gaps.add(GapReason.EMBEDDED_OBJECT, tag)
        elif tag in _FRAMES:
            inline = "srcdoc" in attributes
            self._gaps.add(GapReason.EMBEDDED_OBJECT if inline else GapReason.EXTERNAL_REFERENCE, "frame")
        elif tag in ("img", "svg", "picture"):
            self._image(attributes, tag)
        elif tag in ("input", "button"):
            self._field(attributes)
        elif tag == "meta":
            self._meta(attributes)
        elif tag == "template":
            self._gaps.add(GapReason.HIDDEN_TEXT, "template")

    def _image(self, attributes: Any, tag: str) -> None:
        alternative = attributes.get("alt", "").strip()
        if tag == "img" and alternative and not _is_data(attributes.get("src", "")):
            self._pieces.append(f" {alternative} ")
        elif tag != "picture":  # its `img` counts
            self._gaps.add(GapReason.IMAGE)

    def _field(self, attributes: Any) -> None:
        value = attributes.get("value", "") or attributes.get("placeholder", "")
        if value.strip():
            self._pieces.append(f" {value} ")
            if attributes.get("type", "").lower() in ("hidden", "password"):
                self._gaps.add(GapReason.HIDDEN_TEXT, "field")

    def _meta(self, attributes: Any) -> None:
        if attributes.get("http-equiv", "").lower() == "refresh":
            self._gaps.add(GapReason.EXTERNAL_REFERENCE, "refresh")
        if attributes.get("name", "").lower() in ("description", "author", "keywords", "subject"):
            self._pieces.append(f"\n{attributes.get('content', '')}\n")


def _is_data(value: str) -> bool:
    return value[:200].lstrip().lower().startswith("data:")
