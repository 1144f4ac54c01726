"""Zip packages of XML (DOCX, XLSX), opened with caps, and without entities or references."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from pipeline.documents import UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Gaps
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_SMALL_BYTES = 1 << 20
"""Below this no ratio is suspicious."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED_FLAG = 1
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".webp", ".ico", ".wdp")  # fmt: skip
_FOLLOWED = ("attachedTemplate", "image", "oleObject", "frame", "subDocument", "aFChunk", "externalLink")
"""Relations whose target an office program would load; a hyperlink's is only shown."""


class Package:
    """The parts of a zip package, all of them within the limits.

    Raises:
        Refused: damaged, encrypted, too_large, compression_ratio.
    """

    def __init__(self, raw: bytes, limits: ReadLimits) -> None:
        try:
            self._zip = zipfile.ZipFile(BytesIO(raw))
        except (zipfile.BadZipFile, struct.error, ValueError, EOFError, NotImplementedError):
            raise Refused(UnreadableReason.DAMAGED) from None
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        self.names = tuple(member.filename for member in members)
        _check(members, limits)

    def read(self, name: str) -> bytes:
        """Return the bytes of a part.

        Raises:
            Refused: damaged.
        """
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, struct.error, ValueError):
            raise Refused(UnreadableReason.DAMAGED) from None

    def xml(self, name: str) -> Element:
        """Return the root element of a part.

        Raises:
            Refused: damaged, for a document type declaration too.
        """
        return parse_xml(self.read(name))

    def elements(self, name: str) -> Iterator[tuple[str, Element]]:
        """Yield the starts and ends of a part's elements; the caller clears what it has read.

        Raises:
            Refused: damaged.
        """
        try:
            yield from iterparse(BytesIO(self.read(name)), events=("start", "end"), forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            raise Refused(UnreadableReason.DAMAGED) from None

    def relations(self, name: str) -> dict[str, str]:
        """Return the parts that `name` refers to, by relation id."""
        folder, file = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", f"{file}.rels")
        if rels not in self.names:
            return {}
        targets = {}
        for relation in self.xml(rels):
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
                targets[relation.get("Id", "")] = target.lstrip("/")
        return targets

    def note_parts(self, gaps: Gaps) -> None:
        """Note the parts that no reader of text looks into, and references out of the package."""
        for name in self.names:
            lowered = name.lower()
            if "thumbnail" in lowered:
                continue
            for mark, reason, detail in _PARTS:
                if mark in lowered:
                    gaps.add(reason, detail)
                    break
            else:
                if lowered.endswith(_PICTURES):
                    gaps.add(GapReason.IMAGE)
            if lowered.endswith(".rels"):
                self._note_references(name, gaps)

    def _note_references(self, name: str, gaps: Gaps) -> None:
        for relation in self.xml(name):
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            if relation.get("TargetMode") == "External" and kind != "hyperlink":
                gaps.add(GapReason.EXTERNAL_REFERENCE, kind if kind in _FOLLOWED else "")
            elif kind == "aFChunk":
                gaps.add(GapReason.EMBEDDED_OBJECT, "altchunk")


_PARTS = (
    ("vbaproject", GapReason.MACRO, "vba"),
    ("macrosheets/", GapReason.MACRO, "excel4"),
    ("dialogsheets/", GapReason.MACRO, "dialog"),
    ("activex/", GapReason.ACTIVE_CONTENT, "activex"),
    ("ctrlprops/", GapReason.ACTIVE_CONTENT, "control"),
    ("embeddings/", GapReason.EMBEDDED_OBJECT, "ole"),
    ("charts/chart", GapReason.EMBEDDED_OBJECT, "chart"),
    ("diagrams/data", GapReason.EMBEDDED_OBJECT, "diagram"),
    ("pivotcache/pivotcacherecords", GapReason.EMBEDDED_OBJECT, "pivot"),
    ("externallinks/externallink", GapReason.EXTERNAL_REFERENCE, "workbook"),
    ("xl/connections", GapReason.EXTERNAL_REFERENCE, "connection"),
)


def parse_xml(raw: bytes) -> Element:
    """Return the root element of a document without a type declaration.

    Raises:
        Refused: damaged.
    """
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Refused(UnreadableReason.DAMAGED) from None
    return root


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute by its name without a namespace."""
    for key, value in element.attrib.items():
        if key.rsplit("}", 1)[-1] == name:
            return value
    return None


def is_on(element: Element | None) -> bool:
    """Whether a toggle element is there and not switched off."""
    if element is None:
        return False
    return attribute(element, "val") not in ("0", "false", "off")


def _check(members: list[zipfile.ZipInfo], limits: ReadLimits) -> None:
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise Refused(UnreadableReason.ENCRYPTED)
    if len(members) > limits.members:
        raise Refused(UnreadableReason.TOO_LARGE)
    for member in members:
        most = limits.compression_ratio * max(1, member.compress_size)
        if member.file_size > _SMALL_BYTES and member.file_size > most:
            raise Refused(UnreadableReason.COMPRESSION_RATIO)
        if member.compress_type not in _METHODS:
            raise Refused(UnreadableReason.DAMAGED)
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        raise Refused(UnreadableReason.TOO_LARGE)
    if len({member.filename.lower() for member in members}) < len(members):
        raise Refused(UnreadableReason.DAMAGED)  # two parts of one name: programs differ on which counts
