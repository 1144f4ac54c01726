"""Whether a rewriting can have something to do: one glance each, never wrong in saying no."""

from __future__ import annotations

import re
from typing import Final

from pipeline.detect.views import accounts as accounts_
from pipeline.detect.views import addresses as addresses_
from pipeline.detect.views import ciphers, encodings, groups, leet, numbers, uuencoding
from pipeline.detect.views import rot47 as rot47_
from pipeline.detect.views.sheet import Sheet

_BACKSLASH: Final = "\\"
_FEW: Final = 3
_FEW_DIGITS: Final = 7
_MORSE: Final = re.compile(r"[.·•*–—−-][ \t\n/|]{1,5}[.·•*–—−-]")  # noqa: RUF001 - signs as written
# Two groups of four after each other that are no words.
_FOURS: Final = re.compile(rb" (?!Aaaa|aaaa|0000)[Aa0]{4} (?!Aaaa|aaaa|0000)[Aa0]{4}")
_DECIMALS: Final = re.compile(rb"(?:000? {1,3}){5}")
_WORDS_FOR_DOTS: Final = frozenset(("dot", "punkt", "point", "punto", "period", "stop", "fullstop", "d0t"))
_ORDINALS: Final = frozenset(
    ("first", "second", "third", "part", "block", "group", "area", "serial", "teil", "next")
)
_SEPARATORS: Final = frozenset(
    (
        "dash",
        "hyphen",
        "minus",
        "space",
        "blank",
        "slash",
        "then",
        "strich",
        "leerzeichen",
        "tiret",
        "espace",
        "guion",
    )
)
_WORDS_FOR_AT: Final = frozenset(("arroba", "arobase", "chiocciola", "klammeraffe"))
_AT_DOMAIN: Final = re.compile(r" at [\w-]+\.\w", re.IGNORECASE)


def braille(sheet: Sheet) -> bool:
    """Return whether there may be Braille."""
    return not sheet.text.isascii()


def fold(sheet: Sheet) -> bool:
    """Return whether there is anything to fold."""
    return not sheet.text.isascii()


def escaped(sheet: Sheet) -> bool:
    """Return whether there may be escapes."""
    return sheet.holds("%", "=", "&", _BACKSLASH, "U+")


def mail_words(sheet: Sheet) -> bool:
    """Return whether there may be an encoded word of a mail header."""
    return sheet.holds("=?")


def soft_breaks(sheet: Sheet) -> bool:
    """Return whether a line break may be soft."""
    return sheet.holds("=\n", "=\r", "= \n", "\\\n", "\\\r", "\f", "\v", "\x1c", "\x1d", "\x1e", "\x1f")


def tags(sheet: Sheet) -> bool:
    """Return whether there may be mark-up."""
    return sheet.holds("<", "*", "~", "`")


def concatenated(sheet: Sheet) -> bool:
    """Return whether strings may be joined."""
    return sheet.holds(
        '" + "', "' + '", '"+"', "'+'", '" & "', '" . "', "' . '", '"."', '"\n', "'\n", '" \\', '" +', "' +"
    )


def nato(sheet: Sheet) -> bool:
    """Return whether letters may be spelled."""
    return (
        not sheet.words.isdisjoint(numbers.WORDS.letters)
        and len(sheet.words & numbers.WORDS.letters.keys()) >= _FEW
    )


def utf7(sheet: Sheet) -> bool:
    """Return whether there may be UTF-7 or Punycode."""
    return sheet.holds("+", "xn--")


def encoded(sheet: Sheet) -> bool:
    """Return whether a long token is no word."""
    return encodings.may_be_block(sheet.text)


def grouped_blocks(sheet: Sheet) -> bool:
    """Return whether words of four follow each other."""
    return (
        b" xxxx xxxx xx" in sheet.beads and _FOURS.search(b" " + b" ".join(sheet.cased.split())) is not None
    )


def byte_lists(sheet: Sheet) -> bool:
    """Return whether pairs follow each other."""
    return b"xx xx xx xx xx" in sheet.beads or sheet.holds("0x", "\\x")


def old_encodings(sheet: Sheet) -> bool:
    """Return whether there may be Ascii85 or uuencoded lines."""
    return sheet.holds("<~", "begin ", "begin-")


def morse(sheet: Sheet) -> bool:
    """Return whether dots or dashes follow each other."""
    return _MORSE.search(sheet.text) is not None


def bits(sheet: Sheet) -> bool:
    """Return whether there may be bytes in bits."""
    return b"0000000" in sheet.cased


def decimals(sheet: Sheet) -> bool:
    """Return whether there may be a list of character codes."""
    return sheet.digits >= 2 * _FEW_DIGITS and _DECIMALS.search(sheet.cased.replace(b"\n", b" ")) is not None


def letters(sheet: Sheet) -> bool:
    """Return whether single letters or digits follow each other."""
    return b" x x x x x " in sheet.beads


