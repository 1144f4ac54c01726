"""Patterns of secrets from a rule set that others maintain: detect-secrets, as Checkov keeps it.

Only the patterns are taken. Its scanner works on lines of source code, drops what looks like an
example, and can ask providers whether a key is valid; none of that runs here.

Rules
1. A plugin that the library no longer has, or one without patterns, stops the start.
2. Every repetition without a bound gets one, so that no text costs more than a constant per place.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Final

from pipeline.detect.config import DetectorUnavailable

_LONGEST: Final = 300
"""Code points that a repetition may cover: longer than any token, JSON web tokens apart, whose head is enough."""
# An escape, a class, or a quantifier without an upper bound; what follows a quantifier stays where it is.
_PIECE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>[*+])|\{(?P<least>\d+),\}|.", re.DOTALL)


def borrowed_patterns(plugin: str) -> tuple[str, ...]:
    """Return the patterns of a plugin (`module.Class`), bounded, for use without global flags.

    Raises:
        DetectorUnavailable: the library has no such plugin, or the plugin has no patterns.
    """
    module, _, name = plugin.partition(".")
    try:
        found = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name).denylist
        patterns = tuple(_scoped(one) for one in found)
    except (ImportError, AttributeError, TypeError):
        raise DetectorUnavailable(f"secret_rules_missing:{plugin}") from None
    if not patterns:
        raise DetectorUnavailable(f"secret_rules_missing:{plugin}")
    return patterns


def _scoped(pattern: re.Pattern[str]) -> str:
    on = ("i" if pattern.flags & re.IGNORECASE else "") + ("x" if pattern.flags & re.VERBOSE else "")
    off = ("" if pattern.flags & re.MULTILINE else "m") + ("" if pattern.flags & re.DOTALL else "s")
    return f"(?{on}-{off}:{bounded(pattern.pattern)})"


def bounded(pattern: str) -> str:
    """Return a regular expression whose repetitions all have an upper bound."""
    return "".join(_bound(pattern))


def _bound(pattern: str) -> Iterator[str]:
    last = ""
    for piece in _PIECE.finditer(pattern):
        least, quantifier = piece["least"], piece["open"]
        # A plus after a quantifier or a star after a bracket of a group's start is no repetition of its own.
        if quantifier and last not in {"*", "+", "?", "}", ""}:
            yield f"{{{int(quantifier == '+')},{_LONGEST}}}"
        elif least:
            yield f"{{{least},{max(int(least), _LONGEST)}}}"
        else:
            yield piece.group()
        last = piece.group()[-1] if not piece.group().startswith("\\") else "\\"
