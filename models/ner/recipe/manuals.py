"""Paragraphs of Python's own documentation: prose full of capitals in which nobody is named.

The documentation (PSF licence) is the HTML folder of any distribution of Python 3. Pages that thank
people, and paragraphs with an address or a known given name before a capitalised word, are left out.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from pathlib import Path

PIECE_CHARACTERS = 900
LEFT_OUT = ("whatsnew", "genindex", "copyright", "license", "py-modindex", "search")
BODY = re.compile(r'<div class="body" role="main">(.*)<div class="sphinxsidebar', re.DOTALL)
LISTING = re.compile(r"<pre>.*?</pre>", re.DOTALL)
LINE = re.compile(r"</(?:p|h\d|li|dt|dd|td|th)>")
TAG = re.compile(r"<[^>]+>")
PAIR = re.compile(r"\b([A-Z][a-z]+) [A-Z][\w.]+")


def pieces(folder: Path, given_names: frozenset[str], *, count: int, seed: int) -> list[str]:
    """Return `count` seeded pieces of about a page's third each."""
    found = [piece for page in sorted(folder.rglob("*.html")) for piece in _page(page, given_names)]
    random.Random(seed).shuffle(found)
    return found[:count]


def _page(page: Path, given_names: frozenset[str]) -> Iterator[str]:
    body = BODY.search(page.read_text("utf-8", errors="replace"))
    if body is None or any(word in page.as_posix() for word in LEFT_OUT):
        return
    text = TAG.sub("", LINE.sub("\n", LISTING.sub("", body[1])))
    piece = ""
    for raw in html.unescape(text).replace("\N{PILCROW SIGN}", "").split("\n"):
        line = raw.strip()
        if not line or "@" in line or any(name in given_names for name in PAIR.findall(line)):
            continue
        piece += f"{line}\n"
        if len(piece) > PIECE_CHARACTERS:
            yield piece
            piece = ""
