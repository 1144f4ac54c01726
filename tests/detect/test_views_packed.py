"""What is compressed is looked at as text, up to a multiple of its length; what holds more is a gap."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect.script import character_gaps
from pipeline.detect.views import views
from pipeline.detect.views.packed import TooMuchError, as_text, unpacked
from policies.assessment import GapReason

SSN = "536-22-8741"
PACKERS = (gzip.compress, zlib.compress, bz2.compress, lzma.compress)


def _written(raw: bytes) -> str:
    return f"See {base64.b64encode(raw).decode()} for it."


@pytest.mark.parametrize("pack", PACKERS)
def test_a_block_of_a_log_is_read_to_its_end(pack: Callable[[bytes], bytes]) -> None:
    """Lines that differ by their numbers are packed to a twelfth, and the last of them is seen."""
    log = "".join(f"{number:06} request done in {number % 7} ms\n" for number in range(600)) + f"SSN {SSN}\n"
    assert any(SSN in view.text for view in views(_written(pack(log.encode()))))


@pytest.mark.parametrize("pack", PACKERS)
def test_a_block_that_holds_too_much_is_a_gap(pack: Callable[[bytes], bytes]) -> None:
    """A value behind a million zeros is not seen, and the text says so; so does each block within a long text."""
    block = _written(pack(b"0" * 1_000_000 + f"SSN {SSN}".encode()))
    gaps = [view.gap for view in views(block) if view.gap]
    assert [(gap.reason, gap.detail) for gap in gaps] == [(GapReason.HIDDEN_TEXT, "too_much_compressed")]
    if len(block) > 400:
        assert any(gap.reason is GapReason.EMBEDDED_OBJECT for gap in character_gaps(block))


@pytest.mark.parametrize("pack", PACKERS)
def test_too_much_is_a_multiple_of_the_block(pack: Callable[[bytes], bytes]) -> None:
    """What is packed to a thousandth is not unpacked."""
    with pytest.raises(TooMuchError):
        unpacked(pack(b" " * 10_000_000))


@given(st.binary(max_size=200))
def test_bytes_are_text_if_nearly_all_of_them_are_printable(raw: bytes) -> None:
    """Short ways say what a look at each character says."""
    if not any(raw[1::2]) or not any(raw[::2]):
        return
    text = raw.decode("utf-8", "replace")
    bad = sum(not (one.isprintable() or one.isspace()) or one == "\ufffd" for one in text)
    assert as_text(raw) == (text if text and bad <= len(text) // 64 else None)
