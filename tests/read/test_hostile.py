"""Hostile files: each costs itself and little time, and its neighbours are read."""

from __future__ import annotations

import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path

import docx
import pytest

from pipeline.documents import Document, Unreadable, UnreadableReason
from pipeline.read import ReadLimits, read_chunk, split_source
from pipeline.read.sandbox import ReaderDied, Sandbox
from tests.read.build import WORD, book, mail, pdf, pdf_of, put, saved, with_parts, word, word_of, zipped
from tests.read.conftest import identify

_MIB = 1 << 20
_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{of};" * 10}">' for of, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
_XXE = '<!DOCTYPE x [<!ENTITY a SYSTEM "{url}">]>'


def _flate_bomb(size: int) -> bytes:
    """Return a PDF whose page unpacks to `size` bytes of drawing."""
    compressor = zlib.compressobj(9)
    packed = b"".join(compressor.compress(b"0 0 m 1 1 l S\n" * 75_000) for _ in range(size // _MIB))
    packed += compressor.flush()
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
    ) % (len(packed), packed)


def _looping_pdf() -> bytes:
    """Return a PDF whose pages and forms contain themselves."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Count 999999>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>endobj\n"
        b"4 0 obj<</Length 4>>stream\n/F Do\nendstream endobj\n"
        b"5 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 10/Resources<</XObject<</F 5 0 R>>>>>>stream\n"
        b"/F Do /F Do\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
    )


def _body(declaration: str) -> str:
    return f'{declaration}<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>'


def _bomb_of(package: bytes, name: str) -> bytes:
    return with_parts(package, {name: b"<x>" + b" " * (40 * _MIB) + b"</x>"})


@pytest.mark.parametrize(
    ("name", "content", "reasons"),
    [
        ("zip bomb.docx", lambda: _bomb_of(word("x"), "word/bomb.xml"), {"compression_ratio"}),
        ("zip bomb.xlsx", lambda: _bomb_of(book([["x"]]), "xl/sharedStrings.xml"), {"compression_ratio"}),
        ("many parts.docx", lambda: word_of("", **{f"p{n}": b"" for n in range(6000)}), {"too_large"}),
        ("laughs.docx", lambda: with_parts(word("x"), {"word/document.xml": _body(_LAUGHS)}), {"damaged"}),
        ("laughs.xlsx", lambda: with_parts(book([["x"]]), {"xl/workbook.xml": _LAUGHS + "<x>&i;</x>"}), {"damaged"}),
        ("deep.docx", lambda: word_of("<w:p>" * 50_000 + "</w:p>" * 50_000), {"damaged"}),
        ("twice.docx", lambda: with_parts(word("x"), {"WORD/document.xml": "<x/>"}), {"damaged"}),
        ("flate bomb.pdf", lambda: _flate_bomb(64 * _MIB), {"too_slow", "too_much_memory", "reader_crashed", ""}),
        ("loop.pdf", _looping_pdf, {"damaged", "too_large", "too_slow", "reader_crashed", ""}),
        ("huge.txt", lambda: b"x" * (6 * _MIB), {"too_large"}),
        ("deep.html", lambda: "<div>" * 200_000 + "x", {"damaged", ""}),
        ("tags.html", lambda: "<b a=" * 200_000, {"damaged", ""}),
        ("deep.eml", lambda: "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\n" * 2_000, {"damaged", "too_large", "too_slow"}),
        ("parts.eml", lambda: "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n" + "--a\n\nx\n" * 5000 + "--a--", {"too_large"}),
        ("header.eml", lambda: "To: " + "(" * 20_000 + "\n\nx", {"damaged", "too_slow", ""}),
    ],
)  # fmt: skip
def test_a_bomb_costs_itself_only(tmp_path, name, content, reasons):
    """A bomb is refused or read with gaps within its limits, and the next file is read."""
    limits = ReadLimits(cpu_seconds=4, wall_seconds=120, memory_bytes=512 * _MIB)
    put(tmp_path, name, content())
    put(tmp_path, "~after.txt", "Still here")
    (chunk,) = split_source(str(tmp_path))
    bomb, after = read_chunk(chunk, identify=identify, limits=limits)
    assert after.text == "Still here"
    if isinstance(bomb, Unreadable):
        assert bomb.reason.value in reasons
    else:
        assert "" in reasons
        assert bomb.gaps


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nested.eml", lambda: zipped({"inner.zip": zipped({"deep.txt": b"0" * _MIB})})),
        ("bomb.eml", lambda: _bomb_of(word("x"), "word/bomb.xml")),
    ],
)
def test_a_bomb_in_the_mail_is_a_gap(read_file, name, content):
    """An attachment that is refused does not take the message with it; archives are not opened."""
    message = mail("Hello")
    message.add_attachment(
        content(), maintype="application", subtype="zip", filename=name.replace("eml", "docx")
    )
    document = read_file(name, message.as_bytes())
    assert "Hello" in document.text
    assert [gap.reason for gap in document.gaps] == ["attachment_not_read"]


def test_json_and_csv_bombs_cost_one_record(tmp_path, read_all):
    """Deep nesting, a million columns and lines beyond all limits are bad records."""
    deep = b'{"text": "x", "metadata": {"a": ' + b"[" * 500_000 + b"]" * 500_000 + b"}}"
    put(tmp_path, "a.jsonl", deep + b'\n{"text": "' + b"x" * (17 * _MIB) + b'"}\n{"text": "after"}\n')
    put(tmp_path, "b.csv", b"text\n" + b"," * 1_000_000 + b"\nafter\n")
    put(tmp_path, "c.csv", b"," * 1_000_000 + b"text\nafter\n")
    found = [item.text if isinstance(item, Document) else item.reason.value for item in read_all(tmp_path)]
    assert found == ["bad_record", "too_large", "after", "bad_record", "after", "too_large"]


@pytest.mark.parametrize(
    ("name", "content", "limits", "reason"),
    [
        (
            "deep.eml",
            lambda: "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\n" * 20_000,
            ReadLimits(cpu_seconds=0, wall_seconds=120),
            "too_slow",
        ),
        (
            "tree.docx",
            lambda: zipped({"word/document.xml": "<x>" + "<y/>" * 3_000_000 + "</x>"}, zipfile.ZIP_STORED),
            ReadLimits(memory_bytes=160 * _MIB, cpu_seconds=60, wall_seconds=120),
            "too_much_memory",
        ),
        ("a.txt", lambda: "x" * 2000, ReadLimits(file_bytes=1000), "too_large"),
        ("a.pdf", lambda: pdf("1", "2", "3"), ReadLimits(pages=2), "too_large"),
        ("a.xlsx", lambda: book([["x" * 50]] * 50), ReadLimits(text_characters=1000), "too_large"),
        ("a.html", lambda: f"<p>{'x' * 11_000_000}</p>Ann", ReadLimits(), "damaged"),
        ("b.html", lambda: "<div>" * 300 + "Ann", ReadLimits(), "damaged"),
        (
            "a.jsonl",
            lambda: json.dumps({"text": "", "metadata": {"a": "x" * 200}}),
            ReadLimits(metadata_characters=100),
            "too_large",
        ),
    ],
)
def test_each_limit_has_its_reason(read_file, name, content, limits, reason):
    """What passes a limit is quarantined under the name of that limit."""
    assert read_file(name, content(), limits=limits).reason.value == reason


@pytest.fixture
def canary():
    """Serve on the loopback and count the requests that arrive."""
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary", hits
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_reader_follows_a_reference(tmp_path, read_all, canary):
    """External entities, images, frames, templates and message bodies are never fetched."""
    url, hits = canary
    relation = f'<Relationships><Relationship Id="a" Type="http://x/attachedTemplate" Target="{url}" TargetMode="External"/></Relationships>'
    put(tmp_path, "a.docx", with_parts(word("x"), {"word/document.xml": _body(_XXE.format(url=url))}))
    put(tmp_path, "b.docx", word_of("<w:p/>", **{"word___rels__document.xml.rels": relation}))
    put(
        tmp_path,
        "c.xlsx",
        with_parts(book([["x"]]), {"xl/workbook.xml": _XXE.format(url=url) + "<x>&a;</x>"}),
    )
    put(
        tmp_path,
        "d.html",
        f'{_XXE.format(url=url)}<link rel=stylesheet href="{url}"><img src="{url}"><iframe src="{url}"></iframe>&a;',
    )
    put(tmp_path, "e.xhtml", f'<!DOCTYPE html SYSTEM "{url}"><html><base href="{url}"/><p>x</p></html>')
    put(
        tmp_path,
        "f.eml",
        f'Subject: x\nContent-Type: message/external-body; access-type=URL; URL="{url}"\n\nContent-Type: text/plain\n\n',
    )
    put(tmp_path, "g.pdf", pdf_of(lambda canvas: canvas.linkURL(url, (0, 0, 99, 99))))
    items = read_all(tmp_path)
    assert len(items) == 7
    assert hits == []


def test_the_reader_process_can_do_little(tmp_path):
    """It has no environment, no network where the kernel allows, and cannot write files."""
    path = put(tmp_path, "a.txt", "x")
    with Sandbox(ReadLimits()) as sandbox:
        list(sandbox.ask({"path": str(path), "format": "text", "length": 1}))
        process = Path(f"/proc/{sandbox.pid}")
        environment = (process / "environ").read_bytes().split(b"\0")
        limits = {
            line[:26].strip(): line[26:46].strip() for line in (process / "limits").read_text().splitlines()
        }
        is_apart = (process / "ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    names = {setting.split(b"=", 1)[0] for setting in environment}
    assert names <= {b"OPENBLAS_NUM_THREADS", b"ARROW_DEFAULT_MEMORY_POOL", b"LC_CTYPE", b""}
    assert limits["Max file size"] == limits["Max core file size"] == "0"
    assert limits["Max address space"] == str(ReadLimits().memory_bytes)
    assert is_apart or not _may_leave_network()


def _may_leave_network() -> bool:
    return (
        subprocess.run(
            ["/usr/bin/env", "unshare", "-n", "true"], check=False, stderr=subprocess.DEVNULL
        ).returncode
        == 0
    )


def test_a_killed_reader_costs_one_record_at_most(tmp_path):
    """If the reader process is killed from outside, a new one goes on where it was."""
    put(
        tmp_path,
        "a.jsonl",
        b"".join(json.dumps({"text": f"{n} {'x' * 3000}"}).encode() + b"\n" for n in range(900)),
    )
    (chunk,) = split_source(str(tmp_path))
    before = _children()
    items = read_chunk(chunk, identify=identify)
    read = [next(items)]
    (child,) = _children() - before
    os.kill(child, signal.SIGKILL)
    read += items
    assert [item.text.split()[0] for item in read] == [str(n) for n in range(900)]
    assert _children() == before


def test_a_reader_is_ended_with_its_chunk(tmp_path):
    """Leaving a chunk half read leaves no process behind."""
    put(tmp_path, "a.jsonl", b'{"text": "x"}\n' * 10)
    (chunk,) = split_source(str(tmp_path))
    before = _children()
    items = read_chunk(chunk, identify=identify)
    next(items)
    assert len(_children() - before) == 1
    items.close()
    assert _children() == before


@pytest.mark.parametrize("answer", [b"\xff\xff\xff\xff", b"\0\0\0\2{}", b"\0\0\0\1x", b"\0\0\0\1", b""])
def test_a_reader_that_answers_nonsense_is_not_believed(monkeypatch, answer):
    """A reader process that was taken over can say nothing but texts and gaps."""
    start = (
        "import os, sys; i = os.fdopen(0, 'rb'); n = lambda: i.read(int.from_bytes(i.read(4), 'big'));"
        f"n(); w = lambda b: os.write(1, b); w(b'\\0\\0\\0\\x09[\"ready\"]'); n(); w({answer!r})"
    )
    monkeypatch.setattr("pipeline.read.sandbox._START", start)
    with Sandbox(ReadLimits(wall_seconds=2)) as sandbox, pytest.raises(ReaderDied):
        list(sandbox.ask({}))


def test_a_reader_that_says_nothing_is_killed(monkeypatch):
    """Silence ends at the wall clock's limit, even if no processor time is used."""
    start = (
        "import os, sys, time; i = os.fdopen(0, 'rb'); i.read(int.from_bytes(i.read(4), 'big'));"
        "os.write(1, b'\\0\\0\\0\\x09[\"ready\"]'); time.sleep(60)"
    )
    monkeypatch.setattr("pipeline.read.sandbox._START", start)
    began = time.monotonic()
    with Sandbox(ReadLimits(wall_seconds=0.2)) as sandbox, pytest.raises(ReaderDied) as caught:
        list(sandbox.ask({}))
    assert caught.value.reason is UnreadableReason.TOO_SLOW
    assert time.monotonic() - began < 20


def _whole_files() -> dict[str, bytes]:
    message = mail("Hello")
    message.add_attachment(pdf("x"), maintype="application", subtype="pdf", filename="a.pdf")
    document = docx.Document()
    document.add_table(2, 2).cell(0, 0).text = "x"
    return {
        "a.pdf": pdf("First", "Second"),
        "a.docx": saved(document),
        "a.xlsx": book([["x", 1]] * 20),
        "a.eml": message.as_bytes(),
        "a.html": b"<p>Hello <b>Bob</b><table><tr><td>x</table>" * 9,
    }


def test_truncated_and_corrupt_files_never_stop_a_run(tmp_path):
    """Whatever is cut off or flipped, each file gets one answer and the last file is read."""
    chance = random.Random(7)
    count = 0
    for name, content in _whole_files().items():
        for part in range(1, 12):
            put(tmp_path, f"cut {part:02} {name}", content[: len(content) * part // 12])
            flipped = bytearray(content)
            for _ in range(part):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            put(tmp_path, f"flip {part:02} {name}", bytes(flipped))
            count += 2
    put(tmp_path, "~after.txt", "Still here")
    items = [item for chunk in split_source(str(tmp_path)) for item in read_chunk(chunk, identify=identify)]
    assert len(items) == count + 1
    assert items[-1].text == "Still here"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pdf", "a.eml"])
def test_a_truncated_file_is_never_clean(tmp_path, read_all, name):
    """What was torn is refused or has a gap: a text cut short is not a whole text."""
    content = _whole_files()[name]
    for part in range(1, 12):
        put(tmp_path, f"{part:02} {name}", content[: len(content) * part // 12])
    clean = [item.ref for item in read_all(tmp_path) if isinstance(item, Document) and not item.gaps]
    assert clean == []


_COUNT = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from pipeline.read import read_chunk, split_source
count = 0
for chunk in split_source(sys.argv[2], chunk_documents=5000):
    for item in read_chunk(chunk, identify=lambda ref, text: ""):
        count += 1
print(count, *(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


def test_memory_is_flat_in_the_number_of_records(tmp_path):
    """A reader of 100,000 records needs no more memory than one of 10,000."""
    line = json.dumps({"text": "Some text. " * 20}).encode() + b"\n"
    peaks = []
    for count in (10_000, 100_000):
        path = put(tmp_path, f"{count}.jsonl", line * count)
        out = subprocess.run(
            [sys.executable, "-c", _COUNT, str(Path(__file__).parents[2]), str(path)],
            capture_output=True,
            check=True,
        )
        read, *peak = map(int, out.stdout.split())
        assert read == count
        peaks.append(peak)
    assert all(large <= 1.15 * small for small, large in zip(*peaks, strict=True))


def _children() -> set[int]:
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
