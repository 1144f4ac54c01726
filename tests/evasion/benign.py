"""Harmless counterparts: numbers that are nobody's, written in the same ways, and text that only looks encoded.

What an evasion-proof detector costs: each document here may leave as it is, and is counted when it may not.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.evasion.carriers import CARRIERS, carry
from tests.evasion.entities import Entity
from tests.evasion.operators import OPERATORS
from tests.evasion.shapes import Kind, Shape

KINDS: Final = (Kind.TYPOGRAPHY, Kind.LAYOUT, Kind.NOISE)
"""Ways that ordinary documents are written in, too; nobody writes an order quantity in look-alike letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign:
    """A document that may leave as it is."""

    name: str
    text: str = field(repr=False)


def _harmless(
    name: str, shape: Shape, make: Callable[[random.Random], str], label: str, sentence: str
) -> Entity:
    return Entity(name=name, shape=shape, make=make, label=label, sentence=sentence)


def _isbn(rng: random.Random) -> str:
    digits = f"9780{rng.randint(10_000_000, 99_999_999)}"
    check = -sum(int(c) * (3 if at % 2 else 1) for at, c in enumerate(digits)) % 10
    return f"{digits[:3]}-{digits[3]}-{digits[4:7]}-{digits[7:]}-{check}"


_HARMLESS = (
    _harmless("quantity", Shape.NUMBER, lambda rng: f"{rng.randint(10, 99)} {rng.randint(100, 999)}", "Quantity", "We ordered {value} sheets of paper."),
    _harmless("price", Shape.NUMBER, lambda rng: f"{rng.randint(1, 9)} {rng.randint(100, 999)}.{rng.randint(10, 99)}", "Price", "The new shelves cost {value} euros in all."),
    _harmless("day", Shape.NUMBER, lambda rng: f"{rng.randint(1, 12):02d}/{rng.randint(13, 28)}/{rng.randint(2019, 2026)}", "Delivery", "The next delivery is on {value} in the morning."),
    _harmless("iso_day", Shape.NUMBER, lambda rng: f"{rng.randint(2019, 2026)}-{rng.randint(1, 12):02d}-{rng.randint(10, 28)}", "Last change", "The list was last changed on {value}."),
    _harmless("release", Shape.DOTTED, lambda rng: f"{rng.randint(1, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}", "Version", "The printer runs version {value} of its program."),
    _harmless("isbn", Shape.NUMBER, _isbn, "ISBN", "The handbook has the ISBN {value}."),
    _harmless("part", Shape.CODE, lambda rng: f"{rng.choice(('AX', 'BR', 'KT'))}-{rng.randint(100, 999)}-{rng.randint(10, 99)}", "Part number", "The filter has the part number {value}."),
    _harmless("size", Shape.NUMBER, lambda rng: f"{rng.randint(600, 1900)}-{rng.randint(300, 900)}-{rng.randint(200, 800)}", "Size in millimetres", "The cupboard measures {value} millimetres."),
    _harmless("standard", Shape.CODE, lambda rng: f"ISO {rng.choice((9001, 14001, 27001, 22301))}-{rng.randint(2005, 2022)}", "Standard", "The process follows {value}."),
    _harmless("room", Shape.CODE, lambda rng: f"{rng.choice('ABC')}-{rng.randint(1, 4)}-{rng.randint(10, 40)}", "Room", "We meet in room {value} this time."),
)  # fmt: skip


