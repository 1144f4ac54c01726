"""Synthetic documents with exact labels: letters, mails, forms, notes, contracts.

    python synth.py --gazetteers FOLDER [--count N] [--seed N]     prints them as JSON lines

Texts are drawn from `templates.txt` and `sentences.txt`, which were written for this
recipe. A slot is filled from a seeded generator, so that the same seed gives the same
documents. Slots without a label (identifiers, money, roles) teach what is not a name.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fillers
from names import Names

HERE = Path(__file__).parent
SLOT = re.compile(r"\{([a-z_]+)(\d?)((?:\.[a-z]+)*)(?::([a-z_]+))?\}")
MOST_SENTENCES = 3
SAME_PERSON_SHARE = 0.6  # how often a sentence speaks of a person whom its document names elsewhere

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One made-up person and the ways in which documents write the name."""

    first: str
    middle: str
    last: str
    plain: str
    is_long: bool

    def written(self, form: str) -> str:
        """Return the name in the given form."""
        initial, middle = self.first[0], self.middle[0]
        forms: dict[str, str] = {
            "": self.plain,
            "first": self.first,
            "last": self.last,
            "full": f"{self.first} {self.last}",
            "middle": f"{self.first} {middle}. {self.last}",
            "short": f"{initial}. {self.last}",
            "initials": f"{initial}. {middle}. {self.last}",
            "glued": f"{initial}.{middle}.{self.last}" if self.is_long else f"{initial}.{self.last}",
            "listed": f"{self.last}, {self.first}",
            "caps": f"{self.last.upper()}, {self.first}",
            "slashed": f"{self.last}/{self.first}".upper(),
        }
        return forms[form]


def new_person(names: Names, rng: random.Random) -> Person:
    """Draw a person; how the plain form looks is part of the person."""
    first, middle, last = names.first(rng), names.first(rng), names.last(rng)
    plain = rng.choices(
        [
            f"{first} {last}",
            f"{first} {middle} {last}",
            f"{first} {middle[0]}. {last}",
            f"{last} {first}",
            f"{first} {last} {names.last(rng)}",
            f"{first[0]}.{middle[0]}. {last}",
            f"{first[0]}.{last}",
            first,
            f"{first} {last} {rng.choice(('Jr.', 'Sr.', 'III'))}",
            last,
        ],
        weights=[56, 11, 7, 6, 5, 3, 3, 4, 2, 3],
    )[0]
    return Person(first=first, middle=middle, last=last, plain=plain, is_long=rng.random() < 0.4)


class Writer:
    """Writes one document; keeps its people, its text and its spans."""

    def __init__(self, names: Names, groups: dict[str, list[str]], rng: random.Random) -> None:
        self._names, self._groups, self._rng = names, groups, rng
        self._people: dict[str, Person] = {}
        self._pieces: list[str] = []
        self._length = 0
        self.spans: list[Span] = []

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    def write(self, template: str, people: dict[str, Person] | None = None) -> None:
        """Fill the slots of `template` and append it."""
        people = self._people if people is None else people
        at = 0
        for slot in SLOT.finditer(template):
            self._append(template[at : slot.start()])
            self._fill(slot, people)
            at = slot.end()
        self._append(template[at:])

    def _append(self, text: str, label: str | None = None) -> None:
        if label and text:
            self.spans.append((self._length, self._length + len(text), label))
        self._pieces.append(text)
        self._length += len(text)

    def _fill(self, slot: re.Match[str], people: dict[str, Person]) -> None:
        kind, number, dotted, group = slot.groups()
        if kind == "some":
            self._sentences(group)
            return
        forms = dotted.split(".")[1:]
        label: str | None
        if kind == "p":
            label = "PERSON"
            text = self._person(number, people).written(next((f for f in forms if f != "upper"), ""))
        else:
            label, fill = fillers.SLOTS[kind]
            text = fill(self._names, self._rng)
        self._append(text.upper() if "upper" in forms else text, label)

    def _person(self, number: str, people: dict[str, Person]) -> Person:
        if number not in people:
            others = [person for person in self._people.values() if person not in people.values()]
            is_known = people is not self._people and others and self._rng.random() < SAME_PERSON_SHARE
            people[number] = self._rng.choice(others) if is_known else new_person(self._names, self._rng)
        return people[number]

    def _sentences(self, group: str) -> None:
        lines = self._rng.sample(self._groups[group], self._rng.randint(1, MOST_SENTENCES))
        for index, line in enumerate(lines):
            self.write(" " + line if index else line, {})


def documents(names: Names, count: int, seed: int) -> Iterator[tuple[str, list[Span]]]:
    """Yield `count` documents, each a text and its sorted spans."""
    rng = random.Random(seed)
    blocks = (HERE / "templates.txt").read_text("utf-8").split("\n---\n")[1:]
    groups = fillers.read_groups("sentences.txt")
    for _ in range(count):
        writer = Writer(names, groups, rng)
        writer.write(rng.choice(blocks).strip("\n"))
        yield writer.text, writer.spans


def main() -> None:
    """Print documents as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gazetteers", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for text, spans in documents(Names(arguments.gazetteers), arguments.count, arguments.seed):
        print(json.dumps({"text": text, "spans": spans}, ensure_ascii=False))


if __name__ == "__main__":
    main()
