from __future__ import annotations

import base64
import binascii
import codecs
import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect.script import character_gaps
from pipeline.detect.views import VIEWS, views
from pipeline.detect.views.compose import _GUESS, _LEET, _MAKE_PLAINER
from pipeline.detect.views.reading import Piece, Reading, excerpt, rewrite
from pipeline.detect.views.sheet import Sheet
from pipeline.detect.views.worth import is_number

SSN, CARD, MAIL = "536-22-8741", "4111111111111111", "jane.doe@clinic.example.org"
IBAN = "DE89370400440532013000"
KEY = "ghp_x3WPSLO3PBgOOvyPqOnjy8Orq74Lf2t0k3gg"
ABC = "abcdefghijklmnopqrstuvwxyz"


def _encode(text: str, codec: str) -> str:
    return codecs.encode(text, codec)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _wide(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


SHOWN: list[tuple[str, str]] = [
    (SSN, _wide(f"SSN {SSN}")),
    (SSN, "SSN 5\u200b3\u200d6\u2060-22-87\u00ad41"),
    (SSN, "SSN 5\u03363\u03366-2\u03012-8741"),
    (SSN, "SSN ⑤③⑥-②②-⑧⑦④①"),
    (SSN, "SSN \u0665\u0663\u0666\u2013\u0662\u0662\u2013\u0668\u0667\u0664\u0661"),
    (SSN, "SSN 五三六-二二-八七四一"),
    (SSN, "SSN 5 3 6 - 2 2 - 8 7 4 1"),
    (SSN, "SSN\n5\n3\n6\n2\n2\n8\n7\n4\n1\n"),
    (SSN, "SSN | 5 | 3 | 6 | 2 | 2 | 8 | 7 | 4 | 1 |"),
    (SSN, '["5","3","6","-","2","2","-","8","7","4","1"]'),
    (SSN, "SSN 536 //- 22 //- 8741"),
    (SSN, "SSN 536-22-\n> 8741"),
    (SSN, "SSN 536-2=\n2-8741"),
    (SSN, f"SSN {_base64(SSN)}\nnote"),
    (SSN, f"SSN {_base64(f'SSN {SSN}')}\n"),
    (SSN, f"{_base64(f'SSN {SSN} and so on, and so on, and so on')[:75]}=\n{_base64('x' * 56 + SSN)[75:]}"),
    (SSN, f"SSN =?utf-8?B?{_base64(SSN)}?=\n"),
    (SSN, "SSN =?utf-8?Q?536=2D22=2D8741?=\n"),
    (SSN, "SSN536-22-8741x"),
    (SSN, "SSN five three six, two two, eight seven four one"),
    (SSN, "SSN five hundred thirty-six, twenty-two, eighty-seven forty-one"),
    (SSN, "SSN 5 three six double two 8 seven four 1"),
    (SSN, "Nummer fünf drei sechs zwei zwei acht sieben vier eins"),
    (SSN, "Nummer fünf drei sechs zweiundzwanzig siebenundachtzig einundvierzig"),
    (SSN, "numéro cinq trois six deux deux huit sept quatre un"),
    (SSN, "número cinco tres seis dos dos ocho siete cuatro uno"),
    (SSN, "numero cinque tre sei due due otto sette quattro uno"),
    (SSN, "SSN S36-22-B74l"),
    (SSN, f"SSN {SSN[::-1]}"),
    (SSN, _base64(f"SSN {SSN}")),
    (SSN, _wide(_base64(f"SSN {SSN}"))),
    (SSN, _base64(_wide(f"SSN {SSN}"))),
    (SSN, "\u200b".join(_base64(_base64(f"SSN {SSN}")))),
    (SSN, _base64(f"SSN {SSN}")[::-1]),
    (SSN, base64.b64encode(gzip.compress(f"SSN {SSN}".encode(), mtime=0)).decode()),
    (SSN, base64.b85encode(f"SSN {SSN}".encode()).decode()),
    (SSN, base64.a85encode(f"SSN {SSN}".encode(), adobe=True).decode()),
    (SSN, "begin 644 x\n" + binascii.b2a_uu(f"SSN {SSN}".encode()).decode() + "`\nend\n"),
    (SSN, f"SSN {SSN}".encode().hex(" ")),
    (SSN, f"SSN {SSN}".encode().hex(":")),
    (SSN, " ".join(str(one) for one in f"SSN {SSN}".encode())),
    (SSN, " ".join(f"{one:08b}" for one in f"SSN {SSN}".encode())),
    (SSN, "".join(f"\\{one:03o}" for one in SSN.encode())),
    (SSN, "".join(f"%25{one:02X}" for one in SSN.encode())),
    (SSN, "".join(f"<b>{one}</b>" for one in SSN)),
    (SSN, "".join(f"<td>{one}</td>" for one in SSN)),
    (SSN, "..... ...-- -.... -....- ..--- ..--- -....- ---.. --... ....- .----"),
    (SSN, "SSN ⠼⠑⠼⠉⠼⠋⠤⠼⠃⠼⠃⠤⠼⠓⠼⠛⠼⠙⠼⠁"),
    (CARD, "card 4111 \u00b7\u00b7 1111 \u2022 1111 ~ 1111"),
    (CARD, "card four triple one, one one one one, double one double one, one one one one"),
    (IBAN, "IBAN D E 8 9   3 7 0 4   0 0 4 4   0 5 3 2   0 1 3 0   0 0"),
    (IBAN, "IBAN DE89*3704*0044*0532*0130*00"),
    (IBAN, "IBAN DE89 37O4 OO44 O532 O13O OO"),
    (IBAN, _encode("DE89 3704 0044 0532 0130 00", "rot13")),
    (IBAN, "IBAN de89:3704:0044:0532:0130:00"),
    (IBAN, "IBAN “de89” “3704” “0044” “0532” “0130” “00”"),
    (IBAN, "IBAN\n- DE89 3704\n- 0044 0532\n- 0130 00"),
    (SSN, binascii.b2a_uu(f"SSN {SSN} today".encode()).decode().rstrip()),
    ("SFDVTS-75B12H402W", "code S-F-D-V-T-S-seven-five-B-one-two-H-four-zero-two-W"),
    ("(617) 345-2441", "call 6 | 1 | 7 | 3 | 4 | 5 | 2 | 4 | 4 | 1 |"),
    (KEY, KEY[::-1]),
    (KEY, _encode(KEY, "rot13")),
    (KEY, KEY.translate(str.maketrans(ABC + ABC.upper(), ABC[::-1] + ABC[::-1].upper()))),
    (KEY, f"{KEY[:9]} {KEY[9:20]} {KEY[20:]}"),
    (KEY, f"\n- {KEY[:9]}\n- {KEY[9:12]}\n- {KEY[12:]}"),
    ("4111 1111 1111 1111", "card c``` ```` ```` ````"),
    ("203.113.77.12", "from a_b]``b]ff]`a"),
    (MAIL, f"write to _{MAIL}_ today"),
    (MAIL, "write to jane<dot>doe<at>clinic<dot>example<dot>org"),
    (MAIL, "write to jane_dot_doe_at_clinic_dot_example_dot_org"),
    (MAIL, "write to jane.doe (at) clinic [dot] example [dot] org"),
    (MAIL, "write to jane dot doe at clinic dot example dot org"),
    (MAIL, "write to jane.doe @ clinic . example . org"),
    (MAIL, "mail jane.doe@clinic.\n  example.org"),
    (MAIL, " ".join(MAIL)),
    (MAIL, f'{MAIL[:8]}" + "{MAIL[8:]}'),
    ("203.0.113.77", "from 203 dot 0 dot 113 dot 77"),
    ("Mary Walker", "M a r y   W a l k e r"),
    ("Mary Walker", "Ma\u200bry Wal\u200bker"),
    ("Mary Walker", "Mary Wal-\nker"),
    ("Mary Walker", "M4ry W4lk3r"),
    ("Mary Walker", "mArY wAlKeR"),
    ("Mary Walker", "reklaW yraM"),
    ("Mary Walker", "Mary Wa&#108;ker"),
]


@pytest.mark.parametrize(("says", "shown"), SHOWN)
def test_some_view_says_what_was_meant(says: str, shown: str) -> None:
    """However it is written, one of the views holds it in its plain form, and knows its place."""
    before, after = "Please update the record before the meeting: ", " and tell the others about it."
    text = before + shown + after
    found = [view for view in views(text) if says in view.text]
    assert found
    for view in found:
        at = view.text.index(says)
        start, end = view.span(at, at + len(says))
        assert len(before) <= start < end <= len(before + shown)
        assert view.name in VIEWS
    if says.replace(" ", "").isalpha():
        assert any(view.for_names and view.changed(0, len(view.text)) for view in found)


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("spelled_digits", "six-one-seven/three,four,five:two-four.four;one"),
        ("spelled_digits", "five / three / six / W / two / two / eight"),
        ("encoded", _base64(SSN)),
        ("encoded", "=?utf-8?B?" + _base64(SSN) + "?="),
        ("cipher", KEY[::-1]),
        ("cipher", "c``` ```` ```` ````"),
    ],
)
def test_what_had_to_be_decoded_is_a_gap(detail: str, shown: str) -> None:
    """Nobody spells digits, encodes letters or turns a key round for no reason."""
    assert detail in {view.gap.detail for view in views(f"Note the card {shown} of today.") if view.gap}


