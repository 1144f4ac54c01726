"""A sweep for strings in bytes and files, however they were packed or encoded."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

_ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = b"\x1f\x8b"


def forms(secret: str) -> set[bytes]:
    """Return the byte strings by which `secret` is recognised: plain, UTF-16, hex, base64, URL, reversed, by case."""
    found: set[bytes] = set()
    for written in {secret, secret.lower(), secret.upper(), secret.title()}:
        raw = written.encode()
        found |= {raw, raw[::-1], written.encode("utf-16-le"), written.encode("utf-16-be")}
        found |= {raw.hex().encode(), raw.hex().upper().encode(), quote(written, safe="").encode()}
        for shift in range(3):  # a secret starts at any of three places in a base64 group
            coded = base64.b64encode(
                b"\0" * shift + raw
            )  # letters and digits alone look the same in both alphabets
            found.add(coded[4 if shift else 0 : len(coded) - 4])
    return found


class Sweep:
    """Looks for many secrets at once: all of them share a stem, which every form of theirs shows first."""

    def __init__(self, secrets: Iterable[str], *, stem: str) -> None:
        self.secrets = list(secrets)
        if not all(secret.startswith(stem) for secret in self.secrets):
            raise ValueError(stem)
        self._stems = {form for form in forms(stem) if len(form) >= 8}
        self.bytes_seen = 0

    def hits(self, raw: bytes) -> list[bytes]:
        """Return the forms of the stem that `raw` holds, packed or not."""
        found = []
        for view in unpacked(raw):
            self.bytes_seen += len(view)
            found += [form for form in self._stems if form in view]
        return found

    def folder(self, folder: Path, *, besides: Sequence[Path] = ()) -> dict[str, list[bytes]]:
        """Return the files under `folder` that hold a secret, or are named after one."""
        found = {}
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(other) for other in besides):
                continue
            hits = self.hits(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
            if path.is_file() and not path.is_symlink():
                hits += self.hits(path.read_bytes())
                if path.suffix == ".parquet":
                    hits += self.hits(parquet_values(path))
            if hits:
                found[str(path)] = hits
        return found


def parquet_values(path: Path) -> bytes:
    """Return every value of a Parquet file, decoded, as bytes."""
    table = pq.read_table(path, partitioning=None)
    values = io.BytesIO()
    for column in table.columns:
        for value in column.to_pylist():
            values.write(value if isinstance(value, bytes) else str(value).encode("utf-8", "replace"))
            values.write(b"\n")
    return values.getvalue()


def unpacked(raw: bytes, *, depth: int = 2) -> Iterator[bytes]:
    """Yield `raw`, and what it holds if it is a packed file: gzip, zlib, zstd, zip."""
    yield raw
    if not depth:
        return
    with suppress(
        OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, ValueError, RuntimeError
    ):
        if raw[:2] == _GZIP:
            yield from unpacked(gzip.decompress(raw), depth=depth - 1)
        elif raw[:2] in {b"\x78\x01", b"\x78\x9c", b"\x78\xda"}:
            yield from unpacked(zlib.decompress(raw), depth=depth - 1)
        elif raw[:4] == _ZSTD:
            with pa.input_stream(pa.BufferReader(raw), compression="zstd") as stream:
                yield from unpacked(stream.read(), depth=depth - 1)
        elif raw[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                for name in archive.namelist():
                    yield from unpacked(archive.read(name), depth=depth - 1)
