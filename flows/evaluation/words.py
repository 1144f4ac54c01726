"""How figures are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def share(one: Mapping[str, Any], digits: int = 3) -> str:
    """Return `0.934 [0.921, 0.945]`, or a dash when nothing was counted."""
    if one["share"] is None:
        return "–"  # noqa: RUF001 - a dash
    return f"{one['share']:.{digits}f} [{one['low']:.{digits}f}, {one['high']:.{digits}f}]"


def number(count: int) -> str:
    """Return `1,234,567`."""
    return f"{count:,}"


def difference(one: Mapping[str, Any]) -> str:
    """Return `+0.034 [+0.021, +0.045]`, or a dash when nothing was counted."""
    if one["difference"] is None:
        return "–"  # noqa: RUF001 - a dash
    return f"{one['difference']:+.3f} [{one['low']:+.3f}, {one['high']:+.3f}]"
