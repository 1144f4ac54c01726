"""Encodings: what protocols, languages and ciphers make of a value; any programmer or model reads them."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import json
import random
import re
import string
import urllib.parse
from collections.abc import Callable
from functools import partial

from tests.evasion.shapes import CASELESS, EVERY, LETTERED, NUMBERS, Kind, Operator, Shape

RFC_4648 = "RFC 4648"
ESCAPES = "escapes of C, Java, JavaScript, JSON (RFC 8259), CSS and Python"
HTML = "HTML, character references"
PYRIT = "PyRIT's list of text converters"
CIPHERS = "PyRIT's Caesar, ROT13 and Atbash converters"

MORSE = {
    "A": ".-", "B": "-...", "C": "-.-.", "D": "-..", "E": ".", "F": "..-.", "G": "--.", "H": "....", "I": "..",
    "J": ".---", "K": "-.-", "L": ".-..", "M": "--", "N": "-.", "O": "---", "P": ".--.", "Q": "--.-", "R": ".-.",
    "S": "...", "T": "-", "U": "..-", "V": "...-", "W": ".--", "X": "-..-", "Y": "-.--", "Z": "--..",
    "0": "-----", "1": ".----", "2": "..---", "3": "...--", "4": "....-", "5": ".....", "6": "-....", "7": "--...",
    "8": "---..", "9": "----.", "@": ".--.-.", ".": ".-.-.-", "-": "-....-", "_": "..--.-", "/": "-..-.",
}  # fmt: skip
"""ITU-R M.1677."""
_FROM_MORSE = {signs: letter for letter, signs in MORSE.items()}

_operator = partial(Operator, kind=Kind.ENCODING)


def _codec(
    name: str,
    source: str,
    encode: Callable[[str], str],
    decode: Callable[[str], str],
    shapes: frozenset[Shape] = EVERY,
) -> Operator:
    return _operator(
        name=name, source=source, shapes=shapes, apply=lambda value, _: encode(value), undo=decode
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _numbers(pattern: str, base: int) -> Callable[[str], str]:
    """Return a decoding of code points written as `pattern` captures them."""
    compiled = re.compile(pattern)
    return lambda text: "".join(chr(int(number, base)) for number in compiled.findall(text))


def _escaped(pattern: str, base: int) -> Callable[[str], str]:
    """Return a decoding that replaces what `pattern` matches and leaves the rest."""
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(lambda match: chr(int(match[1], base)), text)


def _units(text: str) -> list[int]:
    """Return the UTF-16 code units of `text`."""
    raw = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def _quoted_printable(text: str) -> str:
    return "".join(f"={byte:02X}" for byte in _bytes(text))


def _html_some(value: str, rng: random.Random) -> str:
    forms = (lambda c: f"&#{ord(c)};", lambda c: f"&#x{ord(c):x};", lambda c: f"&#{ord(c):05d};", lambda c: c)
    return "".join(rng.choice(forms)(c) for c in value)


def _percent_some(value: str, rng: random.Random) -> str:
    return "".join(
        f"%{ord(c):02x}" if rng.random() < 0.6 and ord(c) < 128 else urllib.parse.quote(c) for c in value
    )


def _morse(text: str) -> str:
    words = ([MORSE[c] for c in word.upper() if c in MORSE] for word in text.split())
    return " / ".join(" ".join(word) for word in words)


def _unmorse(text: str) -> str:
    return " ".join("".join(_FROM_MORSE.get(signs, "") for signs in word.split()) for word in text.split("/"))


def _shifted(letters: int, digits: int) -> Callable[[str], str]:
    old = string.ascii_lowercase + string.ascii_uppercase + string.digits
    new = "".join(part[by:] + part[:by] for part, by in (
        (string.ascii_lowercase, letters), (string.ascii_uppercase, letters), (string.digits, digits)))  # fmt: skip
    return lambda text: text.translate(str.maketrans(old, new))


_ATBASH = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase,
    string.ascii_lowercase[::-1] + string.ascii_uppercase[::-1],
)


def _rot47(text: str) -> str:
    return "".join(chr(33 + (ord(c) - 33 + 47) % 94) if 33 <= ord(c) < 127 else c for c in text)


def _uu(text: str) -> str:
    raw = _bytes(text)
    lines = (binascii.b2a_uu(raw[at : at + 45]).decode() for at in range(0, len(raw), 45))
    return "".join(lines).rstrip("\n")


def _unuu(text: str) -> str:
    return _text(b"".join(binascii.a2b_uu(line) for line in text.split("\n")))


def _base64_lines(text: str) -> str:
    encoded = base64.b64encode(_bytes(text)).decode()
    return "\n".join(encoded[at : at + 12] for at in range(0, len(encoded), 12))


def _encoded_word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(_bytes(text)).decode()}?="


def _unencoded_word(text: str) -> str:
    return _text(base64.b64decode(text.removeprefix("=?utf-8?B?").removesuffix("?=")))


def _utf7(text: str) -> str:
    encoded = base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=")
    return f"+{encoded}-"


OPERATORS: tuple[Operator, ...] = (
    _codec("base64", RFC_4648, lambda t: base64.b64encode(_bytes(t)).decode(), lambda t: _text(base64.b64decode(t))),
    _codec("base64_in_lines", "RFC 2045, section 6.8", _base64_lines, lambda t: _text(base64.b64decode(t))),
    _codec(
        "base64_url_unpadded", RFC_4648, lambda t: base64.urlsafe_b64encode(_bytes(t)).decode().rstrip("="),
        lambda t: _text(base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))),
    ),
    _codec("base32", RFC_4648, lambda t: base64.b32encode(_bytes(t)).decode(), lambda t: _text(base64.b32decode(t))),
    _codec("base85", "Adobe PostScript, ASCII85", lambda t: base64.a85encode(_bytes(t), adobe=True).decode(),
           lambda t: _text(base64.a85decode(t, adobe=True))),
    _codec("hex", RFC_4648, lambda t: _bytes(t).hex(), lambda t: _text(bytes.fromhex(t))),
    _codec("hex_upper", RFC_4648, lambda t: _bytes(t).hex().upper(), lambda t: _text(bytes.fromhex(t))),
    _codec("hex_dump", "output of xxd and hexdump", lambda t: _bytes(t).hex(" "), lambda t: _text(bytes.fromhex(t))),
    _codec("hex_colons", "fingerprints (RFC 4716)", lambda t: _bytes(t).hex(":"),
           lambda t: _text(bytes.fromhex(t.replace(":", "")))),
    _codec("hex_prefixed", ESCAPES, lambda t: " ".join(f"0x{byte:02x}" for byte in _bytes(t)),
           lambda t: _text(bytes(int(n, 16) for n in t.split()))),
    _codec("percent", "RFC 3986, section 2.1", lambda t: "".join(f"%{byte:02X}" for byte in _bytes(t)), urllib.parse.unquote),
    _operator(name="percent_some", source="RFC 3986, section 2.1", shapes=EVERY, apply=_percent_some, undo=urllib.parse.unquote),
    _codec("double_percent", "CWE-174, double decoding", lambda t: "".join(f"%25{byte:02X}" for byte in _bytes(t)),
           lambda t: urllib.parse.unquote(urllib.parse.unquote(t))),
    _codec("quoted_printable", "RFC 2045, section 6.7", _quoted_printable,
           lambda t: _text(binascii.a2b_qp(_bytes(t)))),
    _codec("mime_word", "RFC 2047", _encoded_word, _unencoded_word),
    _codec("data_uri", "RFC 2397", lambda t: "data:text/plain;base64," + base64.b64encode(_bytes(t)).decode(),
           lambda t: _text(base64.b64decode(t.split(",", 1)[1]))),
    _codec("utf7", "RFC 2152", _utf7, lambda t: _bytes(t).decode("utf-7", "replace")),
    _codec("uuencoded", "POSIX uuencode", _uu, _unuu),
    _codec("html_decimal", HTML, lambda t: "".join(f"&#{ord(c)};" for c in t), html.unescape),
    _codec("html_hexadecimal", HTML, lambda t: "".join(f"&#x{ord(c):X};" for c in t), html.unescape),
    _operator(name="html_some", source=HTML, shapes=EVERY, apply=_html_some, undo=html.unescape),
    _codec("html_twice", HTML, lambda t: "".join(f"&amp;#{ord(c)};" for c in t), lambda t: html.unescape(html.unescape(t))),
    _codec("json_escapes", ESCAPES, lambda t: "".join(f"\\u{unit:04x}" for unit in _units(t)),
           lambda t: str(json.loads(f'"{t}"'))),
    _codec("c_hex_escapes", ESCAPES, lambda t: "".join(f"\\x{byte:02x}" for byte in _bytes(t)),
           lambda t: _text(bytes(int(n, 16) for n in re.findall(r"\\x(..)", t)))),
    _codec("c_octal_escapes", ESCAPES, lambda t: "".join(f"\\{byte:03o}" for byte in _bytes(t)),
           lambda t: _text(bytes(int(n, 8) for n in re.findall(r"\\(\d{3})", t)))),
    _codec("braced_escapes", ESCAPES, lambda t: "".join(f"\\u{{{ord(c):x}}}" for c in t), _numbers(r"\\u\{(\w+)\}", 16)),
    _codec("css_escapes", ESCAPES, lambda t: "".join(f"\\{ord(c):x} " for c in t), _escaped(r"\\([0-9a-f]{1,6}) ", 16)),
    _codec("code_point_names", "The Unicode Standard, notation U+hhhh", lambda t: " ".join(f"U+{ord(c):04X}" for c in t),
           _numbers(r"U\+(\w{4,6})", 16)),
    _codec("binary", "PyRIT's binary converter", lambda t: " ".join(f"{byte:08b}" for byte in _bytes(t)),
           lambda t: _text(bytes(int(n, 2) for n in t.split()))),
    _codec("decimal_codes", PYRIT, lambda t: " ".join(str(ord(c)) for c in t), _numbers(r"(\d+)", 10)),
    _codec("decimal_list", ESCAPES, lambda t: f"[{', '.join(str(ord(c)) for c in t)}]", _numbers(r"(\d+)", 10)),
    _codec("from_char_codes", "JavaScript String.fromCharCode", lambda t: f"String.fromCharCode({','.join(str(ord(c)) for c in t)})",
           _numbers(r"(\d+)", 10)),
    _codec("sql_char", "SQL CHAR()", lambda t: f"CHAR({','.join(str(ord(c)) for c in t)})", _numbers(r"(\d+)", 10)),
    _codec("octal_codes", PYRIT, lambda t: " ".join(f"{ord(c):03o}" for c in t), _numbers(r"([0-7]+)", 8)),
    _codec("rot13", CIPHERS, lambda t: codecs.encode(t, "rot13"), lambda t: codecs.encode(t, "rot13"), LETTERED),
    _codec("caesar_3", CIPHERS, _shifted(3, 0), _shifted(23, 0), LETTERED),
    _codec("atbash", CIPHERS, lambda t: t.translate(_ATBASH), lambda t: t.translate(_ATBASH), LETTERED),
    _codec("rot47", "PyRIT's list of text converters", _rot47, _rot47),
    _codec("rot5", CIPHERS, _shifted(0, 5), _shifted(0, 5), NUMBERS),
    _codec("morse", "ITU-R M.1677; PyRIT's Morse converter", _morse, _unmorse, CASELESS - {Shape.DOTTED}),
)  # fmt: skip
