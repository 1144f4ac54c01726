"""How a workbook shows a number: a date, a masked identifier, or the number.

A date of birth is stored as 29221 and a social security number as 78051120: shown raw,
neither would be recognised for what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Self
from xml.etree.ElementTree import Element

from pipeline.read.formats.package import local

_BUILTIN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DATE_LETTERS = re.compile("[dmyhs]", re.IGNORECASE)
_MASK = re.compile(r"[0 ()/.+\-]+")
_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
_LAST_DAY = 2_958_465
_MOST_EXPONENT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormats:
    """The number formats of a workbook, by cell style."""

    codes: Sequence[str]
    """Format code of each cell style; `date` for the built-in ones that show dates."""
    is_1904: bool

    @classmethod
    def of(cls, styles: Element | None, *, is_1904: bool) -> Self:
        """Return the formats that a workbook's style sheet lists."""
        custom: dict[int, str] = {}
        codes: list[str] = []
        for group in styles if styles is not None else ():
            if local(group) == "numFmts":
                custom = {_number(item.get("numFmtId")): item.get("formatCode", "") for item in group}
            elif local(group) == "cellXfs":
                codes = [_code(_number(item.get("numFmtId")), custom) for item in group]
        return cls(codes=codes, is_1904=is_1904)

    def show(self, value: str, style: str | None) -> str:
        """Return `value` as a reader of the sheet would see it, dates as in ISO 8601."""
        code = self._code(style)
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if not number.is_finite() or abs(number.adjusted()) > _MOST_EXPONENT:
            return value
        if code == "date" or (code and _DATE_LETTERS.search(_LITERALS.sub("", code))):
            return self._date(number) or value
        if number == number.to_integral_value():
            return _masked(int(number), code)
        return value

    def hides(self, style: str | None) -> bool:
        """Whether the format shows nothing."""
        return self._code(style).replace(" ", "") in (";;;", ";;")

    def _code(self, style: str | None) -> str:
        index = _number(style)
        return self.codes[index] if 0 <= index < len(self.codes) else ""

    def _date(self, number: Decimal) -> str | None:
        if not 0 <= number <= _LAST_DAY:
            return None
        moment = (_EPOCH_1904 if self.is_1904 else _EPOCH) + timedelta(seconds=round(float(number) * 86_400))
        if number < 1:
            return moment.strftime("%H:%M:%S")
        return moment.strftime("%Y-%m-%d" if number == int(number) else "%Y-%m-%d %H:%M:%S")


def _masked(number: int, code: str) -> str:
    """Return the digits of `number` put into a mask such as `000-00-0000`."""
    mask = code.split(";", 1)[0].replace("\\", "").replace('"', "")
    if number < 0 or "0" not in mask or "." in mask or not _MASK.fullmatch(mask):
        return str(number)
    digits = str(number).rjust(mask.count("0"), "0")
    extra = len(digits) - mask.count("0")
    rest = iter(digits[extra:])
    return digits[:extra] + "".join(next(rest) if place == "0" else place for place in mask)


def _code(number: int, custom: dict[int, str]) -> str:
    if number in custom:
        return custom[number]
    return "date" if number in _BUILTIN_DATES else ""


def _number(value: str | None) -> int:
    return int(value) if value is not None and value.isdigit() and len(value) < _MOST_EXPONENT else 0
