"""Write examples/documents from examples.yaml: the same bytes on every run with the same package versions.

Run in the pipeline's environment: `.venv/bin/python models/clerk/recipe/make_examples.py`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WRITTEN = dt.datetime(2025, 7, 1, 9, 0, tzinfo=dt.UTC)
"""When every file claims to have been made, so that a second run changes nothing."""

PDF_TEXTS = {
    "contracts/confidentiality-agreement.pdf": """\
CONFIDENTIALITY AGREEMENT

This agreement is made on 15 May 2025 between Nordhafen Logistik GmbH and Pinecrest Distribution.

1. Each party keeps secret what it learns about the customers and prices of the other party.
2. The duty ends five years after the last meeting.
3. A breach costs EUR 25,000 for each case, unless the damage is higher.

Contract number NDA-2025-017

Signed: Tobias Lindqvist, Adriana Keller""",
    "manuals/coffee-machine.pdf": """\
Product manual: cleaning the coffee machine

Clean the machine at the end of every day. Empty the tray and the box for the grounds, and rinse both
with warm water. Do not put them in the dishwasher. Start the rinsing programme and wait until the lamp
stops blinking. Wipe the steam pipe with a damp cloth while it is still warm.

Once a week, put a cleaning tablet into the chute and start the long programme. It takes about ten
minutes and must not be interrupted. If the coffee tastes bitter afterwards, run two cups of plain water
through the machine.""",
}

SCANNED_TEXT = """\
Brightwater Clinics
Consent to treatment

Patient: Theodora Lambert
Date of birth: 6 March 1979
Patient ID: P-903312

I agree to the operation on my left knee that was
explained to me on 9 June 2025.

Signed: Theodora Lambert"""

HTML_TEXT = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Press release</title></head>
<body>
<h1>Press release: Calder Cleaning Services opens a second branch</h1>
<p>Calder Cleaning Services opens a second branch in Fairview on 1 August 2025. The branch will employ
twenty people in its first year.</p>
<p>&ldquo;The demand from doctors' offices has doubled,&rdquo; says the managing director, Victor Calder.</p>
<ul><li>Investment: $240,000</li><li>Area: 600 square metres</li></ul>
</body>
</html>
"""

EMAIL_TEXT = """\
Dear Ms. Sutherland,

attached is the list of open invoices that you asked for on the telephone. Two of them are more than
sixty days old: INV-203877 over $1,204.00 and INV-203990 over $415.50. Could you tell me by Friday
when they will be paid?

Best regards
Raymond Ilic
Hartwell Office Supplies
"""

EMAIL_ATTACHMENT = """\
invoice,date,amount
INV-203877,2025-03-28,1204.00
INV-203990,2025-04-11,415.50
INV-204418,2025-06-20,567.60
"""

