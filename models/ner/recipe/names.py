"""Names of people and places for synthetic text, drawn evenly over languages.

The lists come from the gazetteers of the corpora folder (MIT); `OWN` adds names from
languages that those lists miss (`own_names/`), and `made_up` adds names that nobody has, because a
model that has seen every name learns lists instead of context.
"""

from __future__ import annotations

import gzip
import random
import re
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent

OWN_FIRST = (HERE / "own_names" / "first.txt").read_text("utf-8").split()

OWN_LAST = (HERE / "own_names" / "last.txt").read_text("utf-8").split()

INITIALS = re.compile(r"(?:[A-Z]\.)+(?=\w\w)")  # glued to the name, as in "S.K.Rao"
PARTICLES = (
    "van ",
    "de ",
    "von ",
    "de la ",
    "O'",
    "Mc",
    "al-",
    "El-",
    "St. ",
    "da ",
    "du ",
    "Mac",
    "D'",
    "ter ",
)
ONSETS = "b br c ch d dr f g gr h j k kh l m n ny p r s sh st t th tr v w y z".split()  # noqa: SIM905 - reads as the syllables it is
VOWELS = "a a a e e i i o o u ai au ee ia oa ou ei".split()  # noqa: SIM905 - same
CODAS = ["", "", "", *"n r s l m k t d h nd rt ss sh ng".split()]  # noqa: SIM905 - same


class Names:
    """Draws names; every draw is decided by the generator passed in."""

    def __init__(self, gazetteers: Path) -> None:
        self._first = by_locale(gazetteers / "first_names.tsv.gz") | {"own": OWN_FIRST}
        self.given = frozenset(name for names in self._first.values() for name in names)
        self._last = by_locale(gazetteers / "last_names.tsv.gz") | {"own": OWN_LAST}
        self._places = by_locale(gazetteers / "places.tsv.gz")
        self.countries = (gazetteers / "countries.txt").read_text("utf-8").split("\n")[:-1]
        self.demonyms = (gazetteers / "demonyms.txt").read_text("utf-8").split("\n")[:-1]

    def first(self, rng: random.Random) -> str:
        """Return a given name."""
        if rng.random() < 0.08:
            return made_up(rng)
        return self._draw(self._first, rng)

    def last(self, rng: random.Random) -> str:
        """Return a family name, now and then with a particle or double-barrelled."""
        draw = rng.random()
        if draw < 0.12:
            return made_up(rng)
        name = self._draw(self._last, rng)
        if draw < 0.16:
            return rng.choice(PARTICLES) + name
        return f"{name}-{self._draw(self._last, rng)}" if draw < 0.19 else name

    def place(self, rng: random.Random) -> str:
        """Return a town or region."""
        return made_up(rng) if rng.random() < 0.05 else self._draw(self._places, rng)

    def _draw(self, lists: dict[str, list[str]], rng: random.Random) -> str:
        # "own" holds many languages in one list, English is what most documents hold.
        draw = rng.random()
        key = (
            "own" if draw < 0.15 and "own" in lists else "en_US" if draw < 0.35 else rng.choice(sorted(lists))
        )
        return rng.choice(lists.get(key) or lists["en_GB"])

    def replace(self, name: str, people: dict[str, str], rng: random.Random) -> str:
        """Return another name of the same build; `people` remembers the words changed."""
        words = name.split(" ")
        for index, word in enumerate(words):
            if not word[:1].isupper() or len(word.rstrip(".")) <= 1:
                continue
            if word not in people:
                initials = INITIALS.match(word)
                is_first = index == 0 and (len(words) > 1 or rng.random() < 0.6)
                new = (self.first(rng) if is_first else self.last(rng)).replace(" ", "-")
                new = new.upper() if word.isupper() and len(word) > 2 else new
                people[word] = initials[0] + new if initials else new
            words[index] = people[word]
        return " ".join(words)


def by_locale(path: Path) -> dict[str, list[str]]:
    """Read a gazetteer into one list for each locale."""
    lists = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            name, locales = line.rstrip("\n").split("\t")
            for locale in locales.split(","):
                if name[:1].isupper() and "_" in locale and locale != "__init__.py":
                    lists[locale].append(name)
    return {locale: found for locale, found in lists.items() if len(found) >= 20}


def made_up(rng: random.Random) -> str:
    """Return a pronounceable name of two or three syllables."""
    syllables = [
        rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(rng.choice((2, 2, 3)))
    ]
    return "".join(syllables).capitalize()
