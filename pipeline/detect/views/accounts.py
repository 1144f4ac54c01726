"""Account numbers (IBAN) in any dress: small letters, any signs between the groups, cells, lines and quotes.

The country says how long the number is and its check digits tell it from chance, so whatever stands
between its letters and digits may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stdnum import iban

from pipeline.detect.views.reading import Piece

_REGISTRY: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
    "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
    "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 "
    "SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
_LENGTHS: Final = {one[:2]: int(one[2:]) for one in _REGISTRY.split()}
"""Letters and digits by country (ISO 13616, the registry of SWIFT)."""
_GAP: Final = r"[^\w]{0,6}"
# A country's letters, two digits, and what may follow: the letters of a bank and digits, in groups.
_DRESSED: Final = re.compile(rf"[A-Za-z]{{2}}{_GAP}[0-9]{_GAP}[0-9](?:{_GAP}[A-Za-z0-9]){{11,30}}")
# Tried once a word: its last two letters before two digits.
_WORD: Final = re.compile(rf"(?<![A-Za-z])[A-Za-z]*+(?<=[A-Za-z]{{2}})(?={_GAP}[0-9]{_GAP}[0-9])")
FEWEST_DIGITS: Final = 10


def may_be_account(text: str) -> bool:
    """Return whether two letters stand before two digits."""
    return next(_starts(text), None) is not None


def accounts(text: str) -> Iterator[Piece]:
    """Yield account numbers, as one word in capitals."""
    end = 0
    for start in _starts(text):
        found = _account(text, start) if start >= end else None
        if found is not None:
            yield found
            end = found.end


def _starts(text: str) -> Iterator[int]:
    """Yield where two letters stand before two digits, and are not the end of a word in their case."""
    for match in _WORD.finditer(text):
        end = match.group()[-3:]
        if len(end) == len("DE") or not (end.islower() or end.isupper()):
            yield match.end() - len("DE")


def _account(text: str, start: int) -> Piece | None:
    """Return the account number that begins at `start`."""
    match = _DRESSED.match(text, start) if text[start : start + 2].upper() in _LENGTHS else None
    if match is None:
        return None
    shown = match.group()
    places = [at for at, sign in enumerate(shown) if sign.isalnum()]
    whole = "".join(shown[at] for at in places).upper()
    if not whole.isascii() or sum(map(str.isdigit, whole)) < FEWEST_DIGITS:
        return None
    length = _LENGTHS[whole[: len("DE")]]
    if len(whole) < length or not iban.is_valid(whole[:length], check_country=False):
        return None
    until = places[length - 1] + 1
    return Piece(start, start + until, f" {whole[:length]} ") if shown[:until] != whole[:length] else None
