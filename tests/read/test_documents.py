"""Files of one document: their text, and what was not seen."""

from __future__ import annotations

import datetime as dt
import zlib

import docx
import openpyxl
import pytest
from docx.oxml import OxmlElement
from PIL import Image
from reportlab.lib.utils import ImageReader

from pipeline.documents import UnreadableReason
from tests.read.build import (
    OLE,
    PNG,
    WORD,
    book,
    mail,
    pdf,
    pdf_of,
    put,
    saved,
    with_parts,
    word,
    word_of,
    zipped,
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("note.txt", "Meet Ann at noon.\n"),
        ("note.md", "# Meet Ann\n\nat *noon*.\n"),
        ("note.txt", "\ufeffMeet Ann"),
        ("note.txt", "Grüße\r\nan\ralle\n"),
    ],
)
def test_text_is_read_as_it_is(read_file, name, content):
    """Text and Markdown lose nothing but a byte order mark and carriage returns."""
    document = read_file(name, content)
    assert document.text == content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert document.gaps == ()
    assert document.ref == name


@pytest.mark.parametrize("content", ["", " \n\t", "\r\n"])
def test_empty_text_is_a_gap(gaps_of, content):
    """A document without text is not a document without personal data."""
    assert gaps_of("note.txt", content) == {"empty_text:"}


def test_nul_is_a_gap(read_file):
    """NUL cannot be stored: it is replaced, and the text counts as not surely decoded."""
    document = read_file("note.txt", b"a\0b")
    assert document.text == "a\ufffdb"
    assert [gap.reason for gap in document.gaps] == ["undecodable_text"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("note.txt", b"caf\xe9", "not_utf8"),
        ("note.txt", "wide".encode("utf-16"), "not_utf8"),
        ("note.txt", pdf("x"), "wrong_content"),
        ("note.md", b"PK\x03\x04rest", "wrong_content"),
        ("page.html", PNG, "wrong_content"),
        ("page.html", b"<p>caf\xe9</p>", "not_utf8"),
        ("scan.pdf", b"<html>", "wrong_content"),
        ("scan.pdf", b"", "damaged"),
        ("scan.pdf", b"%PDF-1.7\nnothing more", "damaged"),
        ("scan.pdf", pdf("x", password="secret"), "encrypted"),
        ("letter.docx", b"plain", "wrong_content"),
        ("letter.docx", OLE + b"\0" * 600, "wrong_content"),
        ("letter.docx", OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("letter.docx", book([["a"]]), "wrong_content"),
        ("book.xlsx", word("a"), "wrong_content"),
        ("book.xlsx", b"PK\x03\x04 torn", "damaged"),
        ("mail.eml", b"No header here\n\nBody", "wrong_content"),
        ("mail.eml", PNG, "wrong_content"),
        ("photo.png", PNG, "unsupported_format"),
        ("old.doc", OLE, "unsupported_format"),
        ("README", b"no suffix", "unsupported_format"),
        ("all.zip", zipped({"a": "b"}), "unsupported_format"),
    ],
)
def test_what_cannot_be_read_says_why(read_file, name, content, reason):
    """A file that cannot be read is named with a reason, never passed over."""
    assert read_file(name, content).reason == UnreadableReason(reason)


# PDF


def test_pdf_pages_are_read_in_order(read_file):
    """Each page's text comes in order and nothing is missing."""
    document = read_file("scan.pdf", pdf("First page", "Second page"))
    assert document.text == "First page\n\nSecond page"
    assert document.gaps == ()


def test_pdf_page_without_text_is_a_gap(gaps_of):
    """A page without a text layer may be a scan of anything."""
    assert gaps_of("scan.pdf", pdf("First", "", "Third")) == {"page_without_text:"}


def _image(canvas):
    canvas.drawImage(ImageReader(Image.new("RGB", (4, 4))), 10, 10)


