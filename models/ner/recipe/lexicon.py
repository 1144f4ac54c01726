"""Write and read the pieces and the lists of names that ship with the model.

    python lexicon.py --gazetteers FOLDER --out FOLDER

Lists, in the order of their bits: given names, family names, places, countries, demonyms. Words of
several parts enter as their parts, bare (lower case, no accents). Short words of places are left out:
`of` and `an` are parts of towns' names.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from features import word_features
from names import OWN_FIRST, OWN_LAST
from teacher import MINILM

LISTS = ("given", "family", "place", "country", "demonym")
FEWEST_LETTERS = (2, 2, 4, 4, 4)


def words_of(lines: Iterable[str], fewest: int) -> set[str]:
    """Return the bare words of `lines` that are long enough."""
    found = (match.group() for line in lines for match in word_features.WORD.finditer(line))
    return {word_features.strip(word) for word in found if word[0].isalpha() and len(word) >= fewest}


def capitalised(path: Path) -> Iterator[str]:
    """Yield the names of a gazetteer that begin with a capital."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (name for line in lines if (name := line.split("\t")[0])[:1].isupper())


def write(gazetteers: Path, out: Path) -> None:
    """Write `pieces.txt` and `lists.txt`."""
    sources: tuple[Iterable[str], ...] = (
        [*capitalised(gazetteers / "first_names.tsv.gz"), *OWN_FIRST],
        [*capitalised(gazetteers / "last_names.tsv.gz"), *OWN_LAST],
        capitalised(gazetteers / "places.tsv.gz"),
        (gazetteers / "countries.txt").read_text("utf-8").splitlines(),
        (gazetteers / "demonyms.txt").read_text("utf-8").splitlines(),
    )
    bits: dict[str, int] = {}
    for bit, (lines, fewest) in enumerate(zip(sources, FEWEST_LETTERS, strict=True)):
        for word in words_of(lines, fewest):
            bits[word] = bits.get(word, 0) | 1 << bit
    out.mkdir(parents=True, exist_ok=True)
    listed = "".join(f"{word}\t{bits[word]}\n" for word in sorted(bits))
    (out / "lists.txt").write_text(listed, "utf-8")
    (out / "pieces.txt").write_text((MINILM / "vocab.txt").read_text("utf-8").rstrip("\n"), "utf-8")


def read_lexicon(folder: Path) -> word_features.Lexicon:
    """Return what `write` wrote."""
    pieces = (folder / "pieces.txt").read_text("utf-8").split("\n")
    rows = (line.split("\t") for line in (folder / "lists.txt").read_text("utf-8").splitlines())
    return word_features.Lexicon(
        pieces={piece: row for row, piece in enumerate(pieces)},
        lists={word: int(bits) for word, bits in rows},
        count=len(LISTS),
        longest=max(map(len, pieces)),
    )


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gazetteers", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    write(arguments.gazetteers, arguments.out)


if __name__ == "__main__":
    main()
