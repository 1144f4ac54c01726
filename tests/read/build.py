"""Builders of files, well formed or hostile, for the readers' tests."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def pdf(*pages: str, password: str | None = None) -> bytes:
    """Return a PDF with a line of text on each page; an empty page if the line is empty."""
    out = io.BytesIO()
    encryption = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(out, encrypt=encryption, invariant=1)
    for page in pages:
        if page:
            canvas.drawString(72, 720, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def pdf_of(draw) -> bytes:
    """Return a one-page PDF with a visible line and what `draw(canvas)` adds."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=0)
    canvas.drawString(72, 720, "A visible line")
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def word(*paragraphs: str) -> bytes:
    """Return a DOCX with these paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def word_of(body: str, **parts: str | bytes) -> bytes:
    """Return a minimal DOCX whose body is this XML; `parts` add files, `__` standing for a slash."""
    main = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    files: dict[str, str | bytes] = {"[Content_Types].xml": "<Types/>", "word/document.xml": main}
    files |= {name.replace("__", "/"): content for name, content in parts.items()}
    return zipped(files)


def book(rows: list[list[object]], edit=None) -> bytes:
    """Return an XLSX with these rows on its first sheet, after `edit(workbook)`."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    if edit is not None:
        edit(workbook)
    return saved(workbook)


def mail(body: str = "Hello", **headers: str) -> EmailMessage:
    """Return a message; add attachments to it, then take `as_bytes()`."""
    message = EmailMessage()
    message["From"], message["To"] = "ann@example.org", "bob@example.org"
    message["Subject"] = headers.get("subject", "Lunch")
    message.set_content(body)
    return message


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of `files`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_parts(package: bytes, files: dict[str, str | bytes]) -> bytes:
    """Return `package` with files added or replaced."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**old, **files})


def saved(document) -> bytes:
    """Return what `document.save` writes."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def put(folder: Path, name: str, content: bytes | str) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
