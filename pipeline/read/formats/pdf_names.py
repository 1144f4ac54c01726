"""What a PDF's own names give away, where the library has no question to ask.

Names are searched in the file and in its object streams, unpacked within a cap; a
content stream that holds such a name by chance costs a gap, which errs to the safe side.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from pipeline.read.extract import Gaps
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_STREAM = re.compile(rb"/ObjStm\b.{0,300}?stream\r?\n", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_ENDS = rb"(?![A-Za-z0-9])"
_NAMES = (
    (re.compile(rb"/JavaScript" + _ENDS + rb"|/JS\s*[(<\d]"), GapReason.ACTIVE_CONTENT, "javascript"),
    (re.compile(rb"/(?:Launch|SubmitForm|ImportData|GoToE)" + _ENDS), GapReason.ACTIVE_CONTENT, "action"),
    (re.compile(rb"/XFA" + _ENDS), GapReason.ACTIVE_CONTENT, "xfa"),
    (re.compile(rb"/EmbeddedFiles?" + _ENDS), GapReason.ATTACHMENT_NOT_READ, "file"),
    (re.compile(rb"/RichMedia" + _ENDS), GapReason.EMBEDDED_OBJECT, "media"),
    (re.compile(rb"/Collection" + _ENDS), GapReason.ATTACHMENT_NOT_READ, "portfolio"),
    (re.compile(rb"/GoToR" + _ENDS), GapReason.EXTERNAL_REFERENCE, "file"),
)
_LAYERS = re.compile(rb"/OCProperties" + _ENDS)
_LAYERS_OFF = re.compile(rb"/OFF\s*\[\s*\d|/BaseState\s*/OFF|/ViewState\s*/OFF|/OFF\s+\d+\s+\d+\s+R")


def note_names(raw: bytes, gaps: Gaps, limits: ReadLimits) -> None:
    """Note scripts, actions, embedded files and layers that are switched off."""
    has_layers = has_layers_off = False
    noted: set[int] = set()
    for piece in _pieces(raw, limits):
        names = _ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), piece)
        for index, (pattern, reason, detail) in enumerate(_NAMES):
            if index not in noted and pattern.search(names):
                noted.add(index)
                gaps.add(reason, detail)
        has_layers = has_layers or bool(_LAYERS.search(names))
        has_layers_off = has_layers_off or bool(_LAYERS_OFF.search(names))
    if has_layers and has_layers_off:
        gaps.add(GapReason.HIDDEN_TEXT, "layer")


def _pieces(raw: bytes, limits: ReadLimits) -> Iterator[bytes]:
    yield raw
    view = memoryview(raw)
    left = limits.unpacked_bytes
    for match in _STREAM.finditer(raw):
        try:
            unpacked = zlib.decompressobj().decompress(view[match.end() :], left)
        except zlib.error:
            continue
        left -= len(unpacked)
        yield unpacked
        if left <= 0:
            return
