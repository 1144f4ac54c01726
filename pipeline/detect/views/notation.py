"""Escapes of URLs, mail, HTML, style sheets and programs, and mark-up inside a word or number."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from pipeline.detect.views.encodings import encoded, grouped_blocks
from pipeline.detect.views.reading import Piece

_ESCAPED: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+"
    r"|(?:=[0-9A-Fa-f]{2})+"
    r"|&#[xX]?[0-9A-Fa-f]{2,6};?|&[A-Za-z]{2,8};"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\N\{[A-Z -]{3,60}\}"
    r"|\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2}|\\(?:00)?[2-7][0-9A-Fa-f](?![0-9A-Fa-f]) ?"
    r"|\bU\+[0-9A-Fa-f]{4,6}\b[ ,;]{0,2}"
    r"|\\[!-/:-@\[\]^_`{-~]"
)
_MARKS: Final = re.compile(r"%[0-9A-Fa-f]{2}|=[0-9A-Fa-f]{2}|&#?\w|\\[^a-zA-Z\s]|\\[uUxN]|U\+\d")
# The hyphen of a soft break is the sign itself: `=`, a backslash, or nothing but the break of a folded header.
_SOFT: Final = re.compile(r"=[ \t]{0,4}\r?\n|(?<=\S)\\\r?\n|(?<=\S)[\x0b\x0c\x1c-\x1f](?=\S)")
_DIGITS_ONLY: Final = re.compile(r"\\[0-9A-Z]{2,3} ?")
_PARTED: Final = re.compile("[0-9A-Z]")
_NEXT: Final = re.compile(r"[ \t>]{0,8}([^\s]{0,120})")
_PLAIN_WORD: Final = re.compile(r"[A-Za-z]?[a-z]{2,}(?![A-Za-z0-9+/_-])|\Z")
_MAIL_WORD: Final = re.compile(r"=\?[\w-]{1,40}(?:\*[\w-]{1,20})?\?([BbQq])\?([^?\s]{1,400})\?=")
_INLINE: Final = frozenset(
    [
        "a",
        "b",
        "i",
        "u",
        "s",
        "em",
        "strong",
        "span",
        "font",
        "wbr",
        "small",
        "big",
        "sub",
        "sup",
        "mark",
        "tt",
        "code",
        "q",
        "abbr",
        "del",
        "ins",
    ]
)
_TAG: Final = re.compile(
    r"(?:<!--(?:[^-<]|-(?!->)){0,200}-->|<[/!]?(?!(?:at|dot)>)([A-Za-z][A-Za-z0-9]{0,15})(?:\s[^<>]{0,200})?/?>){1,64}"
)
_EMPHASIS: Final = re.compile(r"[*~`]{1,3}(?=[^\W_])")
_EMPTY: Final = re.compile(r"/\*[^*\n]{0,80}\*/|\{\}|\\[,;!](?=\w)")
_CONCATENATED: Final = re.compile(r"""(["'])\s{0,3}(?:[+&.]|\|\||\\?\n)\s{0,3}["']""")
_UTF7: Final = re.compile(r"\+([A-Za-z0-9/][A-Za-z0-9/+]{2,400})-?")
_PUNYCODE: Final = re.compile(r"\bxn--[a-z0-9-]{2,63}", re.IGNORECASE)
_SURE_UTF7: Final = 6
"""Code points of which half are ASCII: by chance base64 gives UTF-16 of every script."""
_MAIL_ESCAPE: Final = re.compile("=[0-9A-Fa-f]{2}")
_ONE_ESCAPE: Final = len("=72")
_NEAR: Final = 16
_OCTAL_DIGITS: Final = 3
_LONGEST_CODE: Final = 0x110000
_SURROGATES: Final = range(0xD800, 0xE000)


def escaped(text: str) -> Iterator[Piece]:
    """Yield escapes and what they stand for."""
    if not _MARKS.search(text):
        return
    end = 0
    for match in _ESCAPED.finditer(text):
        before, end_before, end = text[max(match.start() - 1, 0) : match.start()], end, match.end()
        if match.group()[0] == "=" and _is_sign_of_equality(text, match):
            continue
        if _DIGITS_ONLY.fullmatch(match.group()) and _PARTED.match(before) and match.start() != end_before:
            end = end_before  # `291\\53\\6025`: a separator
            continue
        says = _unescaped(match.group())
        if says != match.group():
            yield Piece(match.start(), match.end(), says)


def _is_sign_of_equality(text: str, match: re.Match[str]) -> bool:
    """Return whether this is `hours=72` and no escape of mail: those seldom stand alone."""
    start, end = match.span()
    if end - start > _ONE_ESCAPE:
        return False
    return not (
        _MAIL_ESCAPE.search(text, max(0, start - _NEAR), start) or _MAIL_ESCAPE.search(text, end, end + _NEAR)
    )


def mail_words(text: str) -> Iterator[Piece]:
    """Yield what the encoded words of mail headers (RFC 2047) say that have letters beyond ASCII."""
    return (piece for piece in _mail_words(text) if _is_foreign(piece.says))


def plain_mail_words(text: str) -> Iterator[Piece]:
    """Yield what those say that did not need it."""
    return (piece for piece in _mail_words(text) if not _is_foreign(piece.says))


def _is_foreign(says: str) -> bool:
    return any(letter.isalpha() and not letter.isascii() for letter in says)


def _mail_words(text: str) -> Iterator[Piece]:
    for match in _MAIL_WORD.finditer(text):
        if match[1] in "Qq":
            says = unquote_to_bytes(match[2].replace("_", " ").replace("=", "%")).decode("utf-8", "replace")
        else:
            says = next((one.says for one in encoded(match[2])), "")
        if says:
            yield Piece(*match.span(), f"{says} ")


def soft_breaks(text: str) -> Iterator[Piece]:
    """Yield line breaks that the writer marked as none; where one `=` may as well end a block, both readings.

    Two of them end a block: mail writes any other than its own in another way.
    """
    blocks: dict[int, int] | None = None
    for match in _SOFT.finditer(text):
        start, sign = match.start(), match.group()[0]
        if sign == "=" and blocks is None:
            blocks = {one.end: one.start for find in (encoded, grouped_blocks) for one in find(text)}
        if sign != "=" or blocks is None or start + 1 not in blocks:
            yield Piece(*match.span(), "")
        elif text[start - 1] != "=":
            yield from _both(text, blocks[start + 1], match)


def _both(text: str, start: int, match: re.Match[str]) -> Iterator[Piece]:
    """Yield the block from `start` on as it stands, and again with what may be the rest of it for its `=`."""
    after = _NEXT.match(text, match.end())
    if after and not _PLAIN_WORD.match(after[1]):
        end, whole = after.end(), text[start : match.start()] + after[1]
        yield Piece(start, end, f"{text[start:end]}\n{whole} ")


def tags(text: str) -> Iterator[Piece]:
    """Yield mark-up beside a letter or digit: nothing if it only styles, else a space."""
    if "<" in text and ">" in text:
        for match in _TAG.finditer(text):
            is_inline = match[1] is None or match[1].lower() in _INLINE
            yield Piece(*match.span(), "" if is_inline else " ")
    elif "*" in text or "~" in text or "`" in text:
        for match in _EMPHASIS.finditer(text):
            before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
            is_in_number = (
                after.isdigit() and text[max(match.start() - 2, 0) : match.start()].rstrip(" ")[-1:] == ")"
            )
            if (before.isalnum() or is_in_number) and not (
                match.group() == "~" and before.isdigit() and after.isdigit()
            ):
                yield Piece(*match.span(), "")


def empty(text: str) -> Iterator[Piece]:
    """Yield comments and empty groups of programs and typesetters, as nothing."""
    yield from (Piece(*match.span(), "") for match in _EMPTY.finditer(text))


def concatenated(text: str) -> Iterator[Piece]:
    """Yield what joins the strings of a program, as nothing."""
    yield from (Piece(*match.span(), "") for match in _CONCATENATED.finditer(text))


def utf7(text: str) -> Iterator[Piece]:
    """Yield what UTF-7 (RFC 2152) and Punycode (RFC 3492) encode."""
    if "+" in text:
        for match in _UTF7.finditer(text):
            padded = match[1] + "=" * (-len(match[1]) % 4)
            try:
                says = base64.b64decode(padded).decode("utf-16-be")
            except (binascii.Error, ValueError):
                continue
            plain = sum(letter.isascii() and letter.isprintable() for letter in says)
            if plain == len(says) or (len(says) >= _SURE_UTF7 and plain * 2 >= len(says)):
                yield Piece(*match.span(), says)
    if "xn--" in text:
        for match in _PUNYCODE.finditer(text):
            try:
                yield Piece(*match.span(), match.group()[4:].encode("ascii").decode("punycode"))
            except ValueError:
                continue


def _unescaped(escape: str) -> str:
    match escape[0]:
        case "&":
            return html.unescape(escape if escape.endswith(";") else f"{escape};")
        case "U":
            return _letter(int(re.split("[^0-9A-Fa-f]", escape[2:])[0], 16))
        case "\\":
            return _program(escape)
        case mark:
            return unquote_to_bytes(escape.replace(mark, "%")).decode("utf-8", "replace")


def _program(escape: str) -> str:
    """Return what an escape of a program, a style sheet or of Markdown stands for."""
    if not escape[1].isalnum():
        return escape[1]
    if escape[1] == "N":
        return _named(escape)
    if escape[1] in "uUx":
        return _letter(int(escape[2:].strip("{}"), 16))
    digits = escape[1:].strip()
    return _letter(int(digits, 8 if len(digits) == _OCTAL_DIGITS else 16))


def _named(escape: str) -> str:
    try:
        return escape.encode("ascii").decode("unicode_escape")
    except UnicodeDecodeError:
        return escape


def _letter(code: int) -> str:
    letter = chr(code) if code < _LONGEST_CODE and code not in _SURROGATES else "\ufffd"
    return letter if letter.isprintable() or letter.isspace() else "\ufffd"
