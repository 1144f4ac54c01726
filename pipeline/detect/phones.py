"""Telephone numbers of many regions, found in one reading of the text instead of one for each region.

The numbers are those that `phonenumbers` finds region by region, the same spans. Three things make it faster:
candidates, and the groups within them, are looked for once; a number written with a plus sign is parsed once;
and a candidate whose digits cannot be a valid number of the region is not parsed at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberMatcher,
    phonenumbermatcher,
    phonenumberutil,
)
from phonenumbers.phonenumberutil import (
    country_code_for_region,
    region_code_for_country_code,
    region_codes_for_country_code,
)

Span = tuple[int, int]

_CANDIDATE: Final = phonenumbermatcher._PATTERN  # noqa: SLF001 - the library's own idea of a candidate
_SECOND_NUMBER: Final = phonenumberutil._SECOND_NUMBER_START_PATTERN  # noqa: SLF001
_SLASHED_DATE: Final = phonenumbermatcher._SLASH_SEPARATED_DATES  # noqa: SLF001
_TIME: Final = phonenumbermatcher._TIME_STAMPS  # noqa: SLF001
_TIME_REST: Final = phonenumbermatcher._TIME_STAMPS_SUFFIX  # noqa: SLF001
_INNER: Final = phonenumbermatcher._INNER_MATCHES  # noqa: SLF001
_UNWANTED_END: Final = phonenumberutil._UNWANTED_END_CHAR_PATTERN  # noqa: SLF001
# Digits, white space, dots, hyphens, slashes and brackets: nothing that names an extension or a country.
_PLAIN: Final = re.compile(r"[0-9 \t\n\r\xa0./()\[\]-]*")
_NO_DIGITS: Final = re.compile(r"[^0-9]+")
# How people write numbers: an international prefix, brackets, or several groups of two to five digits with one kind of
# blank, dot or hyphen between them; a national number that begins with 0 may have two groups, or a slash after the first.
_PREFIX: Final = r"(?:(?:\+|00)[ .\-\xa0]?\d{1,3}[ .\-\xa0]{0,2})"
_EXTENSION: Final = r"(?:[ ,;]{0,2}(?:x|ext|extension)\.?[ :]?\d{1,6})?"
_TYPICAL: Final = re.compile(
    rf"(?:{_PREFIX}(?:\(0?\d{{1,5}}\)|\d{{1,5}})(?:[ .\-\xa0/]{{0,2}}\d{{2,5}}){{1,5}}"
    rf"|(?:1[ .\-])?\(0?\d{{1,5}}\)[ .\-\xa0]{{0,2}}\d{{2,8}}(?:[ .\-\xa0]\d{{2,5}}){{0,4}}"
    rf"|(?:1[ .\-])?\d{{2,5}}(?P<mark>[ .\-\xa0])\d{{2,5}}(?:(?P=mark)\d{{2,5}}){{1,4}}"
    rf"|0\d{{1,4}}[ \-/]\d{{3,8}}(?:[ \-]\d{{2,5}}){{0,3}}){_EXTENSION}",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"(?:19|20)\d\d(?P<mark>[ .\-])\d\d(?P=mark)\d\d|\d\d(?P<other>[ .\-])\d\d(?P=other)(?:19|20)\d\d"
)
_VALID: Final = 1
"""From this leniency on, a number must be valid in a region and not only long enough."""


def is_typical(shown: str) -> bool:
    """Return whether a number is written as telephone numbers are, and not like a size, a time or a list."""
    return _TYPICAL.fullmatch(shown) is not None and _DATE.match(shown) is None


def phone_spans(
    text: str, regions: Sequence[str], leniency: int, *, check: Callable[[], None] = lambda: None
) -> list[Span]:
    """Return the spans of the numbers of any of `regions`, without those that lie within another.

    `check` is called before each candidate, and may raise: a page of digits takes seconds.
    """
    check()
    shared = _Shared(text=text, check=check)
    spans = {
        (match.start, match.end)
        for region in regions
        for match in _Matcher(shared, region, leniency=leniency)
    }
    return _widest(spans)


def _widest(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept


@dataclass(frozen=True, slots=True)
class _Possible:
    """What the digits of a valid number look like: `whole` is one from its start, `within` holds one."""

    whole: re.Pattern[str]
    within: re.Pattern[str]


_ANY: Final = _Possible(re.compile(""), re.compile(""))


@dataclass(slots=True)
class _Shared:
    """What is the same for every region: where candidates are, and the numbers that name their country."""

    text: str
    check: Callable[[], None]
    candidates: dict[int, tuple[int, str, bool] | None] = field(default_factory=dict)
    international: dict[tuple[int, str], Any] = field(default_factory=dict)
    plain: dict[str, str | None] = field(default_factory=dict)
    inner: dict[str, list[list[tuple[int, str]]]] = field(default_factory=dict)

    def digits(self, candidate: str) -> str | None:
        """Return the digits of a candidate that has nothing else in it that matters; None if it has."""
        if candidate not in self.plain:
            is_plain = _PLAIN.fullmatch(candidate) is not None
            self.plain[candidate] = _NO_DIGITS.sub("", candidate) if is_plain else None
        return self.plain[candidate]

    def groups(self, candidate: str) -> list[list[tuple[int, str]]]:
        """Return the parts of a candidate that may be a number by themselves, in the library's turns."""
        if candidate not in self.inner:
            self.inner[candidate] = [
                list(_turn(candidate, match, is_first=at == 0))
                for pattern in _INNER
                for at, match in enumerate(_overlapping(pattern, candidate))
            ]
        return self.inner[candidate]

    def next_candidate(self, index: int) -> tuple[int, str, bool] | None:
        """Return start and text of the first candidate from `index` on, and whether it is a date or a time."""
        if index not in self.candidates:
            self.candidates[index] = self._search(index)
        return self.candidates[index]

    def _search(self, index: int) -> tuple[int, str, bool] | None:
        match = _CANDIDATE.search(self.text, index)
        if match is None:
            return None
        shown = match.group()
        second = _SECOND_NUMBER.search(shown)
        shown = shown[: second.start()] if second else shown
        is_time = _TIME.search(shown) and _TIME_REST.match(self.text, match.start() + len(shown))
        return match.start(), shown, bool(_SLASHED_DATE.search(shown) or is_time)


