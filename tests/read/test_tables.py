"""Files of many records: JSONL, CSV and Parquet."""

from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.documents import Document, Segment, Unreadable
from pipeline.read import ReadLimits, read_chunk, split_source
from tests.read.build import put
from tests.read.conftest import identify


def seen(items) -> list[tuple[str, str]]:
    """Return references with the text, or with the reason against it in angle brackets."""
    return [(item.ref, item.text if isinstance(item, Document) else f"<{item.reason}>") for item in items]


def jsonl(*records: object) -> bytes:
    return b"".join(
        record if isinstance(record, bytes) else json.dumps(record).encode() + b"\n" for record in records
    )


def test_a_record_has_id_text_and_metadata(tmp_path, read_all):
    """A record's own id is its reference, its metadata comes along, other keys do not."""
    put(tmp_path, "a.jsonl", jsonl({"id": "r1", "text": "Hi", "metadata": {"n": [1, None]}, "other": 1}))
    (document,) = read_all(tmp_path)
    assert (document.ref, document.text, document.metadata) == ("r1", "Hi", {"n": [1, None]})
    assert document.id == identify("r1", "Hi")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"id": 7, "text": "x"}', ("7", "x")),
        (b'{"id": "", "text": "x"}', ("a.jsonl#1", "x")),
        (b'{"id": null, "text": "x", "metadata": null}', ("a.jsonl#1", "x")),
        (b'{"text": "caf\\u00e9 \\ud83d\\ude00"}', ("a.jsonl#1", "café 😀")),
        (b'{"text": "a\\r\\nb"}', ("a.jsonl#1", "a\nb")),
        (b'{"text": "\\ud800"}', ("a.jsonl#1", "\ufffd")),
        (b'{"text": ""}', ("a.jsonl#1", "")),
        (b'{"text": "caf\xe9"}', ("a.jsonl#1", "<not_utf8>")),
        (b'{"text": "x"', ("a.jsonl#1", "<bad_record>")),
        (b"not json", ("a.jsonl#1", "<bad_record>")),
        (b'["x"]', ("a.jsonl#1", "<bad_record>")),
        (b'"x"', ("a.jsonl#1", "<bad_record>")),
        (b'{"id": 1}', ("a.jsonl#1", "<missing_text>")),
        (b'{"text": null}', ("a.jsonl#1", "<missing_text>")),
        (b'{"text": 1}', ("a.jsonl#1", "<bad_record>")),
        (b'{"id": 1.5, "text": "x"}', ("a.jsonl#1", "<bad_record>")),
        (b'{"id": true, "text": "x"}', ("a.jsonl#1", "<bad_record>")),
        (b'{"id": "\\ud800", "text": "x"}', ("a.jsonl#1", "<bad_record>")),
        (b'{"text": "x", "metadata": []}', ("a.jsonl#1", "<bad_record>")),
        (b'{"text": "x", "metadata": {"a": NaN}}', ("a.jsonl#1", "<bad_record>")),
        (b'{"text": "x", "metadata": {"a": "\\u0000"}}', ("a.jsonl#1", "<bad_record>")),
        (b'{"text": "x", "metadata": ' + b'{"a":' * 40 + b"1" + b"}" * 41, ("a.jsonl#1", "<bad_record>")),
        (b"[" * 100_000, ("a.jsonl#1", "<bad_record>")),
        (b'{"text": "x", "n": ' + b"1" * 5000 + b"}", ("a.jsonl#1", "<bad_record>")),
    ],
)
def test_a_bad_record_costs_itself_only(tmp_path, read_all, line, expected):
    """What is wrong with one line is said of that line; those around it are read."""
    put(tmp_path, "a.jsonl", b'{"id": "first", "text": "x"}\n' + line + b'\n\n \n{"id": "last", "text": "y"}')
    assert seen(read_all(tmp_path)) == [("first", "x"), expected, ("last", "y")]


def test_a_line_beyond_the_limit_is_passed_over(tmp_path, read_all):
    """A huge line is never held in memory, and the next record is found."""
    put(tmp_path, "a.jsonl", jsonl({"text": "x" * 5000}, {"id": "last", "text": "y"}))
    items = read_all(tmp_path, limits=ReadLimits(record_bytes=1000))
    assert seen(items) == [("a.jsonl#0", "<too_large>"), ("last", "y")]