def test_a_header_in_another_alphabet_is_no_gap() -> None:
    """Encoded words are how mail writes letters beyond ASCII."""
    word = "=?utf-8?B?" + _base64("Müller, Straße 12345") + "?="
    assert not [view for view in views(f"From: {word}") if view.gap]


SENTENCE = "Her social security number is 536-22-8741 and her name is Mary Walker."


@pytest.mark.parametrize(
    "hidden",
    [
        _encode(SENTENCE, "rot13"),
        SENTENCE.translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "hijklmnopqrstuvwxyzabcdefg")),
        SENTENCE.translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")),
        SENTENCE[::-1],
        "".join(chr(33 + (ord(one) - 33 + 47) % 94) if one != " " else one for one in SENTENCE),
    ],
)
def test_a_cipher_is_undone_and_told(hidden: str) -> None:
    """A ciphered sentence is read, and that it was ciphered makes the assessment incomplete."""
    found = [view for view in views(f"Notes of the day.\n{hidden}\nNothing else.") if view.gap]
    assert any("536-22-8741" in view.text and "ary " in view.text for view in found)


@pytest.mark.parametrize(
    "text",
    [
        "An ordinary line, with 3 numbers: 4 5.\nAnd another.",
        "The 2nd quarter closed on 12/05/2024 at 10:30; sales rose by 1,234 to 56,789.",
        "See https://www.example.org/guide/first-steps_2?lang=en or `pip install package==1.2.3`.",
        "One or two of the three, at the most four or five, and look at example.com.",
        "responsibilities-and-accountabilities, request/response, server_hostname",
        "was saw era are no on; a door, a mood, a drawer",
    ],
)
def test_ordinary_text_says_nothing_else(text: str) -> None:
    """No view of ordinary prose makes an identifier, a name or a gap of it."""
    assert not [view for view in views(text) if view.gap or view.for_names or "@" in view.text]
    assert not character_gaps(text)


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ("unseen_in_words", "Ma\u200bry"),
        ("marks", "M\u0301\u0323\u0310a"),
        ("styled_letters", "the patient \U0001d40c\U0001d41a\U0001d42b\U0001d432"),
        ("styled_letters", "the patient Ⓜⓐⓡⓨ"),
        ("symbols", "🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎"),
    ],
)
def test_a_disguise_is_a_gap(detail: str, text: str) -> None:
    """What only hides words from programs makes the assessment incomplete."""
    assert detail in {gap.detail for gap in character_gaps(text)}