def _overlapping(pattern: re.Pattern[str], candidate: str) -> Iterator[re.Match[str]]:
    match = pattern.search(candidate)
    while match:
        yield match
        match = pattern.search(candidate, match.start() + 1)


def _turn(candidate: str, match: re.Match[str], *, is_first: bool) -> Iterator[tuple[int, str]]:
    """Yield place and text of a match, and before the first one of what stands before it."""
    if is_first:
        yield 0, _trimmed(candidate[: match.start()])
    yield match.start(1), _trimmed(match[1])


def _trimmed(group: str) -> str:
    end = _UNWANTED_END.search(group)
    return group[: end.start()] if end else group


class _Matcher(PhoneNumberMatcher):
    """The library's matcher of one region, with the work of all regions shared."""

    def __init__(self, shared: _Shared, region: str, *, leniency: int) -> None:
        super().__init__(shared.text, region, leniency=leniency)
        self._shared = shared
        self._possible = _possible(region) if leniency >= _VALID else _ANY

    def _find(self, index: int) -> Any:
        while self._max_tries > 0 and (candidate := self._shared.next_candidate(index)) is not None:
            self._shared.check()
            start, shown, is_time = candidate
            if not is_time and (found := self._read(shown, start)) is not None:
                return found
            self._max_tries -= 1
            index = start + len(shown)
        return None

    def _read(self, candidate: str, offset: int) -> Any:
        digits = self._shared.digits(candidate)
        if digits is not None and not self._possible.within.search(digits):
            return None
        found = self._parse_and_verify(candidate, offset)
        return found if found is not None else self._extract_inner_match(candidate, offset)

    def _extract_inner_match(self, candidate: str, offset: int) -> Any:
        for turn in self._shared.groups(candidate):
            if self._max_tries <= 0:
                break
            for at, group in turn:
                found = self._parse_and_verify(group, offset + at)
                if found is not None:
                    return found
                self._max_tries -= 1
        return None

    def _parse_and_verify(self, candidate: str, offset: int) -> Any:
        digits = self._shared.digits(candidate)
        if digits is not None:
            is_possible = self._possible.whole.match(digits) is not None
            return super()._parse_and_verify(candidate, offset) if is_possible else None
        if not _names_country(candidate):
            return super()._parse_and_verify(candidate, offset)
        key = (offset, candidate)
        if key not in self._shared.international:
            self._shared.international[key] = super()._parse_and_verify(candidate, offset)
        return self._shared.international[key]


def _names_country(candidate: str) -> bool:
    """Return whether a candidate is the same number whatever the region: a plus sign and a code that exists."""
    if not candidate.startswith("+") or not _PLAIN.fullmatch(candidate, 1):
        return False
    digits = _NO_DIGITS.sub("", candidate)
    return not digits.startswith("0") and any(
        int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE for length in range(1, min(len(digits), 3) + 1)
    )


@cache
def _possible(region: str) -> _Possible:
    """Return what a number of `region` needs to be valid.

    The significant number is what is left of the digits after the country code and at most two national
    prefixes, and must fit the general description of a region with that country code; unless the digits
    begin with the prefix of calls abroad.
    """
    own = PhoneMetadata.metadata_for_region(region)
    code = country_code_for_region(region)
    metadata = [PhoneMetadata.metadata_for_region(one) for one in region_codes_for_country_code(code)]
    described = [one.general_desc for one in metadata if one is not None and one.general_desc is not None]
    patterns = sorted({one.national_number_pattern for one in described if one.national_number_pattern})
    if own is None or not patterns or len(described) < len(metadata):
        return _ANY
    abroad = f"(?:{own.international_prefix})" if own.international_prefix else "(?!)"
    main = PhoneMetadata.metadata_for_region(
        region_code_for_country_code(code)
    )  # asked once the code is read
    rules = [one.national_prefix_transform_rule or "" for one in (own, main) if one]
    if any(re.search("[0-9]", re.sub(r"[$\\][0-9]", "", rule)) for rule in rules):
        return _ANY
    if any(rules):  # it moves digits and adds none
        national = f"[0-9]{{{min(min(one.possible_length) for one in described)}}}"
        before = "[0-9]*"
    else:
        national = f"(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})"
        prefixes = sorted(
            {prefix for one in (own, main) if one and (prefix := one.national_prefix_for_parsing)}
        )
        before = f"(?:{code})?(?:{'|'.join(f'(?:{prefix})' for prefix in prefixes)}){{0,2}}"
    return _Possible(re.compile(f"{before}{national}$|{abroad}"), re.compile(f"{national}|{abroad}"))
