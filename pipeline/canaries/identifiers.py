"""Made-up identifiers that look valid: right form, right check digits, from ranges kept for tests where there are any.

Each function draws the plain value of one entity; how it is written on the page is `notations`' business.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pipeline.canaries.draw import CAPITALS, DIGITS, Draw

_CARD_PREFIXES: Final = ("411111", "401288", "424242", "555555", "510510", "601111", "353011")
"""What the test numbers that Visa, Mastercard, Discover and JCB publish begin with."""
_CARD_DIGITS: Final = 16
_BANK_CODES: Final = MappingProxyType(
    {"DE": "50010517", "AT": "19043", "CH": "00762", "GB": "NWBK601613", "NL": "ABNA"}
)
_ACCOUNT_DIGITS: Final = MappingProxyType({"DE": 10, "AT": 11, "CH": 12, "GB": 8, "NL": 10})
"""What follows the bank's code (SWIFT's IBAN registry); Swiss and Dutch accounts are digits here."""
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_NIF_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU_LETTERS: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_NINO_PREFIXES: Final = ("AB", "CE", "JG", "KR", "LM", "PX", "RS", "SW", "WK", "ZE")
_PESEL_WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
_KEY_ALPHABET: Final = CAPITALS + "234567"
_TOKEN_ALPHABET: Final = CAPITALS + CAPITALS.lower() + DIGITS
_MONTH_LETTERS: Final = "ABCDEHLMPRST"
_ODD_VALUES: Final = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
    25,
    24,
    23,
)
"""What a letter counts at the odd places of an Italian fiscal code (decree of 23 December 1976)."""
_TOWNS: Final = ("F205", "H501", "L219", "A944", "D612")
"""Cadastral codes of Milan, Rome, Turin, Bologna and Florence."""


def social_security(draw: Draw) -> str:
    """Return an SSN whose area was given to nobody before areas became random in 2011."""
    return f"{draw.between(773, 899)}{draw.between(11, 98)}{draw.between(1001, 9998)}"


def card(draw: Draw) -> str:
    """Return a card number that passes Luhn's check."""
    start = draw.choice(_CARD_PREFIXES)
    body = start + draw.digits(_CARD_DIGITS - 1 - len(start))
    return body + _luhn_digit(body)


def iban(draw: Draw) -> str:
    """Return an IBAN with the right check digits (ISO 13616)."""
    country = draw.choice(tuple(_BANK_CODES))
    account = _BANK_CODES[country] + draw.digits(_ACCOUNT_DIGITS[country])
    number = int("".join(str(int(letter, 36)) for letter in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02d}{account}"


def record_number(draw: Draw) -> str:
    """Return a hospital's number of a patient's record."""
    return f"{draw.between(1, 9)}{draw.digits(draw.between(6, 7))}"


def passport(draw: Draw) -> str:
    """Return a US passport number of the newer form."""
    return draw.choice("ACXYZ") + f"{draw.between(1, 9)}{draw.digits(7)}"


def taxpayer(draw: Draw) -> str:
    """Return a US ITIN."""
    return f"9{draw.digits(2)}{draw.between(70, 88)}{draw.between(1001, 9998)}"


def national_insurance(draw: Draw) -> str:
    """Return a UK national insurance number."""
    return draw.choice(_NINO_PREFIXES) + draw.digits(6) + draw.choice("ABCD")


def health_service(draw: Draw) -> str:
    """Return an NHS number of the range 999, which the NHS keeps for tests."""
    while True:
        body = "999" + draw.digits(6)
        check = (
            11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        )
        if check != 10:  # noqa: PLR2004 - such a number is given to nobody
            return f"{body}{check % 11}"


def german_tax(draw: Draw) -> str:
    """Return a German tax number: ten digits of which one comes twice, and a check digit (ISO 7064 MOD 11,10)."""
    digits = draw.shuffled(DIGITS)[:9]
    if digits[0] == "0":  # it never begins with one
        digits = [*digits[1:], "0"]
    digits.insert(draw.between(1, 8), draw.choice(digits))
    body = "".join(digits)
    return body + _iso7064_digit(body)


def spanish_identity(draw: Draw) -> str:
    """Return a Spanish NIF."""
    number = draw.between(10_000_000, 99_999_999)
    return f"{number}{_NIF_LETTERS[number % 23]}"


def italian_fiscal(draw: Draw) -> str:
    """Return an Italian fiscal code."""
    consonants = "BCDFGLMNPRSTV"
    body = draw.text(consonants, 6) + f"{draw.between(40, 99)}" + draw.choice(_MONTH_LETTERS)
    body += f"{draw.between(1, 28):02d}" + draw.choice(_TOWNS)
    total = 0
    for place, sign in enumerate(body):
        value = int(sign) if sign.isdigit() else ord(sign) - ord("A")
        total += _ODD_VALUES[value] if place % 2 == 0 else value
    return body + CAPITALS[total % 26]


def polish_identity(draw: Draw) -> str:
    """Return a PESEL of the twentieth century."""
    body = f"{draw.between(30, 99)}{draw.between(1, 12):02d}{draw.between(1, 28):02d}{draw.digits(4)}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _PESEL_WEIGHTS, strict=True))
    return f"{body}{-total % 10}"


def finnish_identity(draw: Draw) -> str:
    """Return a Finnish personal identity code with a number from 900 on, which are never given to a person."""
    date = f"{draw.between(1, 28):02d}{draw.between(1, 12):02d}{draw.between(30, 99)}"
    serial = f"{draw.between(900, 999)}"
    return f"{date}-{serial}{_HETU_LETTERS[int(date + serial) % 31]}"


def indian_tax(draw: Draw) -> str:
    """Return an Indian permanent account number of a person."""
    return (
        draw.text(CAPITALS, 3)
        + "P"
        + draw.text(CAPITALS, 1)
        + f"{draw.between(1001, 9998)}"
        + draw.text(CAPITALS, 1)
    )


def api_key(draw: Draw) -> str:
    """Return a key in the form of a cloud's, a code host's or a chat's."""
    return draw.choice(
        (
            "AKIA" + draw.text(_KEY_ALPHABET, 16),
            "ghp_" + draw.text(_TOKEN_ALPHABET, 36),
            f"xoxb-{draw.between(10**11, 10**12 - 1)}-{draw.between(10**11, 10**12 - 1)}-{draw.text(_TOKEN_ALPHABET, 24)}",
        )
    )


def password(draw: Draw) -> str:
    """Return what a password generator makes."""
    return draw.text(CAPITALS, 2) + draw.text(_TOKEN_ALPHABET, 7) + draw.choice("!#%+") + draw.digits(2)


def private_key(draw: Draw) -> str:
    """Return an armoured block in the form of a private key; its bytes are drawn and open nothing."""
    raw = bytes(draw.below(256) for _ in range(12 * 48))
    coded = base64.b64encode(raw).decode()
    lines = [coded[at : at + 64] for at in range(0, len(coded), 64)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])


