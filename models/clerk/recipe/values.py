"""Invented names, dates, amounts and numbers, in the many ways that people write them.

Half of the names are built from syllables and most numbers from random patterns, so that a model
cannot learn them by heart and has to learn to copy. Names for evaluation come from lists of their own.
"""

from __future__ import annotations

import calendar
import random
import string
from collections.abc import Callable
from pathlib import Path

import yaml

NAMES = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8"))["names"]
MONTHS = [month for month in calendar.month_name if month]

PREFIXES = {
    "invoice": ["INV-", "RE-", "IN", "R", "F-", "INV", ""],
    "order": ["ORD-", "PO-", "", "B-", "A"],
    "policy": ["HP-", "AU-", "POL-", "LP-", "TR-", "V", "PN"],
    "claim": ["CL-", "C-", "SC-", "CLM"],
    "contract": ["CT-", "NDA-", "V-", "K-", "LA-"],
    "customer": ["C-", "KD-", "CU", ""],
    "patient": ["P-", "MRN", "", "", "PT-"],
    "employee": ["E-", "EMP", "P", ""],
    "ticket": ["T-", "INC", "REQ-", "", ""],
    "case": ["C-", "AZ ", "CASE-"],
    "account": ["", "", "0", "AC-"],
    "other": ["PR-", "RT-", "QX", "TRK", "REF-", "B-", "", ""],
}
"""How numbers of each kind often begin; the rest of a number is random."""


def syllables(rng: random.Random) -> str:
    """Return a capitalised word that nobody has seen."""
    parts = [
        rng.choice(NAMES["onsets"]) + rng.choice(NAMES["vowels"]) + rng.choice(NAMES["codas"])
        for _ in range(rng.choice([1, 2, 2, 3]))
    ]
    word = "".join(parts)
    return word[:1].upper() + word[1:]


def person(rng: random.Random, *, held: bool) -> str:
    """Return a full name of two words, sometimes three."""
    given, surnames = (
        (NAMES["held_given"], NAMES["held_surnames"]) if held else (NAMES["given"], NAMES["surnames"])
    )
    first = rng.choice(given) if rng.random() < 0.6 else syllables(rng)
    last = rng.choice(surnames).replace("-", " ") if rng.random() < 0.5 else syllables(rng)
    middle = rng.choice(["", "", "", "", "", f"{rng.choice(string.ascii_uppercase)}. "])
    return f"{first} {middle}{last}"


def organisation(rng: random.Random, *, held: bool) -> str:
    """Return a company's name with or without its legal form."""
    stem = (
        rng.choice(NAMES["held_stems"] if held else NAMES["stems"]) if rng.random() < 0.5 else syllables(rng)
    )
    if rng.random() < 0.15:
        stem += " " + rng.choice(NAMES["stems"])
    name = f"{stem} {rng.choice(NAMES['trades'])}" if rng.random() < 0.85 else f"{stem} & {syllables(rng)}"
    return f"{name} {rng.choice(NAMES['forms'])}".strip()


def date(rng: random.Random) -> str:
    """Return a day between 1940 and 2029 in one of ten notations."""
    year = rng.choice([rng.randint(1940, 2029), rng.randint(2019, 2027), rng.randint(2024, 2026), 2025])
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    name = MONTHS[month - 1]
    return rng.choice(
        [
            f"{day} {name} {year}",
            f"{day} {name} {year}",
            f"{day} {name} {year}",
            f"{name} {day}, {year}",
            f"{name} {day}, {year}",
            f"{year}-{month:02}-{day:02}",
            f"{month:02}/{day:02}/{year}",
            f"{month}/{day}/{year % 100:02}",
            f"{day:02}.{month:02}.{year}",
            f"{day} {name[:3]} {year}",
            f"{name[:3]} {day}, {year}",
            f"{day} {name}",
        ]
    )


