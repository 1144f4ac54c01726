"""KNOWN_OPEN: what the matrix still lets through. The tests hold it exact, so it can only shrink."""

from __future__ import annotations

_UNREAD = "no view reads this yet"
_UNLABELLED = "no recogniser takes this label or sentence for one, evaded or not"

KNOWN_OPEN: dict[str, tuple[str, str]] = {
    "speckles": (
        "US_SSN",
        _UNREAD,
    ),
    "stray_spaces": (
        "EMAIL_ADDRESS US_SSN",
        _UNREAD,
    ),
    "html_spans": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "rot47": (
        "UK_NINO US_MBI",
        _UNREAD,
    ),
    "some_digit_words": (
        "US_MBI",
        _UNREAD,
    ),
    "stray_signs": (
        "US_MBI",
        _UNREAD,
    ),
    "atbash": (
        "UK_NINO",
        _UNREAD,
    ),
    "parts_in_words": (
        "IT_FISCAL_CODE",
        _UNREAD,
    ),
    "quoted_mail": (
        "PASSWORD",
        _UNREAD,
    ),
}
"""Operator (or `plain`) to the entity types that it gets through, and why."""

KNOWN_OPEN_COMPOSITIONS = (2, 0, 0, 0)
"""How many compositions of each shard of the sample get through."""
