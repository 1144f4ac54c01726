"""What fills the slots of a template other than people: places, dates, firms, numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from names import Names, made_up

Fill = Callable[[Names, random.Random], str]
HERE = Path(__file__).parent


def read_groups(name: str) -> dict[str, list[str]]:
    """Return the lines under each `[heading]` of a text file of this folder."""
    groups: dict[str, list[str]] = {}
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            current = groups.setdefault(line.strip("[]"), [])
        elif line:
            current.append(line)
    return groups


WORDS = read_groups("words.txt")


def a_date(names: Names, rng: random.Random) -> str:
    """Return a date in one of many forms."""
    del names
    if rng.random() < 0.12:
        return rng.choice(WORDS["spoken_dates"])
    day = date(1930, 1, 1) + timedelta(days=rng.randrange(36000))
    return day.strftime(rng.choice(WORDS["date_forms"]))


def a_time(names: Names, rng: random.Random) -> str:
    """Return a time of day."""
    del names
    hour, minute = rng.randint(1, 12), rng.choice((0, 5, 15, 30, 45, 52))
    return rng.choice(
        (f"{hour}:{minute:02} {rng.choice(('AM', 'pm', 'p.m.'))}", f"{hour + 8:02}:{minute:02}", f"{hour} pm")
    )


def an_address(names: Names, rng: random.Random) -> str:
    """Return a postal address on one line, or a box."""
    street = f"{rng.randint(1, 9800)} {names.last(rng)} {rng.choice(WORDS['streets'])}"
    place = names.place(rng)
    return rng.choice(
        (
            f"{street}, {place}",
            f"{street}, {place}, {rng.choice(WORDS['states'])} {rng.randint(10000, 99950)}",
            f"{street}, Apt {rng.randint(1, 90)}, {place} {rng.choice(WORDS['states'])}",
            f"{rng.randint(1, 300)} {names.last(rng)} {rng.choice(WORDS['streets'])}, {place} {code(rng, 'LLD DLL')}",
            f"{names.last(rng)}straße {rng.randint(1, 200)}, {rng.randint(10000, 99950)} {place}",
            f"Flat {rng.randint(1, 60)}, {street}, {place}, {rng.choice(names.countries)}",
            f"PO Box {rng.randint(10, 9999)}, {place}",
        )
    )


def an_org(names: Names, rng: random.Random) -> str:
    """Return a firm, an authority, a school or an acronym."""
    return rng.choice(
        (
            f"{names.last(rng)} {rng.choice(WORDS['firms'])}",
            f"{names.last(rng)} {rng.choice(WORDS['firms'])}",
            f"{made_up(rng)} {rng.choice(WORDS['firms'])}",
            f"{names.last(rng)} & {names.last(rng)} LLP",
            f"{names.last(rng)}, {names.last(rng)} and {names.last(rng)}",
            f"{names.place(rng)} {rng.choice(WORDS['bodies'])}",
            f"{names.place(rng)} {rng.choice(WORDS['bodies'])}",
            f"University of {names.place(rng)}",
            f"Bank of {names.place(rng)}",
            code(rng, rng.choice(("LLL", "LLLL", "LL&L"))),
            rng.choice(WORDS["agencies"]),
        )
    )


def an_email(names: Names, rng: random.Random) -> str:
    """Return an e-mail address at a reserved domain."""
    user = f"{names.first(rng)}.{names.last(rng)}".lower().replace(" ", "")
    return f"{user}@{rng.choice(('example.com', 'mail.example.org', 'example.net'))}"


def code(rng: random.Random, form: str) -> str:
    """Return `form` with L as a letter and D as a digit."""
    draw = {"L": "ABCDEFGHKLMNPRSTUVWXYZ", "D": "0123456789"}
    return "".join(rng.choice(draw[c]) if c in draw else c for c in form)


def one_of(*choices: str) -> Fill:
    """Return a filler that picks one of `choices`."""
    return lambda _, rng: rng.choice(choices)


def coded(*forms: str) -> Fill:
    """Return a filler that fills one of the code `forms`."""
    return lambda _, rng: code(rng, rng.choice(forms))


SLOTS: dict[str, tuple[str | None, Fill]] = {
    "place": ("LOCATION", lambda names, rng: names.place(rng)),
    "country": ("LOCATION", lambda names, rng: rng.choice(names.countries)),
    "address": ("LOCATION", an_address),
    "org": ("ORGANIZATION", an_org),
    "hospital": ("ORGANIZATION", lambda names, rng: f"{names.place(rng)} {rng.choice(WORDS['hospitals'])}"),
    "court": ("ORGANIZATION", lambda names, rng: f"{names.place(rng)} {rng.choice(WORDS['courts'])}"),
    "norp": ("NORP", lambda names, rng: rng.choice(names.demonyms)),
    "date": ("DATE_TIME", a_date),
    "time": ("DATE_TIME", a_time),
    "title": (None, one_of(*WORDS["titles"])),
    "rank": (None, one_of(*WORDS["ranks"])),
    "role": (None, one_of(*WORDS["roles"])),
    "relation": (None, one_of(*WORDS["relations"])),
    "subject": (None, one_of(*WORDS["subjects"])),
    "drug": (None, one_of(*WORDS["drugs"])),
    "ward": (None, one_of(*WORDS["wards"])),
    "sex": (None, one_of("male", "female", "man", "woman")),
    "pronoun": (None, one_of("he", "she")),
    "pronoun_possessive": (None, one_of("his", "her")),
    "phone": (None, coded("(DDD) 555-DDDD", "+44 DDDD DDDDDD", "DDD-DDD-DDDD", "0DD DDDDDDD")),
    "id": (None, coded("DDDDDDDD", "LL-DDDDDD", "DDD-DD-DDDD", "LDDDDDDD", "CR/DDDD/DDDD")),
    "money": (None, coded("$DD,DDD", "€D,DDD.DD", "USD DDDD", "£DDD", "Rs. D,DD,DDD/-")),
    "n": (None, lambda _, rng: str(rng.randint(2, 95))),
    "x": (None, one_of("XXXX", "XXXX XXXX", "XX/XX/2021", "XXXX XXXX XXXX", "[REDACTED]", "****")),
    "email": (None, an_email),
}