def money(rng: random.Random) -> str:
    """Return an amount with its currency."""
    whole = rng.choice(
        [rng.randint(5, 99), rng.randint(100, 999), rng.randint(1000, 9999), rng.randint(10000, 990000)]
    )
    cents = rng.choice(["", f".{rng.randint(0, 99):02}", ".00"])
    plain = f"{whole:,}{cents}"
    return rng.choice(
        [
            f"${plain}",
            f"${plain}",
            f"${plain}",
            f"€{plain}",
            f"EUR {plain}",
            f"£{plain}",
            f"USD {plain}",
            f"CHF {whole}{cents}",
            f"{plain} EUR",
            f"${whole}{cents}",
            f"{whole:,} dollars",
            f"${rng.randint(1, 9)}.{rng.randint(1, 9)} million",
        ]
    )


def number(rng: random.Random, kind: str) -> str:
    """Return an identifier: a prefix that fits `kind`, then groups of random digits and letters."""
    groups = []
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        if rng.random() < 0.85:
            groups.append("".join(rng.choices(string.digits, k=rng.randint(2, 8))))
        else:
            groups.append("".join(rng.choices(string.ascii_uppercase + string.digits, k=rng.randint(2, 5))))
    prefix = rng.choice(PREFIXES[kind])
    if rng.random() < 0.2:
        prefix = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 4))) + rng.choice(
            ["-", "", "/"]
        )
    text = prefix + rng.choice(["-", "-", "-", "/"]).join(groups)
    return (
        text
        if sum(character.isdigit() for character in text) > 3
        else text + "".join(rng.choices(string.digits, k=4))
    )


def phone(rng: random.Random) -> str:
    """Return a telephone number."""
    a, b, c = rng.randint(200, 989), rng.randint(0, 9999), rng.randint(100, 999)
    forms = [
        f"555-{b:04}",
        f"({a}) 555-{b:04}",
        f"{a}-555-{b:04}",
        f"+1 {a} 555 {b:04}",
        f"+44 20 7946 {b:04}",
    ]
    return rng.choice([*forms, f"+49 {a} {c}{b:04}", f"0{a} {b:04}{c}"])


def email(rng: random.Random) -> str:
    """Return an e-mail address."""
    first, last = syllables(rng).lower(), syllables(rng).lower()
    user = rng.choice(
        [f"{first}.{last}", f"{first[0]}{last}", first, f"{first}_{rng.randint(1, 99)}", "billing", "info"]
    )
    domain = rng.choice(
        ["example.com", "example.org", f"{syllables(rng).lower()}.example.com", f"{last}.example"]
    )
    return f"{user}@{domain}"


def iban(rng: random.Random) -> str:
    """Return something that looks like an IBAN."""
    groups = ["".join(rng.choices(string.digits, k=4)) for _ in range(4)]
    body = " ".join([*groups, "".join(rng.choices(string.digits, k=2))])
    return f"{rng.choice(['DE', 'FR', 'ES', 'IT', 'GB', 'NL', 'AT', 'CH'])}{rng.randint(10, 99)} {body}"


def card(rng: random.Random) -> str:
    """Return something that looks like a card number."""
    groups = ["".join(rng.choices(string.digits, k=4)) for _ in range(4)]
    return rng.choice([" ", " ", "-", ""]).join([str(rng.choice([3, 4, 5])) + groups[0][1:], *groups[1:]])


def national_id(rng: random.Random) -> str:
    """Return something that looks like a social security or Medicare number."""
    digits = "".join(rng.choices(string.digits, k=9))
    letters = "".join(rng.choices(string.ascii_uppercase + string.digits, k=9))
    return rng.choice(
        [f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"] * 3 + [f"1{letters[:3]}-{letters[3:6]}-{letters[6:]}"]
    )


SPECIAL: dict[str, Callable[[random.Random], str]] = {
    "phone": phone,
    "email": email,
    "iban": iban,
    "card": card,
    "national_id": national_id,
}
