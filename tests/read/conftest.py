"""One way to read a source whole, as the pipeline does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.documents import Document, Unreadable
from pipeline.read import ReadLimits, read_chunk, split_source
from tests.read.build import put

Items = list[Document | Unreadable]


def identify(ref: str, text: str) -> str:
    return hashlib.sha256(f"{ref}\0{text}".encode()).hexdigest()[:32]


@pytest.fixture
def read_all() -> Callable[..., Items]:
    def read(source: Path | str, *, limits: ReadLimits | None = None, **split) -> Items:
        chosen = limits or ReadLimits()
        return [
            item
            for chunk in split_source(str(source), limits=chosen, **split)
            for item in read_chunk(chunk, identify=identify, limits=chosen)
        ]

    return read


@pytest.fixture
def read_file(tmp_path, read_all) -> Callable[..., Document | Unreadable]:
    """Write bytes as a file of that name, read it, and return its one document."""

    def read(name: str, content: bytes | str, **options) -> Document | Unreadable:
        (item,) = read_all(put(tmp_path, name, content), **options)
        return item

    return read


@pytest.fixture
def gaps_of(read_file) -> Callable[..., set[str]]:
    """Return the gaps of a file as `reason:detail`."""

    def gaps(name: str, content: bytes | str) -> set[str]:
        return {f"{gap.reason}:{gap.detail}" for gap in read_file(name, content).gaps}

    return gaps
