"""KNOWN_OPEN: what the matrix still lets through. The tests hold it exact, so it can only shrink."""

from __future__ import annotations

_UNREAD = "no view reads this yet"
_UNLABELLED = "no recogniser takes this label or sentence for one, evaded or not"

KNOWN_OPEN: dict[str, tuple[str, str]] = {
    "backslashes": (
        "DATE_OF_BIRTH PHONE_NUMBER POLICY_NUMBER UK_NINO US_SSN",
        _UNREAD,
    ),
    "tildes": (
        "US_SSN",
        _UNREAD,
    ),
    "digits_as_letters": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER PHONE_NUMBER US_BANK_NUMBER US_SSN",
        _UNREAD,
    ),
    "all_misread": (
        "CREDIT_CARD DATE_OF_BIRTH PHONE_NUMBER UK_NHS US_SSN",
        _UNREAD,
    ),
    "speckles": (
        "US_SSN",
        _UNREAD,
    ),
    "stray_spaces": (
        "ACCESS_TOKEN CLOUD_KEY EMAIL_ADDRESS IP_ADDRESS PASSWORD US_SSN",
        _UNREAD,
    ),
    "uuencoded": (
        "ACCESS_TOKEN CREDIT_CARD DE_TAX_ID EMAIL_ADDRESS IBAN_CODE IT_FISCAL_CODE UK_NHS UK_NINO US_BANK_NUMBER",
        _UNREAD,
    ),
    "rot47": (
        "CREDIT_CARD DE_TAX_ID EMAIL_ADDRESS IBAN_CODE IP_ADDRESS PASSWORD PHONE_NUMBER POLICY_NUMBER PRIVATE_KEY UK_NHS UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE US_MBI US_PASSPORT",
        _UNREAD,
    ),
    "rot5": (
        "CREDIT_CARD",
        _UNREAD,
    ),
    "dash_word": (
        "CREDIT_CARD",
        _UNREAD,
    ),
    "colons": (
        "IBAN_CODE UK_NINO US_MBI",
        _UNREAD,
    ),
    "upside_down": (
        "DATE_OF_BIRTH IBAN_CODE IP_ADDRESS PHONE_NUMBER UK_NHS UK_NINO US_MBI",
        _UNREAD,
    ),
    "list_items": (
        "ACCESS_TOKEN IBAN_CODE IP_ADDRESS PASSWORD",
        _UNREAD,
    ),
    "as_in": (
        "EMAIL_ADDRESS IBAN_CODE IT_FISCAL_CODE POLICY_NUMBER UK_NINO US_DRIVER_LICENSE US_MBI US_PASSPORT",
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
    "at_dot_angles": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "at_dot_low_lines": (
        "EMAIL_ADDRESS",
        _UNREAD,
    ),
    "glued_low_lines": (
        "CLOUD_KEY DATE_OF_BIRTH EMAIL_ADDRESS US_MBI",
        _UNREAD,
    ),
    "indented_wrap": (
        "PASSWORD PHONE_NUMBER",
        _UNREAD,
    ),
    "half_bold": (
        "DATE_OF_BIRTH PHONE_NUMBER",
        _UNREAD,
    ),
    "data_uri": (
        "DATE_OF_BIRTH IP_ADDRESS MEDICAL_RECORD_NUMBER PHONE_NUMBER",
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
    "one_misread_digit": (
        "DATE_OF_BIRTH PHONE_NUMBER",
        _UNREAD,
    ),
    "misread_digits": (
        "DATE_OF_BIRTH PHONE_NUMBER UK_NHS US_BANK_NUMBER",
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
        "ACCESS_TOKEN CLOUD_KEY IT_FISCAL_CODE PRIVATE_KEY UK_NINO",
        _UNREAD,
    ),
    "parts_in_words": (
        "IT_FISCAL_CODE",
        _UNREAD,
    ),
    "rot13": (
        "ACCESS_TOKEN CLOUD_KEY IT_FISCAL_CODE PRIVATE_KEY",
        _UNREAD,
    ),
    "caesar_3": (
        "ACCESS_TOKEN CLOUD_KEY IT_FISCAL_CODE POLICY_NUMBER PRIVATE_KEY",
        _UNREAD,
    ),
    "hyphenated_digit_words": (
        "IT_FISCAL_CODE",
        _UNREAD,
    ),
    "quoted_mail": (
        "PASSWORD US_PASSPORT",
        _UNREAD,
    ),
    "numbered_variables": (
        "IP_ADDRESS US_PASSPORT",
        _UNREAD,
    ),
    "decimal_codes": (
        "ACCESS_TOKEN DATE_OF_BIRTH MEDICAL_RECORD_NUMBER",
        _UNREAD,
    ),
    "decimal_list": (
        "CONNECTION_STRING DATE_OF_BIRTH MEDICAL_RECORD_NUMBER",
        _UNREAD,
    ),
    "from_char_codes": (
        "DATE_OF_BIRTH IP_ADDRESS MEDICAL_RECORD_NUMBER PASSWORD",
        _UNREAD,
    ),
    "sql_char": (
        "ACCESS_TOKEN DATE_OF_BIRTH MEDICAL_RECORD_NUMBER",
        _UNREAD,
    ),
    "parentheses": (
        "DATE_OF_BIRTH",
        _UNREAD,
    ),
    "bracketed": (
        "DATE_OF_BIRTH",
        _UNREAD,
    ),
    "table_cells": (
        "DATE_OF_BIRTH",
        _UNREAD,
    ),
    "json_list": (
        "DATE_OF_BIRTH",
        _UNREAD,
    ),
    "numbered_digits": (
        "DATE_OF_BIRTH",
        _UNREAD,
    ),
    "octal_codes": (
        "DATE_OF_BIRTH",
        _UNREAD,
    ),
    "glued_letters": (
        "DATE_OF_BIRTH US_BANK_NUMBER",
        _UNREAD,
    ),
    "glued_words": (
        "CLOUD_KEY DATE_OF_BIRTH IP_ADDRESS US_BANK_NUMBER",
        _UNREAD,
    ),
    "twice_quoted_mail": (
        "ACCESS_TOKEN",
        _UNREAD,
    ),
    "backwards": (
        "ACCESS_TOKEN PRIVATE_KEY",
        _UNREAD,
    ),
    "letter_spacing": (
        "PRIVATE_KEY",
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
    "base32": (
        "IP_ADDRESS",
        _UNREAD,
    ),
    "percent": (
        "IP_ADDRESS",
        _UNREAD,
    ),
    "nato_alphabet": (
        "IP_ADDRESS",
        _UNREAD,
    ),
}
"""Operator (or `plain`) to the entity types that it gets through, and why."""

KNOWN_OPEN_COMPOSITIONS = (17, 16, 13, 12)
"""How many compositions of each shard of the sample get through."""
