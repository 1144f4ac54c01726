"""Text inside base64 and its relatives, one encoding in the other, compressed or not.

Whoever can read base64 reads the number in it, and a model can. What is text is said in `packed`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final

from pipeline.detect.views.packed import TooMuchError, as_text, unpacked
from pipeline.detect.views.reading import Piece

MOST_OPAQUE: Final = 400
"""Encoded characters that may be no text (a digest, a signature); more is an object nobody looked into."""

# Full lines of a wrapped block belong together.
_BLOCK: Final = re.compile(
    r"[A-Za-z0-9+/_-]{8,}(?:[ \t]?\r?\n[ \t>|]{0,4}[A-Za-z0-9+/_-]{8,80}){0,4000}"
    r"(?:[ \t]?\r?\n[ \t>|]{0,4}[A-Za-z0-9+/_-]{1,80}(?=={1,2}|[ \t]?(?:\r?\n|\Z)))?(?![A-Za-z0-9+/_-])={0,6}"
)
_HEX_RUN: Final = re.compile(r"((?:[0-9A-F]{2}){8,}|(?:[0-9a-f]{2}){8,})")
_LOW_LINES: Final = re.compile(r"[_-]{1,3}([^_-].*[^_-])[_-]{1,3}", re.DOTALL)
# A block that is written in groups: four and four, or eight and eight.
_GROUPED: Final = re.compile(
    r"(?<![\w+/=-])(?:[A-Za-z0-9+/]{4}(?:[ \t-]{1,2}|\r?\n)){2,400}[A-Za-z0-9+/]{2,4}={0,2}(?![\w+/])"
)
_HEX_PAIRS: Final = re.compile(
    r"(?<![\w])(?:(?:0x|\\x|x|%|#)?[0-9A-Fa-f]{2}(?:[\s,:;|_.-]{1,3}|(?=0x|\\x))){5,}(?:0x|\\x|x|%|#)?[0-9A-Fa-f]{2}h?(?![\w])"
)
_PAIR: Final = re.compile(r"(?:0x|\\x|x|%|#)?([0-9A-Fa-f]{2})(?![0-9A-Fa-f])")
_ASCII85: Final = re.compile(r"<~([!-uz\s]{5,4000}?)~>")
_UUENCODED: Final = re.compile(
    r"^begin(?:-base64)? [0-7]{3} \S{1,80}\r?\n((?:[ -`]{1,61}\r?\n)+?)[ `]?\r?\n?end\b", re.MULTILINE
)
_UU_LINE: Final = re.compile(r"^[!-M][!-`]{8,60} ?$", re.MULTILINE)
_ODD_WORD: Final = re.compile(r"(?<!\S)[!-~]{9,400}(?!\S)")
_STOPS: Final = ".,;:!?()\"'"
_CLEAR: Final = re.compile(r"(?=[^\n]*[0-9])[A-Za-z0-9@._:/+-]{9,}")
# A name of a program between marks; what rot47 makes of digits has no letter after h.
_NAME: Final = re.compile(
    r"(?=.*[i-z])[`*_(\[{:\"']{0,4}[A-Za-z][a-z]{2,}\w*(?:[`*_()\[\]{}:.,/=\-]{1,4}[A-Za-z]?[a-z0-9]+){0,8}[^A-Za-z0-9\s]{0,6}"
)
_FEWEST_CLEAR: Final = 4
"""Digits of what rot47 hid: with fewer it is a name between marks."""
_SMALL: Final = re.compile("[a-z]{6}")
_PROSE: Final = re.compile("[a-z]{9}")
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_ANY_DIGIT: Final = re.compile("[0-9]")
_PLAIN_NUMBER: Final = re.compile(r"[0-9/_-]{8,15}")
_DIGITS_47: Final = re.compile(r"[_-h]{2,4}(?:\\[_-h]{2,4}){2,3}")
_FEWEST_ODD: Final = 9
_UPPER, _LOWER, _DIGIT = re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]")
_SIGN: Final = re.compile(r"[!#$%&*+;<=>?@^`{|}~]")
_SHORT: Final = 15
"""Shorter blocks are mostly words: they must decode to something with nothing odd in it."""
_LAYERS: Final = 3
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE45: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MOST_BIG_DIGITS: Final = 200
"""Digits of base 58 or 62 that are read: the cost grows with their square."""
_TELLING: Final = re.compile(r"[0-9@]|[A-Za-z]{3}")


def encoded(text: str) -> Iterator[Piece]:
    """Yield blocks of base64, base32, hexadecimal and kindred digits that hold text."""
    end = 0
    for run in _RUN.finditer(text):
        match = None if run.start() < end or _is_plain(run.group()) else _BLOCK.match(text, run.start())
        if match is None or _is_word(match.group()):
            continue
        whole, end = match.group(), match.end()
        for block in dict.fromkeys((whole, whole.rpartition("\n")[0])):  # the last line may be something else
            says = _decoded(block) if block and not _is_word(block) else None
            if says is not None:
                yield Piece(match.start(), match.start() + len(block), says)
                break
        else:
            yield from _glued(match)


def _glued(match: re.Match[str]) -> Iterator[Piece]:
    """Yield the hexadecimal digits, or what stands between low lines, in a block that is more than that."""
    for inner in (_HEX_RUN.search(match.group()), _LOW_LINES.fullmatch(match.group())):
        says = _decoded(inner[1]) if inner else None
        if inner and says is not None:
            start, end = inner.span(1)
            yield Piece(match.start() + start, match.start() + end, says)
            return


def _is_word(block: str) -> bool:
    """Return whether `block` is words of small letters, as paths and names of variables are."""
    if any(map(str.isdigit, block)):
        return False
    return block.islower() or block.istitle() or ("\n" in block.strip() and "".join(block.split()).isalpha())


def grouped_blocks(text: str) -> Iterator[Piece]:
    """Yield encoded blocks that are written in groups or byte by byte."""
    for match in _GROUPED.finditer(text):
        if match.group().islower() and not any(map(str.isdigit, match.group())):
            continue
        says = _decoded("".join(match.group().replace("-", "").split()))
        if says is not None:
            yield Piece(match.start(), match.end(), says)


def byte_lists(text: str) -> Iterator[Piece]:
    """Yield bytes written one by one in hexadecimal."""
    for match in _HEX_PAIRS.finditer(text):
        pairs = _PAIR.findall(match.group())
        bases = (16, 10) if all(map(str.isdigit, pairs)) else (16,)
        readings = [as_text(bytes(int(one, base) for one in pairs)) for base in bases]
        if says := " ".join(one for one in readings if one and (_TELLING.search(one) or not one.isascii())):
            yield Piece(match.start(), match.end(), says)


def old_encodings(text: str) -> Iterator[Piece]:
    """Yield Ascii85 and uuencoded blocks that hold text."""
    if "<~" in text:
        for match in _ASCII85.finditer(text):
            yield from _piece(match, lambda found: base64.a85decode(found.strip().encode()), 1)
    if "begin" in text:
        for match in _UUENCODED.finditer(text):
            yield from _piece(match, _uudecode, 1)


def odd_words(text: str) -> Iterator[Piece]:
    """Yield single words in base 85, 58, 62 or 45, or one uuencoded line, that hold text."""
    for match in _ODD_WORD.finditer(text):
        whole = match.group()
        for word in dict.fromkeys((whole, whole.rstrip(_STOPS), whole.strip(_STOPS))):
            says = (
                next(filter(None, (_read(decode, word) for decode in _ODD)), None)
                if may_decode(word) and is_odd(word)
                else None
            )
            if says is not None:
                yield Piece(match.start(), match.end(), says)
                break


def rot47_words(text: str) -> Iterator[Piece]:
    """Yield single words that rot47 makes a code, a number or an address with no odd sign left."""
    for match in _ODD_WORD.finditer(text):
        word = match.group().rstrip(".,;:)")
        if not _NAME.fullmatch(word) and (is_odd(word) or _DIGITS_47.fullmatch(word)):
            says = "".join(chr(33 + (ord(sign) + 14) % 94) for sign in word)
            if _CLEAR.fullmatch(says) and sum(map(str.isdigit, says)) >= _FEWEST_CLEAR:
                yield Piece(match.start(), match.start() + len(word), says)


def may_decode(word: str) -> bool:
    """Return whether `word` may be in base 85 or its kin: nearly none of those has so long a run of small letters."""
    if word.isalnum():
        return _PROSE.search(word) is None
    return _SMALL.search(word) is None and _UPPER.search(word) is not None


def may_be_rot47(word: str) -> bool:
    """Return whether `word` is no name between marks."""
    return _NAME.fullmatch(word) is None


def may_be_block(text: str) -> bool:
    """Return whether a run of the digits of base64 is no word and no day."""
    return not all(map(_is_plain, set(_RUN.findall(text))))


def _is_plain(run: str) -> bool:
    if _ANY_DIGIT.search(run):
        return _PLAIN_NUMBER.fullmatch(run) is not None
    return run.islower() or run.istitle()


def is_odd(word: str) -> bool:
    """Return whether `word` mixes what words, paths and calls do not."""
    if len(word) < _FEWEST_ODD or word.isalpha():
        return False
    signs = len(_SIGN.findall(word))
    letters = (
        _UPPER.search(word) is not None,
        _LOWER.search(word) is not None,
        _DIGIT.search(word) is not None,
    )
    return sum(letters) + min(signs, 2) >= 3 and "://" not in word  # noqa: PLR2004 - three kinds at least


def count_opaque(text: str, *, check: Callable[[], None] = lambda: None) -> int:
    """Count the long encoded blocks that hold no text, and so something that nobody has looked into.

    `check` is called before each block is decoded, and may raise.
    """
    count = 0
    for match in _BLOCK.finditer(text):
        if len(match.group()) > MOST_OPAQUE:
            check()
            count += _is_opaque(match.group())
    return count


def _is_opaque(block: str) -> bool:
    try:
        return _decoded(block) is None
    except TooMuchError:
        return True


def _piece(match: re.Match[str], decode: Callable[[str], bytes], group: int) -> Iterator[Piece]:
    says = _read(decode, match[group])
    if says is not None:
        yield Piece(match.start(), match.end(), says)


def _read(decode: Callable[[str], bytes], block: str) -> str | None:
    try:
        raw = decode(block)
    except (binascii.Error, ValueError, ArithmeticError):
        return None
    says = as_text(unpacked(raw))
    return says if says is not None and says.isascii() and _TELLING.search(says) else None


def _decoded(block: str) -> str | None:
    """Return the text that `block` encodes, through several layers, or None."""
    says: str | None = None
    for _ in range(_LAYERS):
        inner = next(filter(None, (_as_said(raw, block) for raw in _readings(block))), None)
        if inner is None and len(block) > _SHORT and not block.isalpha():
            inner = next(
                filter(None, (_as_said(raw, block) for raw in _readings(block.strip("=")[::-1]))), None
            )
            inner = inner if inner and inner.isascii() and _TELLING.search(inner) else None
        if inner is None:
            break
        says = block = inner
        if not _BLOCK.fullmatch(block.strip()):
            break
    return says


def _as_said(raw: bytes, block: str) -> str | None:
    says = as_text(unpacked(raw), with_marks=True)
    if says is None or len(block) >= _SHORT:
        return says
    return (
        says
        if says.isascii() and not block.isalpha() and sum(map(str.isalnum, says)) * 2 > len(says)
        else None
    )


def _readings(block: str) -> Iterator[bytes]:
    digits = "".join(block.replace(">", "").replace("|", "").split()).rstrip("=")
    if re.fullmatch("(?:[0-9A-Fa-f]{2})+", digits) and (not digits.isdigit() or len(digits) > _SHORT):
        yield bytes.fromhex(digits)
    if re.fullmatch("[A-Z2-7]+", digits):
        yield _unpadded(digits, 8, base64.b32decode)
    plain = digits.replace("-", "+").replace("_", "/")
    for start in range(4 if len(digits) > 4 * _SHORT else 1):  # a window may begin within a block
        yield _unpadded(plain[start:], 4, base64.b64decode)


def _unpadded(digits: str, group: int, decode: Callable[[str], bytes]) -> bytes:
    padded = digits + "=" * (-len(digits) % group)
    for candidate in (padded, digits[: len(digits) // group * group]):
        try:
            return decode(candidate)
        except (binascii.Error, ValueError):
            continue
    return b""


def _uudecode(lines: str) -> bytes:
    return b"".join(binascii.a2b_uu(line) for line in lines.splitlines() if line.strip("` "))


def _base(alphabet: str) -> Callable[[str], bytes]:
    values = {digit: value for value, digit in enumerate(alphabet)}

    def decode(word: str) -> bytes:
        if len(word) > _MOST_BIG_DIGITS or not all(digit in values for digit in word):
            return b""
        number = 0
        for digit in word:
            number = number * len(alphabet) + values[digit]
        return number.to_bytes((number.bit_length() + 7) // 8)

    return decode


def _base45(word: str) -> bytes:
    """Return what `word` says in RFC 9285."""
    values = [_BASE45.index(digit) for digit in word] if all(digit in _BASE45 for digit in word) else []
    raw = bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        number = sum(value * 45**place for place, value in enumerate(group))
        raw += number.to_bytes(len(group) - 1)
    return bytes(raw)


def _z85(word: str) -> bytes:
    return base64.b85decode(word.translate(_Z85))


_Z85_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_B85_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_Z85: Final = str.maketrans(_Z85_DIGITS, _B85_DIGITS)


_ODD: Final[tuple[Callable[[str], bytes], ...]] = (
    base64.b85decode,
    lambda word: base64.a85decode(word.encode()),
    _z85,
    _base(_BASE58),
    _base(_BASE62),
    _base45,
    binascii.a2b_uu,
)