def test_a_byte_order_mark_is_not_part_of_the_first_record(tmp_path, read_all):
    """Windows tools write one."""
    put(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + jsonl({"text": "x"}, {"text": "y"}))
    put(tmp_path, "b.csv", b"\xef\xbb\xbftext\nz\n")
    assert [item.text for item in read_all(tmp_path)] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,text\n1,x\n2,y\n", [("1", "x"), ("2", "y")]),
        ("text;id\nx;1\n", [("1", "x")]),
        ("id\ttext\n1\tx\n", [("1", "x")]),
        ("text\n\nx\n\ny", [("b.csv#0", "x"), ("b.csv#1", "y")]),
        ('id,text\r\n1,"a\r\nb, ""c"""\r\n2,y\r\n', [("1", 'a\nb, "c"'), ("2", "y")]),
        ('text,metadata\nx,"{""a"": 1}"\ny,nothing\n', [("b.csv#0", "x"), ("b.csv#1", "<bad_record>")]),
        ("id,text\n1,x,y\n2\n3,z\n", [("b.csv#0", "<bad_record>"), ("b.csv#1", "<bad_record>"), ("3", "z")]),
        ('id,text\n1,"x"y\n2,z\n', [("b.csv#0", "<bad_record>"), ("2", "z")]),
        ('id,text\n1,x\n2,"open\n', [("1", "x"), ("b.csv#1", "<bad_record>")]),
        ("id,body\n1,x\n", [("b.csv#0", "<missing_text>")]),
        ("text,text\n1,x\n", [("b.csv#0", "<bad_record>")]),
        ("", [("b.csv#0", "<missing_text>")]),
    ],
)
def test_csv(tmp_path, read_all, content, expected):
    """Commas, semicolons or tabs; quoted line ends; rows that do not fit the header are named."""
    put(tmp_path, "b.csv", content)
    assert seen(read_all(tmp_path)) == expected


def test_csv_that_is_not_utf8_costs_one_row(tmp_path, read_all):
    """A wrong byte spoils its row, and only if it is in a column that is used."""
    put(tmp_path, "b.csv", b"id,text,other\n1,caf\xe9,a\n2,y,\xe9\n")
    assert seen(read_all(tmp_path)) == [("b.csv#0", "<not_utf8>"), ("2", "y")]


def test_csv_row_beyond_the_limit_is_named(tmp_path, read_all):
    """A quote that is never closed swallows rows up to the limit, not the file."""
    put(tmp_path, "b.csv", 'id,text\n1,"open\n' + "2,x\n" * 400 + "3,y\n")
    items = seen(read_all(tmp_path, limits=ReadLimits(record_bytes=1000)))
    assert items[0] == ("b.csv#0", "<too_large>")
    assert items[-1] == ("3", "y")
    assert len(items) > 100


def _parquet(table: pa.Table, **options) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"id": ["a", None], "text": ["x", None]}, [("a", "x"), ("c.parquet#1", "<missing_text>")]),
        ({"id": [1, 2], "text": ["x", "y"]}, [("1", "x"), ("2", "y")]),
        ({"text": ["x"], "metadata": ['{"a": 1}']}, [("c.parquet#0", "x")]),
        ({"text": ["x"], "metadata": [{"a": 1}]}, [("c.parquet#0", "x")]),
        ({"text": [1]}, [("c.parquet#0", "<bad_record>")]),
        ({"body": ["x"]}, [("c.parquet#0", "<missing_text>")]),
    ],
)
def test_parquet(tmp_path, read_all, columns, expected):
    """The same columns as in CSV; metadata as JSON or as a struct."""
    put(tmp_path, "c.parquet", _parquet(pa.table(columns)))
    assert seen(read_all(tmp_path)) == expected


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1PAR1", b"PAR1" + b"\0" * 100 + b"\xff\xff\xff\x7fPAR1"])
def test_parquet_that_is_torn_is_damaged(tmp_path, read_all, content):
    """A file that cannot be planned is one unreadable record."""
    put(tmp_path, "c.parquet", content)
    assert seen(read_all(tmp_path)) == [("c.parquet#0", "<damaged>")]


