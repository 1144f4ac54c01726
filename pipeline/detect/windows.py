"""Long texts in overlapping pieces, so that cost stays linear and nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator


def windows(text: str, *, characters: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Yield half-open spans that cover `text`, each at most `characters` long.

    Neighbours share at least `overlap` code points where white space allows a cut, so
    that whatever is shorter than the overlap lies whole in at least one of them.
    """
    start = 0
    while len(text) - start > characters:
        end = _cut(text, start + characters, reach=overlap)
        yield start, end
        start = _cut(text, end - overlap, reach=overlap)
    yield start, len(text)


def _cut(text: str, place: int, *, reach: int) -> int:
    """Return the last start of a word in the `reach` code points before `place`, or `place`."""
    for cut in range(place, max(place - reach, 0), -1):
        if text[cut - 1].isspace():
            return cut
    return place
