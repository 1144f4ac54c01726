"""Entity types: made-up values that pass for real ones, and the words that stand near them.

A value that its form alone gives away (`bare`) is also put where no word says what it is. One whose
grouping alone gives it away (`by_grouping`) is not expected to be known there once the grouping is gone:
nine digits among ordinary words are nobody's number, for a reader either.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.evasion.shapes import Shape

_FIRST = ("jane", "omar", "lucia", "peter", "ingrid", "tomasz", "priya", "marcel")
_LAST = ("doyle", "haddad", "ferrari", "brandt", "larsen", "nowak", "menon", "girard")
_DOMAINS = ("example.com", "mail.example.org", "post.example.net", "clinic.example.co.uk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A type of value."""

    name: str
    shape: Shape
    make: Callable[[random.Random], str] = field(repr=False)
    label: str
    """What stands before the value on a form."""
    sentence: str
    """A sentence with `{value}` whose words say what it is."""
    bare: bool = False
    by_grouping: bool = False


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def _luhn(digits: str) -> str:
    """Return the check digit of ISO/IEC 7812-1 for `digits`."""
    doubled = (int(c) * (2 if at % 2 == 0 else 1) for at, c in enumerate(reversed(digits)))
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def _ssn(rng: random.Random) -> str:
    return (
        f"{rng.choice((*range(100, 666), *range(667, 772)))}-{rng.randint(11, 99)}-{rng.randint(1001, 9998)}"
    )


def _card(rng: random.Random) -> str:
    digits = rng.choice(("4539", "5412", "4716", "5275", "6011")) + _digits(rng, 11)
    digits += _luhn(digits)
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def _iban(rng: random.Random) -> str:
    country, account = rng.choice(
        (("DE", _digits(rng, 18)), ("GB", "NWBK" + _digits(rng, 14)), ("NL", "ABNA0" + _digits(rng, 9)))
    )
    number = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    iban = f"{country}{98 - int(number) % 97:02d}{account}"
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _email(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)}.{rng.choice(_LAST)}{rng.randint(2, 98)}@{rng.choice(_DOMAINS)}"


def _phone(rng: random.Random) -> str:
    area = rng.choice(("212", "312", "415", "617", "503"))
    return f"({area}) {rng.choice(('345', '482', '637', '729'))}-{rng.randint(1011, 9898)}"


def _mbi(rng: random.Random) -> str:
    letters = "ACDEFGHJKMNPQRTUVWXY"
    one, mixed, digit = (
        (lambda: rng.choice(letters)),
        (lambda: rng.choice(letters + string.digits)),
        (lambda: _digits(rng, 1)),
    )
    return f"{rng.randint(1, 9)}{one()}{mixed()}{digit()}-{one()}{mixed()}{digit()}-{one()}{one()}{digit()}{digit()}"


def _nino(rng: random.Random) -> str:
    first, second = rng.choice("ABCEHJKLMPRSTWXY"), rng.choice("ABCEHJKLMPRSTWXY")
    return f"{first}{second} {_digits(rng, 2)} {_digits(rng, 2)} {_digits(rng, 2)} {rng.choice('ABCD')}"


def _nhs(rng: random.Random) -> str:
    while True:
        digits = rng.choice("4679") + _digits(rng, 8)
        check = 11 - sum(int(c) * (10 - at) for at, c in enumerate(digits)) % 11
        if check != 10:
            return f"{digits[:3]} {digits[3:6]} {digits[6:]}{check % 11}"


def _german_tax_id(rng: random.Random) -> str:
    """Return an Identifikationsnummer (section 139b AO): one digit twice, check digit by ISO/IEC 7064 mod 11,10."""
    pool = rng.sample(string.digits, 9)
    pool.append(rng.choice(pool))
    rng.shuffle(pool)
    if pool[0] == "0":
        at = next(at for at, c in enumerate(pool) if c != "0")
        pool[0], pool[at] = pool[at], pool[0]
    product = 10
    for c in pool:
        product = ((int(c) + product) % 10 or 10) * 2 % 11
    digits = "".join(pool) + str((11 - product) % 10)
    return f"{digits[:2]} {digits[2:5]} {digits[5:8]} {digits[8:]}"


def _fiscal_code(rng: random.Random) -> str:
    """Return a codice fiscale with the control character of D.M. 23 December 1976."""
    consonants = "BCDFGLMNPRSTVZ"
    body = (
        "".join(rng.choices(consonants, k=6))
        + f"{rng.randint(50, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randint(10, 28)}"
    )
    body += f"{rng.choice('FHL')}{rng.randint(100, 899)}"
    odd = dict(zip(string.digits + string.ascii_uppercase, (
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
        22, 25, 24, 23), strict=True))  # fmt: skip
    even = {c: at for letters in (string.digits, string.ascii_uppercase) for at, c in enumerate(letters)}
    total = sum((odd if at % 2 == 0 else even)[c] for at, c in enumerate(body))
    return body + string.ascii_uppercase[total % 26]


def _passport(rng: random.Random) -> str:
    return rng.choice("ABCEY") + _digits(rng, 8)


def _licence(rng: random.Random) -> str:
    return f"{rng.choice('DHKMS')}{rng.randint(100, 999)}-{rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}"


def _record(rng: random.Random) -> str:
    return f"{rng.randint(10, 99)}-{rng.randint(100, 999)}-{rng.randint(100, 999)}"


