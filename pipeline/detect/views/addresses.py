"""E-mail and network addresses written so that no machine should read them: `jane (at) example dot com`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pipeline.detect.views.reading import Piece

_AT_WORDS: Final = r"at|ät|arroba|arobase|chiocciola|klammeraffe|a"
_DOT_WORDS: Final = r"dot|punkt|point|punto|period|full ?stop|d0t"
_OPEN, _CLOSE = r"[\[({<|*_\-]{1,3}\s{0,2}", r"\s{0,2}[\])}>|*_\-]{1,3}"
_AT: Final = rf"\s{{0,2}}{_OPEN}(?:{_AT_WORDS}|@){_CLOSE}\s{{0,2}}|\s{{1,2}}(?:at|ät|arroba|arobase|chiocciola|klammeraffe)\s{{1,2}}|\s{{0,2}}@\s{{0,2}}"
_DOT: Final = (
    rf"\s{{0,2}}{_OPEN}(?:{_DOT_WORDS}|\.){_CLOSE}\s{{0,2}}|\s{{1,2}}(?:{_DOT_WORDS})\s{{1,2}}|\s?\.\s?"
)
_PART: Final = r"[A-Za-z0-9][A-Za-z0-9+\-]{0,63}"
_UNDER: Final = r"\s{1,2}(?:underscore|dash|hyphen|minus|plus)\s{1,2}|_"
_SIGN_AT: Final = re.compile(
    r"@|(?<![^\W_])(?:at|ät|a|arroba|arobase|chiocciola|klammeraffe)(?![^\W_])", re.IGNORECASE
)
_AROUND: Final = re.compile(_AT, re.IGNORECASE)
_LOCAL: Final = re.compile(rf"(?<![\w.@])({_PART}(?:(?:{_DOT}|{_UNDER}){_PART}){{0,5}})\Z", re.IGNORECASE)
_DOMAIN: Final = re.compile(rf"({_PART}(?:(?:{_DOT}){_PART}){{1,5}})(?!\w)", re.IGNORECASE)
_LOCAL_REACH: Final = 90
_AT_REACH: Final = 7
_HOST: Final = re.compile(rf"(?<![\w.])\d{{1,3}}(?:(?:{_DOT})\d{{1,3}}){{3}}(?!\w)", re.IGNORECASE)
_ODD_DOT: Final = re.compile(_DOT, re.IGNORECASE)
_ODD_HOST: Final = re.compile(rf"\d(?:{_DOT})\d{{1,3}}(?:{_DOT})\d{{1,3}}(?:{_DOT})\d", re.IGNORECASE)
_ODD_UNDER: Final = re.compile(r"\s{1,2}(underscore|dash|hyphen|minus|plus)\s{1,2}", re.IGNORECASE)
_SIGN: Final = {"underscore": "_", "plus": "+"}
_WORD_AT: Final = re.compile(r"\s+(?:at|ät)\s+\Z", re.IGNORECASE)
_DOT_WORD: Final = re.compile(rf"(?:{_DOT_WORDS})|[\[({{<]", re.IGNORECASE)
_SPACED_SIGN: Final = re.compile(r"\s[@.]|@\s|\.\s")
_LABEL: Final = re.compile(
    r"(?:mail|contact|write|reach|address|kontakt|correo|courriel)\W{0,3}(?:\w{1,8}\W{1,3}){0,3}\Z",
    re.IGNORECASE,
)
_LABEL_REACH: Final = 40
_TOP: Final = re.compile(
    r"(?<![a-z])(?:com|org|net|edu|gov|mil|int|info|biz|io|[a-z]{2}|local|corp|lan|internal|test|example|invalid)\Z",
    re.IGNORECASE,
)


def may_be_host(text: str) -> bool:
    """Return whether a number is followed by an odd dot and another number, twice."""
    return _ODD_HOST.search(text) is not None


def addresses(text: str) -> Iterator[Piece]:
    """Yield addresses with words or brackets for their signs, as they are meant."""
    for sign in _SIGN_AT.finditer(text):
        around = next(
            (
                found
                for at in range(max(0, sign.start() - _AT_REACH), sign.start() + 1)
                if (found := _AROUND.match(text, at)) and found.end() >= sign.end()
            ),
            None,
        )
        domain = _DOMAIN.match(text, around.end()) if around else None
        if around is None or domain is None:
            continue
        first = max(0, around.start() - _LOCAL_REACH)
        local = _LOCAL.search(text[first : around.start()])
        if local and _is_meant(text, first + local.start(1), local[1], around.group(), domain[1]):
            start, says = first + local.start(1), f"{_clean(local[1])}@{_clean(domain[1])}"
            if says != text[start : domain.end()]:
                yield Piece(start, domain.end(), says)


def hosts(text: str) -> Iterator[Piece]:
    """Yield network addresses with words or brackets for their dots."""
    for match in _HOST.finditer(text):
        says = _ODD_DOT.sub(".", match.group())
        if says != match.group():
            yield Piece(match.start(), match.end(), says)


def _clean(part: str) -> str:
    part = _ODD_UNDER.sub(lambda found: _SIGN.get(found[1].lower(), "-"), part)
    return _ODD_DOT.sub(".", part)


def _is_meant(text: str, start: int, local: str, sign: str, domain: str) -> bool:
    """Return whether this is an address, and not `look at example.com` or `the end. At last`."""
    if not _TOP.search(domain):
        return False
    if not _WORD_AT.match(sign) or _DOT_WORD.search(domain):
        return True
    if _SPACED_SIGN.search(domain):
        return False
    before = text[max(0, start - _LABEL_REACH) : start]
    return any(one in local for one in "._+0123456789") or bool(_LABEL.search(before))