def _estate(folder) -> int:
    texts = [f'Record {number}: Grüße,\n"{"x" * (number % 97)}"' for number in range(100)]
    put(folder, "a.jsonl", b"\n" + b"\n".join(json.dumps({"text": text}).encode() for text in texts))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([["id", "text"], *([f"c{number}", text] for number, text in enumerate(texts))])
    put(folder, "b.csv", out.getvalue())
    put(folder, "c.parquet", _parquet(pa.table({"text": texts}), row_group_size=70))
    for number in range(20):
        put(folder, f"d/{number}.txt", texts[number])
    return 3 * len(texts) + 20


@pytest.mark.parametrize(("chunk_documents", "chunk_bytes"), [(37, 1 << 20), (60, 1 << 20), (1000, 4999)])
def test_a_source_reads_the_same_however_it_is_cut(tmp_path, read_all, chunk_documents, chunk_bytes):
    """Chunk sizes change neither the documents nor their order or ids."""
    count = _estate(tmp_path)
    whole = read_all(tmp_path, chunk_documents=10_000)
    cut = read_all(tmp_path, chunk_documents=chunk_documents, chunk_bytes=chunk_bytes)
    assert len(whole) == count
    assert cut == whole
    assert all(isinstance(item, Document) for item in whole)


def test_chunks_hold_what_was_asked(tmp_path):
    """No chunk has more records than asked, and small files share one."""
    _estate(tmp_path)
    chunks = list(split_source(str(tmp_path), chunk_documents=50))
    assert max(sum(segment.count for segment in chunk) for chunk in chunks) == 50
    assert any(len(chunk) > 10 for chunk in chunks)


def test_a_chunk_is_closed_when_its_bytes_are_full(tmp_path):
    """Bytes count as well as records; one record alone may have more."""
    put(tmp_path, "a.jsonl", jsonl(*({"text": "x" * size} for size in (400, 400, 400, 5000, 10))))
    counts = [[segment.count for segment in chunk] for chunk in split_source(str(tmp_path), chunk_bytes=1000)]
    assert counts == [[2], [1], [1], [1]]


@pytest.mark.parametrize("name", ["a.jsonl", "b.csv"])
@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-40],
        lambda raw: raw + b"more\n",
        lambda raw: b"id,text\n" + raw,
        lambda raw: raw.replace(b"Record 85", b"Record 85 longer"),
    ],
)
def test_records_that_moved_since_planning_are_not_read(tmp_path, name, change):
    """A segment that no longer holds the planned records is quarantined as changed."""
    _estate(tmp_path)
    path = tmp_path / name
    chunks = list(split_source(str(path), chunk_documents=40))
    path.write_bytes(change(path.read_bytes()))
    items = [item for chunk in chunks for item in read_chunk(chunk, identify=identify)]
    reasons = {item.reason.value for item in items if isinstance(item, Unreadable)}
    assert len(items) == 100
    assert reasons <= {"changed", "missing_text"}
    assert len([item for item in items if isinstance(item, Unreadable)]) in (0, 20, 60, 100)


@pytest.mark.parametrize("name", ["note.txt", "c.parquet"])
def test_a_file_of_another_size_has_changed(tmp_path, name):
    """A file that grew since planning is not the file that was planned."""
    content = _parquet(pa.table({"text": ["x", "y"]})) if name == "c.parquet" else b"Hello"
    path = put(tmp_path, name, content)
    (chunk,) = split_source(str(path))
    path.write_bytes(content + b"more")
    assert {item.reason.value for item in read_chunk(chunk, identify=identify)} == {"changed"}


def test_a_file_that_is_gone_is_not_found(tmp_path):
    """Each planned record is answered for, even if there is nothing left to read."""
    path = put(tmp_path, "a.jsonl", jsonl({"text": "x"}, {"text": "y"}))
    (chunk,) = split_source(str(path))
    path.unlink()
    assert seen(read_chunk(chunk, identify=identify)) == [
        ("a.jsonl#0", "<not_found>"),
        ("a.jsonl#1", "<not_found>"),
    ]


def test_segments_can_be_read_alone(tmp_path):
    """A segment says all that is needed to read it: another process may."""
    _estate(tmp_path)
    segments: list[Segment] = [s for chunk in split_source(str(tmp_path), chunk_documents=40) for s in chunk]
    backwards = [list(read_chunk([segment], identify=identify)) for segment in (segments[4], segments[2])]
    assert [len(items) for items in backwards] == [segments[4].count, segments[2].count]
    assert backwards[1][0].ref == "a.jsonl#80"