def _birth(rng: random.Random) -> str:
    return f"{rng.randint(1, 12):02d}/{rng.randint(13, 28)}/{rng.randint(1938, 1999)}"


def _cloud_key(rng: random.Random) -> str:
    return "AKIA" + "".join(rng.choices(string.ascii_uppercase + "234567", k=16))


def _token(rng: random.Random) -> str:
    return "ghp_" + "".join(rng.choices(string.ascii_letters + string.digits, k=36))


def _private_key(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(72)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    kind = rng.choice(("RSA ", "EC ", ""))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def _password(rng: random.Random) -> str:
    word = rng.choice(("Harvest", "Lantern", "Compass", "Meadow", "Granite"))
    return f"{word}{rng.choice('#!%*')}{rng.randint(100, 999)}{rng.choice('xkqz')}{rng.choice('RTWV')}"


def _connection(rng: random.Random) -> str:
    password = "".join(rng.choices(string.ascii_letters + string.digits, k=14))
    return f"postgresql://reporting:{password}@db{rng.randint(1, 9)}.internal.example.com:5432/ledger"


def _ip(rng: random.Random) -> str:
    return ".".join(
        str(number) for number in (rng.randint(24, 99), *(rng.randint(11, 253) for _ in range(3)))
    )


def _account(rng: random.Random) -> str:
    return f"{rng.randint(1000, 9999)} {rng.randint(1000, 9999)} {rng.randint(1000, 9999)}"


def _policy(rng: random.Random) -> str:
    return f"{rng.choice(('HO', 'AU', 'LF'))}-{rng.randint(1000, 9999)}-{rng.randint(10000, 99999)}"


def _entity(
    name: str, shape: Shape, make: Callable[[random.Random], str], label: str, sentence: str, **marks: bool
) -> Entity:
    return Entity(name=name, shape=shape, make=make, label=label, sentence=sentence, **marks)


_ALL = (
    _entity("US_SSN", Shape.NUMBER, _ssn, "SSN", "The social security number on the form is {value}.", bare=True, by_grouping=True),
    _entity("CREDIT_CARD", Shape.NUMBER, _card, "Credit card number", "We charged it to the Visa card {value}.", bare=True),
    _entity("IBAN_CODE", Shape.CODE, _iban, "IBAN", "Please transfer it to the account with the IBAN {value}.", bare=True),
    _entity("EMAIL_ADDRESS", Shape.ADDRESS, _email, "E-mail", "The answer goes by e-mail to {value} this time.", bare=True),
    _entity("PHONE_NUMBER", Shape.NUMBER, _phone, "Telephone", "Please call the telephone number {value} in the morning.", bare=True, by_grouping=True),
    _entity("US_MBI", Shape.CODE, _mbi, "Medicare beneficiary identifier (MBI)", "The Medicare number on the card is {value}.", bare=True, by_grouping=True),
    _entity("UK_NINO", Shape.CODE, _nino, "National Insurance number", "The National Insurance number given was {value}.", bare=True, by_grouping=True),
    _entity("UK_NHS", Shape.NUMBER, _nhs, "NHS number", "The NHS number on the letter is {value}."),
    _entity("DE_TAX_ID", Shape.NUMBER, _german_tax_id, "Tax identification number (Steuer-ID)", "The German tax identification number, the Steuer-ID, is {value}."),
    _entity("IT_FISCAL_CODE", Shape.CODE, _fiscal_code, "Codice fiscale", "The Italian fiscal code (codice fiscale) is {value}.", bare=True),
    _entity("US_PASSPORT", Shape.CODE, _passport, "Passport number", "The US passport number is {value}."),
    _entity("US_DRIVER_LICENSE", Shape.CODE, _licence, "Driver's license number", "The driver license number was noted as {value}."),
    _entity("MEDICAL_RECORD_NUMBER", Shape.NUMBER, _record, "Medical record number (MRN)", "The medical record number is {value} in the new system."),
    _entity("DATE_OF_BIRTH", Shape.NUMBER, _birth, "Date of birth", "The date of birth on the application is {value}."),
    _entity("CLOUD_KEY", Shape.SECRET, _cloud_key, "AWS access key", "The AWS access key for the upload is {value}", bare=True),
    _entity("ACCESS_TOKEN", Shape.SECRET, _token, "Used by the build", "The nightly build uses {value} to publish the pages", bare=True),
    _entity("PRIVATE_KEY", Shape.SECRET, _private_key, "Private key", "The private key of the server is\n{value}\n", bare=True),
    _entity("PASSWORD", Shape.SECRET, _password, "Password", "The password of the printer is {value} for everybody."),
    _entity("CONNECTION_STRING", Shape.SECRET, _connection, "Database connection string", "The database connection string is {value}", bare=True),
    _entity("IP_ADDRESS", Shape.DOTTED, _ip, "IP address", "It was opened from the IP address {value} yesterday.", bare=True, by_grouping=True),
    _entity("US_BANK_NUMBER", Shape.NUMBER, _account, "Bank account number", "The bank account number for the refund is {value}."),
    _entity("POLICY_NUMBER", Shape.CODE, _policy, "Policy number", "The insurance policy number is {value}."),
)  # fmt: skip
ENTITIES: dict[str, Entity] = {entity.name: entity for entity in _ALL}
