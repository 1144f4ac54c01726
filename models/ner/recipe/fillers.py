"""What fills the slots of a template other than people: places, dates, firms, numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from names import Names, made_up

Fill = Callable[[Names, random.Random], str]

TITLES = (
    "Mr",
    "Mr.",
    "Mrs",
    "Mrs.",
    "Ms",
    "Ms.",
    "Miss",
    "Dr",
    "Dr.",
    "Prof.",
    "Professor",
    "Sir",
    "Shri",
    "Smt.",
    "Judge",
    "Justice",
    "Herr",
    "Señora",
)
RANKS = ("Officer", "Sgt.", "Inspector", "Constable", "Lt.", "Captain", "Deputy", "Cpl")
ROLES = (
    "Accountant",
    "chief executive",
    "Site Manager",
    "Nurse Practitioner",
    "head of sales",
    "Senior Engineer",
    "chair",
    "Legal Counsel",
    "Data Protection Officer",
    "Teacher",
    "treasurer",
    "Director",
    "Claims Handler",
)
RELATIONS = (
    "wife",
    "husband",
    "mother",
    "father",
    "son",
    "daughter",
    "brother",
    "sister",
    "uncle",
    "niece",
    "partner",
)
SUBJECTS = (
    "Invoice",
    "Q3 numbers",
    "Lunch?",
    "Your application",
    "Contract draft v4",
    "Server outage",
    "Minutes",
    "Travel plans",
    "Urgent: payment",
    "Holiday cover",
    "Re: your visit",
    "Weekly report",
)
DRUGS = (
    "metoprolol",
    "Lisinopril",
    "Zoloft",
    "amoxicillin",
    "Coumadin",
    "Lasix",
    "metformin",
    "Synthroid",
    "aspirin",
)
WARDS = ("4B", "Ward 12", "ICU", "Maternity", "East Wing 3", "CCU")
STREETS = (
    "Street",
    "St.",
    "Avenue",
    "Ave",
    "Road",
    "Rd",
    "Lane",
    "Drive",
    "Blvd",
    "Court",
    "Way",
    "Close",
    "Crescent",
)
STATES = ("TX", "CA", "NY", "OH", "FL", "WA", "IL", "GA", "MA", "AZ", "CO", "MN", "NC", "OR")
FIRMS = (
    "Ltd",
    "Limited",
    "Inc.",
    "LLC",
    "GmbH",
    "Group",
    "& Sons",
    "Partners",
    "Holdings",
    "S.A.",
    "Pvt Ltd",
    "Corporation",
    "Bank",
    "Insurance",
    "Logistics",
    "Foods",
    "Pharma",
    "Airlines",
    "Media",
    "Systems",
)
BODIES = (
    "City Council",
    "University",
    "County Court",
    "Police Department",
    "School District",
    "Chamber of Commerce",
    "Times",
    "United",
    "Water Authority",
    "Museum",
    "Credit Union",
    "Hospital",
    "Institute of Technology",
)
HOSPITALS = (
    "General Hospital",
    "Medical Center",
    "Clinic",
    "Memorial Hospital",
    "Children's Hospital",
    "Infirmary",
)
COURTS = ("High Court", "District Court", "Court of Appeal", "County Court", "Labour Court", "Sessions Court")
AGENCIES = (
    "Ministry of Health",
    "Department of Justice",
    "Tax Office",
    "World Bank",
    "Red Cross",
    "Supreme Court",
)
DATE_FORMS = (
    "%d %B %Y",
    "%B %d, %Y",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%Y-%m-%d",
    "%d-%b-%Y",
    "%b %d",
    "%d %b",
    "%B %Y",
    "%A",
    "%A, %d %B",
    "%Y",
    "%d/%m/%y",
    "%b. %d, %Y",
)
SPOKEN_DATES = (
    "yesterday",
    "last week",
    "next Friday",
    "this morning",
    "two weeks ago",
    "tomorrow",
    "last month",
)


def a_date(names: Names, rng: random.Random) -> str:
    """Return a date in one of many forms."""
    del names
    if rng.random() < 0.12:
        return rng.choice(SPOKEN_DATES)
    day = date(1930, 1, 1) + timedelta(days=rng.randrange(36000))
    return day.strftime(rng.choice(DATE_FORMS))


def a_time(names: Names, rng: random.Random) -> str:
    """Return a time of day."""
    del names
    hour, minute = rng.randint(1, 12), rng.choice((0, 5, 15, 30, 45, 52))
    return rng.choice(
        (f"{hour}:{minute:02} {rng.choice(('AM', 'pm', 'p.m.'))}", f"{hour + 8:02}:{minute:02}", f"{hour} pm")
    )


def an_address(names: Names, rng: random.Random) -> str:
    """Return a postal address on one line, or a box."""
    street = f"{rng.randint(1, 9800)} {names.last(rng)} {rng.choice(STREETS)}"
    place = names.place(rng)
    return rng.choice(
        (
            f"{street}, {place}",
            f"{street}, {place}, {rng.choice(STATES)} {rng.randint(10000, 99950)}",
            f"{street}, Apt {rng.randint(1, 90)}, {place} {rng.choice(STATES)}",
            f"{rng.randint(1, 300)} {names.last(rng)} {rng.choice(STREETS)}, {place} {code(rng, 'LLD DLL')}",
            f"{names.last(rng)}straße {rng.randint(1, 200)}, {rng.randint(10000, 99950)} {place}",
            f"Flat {rng.randint(1, 60)}, {street}, {place}, {rng.choice(names.countries)}",
            f"PO Box {rng.randint(10, 9999)}, {place}",
        )
    )


def an_org(names: Names, rng: random.Random) -> str:
    """Return a firm, an authority, a school or an acronym."""
    return rng.choice(
        (
            f"{names.last(rng)} {rng.choice(FIRMS)}",
            f"{names.last(rng)} {rng.choice(FIRMS)}",
            f"{made_up(rng)} {rng.choice(FIRMS)}",
            f"{names.last(rng)} & {names.last(rng)} LLP",
            f"{names.last(rng)}, {names.last(rng)} and {names.last(rng)}",
            f"{names.place(rng)} {rng.choice(BODIES)}",
            f"{names.place(rng)} {rng.choice(BODIES)}",
            f"University of {names.place(rng)}",
            f"Bank of {names.place(rng)}",
            code(rng, rng.choice(("LLL", "LLLL", "LL&L"))),
            rng.choice(AGENCIES),
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
    "hospital": ("ORGANIZATION", lambda names, rng: f"{names.place(rng)} {rng.choice(HOSPITALS)}"),
    "court": ("ORGANIZATION", lambda names, rng: f"{names.place(rng)} {rng.choice(COURTS)}"),
    "norp": ("NORP", lambda names, rng: rng.choice(names.demonyms)),
    "date": ("DATE_TIME", a_date),
    "time": ("DATE_TIME", a_time),
    "title": (None, one_of(*TITLES)),
    "rank": (None, one_of(*RANKS)),
    "role": (None, one_of(*ROLES)),
    "relation": (None, one_of(*RELATIONS)),
    "subject": (None, one_of(*SUBJECTS)),
    "drug": (None, one_of(*DRUGS)),
    "ward": (None, one_of(*WARDS)),
    "sex": (None, one_of("male", "female", "man", "woman")),
    "pronoun": (None, one_of("he", "she")),
    "pronoun_possessive": (None, one_of("his", "her")),
    "phone": (None, coded("(DDD) 555-DDDD", "+44 DDDD DDDDDD", "DDD-DDD-DDDD", "0DD DDDDDDD")),
    "id": (None, coded("DDDDDDDD", "LL-DDDDDD", "DDD-DD-DDDD", "LDDDDDDD", "CR/DDDD/DDDD")),
    "money": (None, coded("$DD,DDD", "€D,DDD.DD", "USD DDDD", "£DDD", "Rs. D,DD,DDD/-")),
    "n": (None, lambda _, rng: str(rng.randint(2, 95))),
    "email": (None, an_email),
}
