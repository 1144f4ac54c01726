"""Check digits. Each function takes the text as found and ignores its separators.

A failed check lowers confidence and never erases a finding by itself: one misread
digit does not make a card number harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

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


CHECKSUMS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {"luhn": luhn, "npi": npi, "dea": dea, "vin": vin}
)
