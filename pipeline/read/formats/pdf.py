"""PDF: the text of each page, its annotations and form fields, and all that is not plain text."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract, Gaps
from pipeline.read.formats.pdf_names import note_names
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_NESTED_FORMS = 15
_INVISIBLE_MODES = (c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP)
_TINY_POINTS = 2.0
_WHITE = 250
_TRANSPARENT = 10
_DRAWING_PATHS = 200
"""A page of so many shapes and hardly a letter is text drawn as outlines, as likely as not."""
_DRAWING_CHARACTERS = 50
_SILENT_ANNOTATIONS = (c.FPDF_ANNOT_LINK, c.FPDF_ANNOT_POPUP)
_LIVE_ANNOTATIONS = {
    c.FPDF_ANNOT_FILEATTACHMENT: (GapReason.ATTACHMENT_NOT_READ, "file"),
    c.FPDF_ANNOT_SOUND: (GapReason.EMBEDDED_OBJECT, "sound"),
    c.FPDF_ANNOT_MOVIE: (GapReason.EMBEDDED_OBJECT, "movie"),
    c.FPDF_ANNOT_SCREEN: (GapReason.EMBEDDED_OBJECT, "screen"),
    c.FPDF_ANNOT_THREED: (GapReason.EMBEDDED_OBJECT, "3d"),
    c.FPDF_ANNOT_RICHMEDIA: (GapReason.EMBEDDED_OBJECT, "media"),
    c.FPDF_ANNOT_STAMP: (GapReason.IMAGE, "stamp"),
    c.FPDF_ANNOT_INK: (GapReason.IMAGE, "ink"),
}


def read(raw: bytes, limits: ReadLimits) -> Extract:
    """Return the text of a PDF, pages separated by blank lines.

    Raises:
        Refused: encrypted, damaged, too_large.
    """
    try:
        document = pdfium.PdfDocument(raw)
        count = len(document)
    except pdfium.PdfiumError as error:
        is_encrypted = "password" in str(error).lower()
        raise Refused(UnreadableReason.ENCRYPTED if is_encrypted else UnreadableReason.DAMAGED) from None
    if count == 0:
        raise Refused(UnreadableReason.DAMAGED)
    if count > limits.pages:
        raise Refused(UnreadableReason.TOO_LARGE)
    gaps = Gaps()
    note_names(raw, gaps, limits)
    _note_document(document, gaps)
    texts: list[str] = []
    characters = 0
    for index in range(count):
        text = _page(document, index, gaps)
        gaps.met("pages", is_read=bool(text))
        characters += len(text)
        if characters > limits.text_characters:
            raise Refused(UnreadableReason.TOO_LARGE)
        texts.append(text)
    return Extract(
        text="\n\n".join(text for text in texts if text), gaps=gaps.all(), coverage=gaps.coverage()
    )


def _note_document(document: pdfium.PdfDocument, gaps: Gaps) -> None:
    gaps.add(GapReason.ATTACHMENT_NOT_READ, "file", count=max(0, document.count_attachments()))
    scripts = c.FPDFDoc_GetJavaScriptActionCount(document)
    gaps.add(GapReason.ACTIVE_CONTENT, "javascript", count=max(0, scripts))
    if document.get_formtype() in (c.FORMTYPE_XFA_FULL, c.FORMTYPE_XFA_FOREGROUND):
        gaps.add(GapReason.ACTIVE_CONTENT, "xfa")


def _page(document: pdfium.PdfDocument, index: int, gaps: Gaps) -> str:
    try:
        page = document[index]
        text_page = page.get_textpage()
    except pdfium.PdfiumError:
        raise Refused(UnreadableReason.DAMAGED) from None
    try:
        text = _text(text_page, gaps)
        paths = _note_objects(page, gaps)
        seen = sum(not character.isspace() for character in text)
        if seen == 0:
            gaps.add(GapReason.PAGE_WITHOUT_TEXT)
        elif seen < _DRAWING_CHARACTERS and paths > _DRAWING_PATHS:
            gaps.add(GapReason.IMAGE, "drawing")
        notes = _annotations(page, gaps)
        return "\n".join(piece for piece in (text.strip(), *notes) if piece)
    finally:
        text_page.close()
        page.close()


def _text(text_page: pdfium.PdfTextPage, gaps: Gaps) -> str:
    count = text_page.count_chars()
    if count <= 0:
        return ""
    unmapped = sum(c.FPDFText_HasUnicodeMapError(text_page, index) == 1 for index in range(count))
    text: str = text_page.get_text_range(errors="replace")
    # U+FFFE marks a hyphen at a line's end.
    text = text.replace("\ufffe\r\n", "").replace("\ufffe", "-")
    gaps.add(GapReason.UNDECODABLE_TEXT, "font", count=unmapped + text.count("\ufffd"))
    return text.replace("\r\n", "\n")


def _note_objects(page: pdfium.PdfPage, gaps: Gaps) -> int:
    """Note images and text that is there but not to be seen; return how many shapes there are."""
    left, bottom, right, top = page.get_bbox()
    paths = 0
    for item in page.get_objects(max_depth=_NESTED_FORMS):
        if item.type == c.FPDF_PAGEOBJ_IMAGE:
            gaps.add(GapReason.IMAGE)
        elif item.type == c.FPDF_PAGEOBJ_PATH:
            paths += 1
        elif item.type == c.FPDF_PAGEOBJ_TEXT:
            if cause := _hidden(item):
                gaps.add(GapReason.HIDDEN_TEXT, cause)
            elif item.level == 0 and _is_outside(item, left, bottom, right, top):
                gaps.add(GapReason.HIDDEN_TEXT, "outside")
    return paths


def _hidden(item: Any) -> str:
    if c.FPDFTextObj_GetTextRenderMode(item) in _INVISIBLE_MODES:
        return "invisible"
    size = ctypes.c_float()
    matrix = item.get_matrix()
    if c.FPDFTextObj_GetFontSize(item, size):
        scale = max(abs(matrix.c) + abs(matrix.d), abs(matrix.a) + abs(matrix.b))
        if abs(size.value) * scale < _TINY_POINTS:
            return "tiny"
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if c.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        if alpha.value <= _TRANSPARENT:
            return "transparent"
        if min(red.value, green.value, blue.value) >= _WHITE:
            return "white"
    return ""


def _is_outside(item: Any, left: float, bottom: float, right: float, top: float) -> bool:
    try:
        x0, y0, x1, y1 = item.get_bounds()
    except pdfium.PdfiumError:
        return False
    return bool(x1 < left or x0 > right or y1 < bottom or y0 > top)


def _annotations(page: pdfium.PdfPage, gaps: Gaps) -> list[str]:
    """Return what notes and form fields say."""
    said: list[str] = []
    for index in range(c.FPDFPage_GetAnnotCount(page)):
        annotation = c.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = c.FPDFAnnot_GetSubtype(annotation)
            if kind in _SILENT_ANNOTATIONS:
                continue
            if kind in _LIVE_ANNOTATIONS:
                gaps.add(*_LIVE_ANNOTATIONS[kind])
            words = [_string(annotation, key) for key in (b"Contents", b"V")]
            said += [word for word in words if word.strip()]
            if any(words) and c.FPDFAnnot_GetFlags(annotation) & (
                c.FPDF_ANNOT_FLAG_HIDDEN | c.FPDF_ANNOT_FLAG_NOVIEW
            ):
                gaps.add(GapReason.HIDDEN_TEXT, "annotation")
        finally:
            c.FPDFPage_CloseAnnot(annotation)
    return said


def _string(annotation: Any, key: bytes) -> str:
    size = c.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= len("\0".encode("utf-16-le")):
        return ""
    buffer = ctypes.create_string_buffer(size)
    c.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR)), size)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0")
