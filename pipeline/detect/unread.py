"""Values that a label or a sentence announces and that nobody could read.

Whoever writes `IBAN:` or `the passport number is` says what follows. If what follows is neither
words nor found by any recogniser, in the text or in a view, then it was written so that only a
reader finds it: in a cipher, an encoding, letters that look like digits. No list of ways is needed.

Rules
1. Behind the label stands the value at once, or a colon, a cell or a verb stands between.
2. The value begins with what is no word and goes on until three words follow each other; words
   for digits and letters are part of it.
3. It counts with six odd characters, where no recogniser found anything but a name in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from pipeline.detect.plausible import EDGES, count_odd, is_plain
from pipeline.detect.views.numbers import WORDS
from policies.assessment import Finding, Gap, GapReason

_NUMBER: Final = r"(?: (?:number|no\.?|nr\.?))?"
_LABELS: Final = {
    "ssn": "",
    "social sec": rf"urity{_NUMBER}",
    "card": r" (?:number|no\.?)",
    "credit card": "",
    "visa card": "",
    "debit card": "",
    "iban": "",
    "mail": r"(?: address)?(?: to)?",
    "phone": _NUMBER,
    "telefon": r"(?:nummer)?",
    "mobile": _NUMBER,
    "medicare": r"(?: (?:beneficiary identifier|number))?",
    "mbi": "",
    "insurance": r" (?:policy )?(?:number|no\.?)",
    "nino": "",
    "nhs": _NUMBER,
    "steuer-id": "",
    "tax id": rf"(?:entification)?{_NUMBER}",
    "fiscale": "",
    "fiscal code": "",
    "passport": _NUMBER,
    "driver": rf"['’]?s?['’]? licen[cs]e{_NUMBER}",  # noqa: RUF001 - an apostrophe as written
    "driving licen": rf"[cs]e{_NUMBER}",
    "medical record": _NUMBER,
    "mrn": "",
    "birth": r"(?: ?date)?",
    "dob": "",
    "geburtsdatum": "",
    "secret": r"(?:[ _]key)?",
    "token": "",
    "passw": "or[dt]",
    "pwd": "",
    "connection string": "",
    "ip addr": "ess",
    "account number": "",
    "bank account": "",
    "routing number": "",
    "policy number": "",
    "member id": "",
    "patient id": "",
    "access key": "",
    "access_key": "",
    "api key": "",
    "api_key": "",
    "private key": "",
}
"""The words of the recognisers' strongest labels, and what may belong to each."""
_RESTS: Final = {stem: re.compile(rf"{rest}(?![^\W_]|[_-]\w|/)") for stem, rest in _LABELS.items()}
_COMPOUNDS: Final = frozenset({"mail", "phone"})
"""May follow letters: `telephone`, `E-mail`."""
_BIRTHS: Final = frozenset({"birth", "dob", "geburtsdatum"})
_SECRETS: Final = frozenset({"passw", "pwd"})
_BEFORE: Final = re.compile(r"[\w/.$<-]")
_LINK: Final = re.compile(
    r"[:=|#](?=[\s\"'(]|\Z)|(?<![^\W_])(?:is|was|are|ist|lautet|est|es|è)(?![^\W_])|(?:noted|given) as"
)
_TOKEN: Final = re.compile(r"\S+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_REACH: Final = 200
"""Code points behind a label that are looked at."""
_WORDS_BEFORE: Final = 7
"""Words between a label and its value: `on the application of the guest is`."""
_WORDS_BESIDE: Final = 3
"""Of them, behind what links the two: `first part No`."""
_FEW_LETTERS: Final = 2
_CALM: Final = 3
_FEWEST_ODD: Final = 6
_FEWEST_ODD_OF_SECRETS: Final = 4
_FEWEST_SPOKEN: Final = 5
"""Words for digits or letters that are a value, and no `one or two`."""
_SURE: Final = 0.4
"""What scores less is doubt: no policy's usual threshold is lower."""
_NAMES: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP", "DATE_TIME"})


class _Value(NamedTuple):
    start: int
    end: int
    odd: int


def unread_values(
    text: str, findings: Sequence[Finding], *, check: Callable[[], None] = lambda: None
) -> list[Gap]:
    """Return the gap for announced values in `text` in which none of `findings` lies.

    `check` is called before each label and may raise. Cost: a glance for each label's stem, and
    200 code points behind each label.
    """
    found = sorted(
        (one.start, one.end) for one in findings if one.score >= _SURE and one.entity not in _NAMES
    )
    starts = [start for start, _ in found]
    ends = list(accumulate((end for _, end in found), max))
    count = 0
    for stem, end in _labels(text):
        check()
        value = _value(text, end, is_birth=stem in _BIRTHS)
        least = _FEWEST_ODD_OF_SECRETS if stem in _SECRETS else _FEWEST_ODD
        if value.odd >= least:
            at = bisect_left(
                starts, value.end
            )  # of those that begin before its end, whether one ends after its start
            count += at == 0 or ends[at - 1] <= value.start
    return [Gap(reason=GapReason.HIDDEN_TEXT, count=count, detail="unread_value")] if count else []


def _labels(text: str) -> Iterator[tuple[str, int]]:
    """Yield the stem of each label, and where the label ends."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower()[:1] for letter in text)
    for stem, rest in _RESTS.items():
        at = lowered.find(stem)
        while at >= 0:
            match = rest.match(lowered, at + len(stem))
            if match and (stem in _COMPOUNDS or not _BEFORE.match(lowered, max(at - 1, 0), at)):
                yield stem, match.end()
            at = lowered.find(stem, at + len(stem))


def _value(text: str, start: int, *, is_birth: bool) -> _Value:
    """Return the odd value that begins soon after `start`; nothing odd if there is none."""
    first, end, odd, spoken, calm, words = -1, start, 0, 0, 0, 0
    for match in _TOKEN.finditer(text, start, min(len(text), start + _REACH)):
        bare = match.group().strip(EDGES)
        said = _count_spoken(bare)
        count = 0 if said else _weigh(bare, is_birth=is_birth)
        if first < 0 and (said or count):
            if not _is_linked(text[start : match.start()]) and (words or _may_be_name(match.group(), said)):
                break
            first = match.start()
        elif first < 0:
            words += bool(bare)
            if words > _WORDS_BEFORE:
                break
            continue
        odd, spoken = odd + count, spoken + said
        calm = 0 if said or count or not bare or any(map(str.isdigit, bare)) else calm + 1
        if calm >= _CALM:
            break
        end = match.end() if not calm else end
    return _Value(first, end, odd + 2 * spoken * (spoken >= _FEWEST_SPOKEN))


def _weigh(bare: str, *, is_birth: bool) -> int:
    """Return how many characters of a token could be a value's: a plain number is one, behind a birth a day, too."""
    is_day = is_birth and ":" not in bare  # a time of day stands before each line of a chat
    if is_plain(bare) and any(map(str.isdigit, bare)) and (bare.isdigit() or is_day):
        return len(bare)
    return count_odd(bare) + 2 * ("@" in bare)


def _count_spoken(bare: str) -> int:
    """Return how many words for digits or letters a token is made of; 0 if of others, too."""
    parts = _LETTERS.findall(bare.lower())
    if not parts or any(map(str.isdigit, bare)):
        return 0
    said = sum(len(one) > 1 and (one in WORDS.numbers or one in WORDS.letters) for one in parts)
    return said if said * 2 >= len(parts) else 0


def _may_be_name(token: str, said: int) -> bool:
    """Return whether `token`, that stands right behind a label, may as well be a brand or a word that nobody knows."""
    letters = token.lstrip("(\"'").rstrip(".,;:)\"'")
    return (
        not said
        and len(letters) > _FEW_LETTERS
        and letters.isalpha()
        and (letters.islower() or letters.istitle())
    )


def _is_linked(between: str) -> bool:
    """Return whether what stands between a label and its value says that they belong together."""
    lowered = between.lower()
    ends = [match.end() for match in _LINK.finditer(lowered)]
    return bool(ends) and len(lowered[ends[-1] :].split()) <= _WORDS_BESIDE
