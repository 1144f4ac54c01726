from __future__ import annotations

import random

import phonenumbers
import pytest

from pipeline.detect.phones import is_typical, phone_spans

STOCK = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
SHIPPED = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "CH", "AT", "BE", "PL", "SE", "IE", "CA", "AU", "IN")
MOVED = ("AR", "MX", "AI", "JM", "KZ", "VA", "NZ", "SG", "DK", "NO", "FI")
_WORDS = (
    "0 00 + +1 +44 49 4420 - - . ( ) / 33 212 555 0187 2023-11-20 08:00 1/2/2003 x ext 011 91 55 55119 972 0800 1234567 "
    "2345678 030 040 \u0663\u0664 \u2013 $ a; 1-800-555-0199 020 7946 0958 (0) 12(3): 7700900123 9171234567"
)
PIECES = _WORDS.split()


def _library(text: str, regions: tuple[str, ...], leniency: int) -> set[tuple[int, int]]:
    """Return what Presidio's recogniser reports: each region's matches, without those inside another."""
    spans = {
        (match.start, match.end)
        for region in regions
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency)
    }
    return {
        one
        for one in spans
        if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in spans)
    }


@pytest.mark.parametrize("leniency", [0, 1, 2, 3])
@pytest.mark.parametrize("regions", [STOCK, SHIPPED, MOVED], ids=["stock", "shipped", "others"])
def test_the_numbers_are_those_of_the_library(regions: tuple[str, ...], leniency: int) -> None:
    """The shared reading finds the spans that the library finds region by region."""
    randomness = random.Random(f"{regions}{leniency}")
    for _ in range(40):
        pieces = randomness.choices(PIECES, k=randomness.randint(1, 40))
        text = "".join(piece + randomness.choice(("", " ", " ", "-")) for piece in pieces)
        assert set(phone_spans(text, regions, leniency)) == _library(text, regions, leniency)


def test_digits_without_end_are_read_in_linear_time() -> None:
    """A long run of digits, the worst case of candidates within candidates, is read."""
    assert isinstance(phone_spans("1234567890 " * 500, STOCK, 1), list)


WRITTEN = [
    ("+44 20 7946 0958", True),
    ("(212) 555-0187", True),
    ("212-555-0187", True),
    ("212.555.0187 ext. 4", True),
    ("1 800 555 0199", True),
    ("030/1234567", True),
    ("0151 23456789", True),
    ("+4915123456789", True),
    ("2125550187", False),  # any number
    ("6472396", False),
    ("21:36:45.405", False),  # a time
    ("2021-01-01", False),  # a date
    ("01.01.2021", False),
    ("192,8.4,7.3", False),  # a list
    ("852/855/866", False),
    ("1.3.6.1.4.1", False),  # a section, a version
    ("1419\n628", False),
]


@pytest.mark.parametrize(("shown", "expected"), WRITTEN)
def test_what_is_written_like_a_telephone_number(shown: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Prefixes, brackets and groups tell a telephone number from a size, a time or a version."""
    assert is_typical(shown) == expected
