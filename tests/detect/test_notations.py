"""What a text says in another notation is found as if it stood there in plain digits."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from pipeline.detect import Detector
from policies.assessment import GapReason

SAYS = "Her SSN is 536-22-8741."
CARD = "card 4111 1111 1111 1111"
BEFORE = "Please update the member record before the weekly meeting: "
AFTER = " and send the summary to everyone."


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("entity", "shown"),
    [
        ("US_SSN", _base64(SAYS)),
        ("US_SSN", _base64(_base64(SAYS))),
        ("US_SSN", base64.b64encode(SAYS.encode("utf-16-le")).decode()),
        ("US_SSN", base64.urlsafe_b64encode(SAYS.encode()).decode().rstrip("=")),
        ("US_SSN", base64.b32encode(SAYS.encode()).decode()),
        ("US_SSN", SAYS.encode().hex()),
        ("CREDIT_CARD", base64.encodebytes(f"{'x ' * 50}{CARD}{' y' * 50}".encode()).decode()),
        ("US_SSN", quote(SAYS, safe="")),
        ("US_SSN", "Her SSN is " + "".join(f"%{ord(one):02x}" for one in "536-22-8741")),
        ("US_SSN", "Her SSN is " + "".join(f"=3{one}" for one in "536228741")),
        ("US_SSN", "Her SSN is " + "".join(f"&#{ord(one)};" for one in "536-22-8741")),
        ("US_SSN", "Her SSN is " + "".join(f"\\u{ord(one):04x}" for one in "536-22-8741")),
        ("EMAIL_ADDRESS", "https://shop.example.com/?user=jane.doe%40clinic.example.org"),
        ("US_SSN", "Her SSN is five three six two two eight seven four one"),
        ("US_SSN", "Her SSN is five-three-six, two-two, eight-seven-four-one"),
        ("US_SSN", "Her SSN is 5 3 6 2 2 8 7 4 1"),
        *(("US_SSN", f"Her SSN is 536{mark}22{mark}8741") for mark in "/_,~·•|*"),
        ("US_SSN", "Her SSN is 536 / 22 / 8741"),
        ("US_SSN", "Her SSN is 5️⃣3️⃣6️⃣-2️⃣2️⃣-8️⃣7️⃣4️⃣1️⃣"),
        ("US_SSN", '{"ssn":"536228741"}'),
        ("US_SSN", "ssn=536228741"),
        ("US_SSN", "social_security_number: 536228741"),
        ("CREDIT_CARD", "card 4111/1111/1111/1111"),
    ],
)
def test_a_notation_hides_nothing(detector: Detector, entity: str, shown: str) -> None:
    """The finding covers the place where the notation stands."""
    findings = detector.scan(BEFORE + shown + AFTER).findings
    places = [(one.start, one.end) for one in findings if one.entity == entity]
    assert places
    assert all(len(BEFORE) <= start < end <= len(BEFORE + shown) for start, end in places)


@pytest.mark.parametrize(
    "shown",
    [
        "responsibilities-and-accountabilities",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "12/05/2024, 1,234,567 and 10:30:45",
        "one or two of the three",
        "5 < 6 && 7 > 3, 100% &amp; more",
    ],
)
def test_what_only_looks_like_a_notation_is_left_alone(detector: Detector, shown: str) -> None:
    """Long words, digests, dates and amounts make no document sensitive, or incomplete."""
    assessment = detector.scan(BEFORE + shown + AFTER)
    assert assessment.complete
    assert not {"US_SSN", "CREDIT_CARD", "EMAIL_ADDRESS"} & assessment.entities.keys()


def test_an_encoded_object_is_a_gap(detector: Detector) -> None:
    """A picture in base64 is something that nobody has looked into."""
    shown = base64.b64encode(bytes(range(128, 256)) * 4).decode()
    assert GapReason.EMBEDDED_OBJECT in {gap.reason for gap in detector.scan(BEFORE + shown + AFTER).gaps}
