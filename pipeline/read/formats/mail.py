"""EML: headers, the body in all its versions, and attachments of the kinds that are read."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from pipeline.documents import Format, UnreadableReason
from pipeline.read.errors import Refused
from pipeline.read.extract import Extract, Gaps
from pipeline.read.kinds import format_of
from pipeline.read.limits import ReadLimits
from policies.assessment import GapReason

_SHOWN = ("From", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject")
_KNOWN = (*_SHOWN, "Received", "Message-ID", "MIME-Version")
_SEPARATOR = "\n\n--- {} ---\n"
_ENCRYPTED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_PGP = "-----BEGIN PGP MESSAGE-----"
_KINDS = {
    "application/pdf": Format.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Format.DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format.XLSX,
    "text/html": Format.HTML,
    "text/markdown": Format.MARKDOWN,
    "text/plain": Format.TEXT,
    "text/csv": Format.CSV,
    "text/calendar": Format.TEXT,
}


def read(raw: bytes, limits: ReadLimits) -> Extract:
    """Return the text of a message; readable attachments follow under a separator.

    Raises:
        Refused: wrong_content (no header of a message), encrypted, damaged, too_large.
    """
    message = _parsed(raw)
    if not any(name in message for name in _KNOWN):
        raise Refused(UnreadableReason.WRONG_CONTENT)
    if message.get_content_type() in _ENCRYPTED:
        raise Refused(UnreadableReason.ENCRYPTED)
    reader = _Reader(limits)
    text = reader.message(message, depth=1)
    return Extract(text=text, gaps=reader.gaps.all(), coverage=reader.gaps.coverage())


def _parsed(raw: bytes) -> EmailMessage:
    try:
        return BytesParser(policy=policy.default).parsebytes(raw)
    except (ValueError, LookupError, TypeError, AttributeError):  # the parser's own mishaps
        raise Refused(UnreadableReason.DAMAGED) from None


class _Reader:
    """Reads one file's messages; the count of parts is shared by all of them."""

    def __init__(self, limits: ReadLimits) -> None:
        self.gaps = Gaps()
        self._limits = limits
        self._parts = 0

    def message(self, message: EmailMessage, *, depth: int) -> str:
        """Return the headers and the body."""
        lines = [f"{name}: {value}" for name in _SHOWN for value in _values(message, name)]
        return "\n".join(lines) + "\n\n" + self._part(message, depth=depth)

    def _part(self, part: EmailMessage, *, depth: int) -> str:
        self._parts += 1
        if self._parts > self._limits.attachments:
            raise Refused(UnreadableReason.TOO_LARGE)
        kind = part.get_content_type()
        if kind == "message/rfc822":
            text = self._nested(part, depth=depth)
        elif kind.startswith("message/"):
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, "kind")
            text = ""
        elif part.is_multipart():
            text = self._multipart(part, kind, depth=depth)
        else:
            missed = self.gaps.count(GapReason.ATTACHMENT_NOT_READ)
            text = self._leaf(part, kind, depth=depth)
            is_read = self.gaps.count(GapReason.ATTACHMENT_NOT_READ) == missed
            self.gaps.met("mail_parts", is_read=is_read)
        self.gaps.add(GapReason.UNDECODABLE_TEXT, "mime", count=len(part.defects))
        return text

    def _multipart(self, part: EmailMessage, kind: str, *, depth: int) -> str:
        children = [child for child in part.iter_parts() if isinstance(child, EmailMessage)]
        if kind in _ENCRYPTED:
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, "encrypted")
            return ""
        texts = [self._part(child, depth=depth) for child in children]
        return "".join(_different(texts)) if kind == "multipart/alternative" else "".join(texts)

    def _nested(self, part: EmailMessage, *, depth: int) -> str:
        inner = next(iter(_payload_messages(part)), None)
        if inner is None or depth >= self._limits.depth:
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, "depth" if inner is not None else "damaged")
            return ""
        return _SEPARATOR.format("message") + self.message(inner, depth=depth + 1)

    def _leaf(self, part: EmailMessage, kind: str, *, depth: int) -> str:
        if kind in _SIGNATURES:
            return ""
        name = _filename(part)
        raw = part.get_payload(decode=True)
        if kind in _ENCRYPTED or not isinstance(raw, bytes):
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, "encrypted" if kind in _ENCRYPTED else "damaged")
            return ""
        if name is None and kind in ("text/plain", "text/html", "text/calendar"):
            return self._body(part, raw, kind)
        return self._attachment(raw, format_of(name) if name and format_of(name) else _KINDS.get(kind), depth)

    def _body(self, part: EmailMessage, raw: bytes, kind: str) -> str:
        text = self._decoded(raw, part.get_content_charset("utf-8"))
        if _PGP in text:
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, "encrypted")
        if kind != "text/html":
            return text
        from pipeline.read.formats.html import read_page  # noqa: PLC0415 - most mail has no need of lxml

        extract = read_page(text, self._limits)
        self.gaps.take(extract)
        return extract.text

    def _decoded(self, raw: bytes, charset: str) -> str:
        try:
            return raw.decode("utf-8" if charset in ("us-ascii", "ascii") else charset)
        except (UnicodeDecodeError, LookupError, ValueError):
            self.gaps.add(GapReason.UNDECODABLE_TEXT, "charset")
            return raw.decode("utf-8", "replace")

    def _attachment(self, raw: bytes, kind: Format | None, depth: int) -> str:
        from pipeline.read.formats import read_document  # noqa: PLC0415 - it imports this module by name

        is_too_deep = kind is Format.EML and depth >= self._limits.depth
        if kind is None or kind is Format.PARQUET or is_too_deep:
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, "depth" if is_too_deep else "kind")
            return ""
        try:
            if kind is Format.EML:
                return _SEPARATOR.format("message") + self.message(_parsed(raw), depth=depth + 1)
            extract = read_document(
                raw, Format.TEXT if kind in (Format.CSV, Format.JSONL) else kind, self._limits
            )
        except Refused as refusal:
            self.gaps.add(GapReason.ATTACHMENT_NOT_READ, refusal.reason.value)
            return ""
        self.gaps.take(extract)
        return _SEPARATOR.format("attachment") + extract.text


def _payload_messages(part: EmailMessage) -> Iterator[EmailMessage]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (item for item in payload if isinstance(item, EmailMessage))


def _values(message: EmailMessage, name: str) -> list[str]:
    try:
        return [str(value) for value in message.get_all(name, [])]
    except (ValueError, LookupError, TypeError, AttributeError):  # header parsing is the parser's weak spot
        raise Refused(UnreadableReason.DAMAGED) from None


def _filename(part: EmailMessage) -> str | None:
    try:
        return part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Refused(UnreadableReason.DAMAGED) from None


def _different(texts: list[str]) -> list[str]:
    """Return the versions of a body that say something none of those before them says."""
    said: set[str] = set()
    kept: list[str] = []
    for text in texts:
        words = set(text.split())
        if not words <= said:
            kept.append(text if not kept else _SEPARATOR.format("another version") + text)
            said |= words
    return kept
