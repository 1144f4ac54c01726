"""What is found, written plainly and written so that it is easily missed."""

from __future__ import annotations

import pytest

from pipeline.detect import Detector

NBSP, EN_DASH, NB_HYPHEN, SOFT_HYPHEN, ZERO_WIDTH = "\u00a0", "\u2013", "\u2011", "\u00ad", "\u200b"

WIDE = "536-22-8741".translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})

FOUND = [
    # United States
    ("US_SSN", "His number is 536-22-8741.", "536-22-8741"),
    ("US_SSN", "Social security: 536228741", "536228741"),
    ("US_SSN", "SSN 987-65-4321 on the form", "987-65-4321"),  # a block that was never issued
    ("US_SSN", f"SSN 536{EN_DASH}22{EN_DASH}8741", f"536{EN_DASH}22{EN_DASH}8741"),
    ("US_SSN", f"536{NB_HYPHEN}22{NB_HYPHEN}8741", f"536{NB_HYPHEN}22{NB_HYPHEN}8741"),
    ("US_SSN", f"536{NBSP}22{NBSP}8741", f"536{NBSP}22{NBSP}8741"),
    ("US_SSN", f"536-{ZERO_WIDTH}22-8741", f"536-{ZERO_WIDTH}22-8741"),
    ("US_SSN", "number 536-22-\n    8741 as agreed", "536-22-\n    8741"),
    ("US_SSN", f"{WIDE} in full width", WIDE),
    ("US_SSN", "٥٣٦-٢٢-٨٧٤١ in Arabic digits", "٥٣٦-٢٢-٨٧٤١"),
    ("US_ITIN", "ITIN 912-78-1234", "912-78-1234"),
    ("US_PASSPORT", "US passport A12345678", "A12345678"),
    ("US_DRIVER_LICENSE", "driver license H1234567", "H1234567"),
    ("US_BANK_NUMBER", "bank account 945456787654", "945456787654"),
    ("US_MBI", "Medicare beneficiary 1EG4-TE5-MK73", "1EG4-TE5-MK73"),
    ("US_NPI", "NPI: 1245319599", "1245319599"),
    ("US_NPI", "NPI: 1245319598", "1245319598"),  # wrong check digit
    ("US_DEA", "DEA number AB1234563", "AB1234563"),
    ("US_ZIP", "Springfield, IL 62704", "62704"),
    ("ABA_ROUTING_NUMBER", "routing number 021000021", "021000021"),
    # health
    ("MEDICAL_RECORD_NUMBER", "MRN: 00482913", "00482913"),
    ("MEDICAL_RECORD_NUMBER", "Medical Record No. A-778213", "A-778213"),
    ("MEDICAL_RECORD_NUMBER", "Patient ID #4419923", "4419923"),
    ("DEVICE_SERIAL", "pacemaker serial number PJN-204518H", "PJN-204518H"),
    ("AGE_OVER_89", "a 93-year-old woman", "93"),
    ("AGE_OVER_89", "she is ninety-four years old", "ninety-four"),
    ("DATE_OF_BIRTH", "DOB: 04/12/1956", "04/12/1956"),
    ("DATE_OF_BIRTH", "born on 3 March 1961 in Leeds", "3 March 1961"),
    ("DATE_OF_BIRTH", "Date of birth (dd/mm/yyyy): 03-03-61", "03-03-61"),
    # business
    ("POLICY_NUMBER", "Policy no. HO-2291-88471", "HO-2291-88471"),
    ("ACCOUNT_NUMBER", "account number: 4471-220-983", "4471-220-983"),
    ("EMPLOYEE_ID", "Employee ID E-20418", "E-20418"),
    ("CASE_NUMBER", "filed as 1:21-cv-04512-ABC", "1:21-cv-04512-ABC"),
    ("CASE_NUMBER", "Case No. CV-2023-118", "CV-2023-118"),
    ("CASE_NUMBER", "heard in Civil Appeal No. 4417 of 2011", "4417 of 2011"),
    ("CASE_NUMBER", "dismissed W.P.(C) No. 118/2004 with costs", "118/2004"),
    ("CASE_NUMBER", "Crl. Appeal Nos. 12, 13 of 1999", "12, 13 of 1999"),
    ("CASE_NUMBER", "registered as O.S.No.77 of 1989", "77 of 1989"),
    ("CASE_NUMBER", "order in R/CA/412/2020 today", "R/CA/412/2020"),
    ("CASE_NUMBER", "the complaint bearing No.88213 was heard", "88213"),
    ("CASE_NUMBER", "in Orissa Petition No. 41 of 1961 it held", "41 of 1961"),
    ("VIN", "the car, VIN 1HGCM82633A004352", "1HGCM82633A004352"),
    ("LICENSE_PLATE", "license plate 7ABC123", "7ABC123"),
    # payment
    ("CREDIT_CARD", "4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "4111 1111 1111 1112", "4111 1111 1111 1112"),  # one digit misread
    ("CREDIT_CARD", "card 4111 1111\n1111 1111", "4111 1111\n1111 1111"),
    ("CREDIT_CARD", f"4111{NBSP}1111{NBSP}1111{NBSP}1111", f"4111{NBSP}1111{NBSP}1111{NBSP}1111"),
    ("CREDIT_CARD", "Amex 378282246310005", "378282246310005"),
    ("CREDIT_CARD", "Mastercard 2223003122003222", "2223003122003222"),
    ("CARD_SECURITY_CODE", "CVV: 123", "123"),
    ("CARD_TRACK", ";4111111111111111=25121010000012345?", ";4111111111111111=25121010000012345?"),
    ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    ("IBAN_CODE", "IBAN DE88370400440532013000", "DE88370400440532013000"),  # wrong check digits
    # Europe and elsewhere
    ("UK_NINO", "NI number AB123456C", "AB123456C"),
    ("UK_NHS", "NHS number 943 476 5919", "943 476 5919"),
    ("DE_TAX_ID", "Steuer-ID 86095742719", "86095742719"),
    ("ES_NIF", "NIF 55555555K", "55555555K"),
    ("PL_PESEL", "PESEL 44051401359", "44051401359"),
    ("IT_FISCAL_CODE", "codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("IN_PAN", "PAN ABCPE1234F", "ABCPE1234F"),
    # what firms number
    ("UNIQUE_ID", "Complaint reference C-20391 was opened", "C-20391"),
    ("UNIQUE_ID", "Invoice no. INV-00931 is due", "INV-00931"),
    ("UNIQUE_ID", "your booking confirmation XK92311", "XK92311"),
    ("USERNAME", "username: user12345", "user12345"),
    # contacts and networks
    ("EMAIL_ADDRESS", "write to m.walker@example.com", "m.walker@example.com"),
    ("EMAIL_ADDRESS", "write to mwalker@hospital.local", "mwalker@hospital.local"),
    ("EMAIL_ADDRESS", "write to kids.com/m@example.com", "kids.com/m@example.com"),
    ("EMAIL_ADDRESS", "mailto:anna\n@app.example.io", "anna\n@app.example.io"),
    ("PHONE_NUMBER", "call +1 212 555 0187", "+1 212 555 0187"),
    ("PHONE_NUMBER", "call 020 7946 0958", "020 7946 0958"),
    ("IP_ADDRESS", "from 203.0.113.77", "203.0.113.77"),
    ("MAC_ADDRESS", "00:1B:44:11:3A:B7", "00:1B:44:11:3A:B7"),
    ("URL", "see https://example.org/a?b=c", "https://example.org/a?b=c"),
    # credentials
    ("API_KEY", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("API_KEY", "token ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
    ("API_KEY", "api_key = 'Zx81kqPd02mVbT77'", "Zx81kqPd02mVbT77"),
    ("PRIVATE_KEY", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "-----BEGIN RSA PRIVATE KEY-----"),
    ("PASSWORD", "password: Winter!2031", "Winter!2031"),
    ("PASSWORD", "password: XPLACEHOLDER7", "XPLACEHOLDER7"),
    ("SECRET", "postgresql://app:s3cr3t-pw@db.internal/main", "s3cr3t-pw"),
    # names
    ("PERSON", "Mary Walker called.", "Mary Walker"),
    ("PERSON", f"Mary{NBSP}Walker called.", f"Mary{NBSP}Walker"),
    ("LOCATION", "She lives in Boston.", "Boston"),
    ("NRP", "a Danish citizen", "Danish"),
]


@pytest.mark.parametrize(("entity", "text", "expected"), FOUND)
def test_finds(detector: Detector, entity: str, text: str, expected: str) -> None:
    """Each is found where it stands in the original text, however it is written."""
    found = [finding for finding in detector.scan(text).findings if finding.entity == entity]
    assert expected in [text[finding.start : finding.end] for finding in found]


SURE = [
    ("US_SSN", "His number is 536-22-8741.", 0.5),
    ("US_SSN", f"SSN 536{EN_DASH}22{EN_DASH}8741", 0.8),
    ("CREDIT_CARD", "4111 1111 1111 1111", 1.0),
    ("CREDIT_CARD", "4111 1111 1111 1112", 0.3),
    ("CREDIT_CARD", "card 4111 1111 1111 1112", 0.65),
    ("IBAN_CODE", "DE88370400440532013000", 0.3),
]


@pytest.mark.parametrize(("entity", "text", "expected"), SURE)
def test_is_as_sure_as_the_evidence(detector: Detector, entity: str, text: str, expected: float) -> None:
    """A passed check and a word nearby raise the score; a failed check lowers it and hides nothing."""
    score = max(finding.score for finding in detector.scan(text).findings if finding.entity == entity)
    assert score >= expected
    assert expected == 1.0 or score < 1.0


ORDINARY = [
    "Bind the client to IP address 0.0.0.0, or pretend that its remote address is 1.2.3.4.",
    "Take vale-3.13.0.0.tar.gz is the address of the client.",
    "Every day:\n\n```python\n@app.periodic(cron='0 4 * * *')\n```",
    '{"user_id": "user-123"}',
    "git clone git@github.com:example/tools.git",
    "Its format is example.org/signed-note@v1.0.0, as the note says.",
    "from example.db import close_old_connections\n\n@app.task\ndef work(): ...",
    'login(username="EMAIL-ADDRESS-PLACEHOLDER", password="PASSWORD-PLACEHOLDER")',
    "The meeting is at 10:30 in room 4711, floor 3.",
    "Order 2 units at 19.99 each; total 39.98 including tax.",
    "Version 3.11.2 was released with 1,204 fixes.",
    "def get(client): return client.get(path)",
    "The password is required for every user.",
    "See chapter 12, pages 100 to 140, for the method.",
    "ISBN 978-3-16-148410-0",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_leaves_ordinary_numbers_alone(detector: Detector, text: str) -> None:
    """Times, prices, versions, placeholders and code are not identifiers: nothing reaches the policies' threshold."""
    sure = [one.entity for one in detector.scan(text).findings if one.score >= 0.4]
    assert set(sure) <= {"DATE_TIME", "URL"}


def test_unused_labels_are_not_reported(detector: Detector) -> None:
    """A model's labels that say nothing about a person are dropped."""
    assert not detector.scan("It costs many dollars.").findings


def test_every_entity_is_announced(detector: Detector) -> None:
    """What is found is among the entities that the detector says it can find."""
    found = {finding.entity for _, text, _ in FOUND for finding in detector.scan(text).findings}
    assert found <= detector.entities