def _text(canvas, *, mode=0, size=12, x=72, fill=None):
    if fill is not None:
        canvas.setFillGray(fill)
    text = canvas.beginText(x, 600)
    text.setFont("Helvetica", size)
    text.setTextRenderMode(mode)
    text.textOut("Secret diagnosis")
    canvas.drawText(text)


def _form(canvas):
    canvas.acroForm.textfield(name="diagnosis", value="Secret diagnosis", x=72, y=500)


@pytest.mark.parametrize(
    ("draw", "gap"),
    [
        (_image, "image:"),
        (lambda canvas: _text(canvas, mode=3), "hidden_text:invisible"),
        (lambda canvas: _text(canvas, size=0.5), "hidden_text:tiny"),
        (lambda canvas: _text(canvas, fill=1), "hidden_text:white"),
        (lambda canvas: _text(canvas, x=5000), "hidden_text:outside"),
    ],
)
def test_pdf_content_beyond_plain_text_is_a_gap(gaps_of, draw, gap):
    """Images and text that is there but not to be seen are reported."""
    assert gap in gaps_of("scan.pdf", pdf_of(draw))


@pytest.mark.parametrize(
    ("entry", "gap"),
    [
        (b"/OpenAction <</S /JavaScript /JS (x)>>", "active_content:javascript"),
        (b"/OpenAction <</S /L#61unch /F (x)>>", "active_content:action"),
        (b"/AcroForm <</XFA [(a) 1 0 R] /Fields []>>", "active_content:xfa"),
        (b"/Names <</EmbeddedFiles <</Names []>> >>", "attachment_not_read:file"),
        (b"/OCProperties <</D <</OFF [1 0 R]>> >>", "hidden_text:layer"),
    ],
)
def test_pdf_catalog_entries_that_do_something_are_gaps(gaps_of, entry, gap):
    """Scripts, actions, attachments and hidden layers are reported, escaped names too."""
    content = pdf("A visible line").replace(b"/Type /Catalog", b"/Type /Catalog " + entry)
    assert gap in gaps_of("scan.pdf", content)


@pytest.mark.parametrize("entry", [b"/OpenAction <</S /JavaScript /JS (x)>>"])
def test_pdf_names_in_object_streams_are_found(gaps_of, entry):
    """Packing a script into an object stream does not hide it."""
    packed = zlib.compress(b"9 0 " + entry)
    stream = b"9 0 obj <</Type /ObjStm /Filter /FlateDecode /N 1 /First 4 /Length %d>>\nstream\n" % len(
        packed
    )
    content = pdf("A visible line").replace(b"xref\n", stream + packed + b"\nendstream endobj\nxref\n", 1)
    assert "active_content:javascript" in gaps_of("scan.pdf", content)


def test_pdf_hidden_text_is_still_read(read_file):
    """Invisible text is part of the text, so that it is assessed too."""
    assert "Secret diagnosis" in read_file("scan.pdf", pdf_of(lambda canvas: _text(canvas, mode=3))).text


def test_pdf_form_fields_are_read(read_file):
    """What was typed into a form is text."""
    assert "Secret diagnosis" in read_file("scan.pdf", pdf_of(_form)).text


# DOCX


def test_docx_parts_are_read(read_file):
    """Body, tables, headers and footers are all text."""
    document = docx.Document()
    document.add_paragraph("In the body\tafter a tab")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Name", "Ann"
    document.sections[0].header.paragraphs[0].text = "In the header"
    document.sections[0].footer.paragraphs[0].text = "In the footer"
    read = read_file("letter.docx", saved(document))
    assert read.text == "In the body\tafter a tab\nName\tAnn\n\nIn the header\n\nIn the footer"
    assert read.gaps == ()


@pytest.mark.parametrize(
    ("root", "path"),
    [("footnotes", "word__footnotes.xml"), ("comments", "word__comments.xml"), ("hdr", "odd__place.xml")],
)
def test_docx_notes_are_read_wherever_they_are(read_file, root, path):
    """A part is known by its root element, not by its name."""
    part = f'<w:{root} xmlns:w="{WORD}"><w:p><w:r><w:t>A note</w:t></w:r></w:p></w:{root}>'
    body = "<w:p><w:r><w:t>Body</w:t></w:r></w:p>"
    assert read_file("letter.docx", word_of(body, **{path: part})).text == "Body\n\nA note"