SHEET_ROWS = [
    ("Employee", "Number", "Department", "Salary", "Since"),
    ("Kevin O'Brien", "E-10442", "Finance", 72000, "1 June 2025"),
    ("Gwen Sutherland", "E-20017", "IT", 66400, "15 February 2019"),
    ("Marcus Boyd", "E-11805", "Operations", 58900, "3 November 2021"),
]


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with Unix line ends, making the folders on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_records(folder: Path, texts: dict[str, list[dict[str, str]]]) -> None:
    """Write the three tabular files: JSONL, CSV and Parquet."""
    lines = [
        json.dumps(
            {"id": record["id"], "text": record["text"], "metadata": {"source": record["source"]}},
            ensure_ascii=False,
        )
        for record in texts["records.jsonl"]
    ]
    write_text(folder / "records.jsonl", "\n".join(lines) + "\n")

    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ["id", "text"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(texts["tickets.csv"])
    write_text(folder / "tickets.csv", buffer.getvalue())

    claims = texts["claims.parquet"]
    table = pa.table(
        {"id": [record["id"] for record in claims], "text": [record["text"] for record in claims]}
    )
    pq.write_table(table, folder / "claims.parquet", compression="zstd", row_group_size=3)


def write_pdf(path: Path, text: str) -> None:
    """Write one page with a text layer; lines are taken as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    page = canvas.beginText(60, 780)
    page.setFont("Helvetica", 11)
    page.textLines(text)
    canvas.drawText(page)
    canvas.save()


def write_scanned_pdf(path: Path, text: str) -> None:
    """Write one page that is nothing but a picture of `text`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("L", (827, 1169), color=247)
    font = ImageFont.load_default(size=24)
    ImageDraw.Draw(picture).multiline_text((90, 110), text, fill=40, font=font, spacing=14)
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.drawImage(ImageReader(picture.rotate(0.6, fillcolor=247)), 0, 0, *A4)
    canvas.save()


def write_damaged_pdf(path: Path, whole: Path) -> None:
    """Write the first half of a PDF, as a broken transfer leaves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = whole.read_bytes()
    path.write_bytes(content[:200] + b"\x00" * 300)


def write_email(path: Path) -> None:
    """Write an e-mail with a CSV attached."""
    message = EmailMessage()
    message["From"] = "Raymond Ilic <billing@hartwell.example.com>"
    message["To"] = "Gwen Sutherland <g.sutherland@brightwater.example.com>"
    message["Date"] = WRITTEN
    message["Subject"] = "Open invoices"
    message["Message-ID"] = "<20250701.open-invoices@hartwell.example.com>"
    message.set_content(EMAIL_TEXT)
    message.add_attachment(EMAIL_ATTACHMENT, subtype="csv", filename="open-invoices.csv")
    message.set_boundary("=-open-invoices-=")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.as_bytes())


def write_docx(path: Path) -> None:
    """Write a warning letter with a table."""
    document = docx.Document()
    document.add_heading("Written warning", level=1)
    document.add_paragraph("To: Derek Holloway, employee number E-11873")
    document.add_paragraph("Date: 24 June 2025")
    document.add_paragraph(
        "On 16 June 2025 and again on 20 June 2025 you started your shift more than one hour late without "
        "letting your supervisor know. We expect you to keep to the agreed working hours. Another breach "
        "may lead to dismissal."
    )
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text = "Day"
    table.rows[0].cells[1].text = "Delay"
    for day, delay in (("16 June 2025", "75 minutes"), ("20 June 2025", "90 minutes")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = day, delay
    document.add_paragraph("Claire Dubois, human resources")
    properties = document.core_properties
    properties.author, properties.created, properties.modified = "", WRITTEN, WRITTEN
    buffer = io.BytesIO()
    document.save(buffer)
    write_zip(path, buffer)


def write_xlsx(path: Path) -> None:
    """Write a sheet of salaries."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Salaries"
    for row in SHEET_ROWS:
        sheet.append(row)
    workbook.properties.creator = ""
    workbook.properties.created = workbook.properties.modified = WRITTEN.replace(tzinfo=None)
    buffer = io.BytesIO()
    workbook.save(buffer)
    write_zip(path, buffer)


def write_zip(path: Path, content: io.BytesIO) -> None:
    """Write an Office file again with fixed times, which its own library sets to now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _with_fixed_times(data)
            target.writestr(zipfile.ZipInfo(name, WRITTEN.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)


def _with_fixed_times(core: bytes) -> bytes:
    """Return the properties with the saving time replaced: openpyxl overwrites what it was given."""
    start, end = core.find(b"<dcterms:modified"), core.find(b"</dcterms:modified>")
    opening = core.index(b">", start) + 1
    return core[:opening] + WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode() + core[end:]


def main() -> None:
    """Write every example document."""
    folder = ROOT / "examples" / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    texts = yaml.safe_load((HERE / "examples.yaml").read_text(encoding="utf-8"))
    write_records(folder, texts)
    for name, text in texts["files"].items():
        write_text(folder / name, text)
    for name, text in PDF_TEXTS.items():
        write_pdf(folder / name, text)
    write_scanned_pdf(folder / "scans/consent.pdf", SCANNED_TEXT)
    write_damaged_pdf(folder / "scans/damaged.pdf", folder / "manuals/coffee-machine.pdf")
    write_text(folder / "web/press-release.html", HTML_TEXT)
    write_email(folder / "mail/open-invoices.eml")
    write_docx(folder / "personnel/warning.docx")
    write_xlsx(folder / "personnel/salaries.xlsx")
    files = [path for path in folder.rglob("*") if path.is_file()]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files)} bytes")


if __name__ == "__main__":
    main()
