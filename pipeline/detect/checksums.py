"""Check digits. Each function takes the text as found and ignores its separators.

A failed check lowers confidence and never erases a finding by itself: one misread
digit does not make a card number harmless.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

_VIN_VALUES: Final = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_CHECK: Final = "0123456789X"
_NPI_PREFIX: Final = "80840"  # ISO 7812 prefix of health applications (80) in the US (840)
_DEA_DIGITS: Final = 7
_NPI_DIGITS: Final = 10
_MRZ_WEIGHTS: Final = (7, 3, 1)
_MRZ_VALUES: Final = {
    "<": 0,
    **{str(digit): digit for digit in range(10)},
    **{chr(ord("A") + place): 10 + place for place in range(26)},
}
_MRZ_FIELDS: Final[Mapping[int, tuple[tuple[int, int], ...]]] = MappingProxyType(
    # length of the text -> start and end of each field that a check digit follows
    {
        44: ((0, 9), (13, 19), (21, 27)),  # passport, second line
        36: ((0, 9), (13, 19), (21, 27)),  # TD2, second line
        90: ((5, 14), (30, 36), (38, 44)),  # TD1, first and second line together
    }
)
_NHI_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NHI_DIGITS: Final = 6
_NRIC_WEIGHTS: Final = (2, 7, 6, 5, 4, 3, 2)
_NRIC_CHECKS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    # first letter -> what it adds, and the check letters in order of the remainder
    {
        "S": (0, "JZIHGFEDCBA"),
        "T": (4, "JZIHGFEDCBA"),
        "F": (0, "XWUTRQPNMLK"),
        "G": (4, "XWUTRQPNMLK"),
        "M": (3, "XWUTRQPNJLK"),
    }
)
_STDNUM: Final = "stdnum:"


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in "0123456789"]


def luhn(text: str) -> bool:
    """Return whether the digits pass ISO 7812's check (cards, IMEI)."""
    digits = _digits(text)
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(digits) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def npi(text: str) -> bool:
    """Return whether a National Provider Identifier's check digit is right."""
    digits = "".join(map(str, _digits(text)))
    return len(digits) == _NPI_DIGITS and luhn(_NPI_PREFIX + digits)


def dea(text: str) -> bool:
    """Return whether a DEA registration's last digit is right."""
    digits = _digits(text)
    if len(digits) < _DEA_DIGITS:
        return False
    first, second, third, fourth, fifth, sixth, check = digits[-_DEA_DIGITS:]
    return (first + third + fifth + 2 * (second + fourth + sixth)) % 10 == check


def vin(text: str) -> bool:
    """Return whether a vehicle number has the check digit of North American cars."""
    letters = [letter for letter in text.upper() if letter.isalnum()]
    if len(letters) != len(_VIN_WEIGHTS) or any(letter not in _VIN_VALUES for letter in letters):
        return False
    total = sum(_VIN_VALUES[letter] * weight for letter, weight in zip(letters, _VIN_WEIGHTS, strict=True))
    return letters[8] == _VIN_CHECK[total % 11]


def mrz(text: str) -> bool:
    """Return whether the check digits of a machine-readable zone are right (ICAO 9303, parts 4 to 6).

    `text` is the second line of a passport or TD2 document, or the first two lines of a TD1 card.
    """
    zone = "".join(text.upper().split())
    fields = _MRZ_FIELDS.get(len(zone))
    return fields is not None and all(_mrz_digit(zone[start:end]) == zone[end] for start, end in fields)


def _mrz_digit(field: str) -> str:
    values = (_MRZ_VALUES.get(one, 0) * _MRZ_WEIGHTS[place % 3] for place, one in enumerate(field))
    return str(sum(values) % 10)


def nhi(text: str) -> bool:
    """Return whether a New Zealand NHI number's check is right (HISO 10046: old and new form)."""
    code = "".join(one for one in text.upper() if one.isalnum())
    if len(code) != _NHI_DIGITS + 1 or any(one.isalpha() and one not in _NHI_LETTERS for one in code):
        return False
    values = [int(one) if one.isdigit() else _NHI_LETTERS.index(one) + 1 for one in code[:_NHI_DIGITS]]
    total = sum(value * weight for value, weight in zip(values, range(7, 1, -1), strict=True))
    if code[-1].isdigit():
        remainder = total % 11
        return remainder != 0 and (11 - remainder) % 10 == int(code[-1])
    remainder = total % 23
    return code[-1] == _NHI_LETTERS[23 - remainder - 1]


def nric(text: str) -> bool:
    """Return whether the check letter of a Singapore NRIC or FIN is right."""
    code = text.upper()
    if len(code) != len(_NRIC_WEIGHTS) + 2 or code[0] not in _NRIC_CHECKS or not code[1:-1].isdigit():
        return False
    added, letters = _NRIC_CHECKS[code[0]]
    total = added + sum(int(one) * weight for one, weight in zip(code[1:-1], _NRIC_WEIGHTS, strict=True))
    return code[-1] == letters[total % len(letters)]


CHECKSUMS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {"luhn": luhn, "npi": npi, "dea": dea, "vin": vin, "mrz": mrz, "nhi": nhi, "nric": nric}
)
"""Our own, where python-stdnum has none."""


def checksum(name: str) -> Callable[[str], bool]:
    """Return the check called `name`: one of ours, or `stdnum:fr.nir` for a module of python-stdnum.

    Raises:
        LookupError: there is none of that name.
    """
    if name in CHECKSUMS:
        return CHECKSUMS[name]
    if not name.startswith(_STDNUM):
        raise LookupError(name)
    try:
        module = importlib.import_module(f"stdnum.{name.removeprefix(_STDNUM)}")
    except ImportError:
        raise LookupError(name) from None
    check = getattr(module, "is_valid", None)
    if check is None:
        raise LookupError(name)
    return cast("Callable[[str], bool]", check)