_RUN = "<w:p><w:r>{}<w:t>Secret</w:t></w:r></w:p>"
_RELS = '<Relationships><Relationship Id="a" Type="http://x/{}" Target="http://127.0.0.1/x" TargetMode="External"/></Relationships>'


@pytest.mark.parametrize(
    ("content", "gap"),
    [
        (word_of(_RUN.format("<w:rPr><w:vanish/></w:rPr>")), "hidden_text:vanish"),
        (word_of(_RUN.format('<w:rPr><w:sz w:val="2"/></w:rPr>')), "hidden_text:vanish"),
        (
            word_of(
                _RUN.format('<w:rPr><w:rStyle w:val="b"/></w:rPr>'),
                **{
                    "word__styles.xml": f'<w:styles xmlns:w="{WORD}"><w:style w:styleId="a"><w:rPr><w:vanish/></w:rPr>'
                    '</w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style></w:styles>'
                },
            ),
            "hidden_text:vanish",
        ),
        (
            word_of("<w:p><w:del><w:r><w:delText>Secret</w:delText></w:r></w:del></w:p>"),
            "hidden_text:deleted",
        ),
        (word_of(_RUN.format('<w:sym w:char="F0FC"/>')), "undecodable_text:symbol"),
        (word_of(_RUN.format("<w:instrText>DDEAUTO cmd</w:instrText>")), "external_reference:field"),
        (word_of(_RUN.format(""), **{"word__media__a.png": PNG}), "image:"),
        (word_of(_RUN.format(""), **{"word__embeddings__a.bin": b"x"}), "embedded_object:ole"),
        (word_of(_RUN.format(""), **{"word__charts__chart1.xml": "<c/>"}), "embedded_object:chart"),
        (word_of(_RUN.format(""), **{"word__vbaProject.bin": b"x"}), "macro:vba"),
        (
            word_of(_RUN.format(""), **{"word___rels__document.xml.rels": _RELS.format("attachedTemplate")}),
            "external_reference:attachedTemplate",
        ),
    ],
)
def test_docx_content_beyond_plain_text_is_a_gap(read_file, content, gap):
    """Hidden, deleted and embedded content is reported, and its text is read where there is any."""
    document = read_file("letter.docm", content)
    assert gap in {f"{found.reason}:{found.detail}" for found in document.gaps}
    assert "Secret" in document.text


@pytest.mark.parametrize(
    "body",
    [
        _RUN.format('<w:rPr><w:vanish w:val="false"/></w:rPr>'),
        "<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>Secret</w:t></w:r></w:p>",
    ],
)
def test_docx_visible_text_is_no_gap(gaps_of, body):
    """A hiding that is switched off, or that hides a paragraph's mark alone, hides nothing."""
    assert gaps_of("letter.docx", word_of(body)) == set()


def test_docx_hyperlink_is_no_gap(gaps_of):
    """A link is shown, not loaded."""
    content = word_of(_RUN.format(""), **{"word___rels__document.xml.rels": _RELS.format("hyperlink")})
    assert gaps_of("letter.docx", content) == set()


def test_docx_text_boxes_are_read_once(read_file):
    """Of two versions of a text box the one read is enough, unless they differ."""
    box = "<w:r><w:txbxContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:txbxContent></w:r>"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    pair = f'<w:p><mc:AlternateContent xmlns:mc="{mc}"><mc:Choice>{{}}</mc:Choice><mc:Fallback>{{}}</mc:Fallback></mc:AlternateContent></w:p>'
    same = word_of(pair.format(box.format("Boxed"), box.format("Boxed")))
    different = word_of(pair.format(box.format("Boxed"), box.format("Other")))
    assert read_file("same.docx", same).text.count("Boxed") == 1
    assert {"Boxed", "Other"} <= set(read_file("different.docx", different).text.split())


