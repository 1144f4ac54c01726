"""Sources: which files, in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.read import SourceError, split_source
from tests.read.build import put


@pytest.fixture
def estate(tmp_path):
    for name in (
        "b.txt",
        "a/2.txt",
        "a/1.md",
        "a/deep/er/x.txt",
        ".hidden.txt",
        "a/.git/config.txt",
        "odd [1].txt",
    ):
        put(tmp_path, name, "text")
    return tmp_path


def names(source) -> list[str]:
    return [segment.name for chunk in split_source(str(source)) for segment in chunk]


def test_a_folder_is_walked_in_the_order_of_names(estate):
    """Folder by folder, sorted, hidden files and folders passed over."""
    assert names(estate) == ["a/1.md", "a/2.txt", "a/deep/er/x.txt", "b.txt", "odd [1].txt"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["b.txt", "odd [1].txt"]),
        ("a/*.txt", ["2.txt"]),
        ("*/*.txt", ["a/2.txt"]),
        ("**/*.txt", ["a/2.txt", "a/deep/er/x.txt", "b.txt", "odd [1].txt"]),
        ("a/**", ["1.md", "2.txt", "deep/er/x.txt"]),
        ("a/[!2-9].*", ["1.md"]),
        ("?.txt", ["b.txt"]),
        ("odd [1].txt", ["odd [1].txt"]),
        (".hidden.txt", [".hidden.txt"]),
    ],
)
def test_a_glob_names_files(estate, pattern, expected):
    """Wildcards stay within a folder, `**` does not; a file that exists is meant literally."""
    assert names(estate / pattern) == expected


@pytest.mark.parametrize(
    ("source", "code"), [("nothing", "not_found"), ("none/*.txt", "not_found"), ("*.pdf", "empty")]
)
def test_a_source_without_records_is_an_error(estate, source, code):
    """A run over nothing is a mistake, and says so without the name."""
    with pytest.raises(SourceError) as caught:
        names(estate / source)
    assert caught.value.code == code
    assert str(caught.value) == code


def test_a_relative_source_gives_absolute_paths(estate, monkeypatch):
    """A chunk may be read by a process that stands elsewhere."""
    monkeypatch.chdir(estate)
    (chunk,) = split_source("a")
    assert all(Path(segment.path).is_absolute() for segment in chunk)


def test_links_to_folders_are_not_followed(estate):
    """A loop of links ends, and a link to a file is read as that file."""
    (estate / "a/loop").symlink_to(estate)
    (estate / "c.txt").symlink_to(estate / "b.txt")
    assert names(estate) == ["a/1.md", "a/2.txt", "a/deep/er/x.txt", "b.txt", "c.txt", "odd [1].txt"]


def test_pipes_and_broken_links_do_not_block(estate, read_all):
    """What is no regular file is named and left alone."""
    os.mkfifo(estate / "pipe.txt")
    os.mkfifo(estate / "pipe.jsonl")
    (estate / "gone.txt").symlink_to(estate / "nowhere")
    reasons = {item.ref: item.reason.value for item in read_all(estate) if hasattr(item, "reason")}
    assert reasons == {
        "gone.txt": "not_found",
        "pipe.jsonl#0": "unsupported_format",
        "pipe.txt": "unsupported_format",
    }


def test_names_that_are_no_utf8_are_read(estate, read_all):
    """A file system knows bytes, not characters."""
    put(estate, os.fsdecode(b"caf\xe9.txt"), "text")
    items = read_all(estate)
    assert [item.ref for item in items if item.ref.startswith("caf")] == ["caf\\xe9.txt"]
    assert {item.text for item in items} == {"text"}


def test_memory_does_not_hold_the_estate(tmp_path):
    """The first chunk comes before the second folder is looked at."""
    put(tmp_path, "a/1.txt", "x")
    put(tmp_path, "a/2.txt", "x")
    chunks = split_source(str(tmp_path), chunk_documents=1)
    assert next(chunks)[0].name == "a/1.txt"
    put(tmp_path, "b/3.txt", "x")
    assert [chunk[0].name for chunk in chunks] == ["a/2.txt"]


def test_a_document_knows_the_file_it_came_from(tmp_path, read_all):
    """Source rules look at the path of the file, whatever id the record gives itself."""
    put(tmp_path, "hr/letter.txt", "text")
    put(tmp_path, "hr/files.jsonl", '{"id": "one", "text": "text"}\n')
    put(tmp_path, "b.txt", "text")
    names = ("b.txt", "hr/files.jsonl", "hr/letter.txt")
    assert [item.source for item in read_all(tmp_path)] == [str(tmp_path / name) for name in names]
