"""From a model's probabilities to names with a score.

Rules
1. A word belongs to a type when the probability of the type is at least `LEAST`; a word may belong to several.
2. Neighbouring words of one type are one name, unless the second surely begins another or a line ends between.
3. The score of a name is the probability of its surest word.
4. A word that is surely a person's name in one place of a text is one wherever it is written the same way.
5. Capitalised words of which a list of names holds one are surely a name where the model finds that likely.
6. What looks like a firm, a common word or an abbreviation is doubted as a person: reported, but never as sure.
   So is a word that no list of names holds, that a text writes often, and that is surely a name in hardly
   one of these places: a brand. What stands elsewhere only keeps rule 5 from a listed name, whose score then is
   the model's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 0.08
"""Below, a mark is noise. What stands just above is a doubt, which counts where a law names the subject
(health and a name), is replaced where a text is pseudonymised, and raises nothing elsewhere."""
_LEAST_SMALL: Final = 0.5
"""The same for one word written small that no list of names knows: `of` and `celery` have their moments."""
_BEGINS: Final = 0.3
"""From this probability, and as likely as not within its type, a word begins another name."""
_SURE: Final = 0.8
_LIKELY: Final = 0.55
"""From this probability, a listed name is a sure one: unlisted ones below certainty are brands as often."""
_REPEATED: Final = 0.5
"""Score of a word that is surely a name elsewhere: over every threshold of doubt, under certainty."""
_LETTERS: Final = 3
"""Shorter words are too many things to be remembered as a name."""
_DOUBTED: Final = 0.5
"""The most that rule 6 leaves."""
_OFTEN: Final = 3
"""Places of a word, from which their majority has a say."""
_HARDLY: Final = 3
"""A brand is surely a name in at most one of so many places."""
_FIRMS: Final = frozenset(
    [
        "ab",
        "ag",
        "bv",
        "co",
        "corp",
        "corporation",
        "gmbh",
        "inc",
        "kg",
        "limited",
        "llc",
        "llp",
        "ltd",
        "nv",
        "oy",
        "plc",
        "sa",
        "sarl",
        "spa",
    ]
)
_LETTER_RUN: Final = re.compile(r"[^\W\d_]{2,}")
_LOWER: Final = re.compile(r"\b[^\W\d_A-Z][^\W\d_]+")
PERSON: Final = "PERSON"

Span = tuple[int, int]


class Mark(NamedTuple):
    """A name in a text: half-open span, type, probability."""

    start: int
    end: int
    label: str
    score: float


def marks(
    text: str,
    words: Sequence[Span],
    probabilities: NDArray[np.float32],
    labels: Sequence[str],
    *,
    is_listed: Callable[[str], bool],
) -> list[Mark]:
    """Return the names in `text`, by place within each type.

    `probabilities` has a row for each word and a column for each of `labels`, which are
    `O` and then `B-` and `I-` of each type in turn. `is_listed` knows given and family names.
    """
    begins = probabilities[:, 1::2]
    either = begins + probabilities[:, 2::2]
    types = [label[2:] for label in labels[1::2]]
    found: list[Mark] = []
    for column, label in enumerate(types):
        at = np.flatnonzero(either[:, column] >= LEAST)
        if at.size:
            found.extend(_of_type(text, words, at.tolist(), begins[:, column], either[:, column], label))
    found = [mark for mark in found if not _is_noise(text, mark, is_listed)]
    assured = [_assured(text, mark, is_listed) for mark in found]
    brands = _brands(text, words, assured)
    found = [
        mark if text[mark.start : mark.end] in brands else sure
        for mark, sure in zip(found, assured, strict=True)
    ]
    found = _doubted(text, found, brands, is_listed)
    found.extend(_repeated(text, words, found, brands))
    return found


def _of_type(
    text: str,
    words: Sequence[Span],
    at: list[int],
    begins: NDArray[np.float32],
    either: NDArray[np.float32],
    label: str,
) -> Iterator[Mark]:
    group: list[int] = []
    for word in at:
        is_new = begins[word] >= _BEGINS and 2 * begins[word] >= either[word]
        if group and (word != group[-1] + 1 or is_new):
            yield from _mark(text, words, group, either, label)
            group = []
        if text[words[word][0]] in "\n\t ":
            yield from _mark(text, words, group, either, label)
            group = []
        else:
            group.append(word)
    yield from _mark(text, words, group, either, label)


def _mark(
    text: str, words: Sequence[Span], group: list[int], either: NDArray[np.float32], label: str
) -> Iterator[Mark]:
    """Yield the mark over `group`, without the punctuation at its ends."""
    named = [word for word in group if text[words[word][0]].isalnum()]
    if named:
        score = round(float(max(either[word] for word in named)), 3)
        yield Mark(words[named[0]][0], words[named[-1]][1], label, score)


def _is_noise(text: str, mark: Mark, is_listed: Callable[[str], bool]) -> bool:
    word = text[mark.start : mark.end]
    return mark.score < _LEAST_SMALL and word.isalpha() and word.islower() and not is_listed(word)


def _assured(text: str, mark: Mark, is_listed: Callable[[str], bool]) -> Mark:
    """Return the mark, one that rule 5 speaks of with the score of a sure name."""
    if mark.label != PERSON or not _LIKELY <= mark.score < _SURE:
        return mark
    named = _LETTER_RUN.findall(text[mark.start : mark.end])
    is_name = all(map(str.istitle, named)) and any(map(is_listed, named))
    return mark._replace(score=_SURE) if is_name else mark


def _doubted(
    text: str, found: list[Mark], brands: Collection[str], is_listed: Callable[[str], bool]
) -> list[Mark]:
    """Return the marks, those that rule 6 speaks of with a lower score."""
    if not any(mark.label == PERSON and mark.score > _DOUBTED for mark in found):
        return found
    common = {match.group() for match in _LOWER.finditer(text) if match.group().islower()}

    def is_doubtful(mark: Mark) -> bool:
        named = _LETTER_RUN.findall(text[mark.start : mark.end])
        if not named or any(word.lower() in _FIRMS for word in named):
            return True
        if len(named) > 1 or is_listed(named[0]):
            return False
        if text[mark.start : mark.end] in brands:
            return True
        return not named[0].istitle() or named[0].lower() in common

    return [
        mark._replace(score=_DOUBTED)
        if mark.label == PERSON and mark.score > _DOUBTED and is_doubtful(mark)
        else mark
        for mark in found
    ]


def _brands(text: str, words: Sequence[Span], found: Sequence[Mark]) -> frozenset[str]:
    """Return the single words that are often written and hardly ever a name for sure."""
    sure = Counter(
        text[mark.start : mark.end] for mark in found if mark.label == PERSON and mark.score >= _SURE
    )
    if not sure:
        return frozenset()
    written = Counter(shown for start, end in words if (shown := text[start:end]) in sure)
    return frozenset(
        shown for shown, times in written.items() if times >= _OFTEN and _HARDLY * sure[shown] <= times
    )


def _repeated(
    text: str, words: Sequence[Span], found: Sequence[Mark], brands: Collection[str]
) -> Iterator[Mark]:
    """Yield the other places of the words by which rule 4 knows people."""
    people = [mark for mark in found if mark.label == PERSON]
    sure = [mark for mark in people if mark.score >= _SURE]
    if not sure and not brands:
        return
    names = {one for one in brands if len(one) >= _LETTERS and one[0].isupper() and one.isalpha()} | {
        word
        for mark in sure
        for word in text[mark.start : mark.end].split()
        if len(word) >= _LETTERS and word[0].isupper() and word.isalpha()
    }
    taken = {place for mark in people if mark.score >= _REPEATED for place in range(mark.start, mark.end)}
    for start, end in words:
        if start not in taken and text[start:end] in names:
            yield Mark(start, end, PERSON, _REPEATED)