def test_docx_inserted_text_is_read(read_file):
    """Tracked insertions are text."""
    document = docx.Document()
    paragraph = document.add_paragraph("Kept ")
    run = paragraph.add_run("inserted")
    insertion = OxmlElement("w:ins")
    run._r.addprevious(insertion)
    insertion.append(run._r)
    assert read_file("letter.docx", saved(document)).text == "Kept inserted"


# XLSX


def test_xlsx_cells_are_shown_as_a_reader_sees_them(read_file):
    """Dates, masks, long numbers and truth values are not left as stored."""

    def edit(workbook):
        sheet = workbook.active
        sheet["D2"].number_format = "000-00-0000"

    rows = [
        ["Name", "Born", "Card", "SSN", "Active", "Share"],
        ["Ann", dt.date(1980, 1, 2), 4111111111111111, 78051120, True, 0.5],
    ]
    document = read_file("book.xlsx", book(rows, edit))
    assert document.text.split("\n")[2] == "Ann\t1980-01-02\t4111111111111111\t078-05-1120\tTRUE\t0.5"
    assert document.gaps == ()


def _hide_sheet(workbook):
    workbook.create_sheet("Other").append(["Hidden"])
    workbook["Other"].sheet_state = "veryHidden"


def _hide_row(workbook):
    workbook.active.append(["Hidden"])
    workbook.active.row_dimensions[2].hidden = True


def _hide_column(workbook):
    workbook.active["C1"] = "Hidden"
    workbook.active.column_dimensions["C"].hidden = True


def _hide_cell(workbook):
    workbook.active["C1"] = "Hidden"
    workbook.active["C1"].number_format = ";;;"


def _formula(workbook):
    workbook.active["C1"] = '=CONCAT("Hidden")'


def _comment(workbook):
    workbook.active["A1"].comment = openpyxl.comments.Comment("Hidden", "Ann")


@pytest.mark.parametrize(
    ("edit", "gaps"),
    [
        (_hide_sheet, {"hidden_text:sheet"}),
        (_hide_row, {"hidden_text:row"}),
        (_hide_column, {"hidden_text:cell"}),
        (_hide_cell, {"hidden_text:cell"}),
        (_formula, {"active_content:formula_without_value"}),
        (_comment, set()),
    ],
)
def test_xlsx_hidden_content_is_read_and_reported(read_file, edit, gaps):
    """What a sheet hides is in the text and is a gap; a comment is just text."""
    document = read_file("book.xlsx", book([["Seen"]], edit))
    assert "Hidden" in document.text
    assert {f"{gap.reason}:{gap.detail}" for gap in document.gaps} == gaps


@pytest.mark.parametrize(
    ("part", "gap"),
    [
        ("xl/vbaProject.bin", "macro:vba"),
        ("xl/media/image1.png", "image:"),
        ("xl/externalLinks/externalLink1.xml", "external_reference:workbook"),
        ("xl/pivotCache/pivotCacheRecords1.xml", "embedded_object:pivot"),
        ("xl/connections.xml", "external_reference:connection"),
    ],
)
def test_xlsx_parts_that_are_not_read_are_gaps(gaps_of, part, gap):
    """Macros, pictures and data from elsewhere are reported."""
    assert gap in gaps_of("book.xlsm", with_parts(book([["Seen"]]), {part: "<x/>"}))


# HTML


def test_html_text_is_what_a_browser_shows(read_file):
    """Blocks break lines, spaces collapse, entities are decoded, scripts are no text."""
    page = "<!doctype html><title>T</title><body><h1>Hi&nbsp;Ann</h1><p>one\n  two<br>three<table><tr><td>a<td>b</table>"
    document = read_file("page.html", page)
    assert document.text == "T\n\nHi\xa0Ann\n\none two\nthree\n\na\tb"
    assert document.gaps == ()