def numbers() -> Iterator[Benign]:
    """Yield each harmless number in each way of `KINDS`, in one carrier by turns, and as it is."""
    carriers = [carrier for carrier in CARRIERS.values() if carrier.context != "bare"]
    for at, entity in enumerate(_HARMLESS):
        for turn, operator in enumerate((None, *OPERATORS.values())):
            if operator and (operator.kind not in KINDS or entity.shape not in operator.shapes):
                continue
            rng = random.Random(at * 1000 + turn)
            value = entity.make(rng)
            spelling = operator.apply(value, rng) if operator else value
            if operator and spelling == value:
                continue
            carried = carry(carriers[(at + turn) % len(carriers)], entity, spelling)
            yield Benign(name=f"{entity.name}/{operator.name if operator else 'plain'}", text=carried.text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_PICTURE = base64.b64encode(random.Random(7).randbytes(180)).decode()
_LINES: dict[str, str] = {
    "digest": f"The file has the SHA-256 digest {_digest('supplies')}.",
    "commit": f"The change is in commit {_digest('change')[:40]}, which also cleans the list.",
    "picture": f'The page shows it as <img src="data:image/png;base64,{_PICTURE}">.',
    "colours": "The walls get the colours #1a2b3c, #f0e68c and #ffffff, the doors #708090.",
    "uuid": "The folder is called 3f2b8c1e-7d4a-4e9b-a6c5-0d1e2f3a4b5c on the shared drive.",
    "list_of_numbers": "The shelves are [12, 15, 18, 21, 24] centimetres apart, from the floor upwards.",
    "figures": "Visitors by month: 120 98 143 165 187 210 244 251 198 160 132 119.",
    "rule": "--------------------------------------------\nWhat follows is the old list.\n- - - - - - - - - -",
    "dots": "Tea ........ 3\nCoffee ..... 7\nJuice ...... 2\nWater ...... 12",
    "percent_url": "The plan is at https://example.com/files/the%20new%20plan%20%28final%29.pdf for all to read.",
    "query": "See https://example.com/search?q=paper+and+pens&page=2&sort=price_asc for what there is.",
    "entities": "Tea &amp; coffee are free; juice costs &lt; 2 &euro;, see the &quot;price list&quot;.",
    "escapes": 'Write print("ready\\n\\tset\\n") and look at what the terminal shows, then \\u00e9 for \u00e9.',
    "emoji": "Well done everybody \U0001f44d\U0001f3fd \u2764\ufe0f the party was great \U0001f389 and the cake \U0001f382 too!",
    "family_emoji": "The sign shows a family \U0001f468\u200d\U0001f469\u200d\U0001f467 and a dog, which may come in.",
    "keycap_list": "1\ufe0f\u20e3 wash the cups\n2\ufe0f\u20e3 water the plants\n3\ufe0f\u20e3 close the windows",
    "circled_list": "\u2460 open the lid \u2461 take out the filter \u2462 put in the new one",
    "accents": "The caf\u00e9 serves cr\u00e8me br\u00fbl\u00e9e, jalape\u00f1os and a na\u00efve kind of m\u00fcsli \u00e0 la carte.",
    "powers": "The room has 24 m\u00b2 and 60 m\u00b3 of air, see the note\u00b9 below; CO\u2082 is measured.",
    "fractions": "Take \u00bd cup of sugar, \u00bc of butter and 2\u00be cups of flour for the cake.",
    "trade_marks": "Velcro\u00ae and Post-it\u2122 notes are in the drawer, at 20 \u00b0C \u00b1 2.",
    "greek": "The angle \u03b1 is 30\u00b0, \u03bb is the wave length and \u03c0 is about 3.14.",
    "at_and_dot": "Look at the dot on the map at the door: a red dot at the gate, a blue dot at the lake.",
    "number_words": "Two or three of the five chairs are broken, and one in ten of the eight lamps is too dark.",
    "count_down": "Ready? Five, four, three, two, one, go! Then the seven runners start to run.",
    "alphabet_words": "The hotel has a golf course; in November the delta of India is warm, and Oscar the dog likes it.",
    "small_words": "A to Z: a b c of cooking, plan A or plan B, section C, vitamin D and an E on the scale.",
    "spaced_title": "W E L C O M E  to the open day, and bring your friends.",
    "shouting": "PLEASE CLOSE THE DOOR AND SWITCH OFF THE LIGHT WHEN YOU LEAVE. THANK YOU.",
    "leet_word": "The team calls itself Sk8ers and plays with a ball of size 4, m8.",
    "table_of_figures": "| Item | 2023 | 2024 | 2025 |\n|---|---|---|---|\n| Paper | 120 | 133 | 149 |\n| Pens | 80 | 75 | 91 |",
    "csv": "item,2023,2024,2025\npaper,120,133,149\npens,80,75,91\nclips,14,22,17",
    "quoted": "> Did you see the new list?\n> It is on the board.\nYes, thank you, it is fine.",
    "code": "for n in range(10): total += n * 2  # 0b1010 or 0x1f, whichever is set",
    "binary_word": "The switch is set to 0110, which means that the second and third lamps are on.",
    "roman": "Chapters III, IV and XII of volume II describe it, under heading VII.",
    "chess": "After 1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 the game was even, and so it stayed until 40. Kg2.",
    "times": "The bus leaves at 07:15, 08:45, 10:15, 11:45, 13:15, 14:45 and 16:15 from the gate.",
    "quoted_printable_like": "Set width=20 and height=30; a=b is not b=a, and x=3D is a typing error.",
    "backtick": "Run `make all` and then `ls -la ./out/*.txt | wc -l` to count the files.",
    "hyphenation": "The main-\ntenance of the ele-\nvator takes place on the second Mon-\nday of the month.",
    "isbn_list": "Read 978-0-306-40615-7 or 978-3-16-148410-0 for more, both are in the library.",
    "coordinates": "The hut stands at 47.3769, 8.5417, at 1 240 metres above the sea.",
    "long_number": "The number \u03c0 begins with 3.14159265358979 and goes on for ever.",
    "big_amount": "The town has 1,234,567 trees and 98,765 benches, as somebody counted.",
}  # fmt: skip


def look_encoded() -> Iterator[Benign]:
    """Yield ordinary documents with a line that a decoder may take for something else."""
    plain = _harmless("line", Shape.SECRET, lambda _: "", "Note", "{value}")
    for name, line in _LINES.items():
        for carrier in ("letter", "mail"):
            yield Benign(name=f"{name}/{carrier}", text=carry(CARRIERS[carrier], plain, line).text)
