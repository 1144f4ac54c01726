"""KNOWN_OPEN: what the matrix still lets through. The tests hold it exact, so it can only shrink."""

from __future__ import annotations

_UNREAD = "no view reads this yet"
_UNLABELLED = "no recogniser takes this label or sentence for one, evaded or not"

KNOWN_OPEN: dict[str, tuple[str, str]] = {
    "backslashes": (
        "UK_NINO US_SSN",
        _UNREAD,
    ),
    "tildes": (
        "US_SSN",
        _UNREAD,
    ),
    "speckles": (
        "US_SSN",
        _UNREAD,
    ),
    "stray_spaces": (
        "ACCESS_TOKEN CLOUD_KEY EMAIL_ADDRESS US_SSN",
        _UNREAD,
    ),
    "colons": (
        "IBAN_CODE",
        _UNREAD,
    ),
    "lower_case": (
        "IBAN_CODE",
        _UNREAD,
    ),
    "html_spans": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "digit_words_with_signs": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "as_in": (
        "EMAIL_ADDRESS POLICY_NUMBER US_MBI",
        _UNREAD,
    ),
    "at_dot_angles": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "at_dot_low_lines": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "glued_low_lines": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "half_bold": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "upside_down": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "doubled_digit_words": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "paired_digit_words": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "digits_as_letters": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "one_misread_digit": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "misread_digits": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "rot47": (
        "IP_ADDRESS UK_NINO US_MBI",
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
        "ACCESS_TOKEN CLOUD_KEY UK_NINO",
        _UNREAD,
    ),
    "parts_in_words": (
        "IT_FISCAL_CODE",
        _UNREAD,
    ),
    "rot13": (
        "ACCESS_TOKEN IT_FISCAL_CODE PRIVATE_KEY",
        _UNREAD,
    ),
    "hyphenated_digit_words": (
        "IT_FISCAL_CODE",
        _UNREAD,
    ),
    "caesar_3": (
        "ACCESS_TOKEN CLOUD_KEY",
        _UNREAD,
    ),
    "glued_words": (
        "CLOUD_KEY",
        _UNREAD,
    ),
    "twice_quoted_mail": (
        "ACCESS_TOKEN",
        _UNREAD,
    ),
    "list_items": (
        "ACCESS_TOKEN IP_ADDRESS",
        _UNREAD,
    ),
    "backwards": (
        "ACCESS_TOKEN PRIVATE_KEY",
        _UNREAD,
    ),
    "uuencoded": (
        "ACCESS_TOKEN",
        _UNREAD,
    ),
    "quoted_mail": (
        "PASSWORD",
        _UNREAD,
    ),
    "look_alike_digits": (
        "IP_ADDRESS",
        _UNREAD,
    ),
    "code_comments": (
        "IP_ADDRESS",
        _UNREAD,
    ),
    "nato_alphabet": (
        "IP_ADDRESS",
        _UNREAD,
    ),
}
"""Operator (or `plain`) to the entity types that it gets through, and why."""

KNOWN_OPEN_COMPOSITIONS = (4, 4, 2, 1)
"""How many compositions of each shard of the sample get through."""