@pytest.mark.parametrize(
    ("page", "gap"),
    [
        ("<p>a<script>secret()</script>", "active_content:script"),
        ("<p onclick='x()'>a", "active_content:handler"),
        ("<p>a<!-- Secret -->", "hidden_text:comment"),
        ("<p hidden>Secret", "hidden_text:element"),
        ("<p style='display : none'>Secret", "hidden_text:element"),
        ("<p style='color:#FFF'>Secret", "hidden_text:element"),
        ("<style>.x{visibility:hidden}</style><p class=x>Secret", "hidden_text:stylesheet"),
        ("<input type=hidden value=Secret>", "hidden_text:field"),
        ("<p>a<img src=x.png>", "image:"),
        ("<p>a<svg><text>Secret</text></svg>", "image:"),
        ("<p>a<img alt=a src='data:image/png;base64,AAAA'>", "image:"),
        ("<a href='data:text/html,Secret'>a</a>", "embedded_object:data_uri"),
        ("<p>a<!-- Secret", "undecodable_text:torn"),
        ("<p>a<a href='Secret", "undecodable_text:torn"),
        ("<p>a</html><!-- Secret -->", "hidden_text:comment"),
        ("<p>a<iframe src=x></iframe>", "external_reference:frame"),
        ("<p>a<object data=x></object>", "embedded_object:object"),
        ("<meta http-equiv=refresh content='0;url=x'><p>a", "external_reference:refresh"),
    ],
)
def test_html_content_beyond_plain_text_is_a_gap(gaps_of, page, gap):
    """Scripts, hidden elements, comments, images and frames are reported."""
    assert gap in gaps_of("page.html", page)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a<img alt='A photo of Ann' src=x>", "a A photo of Ann"),
        ("<input value='Ann'>", "Ann"),
        ("<html><body>Ann</body></html>Bob<p>Eve", "Ann\nBob\nEve"),
        ("Ann &amp; Bob", "Ann & Bob"),
        ("<textarea>Ann\nBob</textarea>", "Ann\nBob"),
        ("a<script>x<b>y</script>b<style>z</style>c", "abc"),
        ('<meta charset="windows-1252"><p>caf\xe9'.encode("latin-1"), "café"),
    ],
)
def test_html_text_in_odd_places_is_read(read_file, page, text):
    """Alternative texts, form values and declared charsets are understood."""
    assert read_file("page.html", page).text == text


# EML


def test_eml_headers_and_body_are_read(read_file):
    """Who wrote to whom about what is part of the text."""
    document = read_file("mail.eml", mail("Hello Bob").as_bytes())
    assert document.text == "From: ann@example.org\nTo: bob@example.org\nSubject: Lunch\n\nHello Bob\n"
    assert document.gaps == ()


def test_eml_attachments_of_known_kinds_are_read(read_file):
    """A readable attachment follows under a separator, with its gaps."""
    message = mail()
    message.add_attachment(pdf("In the scan", ""), maintype="application", subtype="pdf", filename="scan.pdf")
    message.add_attachment("In the note", filename="note.txt")
    message.add_attachment(
        book([["In the book"]]), maintype="application", subtype="octet-stream", filename="b.xlsx"
    )
    document = read_file("mail.eml", message.as_bytes())
    for words in ("In the scan", "In the note", "In the book"):
        assert f"--- attachment ---\n{words}" in document.text.replace("Sheet\n", "")
    assert [gap.reason for gap in document.gaps] == ["page_without_text"]


@pytest.mark.parametrize(
    ("content", "name", "detail"),
    [
        (PNG, "photo.png", "kind"),
        (pdf("x", password="secret"), "scan.pdf", "encrypted"),
        (b"torn", "letter.docx", "wrong_content"),
        (zipped({"a.txt": "b"}), "all.zip", "kind"),
    ],
)
def test_eml_other_attachments_are_gaps(gaps_of, content, name, detail):
    """An attachment that is not read does not spoil the message, but is reported."""
    message = mail()
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    assert gaps_of("mail.eml", message.as_bytes()) == {f"attachment_not_read:{detail}"}


