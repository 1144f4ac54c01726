"""What nobody could read is told: announced values without a finding, and disguises by their form."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect import Detector
from pipeline.detect.disguise import disguise_gaps
from pipeline.detect.unread import unread_values
from policies.assessment import Finding, Gap, GapReason


def _gaps(text: str) -> list[Gap]:
    return [*unread_values(text, ()), *disguise_gaps(text)]


def _found(text: str, value: str, score: float = 0.85) -> Finding:
    start = text.index(value)
    return Finding(
        start=start, end=start + len(value), entity="IBAN_CODE", score=score, recogniser="IbanRecognizer"
    )


ANNOUNCED = [
    "SSN: dbe\\aa\\gfc`",
    "The social security number on the form is GTS-EE-SgET for now.",
    "IBAN | }{b` pq}p _h_d dchf `_ |",
    "We charged it to the Visa card S4Iz obQg zgs7 BBI4.",
    "Passport number: Q as in Quebec, 2, 0, 5, 7, 1, 8, 9, 4",
    "Telephone: six-one-seven three-four-five two-two-four-one",
    "The date of birth on the application is 0l/z3/l97B.",
    "Date of birth: data:text/plain;base64,MDEvMTMvMTk3OA==",
    "The password of the printer is Me adow%6 48kT for everybody.",
    "Medical record number (MRN): first part 57, second part 421, third part 310",
    "Medicare number:\n- 1EG4\n- TE5\n- MK73",
    "Bank account number: `cda gbd` c`cb",
    "E-mail: zneply.ynefra38^rknzcyr+pbz",
    "IP-Adresse laut IP address: \u3125\u3123\u02d9\u1105\u0190\u21c2\u02d9\u3123\u3123",
]


@pytest.mark.parametrize("line", ANNOUNCED)
def test_a_value_that_is_announced_and_not_found_is_a_gap(line: str) -> None:
    """However it is written, what a label announces was read by somebody or makes the text incomplete."""
    (gap,) = unread_values(f"Dear all,\n{line}\nwith kind regards from the house team", ())
    assert (gap.reason, gap.detail) == (GapReason.HIDDEN_TEXT, "unread_value")


ORDINARY = [
    "The passport number is required for every traveller who wants to board.",
    "Your date of birth is never shown to other members of the club.",
    "Please call the phone number on the back of the card, 24 hours a day.",
    "The Nokia 6600 is a phone with 5 stars; the older phone, a Sony T610, is quiet.",
    "SSN: not given\nIBAN: none\nPhone: see the list on the board",
    "[09:21] my date of birth is the usual one\n[09:22] thanks, and see you at the meeting",
    "A password must have at least 12 characters, one of them a digit.",
    'Set `password` and `api_key` in the file, or pass token=os.environ["API_TOKEN"].',
    "Telefonnummer der Krankenversicherung siehe Rückseite der Versichertenkarte.",
    "The medical record lists methylphenidate, acetylsalicylic acid and levothyroxine.",
    "IP addresses are handed out by the router in the hall on the second floor.",
    "E-mail to Szczepanski, Nguyen, Krzysztof and Oyelaran was answered on Monday.",
    "secret: the recipe of grandmother's apple cake, which nobody has written down yet",
]


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_text_behind_a_label_is_no_gap(line: str) -> None:
    """Sentences about numbers, empty fields, programs and names announce nothing that is hidden."""
    assert not _gaps(f"Dear all,\n{line}\nwith kind regards from the house team")


def test_a_value_that_was_found_is_no_gap() -> None:
    """A finding within the value shows that it was read; one that is doubt, or elsewhere, does not."""
    text = "The cups are new. IBAN: DE89~3704~0044~0532~0130~00 for the refund."
    value = "3704~0044"
    assert unread_values(text, ())
    assert not unread_values(text, [_found(text, value)])
    assert unread_values(text, [_found(text, value, score=0.3)])
    assert unread_values(text, [_found(text, "cups")])


DISGUISED = [
    ("escapes", "".join(f"%{ord(one):02X}" for one in "536-22-8741")),
    ("escapes", "".join(f"\\u{{{ord(one):x}}}" for one in "AKIA7QXW")),
    ("escapes", "".join(f"&amp;#{ord(one)};" for one in "jane@example")),
    ("escapes", " ".join(f"U+{ord(one):04X}" for one in "536228741")),
    ("character_codes", "CHAR(53,51,54,45,50,50,45,56)"),
    ("character_codes", "String.fromCharCode(8322,8324,45,8320,8321,45,8326)"),
    ("code_list", "[917607, 917608, 45, 917599, 917573, 917554, 917580, 917557, 917612]"),
    ("code_list", '"52","49","53","44","32","54","51","55","44","32"'),
    ("code_list", "065 113 111 101 040 061 062 063 141"),
    ("letters_by_name", "4, Q as in Quebec, 2, D as in Delta, 1"),
    ("flipped", "\u3123\u31236\u3125-6\u1105\u3125"),
    ("escapes", ";84#&;76#&;28#&;28#&;501#&;57#&"),
    ("character_codes", ")411,101,301,001,101(edoCrahCmorf.gnirtS"),
    ("data_uri", "data:text/plain;base64,MDEv\n- MTMv"),
    ("ascii85", "<~1bg+0n$n6<wbr>an$mljn~>"),
    ("signs_apart", "% 6 7 h % 7 0 _ t s % 7 9"),
    ("unseen", "12\ufff9\ufffa\ufffb345"),
    ("foreign_digits", "\u096b\u0a69\u0c6c-\u0e52\u0ed2"),
]


@pytest.mark.parametrize(("detail", "shown"), DISGUISED)
def test_a_disguise_is_told_by_its_form(detail: str, shown: str) -> None:
    """Escaped letters, lists of codes, signs apart and odd characters are gaps without any label."""
    gaps = _gaps(f"Please note that we use {shown} for this from now on.")
    assert detail in {gap.detail for gap in gaps}


PLAIN = [
    "See https://example.org/wiki/%E4%B8%AD%E6%96%87%E7%BB%B4%E5%9F%BA for the article in Chinese.",
    'The file holds {"name": "\\u4e2d\\u6587\\u7ef4\\u57fa\\u767e\\u79d1"} and nothing else.',
    "The plan is at https://example.com/the%20new%20plan%20%28final%29.pdf for all to read.",
    "W E L C O M E   T O   T H E   O P E N   D A Y",
    "| 1 | 0 | 2 | 3 | 1 | 4 | 0 | 2 | 5 | 1 | 2 | 3 |",
    "Visitors by month: 120 98 143 165 187 210 244 251 198 160 132 119.",
    "Years: 2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019, 2020.",
    "Points: 78, 85, 92, 67, 88, 90, 72, 81, 64, 95, 58 of a hundred.",
    "The book has an A as in an apple and is dull, as in many other places, like a B movie for Bob.",
    "A chart (12, 15, 18, 21 and 24) and a search/replace in chr (Chromium) are shown.",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
]


@pytest.mark.parametrize("line", PLAIN)
def test_what_is_written_in_another_way_for_a_reason_is_no_disguise(line: str) -> None:
    """Links in other scripts, titles, tables and digests stay."""
    assert not _gaps(f"Dear all,\n{line}\nwith kind regards from the house team")


@given(st.text(alphabet="abcIBAN:%x0123456789 \\&#;=|\n}{`_", max_size=200), st.text(max_size=80))
def test_more_text_never_takes_a_disguise_away(text: str, more: str) -> None:
    """What stands behind another paragraph leaves the gaps of a text as they are."""
    before = {gap.detail for gap in _gaps(text)}
    after = {gap.detail for gap in _gaps(f"{text}\n\n\nThe cups are in the kitchen now.\n\n{more}")}
    assert before <= after


@pytest.mark.parametrize(
    "unit", ["IBAN: ", "%41", "a ", "&#", "\\x4", "password }{ ", "char(", "\ufff9", "1 \u0663", "= "]
)
def test_the_time_grows_with_the_text(unit: str) -> None:
    """Ten times a text of any of the marks takes about ten times as long."""
    seconds = []
    for count in (4_000, 40_000):
        started = time.thread_time()
        _gaps(unit * count)
        seconds.append(time.thread_time() - started)
    assert seconds[1] < 30 * seconds[0] + 0.2


def test_a_detector_without_this_sight_is_blind(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lamp test says so when announced values are told no more."""
    for name in ("unread_values", "disguise_gaps"):
        monkeypatch.setattr(f"pipeline.detect.lamp.{name}", lambda *_: [])
    lamp = detector._lamp
    blind = lamp.blind(detector._look_at_text, lambda _: ())
    assert {"escapes", "unread_value"} <= set(blind)


def test_the_detector_tells_it(detector: Detector) -> None:
    """An assessment of a text with an announced value that nobody could read is incomplete."""
    gaps = detector.scan("Please fill in the form. Passport number: zxq-vvk~qzx#9w and leave it there.").gaps
    assert ("hidden_text", "unread_value") in {(gap.reason.value, gap.detail) for gap in gaps}
