"""KNOWN_OPEN: what the matrix still lets through. The tests hold it exact, so it can only shrink."""

from __future__ import annotations

_UNREAD = "no view reads this yet"
_UNLABELLED = "no recogniser takes this label or sentence for one, evaded or not"

KNOWN_OPEN: dict[str, tuple[str, str]] = {
    "plain": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "backslashes": (
        "DATE_OF_BIRTH PHONE_NUMBER UK_NINO US_SSN",
        _UNREAD,
    ),
    "tildes": (
        "MEDICAL_RECORD_NUMBER US_SSN",
        _UNREAD,
    ),
    "other_groups": (
        "CREDIT_CARD DE_TAX_ID IT_FISCAL_CODE US_MBI US_SSN",
        _UNREAD,
    ),
    "smuggled_in_bits": (
        "ACCESS_TOKEN CLOUD_KEY CONNECTION_STRING CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID EMAIL_ADDRESS IBAN_CODE IP_ADDRESS IT_FISCAL_CODE MEDICAL_RECORD_NUMBER PHONE_NUMBER POLICY_NUMBER PRIVATE_KEY UK_NHS UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE US_MBI US_PASSPORT US_SSN",
        _UNREAD,
    ),
    "form_feeds": (
        "ACCESS_TOKEN CLOUD_KEY CONNECTION_STRING EMAIL_ADDRESS PASSWORD PHONE_NUMBER US_SSN",
        _UNREAD,
    ),
    "list_items": (
        "ACCESS_TOKEN DE_TAX_ID IT_FISCAL_CODE PASSWORD UK_NHS US_MBI US_SSN",
        _UNREAD,
    ),
    "numbered_variables": (
        "ACCESS_TOKEN CLOUD_KEY CONNECTION_STRING CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID IBAN_CODE IP_ADDRESS IT_FISCAL_CODE PASSWORD PHONE_NUMBER UK_NHS US_BANK_NUMBER US_MBI US_PASSPORT US_SSN",
        _UNREAD,
    ),
    "parts_in_words": (
        "CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID IT_FISCAL_CODE MEDICAL_RECORD_NUMBER PHONE_NUMBER POLICY_NUMBER UK_NHS UK_NINO US_BANK_NUMBER US_MBI US_PASSPORT US_SSN",
        _UNREAD,
    ),
    "code_comments": (
        "ACCESS_TOKEN CLOUD_KEY CONNECTION_STRING DE_TAX_ID IP_ADDRESS PASSWORD UK_NINO US_MBI US_PASSPORT US_SSN",
        _UNREAD,
    ),
    "numbered_digits": (
        "CREDIT_CARD DATE_OF_BIRTH MEDICAL_RECORD_NUMBER US_SSN",
        _UNREAD,
    ),
    "base64_in_lines": (
        "CLOUD_KEY DE_TAX_ID MEDICAL_RECORD_NUMBER PHONE_NUMBER UK_NHS UK_NINO US_BANK_NUMBER US_MBI US_SSN",
        _UNREAD,
    ),
    "rot47": (
        "ACCESS_TOKEN CLOUD_KEY CONNECTION_STRING CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID EMAIL_ADDRESS IBAN_CODE IP_ADDRESS IT_FISCAL_CODE MEDICAL_RECORD_NUMBER PASSWORD PHONE_NUMBER POLICY_NUMBER PRIVATE_KEY UK_NHS UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE US_MBI US_PASSPORT US_SSN",
        _UNREAD,
    ),
    "morse": (
        "DATE_OF_BIRTH DE_TAX_ID US_MBI US_SSN",
        _UNREAD,
    ),
    "digit_words": (
        "IT_FISCAL_CODE US_SSN",
        _UNREAD,
    ),
    "spanish_digit_words": (
        "US_SSN",
        _UNREAD,
    ),
    "digits_as_letters": (
        "CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER PHONE_NUMBER UK_NHS US_BANK_NUMBER US_SSN",
        _UNREAD,
    ),
    "dash_word": (
        "CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID IBAN_CODE PHONE_NUMBER POLICY_NUMBER UK_NHS UK_NINO US_BANK_NUMBER US_MBI US_SSN",
        _UNREAD,
    ),
    "space_word": (
        "CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID IBAN_CODE MEDICAL_RECORD_NUMBER PHONE_NUMBER POLICY_NUMBER UK_NHS UK_NINO US_BANK_NUMBER US_MBI US_SSN",
        _UNREAD,
    ),
    "then_word": (
        "CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID IBAN_CODE MEDICAL_RECORD_NUMBER PHONE_NUMBER POLICY_NUMBER UK_NHS UK_NINO US_BANK_NUMBER US_MBI US_SSN",
        _UNREAD,
    ),
    "all_misread": (
        "CREDIT_CARD DATE_OF_BIRTH DE_TAX_ID PHONE_NUMBER UK_NHS US_SSN",
        _UNREAD,
    ),
    "uuencoded": (
        "ACCESS_TOKEN CREDIT_CARD DE_TAX_ID EMAIL_ADDRESS IBAN_CODE PASSWORD UK_NHS UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE",
        _UNREAD,
    ),
    "paired_digit_words": (
        "CREDIT_CARD MEDICAL_RECORD_NUMBER",
        _UNREAD,
    ),
    "upside_down": (
        "DATE_OF_BIRTH IBAN_CODE UK_NHS US_DRIVER_LICENSE US_MBI US_PASSPORT",
        _UNREAD,
    ),
    "as_in": (
        "EMAIL_ADDRESS IBAN_CODE IT_FISCAL_CODE POLICY_NUMBER UK_NINO US_DRIVER_LICENSE US_MBI US_PASSPORT",
        _UNREAD,
    ),
    "hyphenated_wrap": (
        "DE_TAX_ID EMAIL_ADDRESS UK_NINO US_MBI",
        _UNREAD,
    ),
    "escaped_signs": (
        "CONNECTION_STRING EMAIL_ADDRESS PASSWORD PRIVATE_KEY",
        _UNREAD,
    ),
    "quoted_mail": (
        "ACCESS_TOKEN CONNECTION_STRING DE_TAX_ID EMAIL_ADDRESS IP_ADDRESS PASSWORD US_PASSPORT",
        _UNREAD,
    ),
    "latex_braces": (
        "ACCESS_TOKEN DE_TAX_ID EMAIL_ADDRESS IT_FISCAL_CODE MEDICAL_RECORD_NUMBER US_BANK_NUMBER US_MBI US_PASSPORT",
        _UNREAD,
    ),
    "digit_words_with_signs": (
        "EMAIL_ADDRESS IT_FISCAL_CODE MEDICAL_RECORD_NUMBER",
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
    "stray_spaces": (
        "ACCESS_TOKEN CLOUD_KEY EMAIL_ADDRESS IP_ADDRESS MEDICAL_RECORD_NUMBER PASSWORD",
        _UNREAD,
    ),
    "glued_low_lines": (
        "ACCESS_TOKEN CLOUD_KEY DE_TAX_ID EMAIL_ADDRESS UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE US_MBI US_PASSPORT",
        _UNREAD,
    ),
    "plus_signs": (
        "DE_TAX_ID PHONE_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "thousands": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER PHONE_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "indented_wrap": (
        "ACCESS_TOKEN DATE_OF_BIRTH MEDICAL_RECORD_NUMBER PASSWORD PHONE_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "csv_fields": (
        "DE_TAX_ID PHONE_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "data_uri": (
        "DATE_OF_BIRTH DE_TAX_ID IP_ADDRESS PASSWORD PHONE_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "shouted_digit_words": (
        "IT_FISCAL_CODE PHONE_NUMBER UK_NHS",
        _UNREAD,
    ),
    "italian_digit_words": (
        "PHONE_NUMBER",
        _UNREAD,
    ),
    "quoted_groups": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PHONE_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "misread_digits": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER PHONE_NUMBER UK_NHS",
        _UNREAD,
    ),
    "narrow_spaces": (
        "US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "spaced_hyphens": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "spaced_en_dashes": (
        "US_MBI",
        _UNREAD,
    ),
    "spaced_slashes": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER US_MBI",
        _UNREAD,
    ),
    "middle_dots": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_MBI",
        _UNREAD,
    ),
    "bullets": (
        "DE_TAX_ID US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "colons": (
        "DE_TAX_ID UK_NINO US_MBI",
        _UNREAD,
    ),
    "parentheses": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "half_bold": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "table_cells": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "tabs": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "semicolons": (
        "DE_TAX_ID US_BANK_NUMBER US_MBI",
        _UNREAD,
    ),
    "twice_quoted_mail": (
        "ACCESS_TOKEN DE_TAX_ID MEDICAL_RECORD_NUMBER PRIVATE_KEY US_MBI",
        _UNREAD,
    ),
    "rot13": (
        "ACCESS_TOKEN CLOUD_KEY IT_FISCAL_CODE PASSWORD PRIVATE_KEY US_MBI",
        _UNREAD,
    ),
    "caesar_3": (
        "ACCESS_TOKEN CLOUD_KEY IT_FISCAL_CODE PASSWORD PRIVATE_KEY US_MBI",
        _UNREAD,
    ),
    "atbash": (
        "ACCESS_TOKEN CLOUD_KEY IT_FISCAL_CODE PRIVATE_KEY UK_NINO US_MBI",
        _UNREAD,
    ),
    "hyphenated_digit_words": (
        "IT_FISCAL_CODE US_MBI",
        _UNREAD,
    ),
    "some_digit_words": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER UK_NINO US_MBI",
        _UNREAD,
    ),
    "speckles": (
        "DE_TAX_ID US_MBI",
        _UNREAD,
    ),
    "stray_signs": (
        "MEDICAL_RECORD_NUMBER UK_NINO US_MBI",
        _UNREAD,
    ),
    "uneven_gaps": (
        "DE_TAX_ID US_MBI",
        _UNREAD,
    ),
    "glued_letters": (
        "ACCESS_TOKEN DE_TAX_ID PASSWORD UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE US_MBI",
        _UNREAD,
    ),
    "glued_words": (
        "ACCESS_TOKEN CLOUD_KEY DE_TAX_ID IP_ADDRESS MEDICAL_RECORD_NUMBER PASSWORD UK_NINO US_BANK_NUMBER US_DRIVER_LICENSE US_MBI US_PASSPORT",
        _UNREAD,
    ),
    "german_digit_words": (
        "DATE_OF_BIRTH UK_NHS",
        _UNREAD,
    ),
    "one_misread_digit": (
        "MEDICAL_RECORD_NUMBER UK_NHS",
        _UNREAD,
    ),
    "no_break_hyphen": (
        "DATE_OF_BIRTH DE_TAX_ID US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "no_break_space": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "ideographic_space": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "wide_gaps": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "slashes": (
        "DE_TAX_ID",
        _UNLABELLED,
    ),
    "low_lines": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "commas": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "soft_hyphens": (
        "DE_TAX_ID PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "line_wrap": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "mathematical_bold": (
        "DE_TAX_ID",
        _UNLABELLED,
    ),
    "mathematical_sans": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "double_struck": (
        "DE_TAX_ID",
        _UNLABELLED,
    ),
    "negative_circled": (
        "DE_TAX_ID PASSWORD",
        _UNLABELLED,
    ),
    "parenthesised": (
        "ACCESS_TOKEN CLOUD_KEY DE_TAX_ID IT_FISCAL_CODE MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "subscript": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "digits_of_a_script": (
        "DE_TAX_ID PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "digits_of_many_scripts": (
        "DE_TAX_ID PASSWORD",
        _UNLABELLED,
    ),
    "zero_width_once": (
        "DE_TAX_ID",
        _UNLABELLED,
    ),
    "annotation_anchors": (
        "DE_TAX_ID PASSWORD",
        _UNLABELLED,
    ),
    "string_sum": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "html_spans": (
        "DE_TAX_ID PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "html_comments": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "word_break_tags": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD",
        _UNLABELLED,
    ),
    "backwards": (
        "ACCESS_TOKEN DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER PRIVATE_KEY",
        _UNREAD,
    ),
    "base64": (
        "CONNECTION_STRING DE_TAX_ID PASSWORD",
        _UNREAD,
    ),
    "base64_url_unpadded": (
        "DE_TAX_ID PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "base32": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_PASSPORT",
        _UNREAD,
    ),
    "base85": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "hex": (
        "DE_TAX_ID PASSWORD",
        _UNLABELLED,
    ),
    "hex_upper": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "hex_dump": (
        "DE_TAX_ID PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "hex_prefixed": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "percent_some": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "double_percent": (
        "DE_TAX_ID PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "quoted_printable": (
        "DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "utf7": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "html_decimal": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "html_twice": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "c_octal_escapes": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "decimal_codes": (
        "ACCESS_TOKEN DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNREAD,
    ),
    "decimal_list": (
        "CONNECTION_STRING DATE_OF_BIRTH DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD",
        _UNREAD,
    ),
    "from_char_codes": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD",
        _UNLABELLED,
    ),
    "sql_char": (
        "ACCESS_TOKEN DE_TAX_ID MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNREAD,
    ),
    "octal_codes": (
        "DE_TAX_ID MEDICAL_RECORD_NUMBER PRIVATE_KEY",
        _UNREAD,
    ),
    "rot5": (
        "DATE_OF_BIRTH DE_TAX_ID",
        _UNLABELLED,
    ),
    "wrong_digit": (
        "DE_TAX_ID IT_FISCAL_CODE MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNREAD,
    ),
    "trailing_signs": (
        "DE_TAX_ID PASSWORD",
        _UNLABELLED,
    ),
    "smuggled_in_selectors": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER US_PASSPORT",
        _UNREAD,
    ),
    "em_dash": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "no_separators": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "bracketed": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "full_width": (
        "MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "circled": (
        "MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "all_look_alike_digits": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "invisible_operators": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "blank_fillers": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "wide_letter_spacing": (
        "ACCESS_TOKEN MEDICAL_RECORD_NUMBER",
        _UNREAD,
    ),
    "hyphen_spacing": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "comma_spacing": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "vertical": (
        "ACCESS_TOKEN MEDICAL_RECORD_NUMBER",
        _UNREAD,
    ),
    "html_cells": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "json_list": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "mime_word": (
        "MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "html_hexadecimal": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "c_hex_escapes": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "css_escapes": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "french_digit_words": (
        "MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "nato_alphabet": (
        "DATE_OF_BIRTH MEDICAL_RECORD_NUMBER",
        _UNLABELLED,
    ),
    "mixed_separators": (
        "DATE_OF_BIRTH US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "letter_spacing": (
        "ACCESS_TOKEN PASSWORD PRIVATE_KEY",
        _UNREAD,
    ),
    "superscript": (
        "PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "percent": (
        "PASSWORD",
        _UNLABELLED,
    ),
    "html_some": (
        "PASSWORD",
        _UNLABELLED,
    ),
    "json_escapes": (
        "PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "braced_escapes": (
        "PASSWORD",
        _UNLABELLED,
    ),
    "code_point_names": (
        "PASSWORD US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "en_dash": (
        "US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "mathematical_monospace": (
        "US_BANK_NUMBER",
        _UNLABELLED,
    ),
    "look_alike_digits": (
        "US_BANK_NUMBER",
        _UNLABELLED,
    ),
}
"""Operator (or `plain`) to the entity types that it gets through, and why."""

KNOWN_OPEN_COMPOSITIONS = (25, 28, 24, 24)
"""How many compositions of each shard of the sample get through."""