def mail_address(draw: Draw) -> str:
    """Return an address at a domain that RFC 2606 reserves."""
    local = draw.choice(("clerk", "desk", "office", "post", "team")) + draw.choice(("", ".", "-", "_"))
    host = draw.choice(("", "mail.", "north.")) + "example." + draw.choice(("com", "org", "net"))
    return f"{local}{draw.text(CAPITALS.lower(), 3)}{draw.between(10, 999)}@{host}"


def phone(draw: Draw) -> str:
    """Return a number of a range that is kept for fiction: 555-01xx in the US, 020 7946 0xxx in London."""
    area = draw.choice(("202", "212", "305", "312", "415", "503", "617", "702"))
    last = f"01{draw.digits(2)}"
    return draw.choice(
        (
            f"({area}) 555-{last}",
            f"{area}-555-{last}",
            f"+1 {area} 555 {last}",
            f"+1-{area}-555-{last}",
            f"+44 20 7946 0{draw.digits(3)}",
        )
    )


def account(draw: Draw) -> str:
    """Return the number of an account."""
    return f"{draw.between(1, 9)}{draw.digits(9)}"


def birth(draw: Draw) -> str:
    """Return a date of birth in one of five ways of writing dates."""
    year, month, day = draw.between(1935, 2004), draw.between(1, 12), draw.between(1, 28)
    name = _MONTHS[month - 1]
    return draw.choice(
        (
            f"{year}-{month:02d}-{day:02d}",
            f"{month:02d}/{day:02d}/{year}",
            f"{day:02d}.{month:02d}.{year}",
            f"{day} {name} {year}",
            f"{name} {day}, {year}",
        )
    )


VALUES: Final[Mapping[str, Callable[[Draw], str]]] = MappingProxyType(
    {
        "ACCOUNT_NUMBER": account,
        "API_KEY": api_key,
        "CREDIT_CARD": card,
        "DATE_OF_BIRTH": birth,
        "DE_TAX_ID": german_tax,
        "EMAIL_ADDRESS": mail_address,
        "ES_NIF": spanish_identity,
        "FI_PERSONAL_IDENTITY_CODE": finnish_identity,
        "IBAN_CODE": iban,
        "IN_PAN": indian_tax,
        "IT_FISCAL_CODE": italian_fiscal,
        "MEDICAL_RECORD_NUMBER": record_number,
        "PASSWORD": password,
        "PHONE_NUMBER": phone,
        "PL_PESEL": polish_identity,
        "PRIVATE_KEY": private_key,
        "UK_NHS": health_service,
        "UK_NINO": national_insurance,
        "US_ITIN": taxpayer,
        "US_PASSPORT": passport,
        "US_SSN": social_security,
    }
)
"""How the plain value of each entity is drawn; persons are named by `texts`."""


def _luhn_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the sum of its digits
    return str(-total % 10)


def _iso7064_digit(body: str) -> str:
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)