def addresses(sheet: Sheet) -> bool:
    """Return whether there may be an address."""
    return (
        "@" in sheet.text
        or not sheet.words.isdisjoint(_WORDS_FOR_DOTS)
        or not sheet.words.isdisjoint(_WORDS_FOR_AT)
        or "at]" in sheet.lowered
        or "at)" in sheet.lowered
        or _AT_DOMAIN.search(sheet.text) is not None
    )


def hosts(sheet: Sheet) -> bool:
    """Return whether there may be a network address in words."""
    return sheet.digits > _FEW and addresses_.may_be_host(sheet.text)


def spelled(sheet: Sheet) -> bool:
    """Return whether numbers may be spelled."""
    return numbers.may_spell(sheet.all_words, sheet.words)


def wrapped(sheet: Sheet) -> bool:
    """Return whether there are several lines."""
    return "\n" in sheet.text


def glued(sheet: Sheet) -> bool:
    """Return whether a number may stick to letters, or an address or a number to a low line."""
    return (
        any(one in sheet.kinds for one in (b"a000", b"000a"))
        or b"aAAAA" in sheet.cased
        or ("_" in sheet.text and (sheet.digits > 0 or "@" in sheet.text))
    )


def codes(sheet: Sheet) -> bool:
    """Return whether there may be a code of capitals and digits."""
    return sheet.digits >= _FEW and (
        b"AA" in sheet.cased or b"A0" in sheet.cased or b"0A" in sheet.cased or b"A 0" in sheet.cased
    )


def separated(sheet: Sheet) -> bool:
    """Return whether there are digits that could be an identifier."""
    return sheet.digits >= _FEW_DIGITS and sheet.holds_number


def unbroken(sheet: Sheet) -> bool:
    """Return whether a value may go on in the next line."""
    return "\n" in sheet.text and (sheet.digits > 0 or sheet.holds("@", "_", "://"))


def empty(sheet: Sheet) -> bool:
    """Return whether there may be an empty comment or group."""
    return sheet.holds("/*", "{}", "\\,", "\\;", "\\!")


def spoken(sheet: Sheet) -> bool:
    """Return whether parts may be numbered in words."""
    return (
        sheet.digits >= _FEW
        and (len(sheet.words & _ORDINALS) > 1 or not sheet.words.isdisjoint(_SEPARATORS))
        and groups.may_speak(sheet.text)
    )


def odd_words(sheet: Sheet) -> bool:
    """Return whether a token mixes what words do not."""
    return any(map(encodings.may_decode, sheet.odd_tokens))


def rot47_words(sheet: Sheet) -> bool:
    """Return whether a token is odd, or holds what rot47 makes of a hyphen."""
    return "\\" in sheet.text or any(map(encodings.may_be_rot47, sheet.odd_tokens))


def numbered(sheet: Sheet) -> bool:
    """Return whether parts may be numbered by their names."""
    return sheet.holds("1=", "1:", "1 =", "1 :")


def leet_words(sheet: Sheet) -> bool:
    """Return whether a digit may stand for a letter."""
    return (
        b"a0a" in sheet.kinds or sheet.holds("@", "$", "!") or b" 0a" in sheet.kinds or b"a00a" in sheet.kinds
    )


def odd_case(sheet: Sheet) -> bool:
    """Return whether capitals stand in odd places."""
    return sheet.cased.count(b"aA") > 1


def turned(sheet: Sheet) -> bool:
    """Return whether something may be written backwards."""
    return b"aaA" in sheet.cased or sheet.digits >= _FEW_DIGITS or sheet.holds("@", " =")


def leet_digits(sheet: Sheet) -> bool:
    """Return whether a letter may stand for a digit."""
    return (sheet.digits > 0 and any(one in sheet.kinds for one in (b"a0", b"0a"))) or (
        b"AA" in sheet.cased and leet.may_be_all_letters(sheet.text)
    )


def rot47(sheet: Sheet) -> bool:
    """Return whether there are traces of rot47."""
    return ciphers.may_be_rot47(sheet.tokens)


def tokens(sheet: Sheet) -> bool:
    """Return whether there may be a key."""
    return ciphers.may_hold_tokens(sheet.text, sheet.tokens)


def accounts(sheet: Sheet) -> bool:
    """Return whether there are digits enough for an account number."""
    return sheet.digits >= accounts_.FEWEST_DIGITS and accounts_.may_be_account(sheet.text)


def rot47_hidden(sheet: Sheet) -> bool:
    """Return whether there may be a number or an encoded word in rot47."""
    return rot47_.may_hide(sheet.text, sheet.tokens)


def digit_words(sheet: Sheet) -> bool:
    """Return whether there are words for the digits of a number."""
    return numbers.may_say_digits(sheet.all_words, sheet.words)


def uu_lines(sheet: Sheet) -> bool:
    """Return whether letters and signs follow each other without small letters."""
    return uuencoding.may_be_line(sheet.text)