def test_eml_html_that_differs_from_the_text_is_read_too(read_file):
    """What only one version of a body says is not lost."""
    same, different = mail("Hello Bob"), mail("Hello Bob")
    same.add_alternative("<p>Hello <b>Bob</b></p>", subtype="html")
    different.add_alternative("<p>The diagnosis is secret</p>", subtype="html")
    assert read_file("same.eml", same.as_bytes()).text.count("Hello") == 1
    assert "diagnosis" in read_file("different.eml", different.as_bytes()).text


def test_eml_nested_messages_are_read_to_a_depth(read_file):
    """A forwarded message is read; one nested beyond the limit is reported."""
    message = mail("Level 4")
    for level in (3, 2, 1):
        outer = mail(f"Level {level}")
        outer.add_attachment(message)
        message = outer
    document = read_file("mail.eml", message.as_bytes())
    assert "Level 3" in document.text
    assert "Level 4" not in document.text
    assert [gap.detail for gap in document.gaps] == ["depth"]


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nAAAA",
        b"Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n",
    ],
)
def test_eml_encrypted_message_is_unreadable(read_file, content):
    """S/MIME and PGP/MIME messages go to quarantine."""
    assert read_file("mail.eml", content).reason == UnreadableReason.ENCRYPTED


@pytest.mark.parametrize(
    ("content", "gap"),
    [
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello", "undecodable_text:mime"),
        (b"Subject: x\nContent-Type: text/plain; charset=utf-8\n\ncaf\xe9", "undecodable_text:charset"),
        (b"Subject: x\nContent-Type: text/plain; charset=klingon\n\ncaf\xe9", "undecodable_text:charset"),
        (b"Subject: x\n\n-----BEGIN PGP MESSAGE-----\nAAAA", "attachment_not_read:encrypted"),
    ],
)
def test_eml_that_is_not_surely_decoded_is_a_gap(gaps_of, content, gap):
    """Torn structures, wrong charsets and inline encryption are reported."""
    assert gap in gaps_of("mail.eml", content)


def _coverage(document):
    return {one.kind: (one.read, one.of) for one in document.coverage}


def test_coverage_counts_what_became_text(read_file):
    """Pages, parts and sheets are counted, read and there; what is text already has nothing to count."""
    message = mail()
    message.add_attachment(pdf("One", "", "Three"), maintype="application", subtype="pdf", filename="s.pdf")
    message.add_attachment(PNG, maintype="application", subtype="octet-stream", filename="photo.png")
    letter = docx.Document()
    letter.add_paragraph("In the body")
    letter.sections[0].header.paragraphs[0].text = "In the header"
    assert _coverage(read_file("scan.pdf", pdf("First", "", "Third"))) == {"pages": (2, 3)}
    assert _coverage(read_file("letter.docx", saved(letter))) == {"parts": (2, 2)}
    assert _coverage(read_file("book.xlsx", book([["Ann"]]))) == {"sheets": (1, 1)}
    assert _coverage(read_file("mail.eml", message.as_bytes())) == {"mail_parts": (2, 3), "pages": (2, 3)}
    assert _coverage(read_file("note.txt", b"Meet Ann")) == {}


def test_a_reference_is_the_name_below_the_source(tmp_path, read_all):
    """A file of one document is named by its path below the folder that was given."""
    put(tmp_path, "in/a/note.txt", "Hi")
    assert [item.ref for item in read_all(tmp_path / "in")] == ["a/note.txt"]


def test_nothing_of_the_content_is_in_a_repr(read_file):
    """Neither text nor name is shown, for logs are publishable."""
    shown = repr(read_file("ann.txt", "Secret")) + repr(read_file("ann.pdf", b"Secret"))
    assert "Secret" not in shown
    assert "ann" not in shown
