"""Text that was turned round or whose letters were shifted: backwards, Caesar, rot13, rot47, Atbash.

Each is tried only where its traces are seen: common words as the cipher writes them, or a
number, an address or a name that only exists in the other direction.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from string import ascii_lowercase as abc
from typing import Final

from stdnum.it import codicefiscale

from pipeline.detect.views.reading import Piece
from pipeline.detect.views.worth import is_moment, is_number, is_settled

_COMMON: Final = (
    "the and for was with that this from are has have not you his her she they been who will were our number name "
    "card account phone email mail call patient address contact date birth born please record customer member social "
    "security passport iban ssn social bank client employee license key password token is of to in on my at its it be "
    "as by an or can said wrote called please note send begin end private rsa"
)
_COMMON_WORDS: Final = frozenset(_COMMON.split())
_SHORTEST: Final = 2
_SHORTEST_47: Final = 9
_ROT47: Final = {code: chr(33 + (code - 33 + 47) % 94) for code in range(33, 127)}
_ATBASH: Final = str.maketrans(abc + abc.upper(), abc[::-1] + abc[::-1].upper())
_FEWEST_HINTS: Final = 2
_NUMBER_47: Final = re.compile(
    r"(?<![_-h])(?:[_-h]{3}\\[_-h]{2}\\[_-h]{4}|[_-h]{9,19}|(?:[_-h]{4}\\){3}[_-h]{4})(?![_-h])"
)
_FEWEST_SIGNS: Final = 4
"""Different signs in a number that rot47 hid; a ruled line has one."""
_SENTENCE: Final = re.compile(r"[^\n.!?;]+")
_WORDS: Final = re.compile(r"[A-Za-z]{2,12}")
_LINE: Final = re.compile(r"[^\n]+")
# A word that begins small and ends with a capital, and a top-level domain before an at sign.
_TURNED_NAME: Final = re.compile(r"(?<![\w.])[a-z]{2,20}[A-Z](?:,?[ \-.'][a-z]{1,20}[A-Z]){0,3}(?![\w])")
_TURNED_ADDRESS: Final = re.compile(
    r"\b(?:moc|gro|ten|ude|vog|tni|ofni|zib|oi|ku|ed|rf|se|ti|ln|hc|ta|ac|ua|ni|su|lacol|proc|elpmaxe)\.[\w.-]{2,60}@[\w.+-]{1,60}"
)
_TURNED_DIGITS: Final = re.compile(r"\d(?<![\w.,-]\d)[\d \-.()/]{7,24}\d\+?(?![\w,-]|\.\d)")
_TURNED_ACCOUNT: Final = re.compile(
    r"(?<!\w)(?:[0-9A-Z]{1,4} ){2,8}[0-9]{2}[A-Z]{2}(?!\w)|(?<!\w)[0-9A-Z]{11,30}[0-9]{2}[A-Z]{2}(?!\w)"
)
_TURNED_BLOCK: Final = re.compile(r"(?<![\w=])={1,2}[A-Za-z0-9+/]{10,400}(?![\w+/=])")


def _shift(by: int) -> dict[int, int]:
    return str.maketrans(abc + abc.upper(), abc[by:] + abc[:by] + (abc[by:] + abc[:by]).upper())


CIPHERS: Final = {f"caesar_{by}": _shift(26 - by) for by in range(1, 26)} | {"atbash": _ATBASH}
"""Each by the table that undoes it."""


def _traces() -> dict[str, tuple[str, ...]]:
    """Return how each cipher writes the common words, but for those that are common words themselves."""
    common = _COMMON_WORDS
    traces: dict[str, list[str]] = defaultdict(list)
    for word in sorted(common):
        written = {name: word.translate(_shift(int(name[7:]))) for name in CIPHERS if name != "atbash"}
        for name, trace in (*written.items(), ("atbash", word.translate(_ATBASH)), ("backwards", word[::-1])):
            if trace not in common and len(trace) > _SHORTEST:
                traces[trace].append(name)
    return {trace: tuple(names) for trace, names in traces.items()}


_TRACES: Final = _traces()
_RULE_47: Final = "-----".translate(_ROT47)
"""Before and after the name of a key."""
_TRACES_47: Final = frozenset(word.translate(_ROT47) for word in _COMMON.split())


def ciphers_of(text: str, words: frozenset[str]) -> list[str]:
    """Return the ciphers in which some sentence of `text` is written.

    `words` are the different words of `text`. A sentence tells by two different common words
    in the cipher, and by having fewer in the clear.
    """
    hints = _hints(_TRACES.keys() & words)
    if not hints:
        return []
    found: set[str] = set()
    for match in _SENTENCE.finditer(text):
        inside = {one.lower() for one in _WORDS.findall(match.group())}
        common = len(inside & _COMMON_WORDS)
        found |= {name for name, count in _hints(_TRACES.keys() & inside).items() if count > common}
    return sorted(found)


def _hints(traces: set[str]) -> dict[str, int]:
    hints = Counter(name for trace in traces for name in _TRACES[trace])
    return {name: count for name, count in hints.items() if count >= _FEWEST_HINTS}


def deciphered(text: str, cipher: str) -> Iterator[Piece]:
    """Yield the lines of `text` as `cipher` hid them."""
    for match in _LINE.finditer(text):
        line = match.group()
        yield Piece(*match.span(), line[::-1] if cipher == "backwards" else line.translate(CIPHERS[cipher]))


def may_be_rot47(tokens: frozenset[str]) -> bool:
    """Return whether the tokens hold common words or a number in rot47."""
    return (
        len(_TRACES_47 & tokens) >= _FEWEST_HINTS
        or any(_RULE_47 in one for one in tokens)
        or any(
            _NUMBER_47.search(one)
            for one in tokens
            if len(one) >= _SHORTEST_47
            and ("\\" in one or "`" in one or "_" in one)
            and len(set(one)) >= _FEWEST_SIGNS
        )
    )


def rot47(text: str) -> Iterator[Piece]:
    """Yield the lines that rot47 makes readable."""
    for match in _LINE.finditer(text):
        yield Piece(*match.span(), match.group().translate(_ROT47))


def turned(text: str) -> Iterator[Piece]:
    """Yield words and numbers that look as if they were written backwards, forwards."""
    for match in _turned(text):
        says = match.group()[::-1]
        if not _is_digits(says) or (
            not is_moment(match.group())
            and not is_settled(text, *match.span())
            and (is_moment(says) or is_number(text, *match.span(), says))
        ):
            yield Piece(*match.span(), says)


# A key or a code by itself, and how secrets begin that say whose they are.
_TOKEN: Final = re.compile(r"(?<![^\W_])[A-Za-z0-9_-]{16,80}(?![\w-])")
_PREFIXES: Final = "ghp_ gho_ ghu_ ghs_ ghr_ glpat- github_ sk_live sk_test rk_live pk_live xoxb- xoxp- AKIA ASIA AIza npm_ pypi-"
# One of them with a space here and there, as scanners write.
_SPACED: Final = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(" ?".join(map(re.escape, prefix)) for prefix in _PREFIXES.split())
    + r")(?: ?[A-Za-z0-9_-]){14,60}"
)
_FISCAL: Final = re.compile(r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]")
_SHORTEST_TOKEN: Final = 16
_GLUED: Final = 5


def _hidden_prefixes() -> dict[str, str]:
    """Return the first four signs of each prefix as each cipher writes them, and which cipher that is."""
    hidden: dict[str, str] = {}
    for prefix in _PREFIXES.split():
        start = prefix[:4]
        for by in range(1, 26):
            hidden.setdefault(start.translate(_shift(by)), f"caesar_{by}")
        hidden.setdefault(start.translate(_ATBASH), "atbash")
    return hidden


_HIDDEN: Final = _hidden_prefixes()
_STARTS: Final = frozenset(prefix[:4] for prefix in _PREFIXES.split())


def may_hold_tokens(text: str, tokens: frozenset[str]) -> bool:
    """Return whether one of `tokens` is long enough for a key, or a key begins that spaces part."""
    return any(len(one) >= _SHORTEST_TOKEN for one in tokens) or _may_be_spaced(text)


def _may_be_spaced(text: str) -> bool:
    whole = text.replace(" ", "")
    return any(prefix in whole for prefix in _PREFIXES.split())


def tokens(text: str) -> Iterator[Piece]:
    """Yield keys and Italian fiscal codes that only a cipher, or reading them backwards, makes what they are."""
    yield from sorted([*_ciphered(text), *_spaced(text)])


def _spaced(text: str) -> Iterator[Piece]:
    if not _may_be_spaced(text):
        return
    for match in _SPACED.finditer(text):
        pieces = match.group().split(" ")
        # Words of small letters end it: `AKIA... for this`.
        while pieces and pieces[-1].isalpha() and (pieces[-1].islower() or pieces[-1].istitle()):
            pieces.pop()
        if len(pieces) > 1:
            yield Piece(match.start(), match.start() + len(" ".join(pieces)), "".join(pieces))


def _ciphered(text: str) -> Iterator[Piece]:
    for match in _TOKEN.finditer(text):
        token = match.group()
        if not any(map(str.isdigit, token)) or token[:4] in _STARTS:
            continue
        # A label or a low line may stick to it.
        hidden = next((at for at in range(_GLUED) if token[at : at + 4] in _HIDDEN), None)
        if hidden is not None and len(token) - hidden >= _SHORTEST_TOKEN:
            says = token[hidden:].translate(CIPHERS[_HIDDEN[token[hidden : hidden + 4]]])
            yield Piece(match.start() + hidden, match.end(), f" {says}")
        elif token[::-1][:4] in _STARTS:
            yield Piece(*match.span(), token[::-1])
        elif _FISCAL.fullmatch(token) and not codicefiscale.is_valid(token):
            meant = (token.translate(table) for table in CIPHERS.values())
            found = next(filter(codicefiscale.is_valid, meant), None)
            if found:
                yield Piece(*match.span(), found)


_NAME_TRACE: Final = re.compile(r"[a-z][A-Z](?![A-Za-z0-9_])")
_ACCOUNT_TRACE: Final = re.compile(r"[0-9]{2}[A-Z]{2}(?![A-Za-z0-9_])")


def _turned(text: str) -> list[re.Match[str]]:
    found = [
        match
        for is_there, pattern in (
            (_NAME_TRACE.search(text), _TURNED_NAME),
            ("@" in text, _TURNED_ADDRESS),
            (True, _TURNED_DIGITS),
            (_ACCOUNT_TRACE.search(text), _TURNED_ACCOUNT),
            ("=" in text, _TURNED_BLOCK),
        )
        if is_there
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda match: match.span())


def _is_digits(says: str) -> bool:
    return not any(map(str.isalpha, says)) and "=" not in says