REPEATED = [
    "a ", "5 ", "5\n", "5-", "1234 ", "\u200ba", "\uff15", "e\u0301", "%35", "=\n", "&#53;", "\\u0035", "<b>", "<b", "<!--", "**a",
    "QUJD", "QUJD ", "41 ", "41:", "0x41,", "01000001 ", "065 ", ". - ", "...", "five ", "five-", "double ", "alfa ", "at ", " dot ",
    "a@b.", "a at b dot ", "[at]", "(dot)", "AB12 ", "AB12", "A1", "O0", "S5-", "aB", "aBc De ", "=?", "+AGE-", "xn--a", "<~", "begin 644 a\n",
    "#0..!", "eht ", "gur ", "E96 ", "x\n", "-\n", "@\n", "'+'", '" + "', "_", "__a", "5_", "5x", "(555) ", "1.", "1.2.3.4 ", "⠼⠑", "|",
]  # fmt: skip


@pytest.mark.parametrize("unit", REPEATED)
def test_work_grows_with_the_text_alone(unit: str) -> None:
    """A text five times as long has at most as many excerpts, and about five times as many characters in them."""
    short, long = ([len(view.text) for view in views(unit * (size // len(unit)))] for size in (4_000, 20_000))
    assert len(long) <= len(short) + 1
    assert sum(long) <= 5.5 * sum(short) + 20_000


WORTH: list[tuple[str, str, bool]] = [
    ("a card number with a right check digit", "4111 1111-1111 1111", True),
    ("a wrong one", "4111 1111-1111 1112 0", False),
    ("a social security number", "536 / 22 / 8741", True),
    ("a day and a time", "2026-07-31 14:24:20.385", False),
    ("years", "1847 - 1849", False),
    ("versions", "25.1.0...25.2.0", False),
    ("a column of decimals", "0.23 0.28 0.33 0.38", False),
    ("small numbers", "10 20 30 40 50", False),
]


@pytest.mark.parametrize(("shown", "wanted"), [one[1:] for one in WORTH], ids=[one[0] for one in WORTH])
def test_a_run_of_digits_is_worth_a_guess(shown: str, *, wanted: bool) -> None:
    """A run without a word beside it is guessed at only if its digits or groups say what it is."""
    assert is_number(f"see {shown} here", 4, 4 + len(shown)) is wanted


def test_a_word_beside_a_number_makes_it_worth_a_guess() -> None:
    """The words by which the shipped recognisers know their values count, in several languages."""
    for label in ("SSN", "Kundennummer", "numéro", "cuenta", "Steuer-ID", "passport", "MRN", "PESEL"):
        text = f"{label}: 53 62 28 741 1"
        assert is_number(text, len(label) + 2, len(text)), label


@given(text=st.text(alphabet="ab 1-\n", max_size=60), cuts=st.lists(st.integers(0, 60), max_size=8))
def test_a_reading_maps_through_another(text: str, cuts: list[int]) -> None:
    """What a rewriting of a rewriting leaves alone is mapped to the same letter of the original."""
    places = sorted({min(cut, len(text)) for cut in cuts})
    pieces = [Piece(start, end, "XY") for start, end in list(pairwise(places))[::2]]
    once, changes = rewrite(Reading(text=text), pieces)
    twice, _ = rewrite(once, [Piece(start, end, "") for start, end in changes])
    for reading in (once, twice, excerpt(once, changes, name="test")):
        for at, letter in enumerate(reading.text):
            start, end = reading.span(at, at + 1)
            assert 0 <= start <= end <= len(text)
            if letter not in "XY" and end - start == 1:
                assert text[start] == letter or reading.text != once.text


@given(st.one_of(st.text(max_size=200), st.text(alphabet="aB01 .-@\n_<>=%", max_size=200)))
def test_every_gate_lets_pass_what_there_is(text: str) -> None:
    """A glance that says no is right, for whatever characters."""
    for step in (*_MAKE_PLAINER, *_GUESS, *_LEET):
        if not step.may(Sheet(text)):
            after, _ = rewrite(Reading(text=text), step.find(text))
            assert after.text == text or step.find.__name__ in (
                "byte_lists",
                "letters",
                "morse",
                "grouped_blocks",
            )
