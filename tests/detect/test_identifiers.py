"""The table of identifiers: written forms, labels, check digits, and what it costs to look."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pytest
from pydantic import ValidationError

from pipeline.detect.checksums import CHECKSUMS, checksum, mrz, nhi, nric
from pipeline.detect.identifiers import Places, Row
from pipeline.detect.specs import IdentifierSpec, read_recognisers

COUNTS: Final = 0.4
"""The policies' threshold."""
_PLACES = Places()
ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {spec.name: Row(spec, _PLACES) for spec in read_recognisers(None) if isinstance(spec, IdentifierSpec)}
)

# recogniser, a label, a value whose check passes, the same with one character misread (empty: no check)
VALUES = [
    ("UsItinIdentifier", "ITIN", "912-90-3456", "912-93-3456"),
    ("UsPtinIdentifier", "PTIN", "P01234567", ""),
    ("UsEinIdentifier", "EIN", "91-1144442", "07-1144442"),
    ("UsAlienNumberIdentifier", "A-Number", "A123-456-789", ""),
    ("UsSsnIdentifier", "Social Security", "536-90-4399", "666-90-4399"),
    ("UkNhsIdentifier", "NHS", "943 476 5870", "943 476 5871"),
    ("UkNinoIdentifier", "National Insurance", "AB 12 34 56 C", ""),
    ("UkUtrIdentifier", "UTR", "1955839661", "2955839661"),
    ("IePpsIdentifier", "PPS", "6433435F", "6433435E"),
    ("DeTaxIdIdentifier", "Steuer-ID", "36 574 261 809", "36 574 261 808"),
    ("DeTaxNumberIdentifier", "Steuernummer", "181/815/08155", ""),
    ("DeSocialSecurityIdentifier", "Sozialversicherungsnummer", "65 170839 J 003", ""),
    ("DeHealthInsuranceIdentifier", "Versichertennummer", "A123456780", ""),
    ("DeIdCardIdentifier", "Personalausweis", "L01X00T471", ""),
    ("AtSvnrIdentifier", "SVNR", "1237 010180", "2237 010180"),
    ("AtTinIdentifier", "Abgabenkontonummer", "59-119/9013", "59-119/9014"),
    ("ChAhvIdentifier", "AHV-Nummer", "756.9217.0769.85", "756.9217.0769.84"),
    ("FrNirIdentifier", "numéro de sécurité sociale", "2 95 10 99 126 111 93", "2 95 10 99 126 111 94"),
    ("FrTaxNumberIdentifier", "numéro fiscal", "3023217600053", "3023217600054"),
    ("BeNationalNumberIdentifier", "rijksregisternummer", "85.07.30-033.28", "85.07.30-033.29"),
    ("BeEidIdentifier", "carte d'identité", "591-1917064-58", "591-1917064-59"),
    ("NlBsnIdentifier", "burgerservicenummer", "111222333", "111252333"),
    ("NlIdDocumentIdentifier", "identiteitskaart", "XR1001R58", ""),
    ("EsNifIdentifier", "DNI", "54362315K", "54362315L"),
    ("EsNieIdentifier", "NIE", "X2482300W", "X2482300A"),
    ("EsSocialSecurityIdentifier", "seguridad social", "28/12345678/40", ""),
    ("ItFiscalCodeIdentifier", "codice fiscale", "RCCMNL83S18D969H", "RCCMNL83S18D969J"),
    ("PtNifIdentifier", "contribuinte", "501964843", "501964842"),
    ("PtCcIdentifier", "cartão de cidadão", "00000000 0 ZZ4", "00000000 0 ZZ3"),
    ("PlPeselIdentifier", "PESEL", "44051401359", "44051401358"),
    ("PlNipIdentifier", "NIP", "856-734-62-15", "856-734-62-16"),
    ("PlIdCardIdentifier", "dowód osobisty", "ABC 123456", ""),
    ("SePersonnummerIdentifier", "personnummer", "880320-0016", "880320-0018"),
    ("DkCprIdentifier", "CPR-nummer", "211062-5629", "310262-5629"),
    ("NoFodselsnummerIdentifier", "fødselsnummer", "151086 95088", "151086 95077"),
    ("FiPersonalIdentityCodeIdentifier", "henkilötunnus", "131052-308T", "131052-308U"),
    ("CaSinIdentifier", "social insurance", "123 456 782", "123 456 783"),
    ("AuTfnIdentifier", "TFN", "123 456 782", "123 456 783"),
    ("AuMedicareIdentifier", "Medicare", "2123 45670 1", ""),
    ("NzIrdIdentifier", "IRD", "49-098-576", "49-098-577"),
    ("InAadhaarIdentifier", "Aadhaar", "2341 2341 2346", "2341 2341 2347"),
    ("InVirtualIdIdentifier", "VID", "2341234123412341", "2341234123412342"),
    ("InVoterIdentifier", "Voter ID", "WKH1186253", "WKH1186263"),
    ("SgNricIdentifier", "NRIC", "S1234567D", "S1234567E"),
    ("BrCpfIdentifier", "CPF", "390.533.447-05", "390.533.447-06"),
    ("BrCnpjIdentifier", "CNPJ", "16.727.230/0001-97", "16.727.230/0001-98"),
    ("BrRgIdentifier", "RG", "12.345.678-9", ""),
    ("TrKimlikIdentifier", "TC kimlik no", "17291716060", "17291716050"),
    ("ZaIdIdentifier", "SA ID", "7503305044089", "8503305044089"),
    ("KrRrnIdentifier", "주민등록번호", "971013-9019902", "971013-8019903"),
    ("MxCurpIdentifier", "CURP", "BOXW310820HNERXN09", "BOXW310820HNERXN08"),
    ("MxRfcIdentifier", "RFC", "VACE-460910-SX6", ""),
    ("ClRutIdentifier", "RUT", "12.531.909-2", "12.531.909-3"),
    ("ArDniIdentifier", "DNI", "20.123.456", ""),
    ("ArCuitIdentifier", "CUIT", "20-05536168-2", "20-05536168-3"),
    ("CoCedulaIdentifier", "cédula de ciudadanía", "1.032.456.789", ""),
    ("CzRodneCisloIdentifier", "rodné číslo", "710319/2745", "710319/2746"),
    ("RoCnpIdentifier", "CNP", "1630615123457", "1630615123458"),
    ("BgEgnIdentifier", "EGN", "8032056031", "8032056032"),
    ("GrAmkaIdentifier", "AMKA", "01013099997", "01013099999"),
    ("GrAfmIdentifier", "ΑΦΜ", "094259216", "094259217"),
    ("HrOibIdentifier", "OIB", "33392005961", "33392005962"),
    ("SiEmsoIdentifier", "EMŠO", "0101006500006", "0101006500007"),
    ("HuIdIdentifier", "TAJ szám", "123 456 788", ""),
    ("EeIsikukoodIdentifier", "isikukood", "36805280109", "36805280108"),
    ("LvPersonasKodsIdentifier", "personas kods", "161175-19997", "161375-19997"),
    ("IsKennitalaIdentifier", "kennitala", "120174-3399", "120174-3389"),
    ("LuMatriculeIdentifier", "matricule", "1983081201234", ""),
    ("IlIdIdentifier", "teudat zehut", "039337423", "039337422"),
    ("CnResidentIdentifier", "身份证号码", "360426199101010071", "360426199101010072"),
    ("HkIdIdentifier", "HKID", "A123456(7)", ""),
    ("TwIdIdentifier", "身分證字號", "A123456789", ""),
    ("MyNricIdentifier", "MyKad", "770305-02-1234", "771205-17-1234"),
    ("IdNikIdentifier", "NIK", "3171011708450001", "9971011708450001"),
    ("ThPinIdentifier", "Thai national ID", "1-2345-45678-78-1", "1-2345-45678-78-9"),
    ("JpMyNumberIdentifier", "マイナンバー", "6214 9832 0257", "6214 9832 0258"),
    ("PkCnicIdentifier", "CNIC", "34201-0891231-8", ""),
    ("RuIdIdentifier", "СНИЛС", "112-233-445 95", ""),
    ("PhIdIdentifier", "UMID", "0111-1234567-9", ""),
    ("LabelledNationalIdIdentifier", "national ID", "AX-4471209", ""),
    ("PassportIdentifier", "Reisepass", "C01X00T47", ""),
    ("DriverLicenseIdentifier", "permis de conduire", "13AA00002", ""),
    ("IdentityCardIdentifier", "carta d'identità", "CA12345AA", ""),
    ("LicenseNumberIdentifier", "medical license", "MD-448812", ""),
    ("HealthInsuranceNumberIdentifier", "EHIC", "80276123450987654321", ""),
    ("UsHealthInsuranceMemberIdIdentifier", "member ID", "XQZ883920011", ""),
    ("RecordNumberIdentifier", "Patient ID", "H-4471209", ""),
    ("AuIhiIdentifier", "IHI", "8003608333647261", "8003608333647262"),
    ("CaPhnIdentifier", "personal health number", "9698 658 215", "9698 658 216"),
    ("UsCliaIdentifier", "CLIA", "05D2187634", ""),
    ("EsCccIdentifier", "cuenta corriente", "1234-1234-16 1234567890", "1234-1234-00 1234567890"),
    ("NoKontonrIdentifier", "kontonummer", "8601.11.17947", "8601.11.17949"),
    ("NzBankIdentifier", "bank account", "01-0242-0100194-00", "01-0242-0100195-00"),
    ("MxClabeIdentifier", "CLABE", "032180000118359719", ""),
    ("ArCbuIdentifier", "CBU", "2850590940090418135201", "2810590940090418135201"),
    ("UsBankNumberIdentifier", "bank account", "5712 4073 4148", ""),
    ("BankAccountIdentifier", "Kontonummer", "532013000", ""),
    ("RoutingNumberIdentifier", "routing", "111000025", "112000025"),
    ("EuVatIdentifier", "VAT", "BE0697449992", "BE0697449993"),
    ("VinIdentifier", "VIN", "1HGCM82633A004352", "1HGCM82633A004353"),
    ("ImeiIdentifier", "IMEI", "490154203237518", "490154203237519"),
    ("ImsiIdentifier", "IMSI", "429011234567890", "439011234567890"),
    ("IccidIdentifier", "ICCID", "8931440400000000008", "8931440400000000009"),
    ("MeidIdentifier", "MEID", "A10000009296F2", ""),
    ("UdiIdentifier", "UDI", "(01)00643169007222(17)260630(10)A213B1", ""),
    ("SerialNumberIdentifier", "serial", "PJN204518H", ""),
    ("UniqueIdIdentifier", "Student ID", "S-2044817", ""),
]

# How forms, letters, tables and programs write a label and a value.
WRITTEN = [
    "{label}: {value}",
    "{label} {value}",
    "{label} No. {value}",
    "{label} number: {value}",
    "{label} = {value};",
    '{{"{label}": "{value}"}}',
    "| {label} | {value} |",
    "{label} is {value}.",
    "{label} #{value}",
    "({label} {value})",
    "<{label}>{value}</{label}>",
    "{label}\n{value}",
    "LABEL: {value}",
    "label: {value}",
]


def _written(form: str, label: str, value: str) -> str:
    in_case = {"LABEL": label.upper(), "label:": label.lower() + ":"}
    for key, cased in in_case.items():
        if form.startswith(key):
            return form.replace(key, cased, 1).format(value=value)
    return form.format(label=label, value=value)


def _best(recogniser: str, text: str, value: str) -> float:
    found = [one.score for one in ROWS[recogniser].find(text) if value in text[one.start : one.end]]
    return max(found, default=0.0)


def test_every_row_is_tried() -> None:
    """No row is without examples, but for those that are given by labels that others share."""
    assert set(ROWS) - {name for name, *_ in VALUES} == {"UsAtinIdentifier", "EhicIdentifier"}


@pytest.mark.parametrize(("recogniser", "label", "value", "wrong"), VALUES, ids=[one[0] for one in VALUES])
def test_a_label_decides(recogniser: str, label: str, value: str, wrong: str) -> None:
    """Behind its label every written form counts; a misread digit lowers the score and hides nothing."""
    for form in WRITTEN:
        text = _written(form, label, value)
        score = _best(recogniser, text, value)
        assert score >= COUNTS, text
        if wrong:
            failed = _best(recogniser, _written(form, label, wrong), wrong)
            assert COUNTS <= failed < score, _written(form, label, wrong)


@pytest.mark.parametrize(("recogniser", "label", "value", "wrong"), VALUES, ids=[one[0] for one in VALUES])
def test_bare_values_are_worth_what_the_table_says(
    recogniser: str, label: str, value: str, wrong: str
) -> None:
    """Without a label a wrong check digit is worth less, and half of a longer number is worth nothing."""
    del label
    row = ROWS[recogniser]
    most = max(form.bare for form in row.spec.forms)
    assert _best(recogniser, f"see {value} there", value) <= most
    if wrong:
        assert _best(recogniser, f"see {wrong} there", wrong) <= max(form.failed for form in row.spec.forms)
    assert _best(recogniser, f"see 9{value}9 there", value) == 0


ORDINARY = [
    "Order 10234 of 2 March was shipped in 3 parcels, 12.5 kg in all, for 1,204.50 euros.",
    "Version 3.11.2 (build 20260414) was released on 2026-04-14 at 10:30:45.",
    "In 2023 it sold 1,234,567 units, 12% more than the 1,102,331 of 2022.",
    "Latitude 52.520008, longitude 13.404954; population 3,769,495.",
    "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ISBN 978-3-16-148410-0, DOI 10.1000/182, RFC 2616, page 1204",
    "The driver licence has no effect on a passport; identity cards are not licensed under MIT 2.0.",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_numbers_do_not_count(text: str) -> None:
    """Amounts, dates, versions, digests and coordinates stay below every threshold."""
    for row in ROWS.values():
        assert [one.score for one in row.find(text) if one.score >= COUNTS] == []


CHECKS = [
    (nric, "S1234567D", True),
    (nric, "S1234567E", False),
    (nric, "F1234567N", True),
    (nric, "X1234567D", False),
    (nric, "S12", False),
    (nhi, "ZAC5361", True),
    (nhi, "ZAC5362", False),
    (nhi, "ZBN77VL", True),
    (nhi, "ZBN77VM", False),
    (nhi, "ZA", False),
    (mrz, "L898902C36UTO7408122F1204159ZE184226B<<<<<10", True),
    (mrz, "L898902C35UTO7408122F1204159ZE184226B<<<<<10", False),
    (mrz, "D231458907UTO7408122F1204159<<<<<<<6", True),
    (mrz, "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6", False),  # two lines of 60
    (mrz, "short", False),
]


@pytest.mark.parametrize(("check", "text", "expected"), CHECKS)
def test_checks_that_python_stdnum_lacks(check: object, text: str, expected: bool) -> None:  # noqa: FBT001
    """Published specimens pass, their neighbours fail, and a wrong length is no error."""
    assert check(text) is expected  # type: ignore[operator]


@pytest.mark.parametrize("name", ["stdnum:xx.nothing", "stdnum:exceptions", "crc", "stdnum:", "os"])
def test_an_unknown_check_is_refused(name: str) -> None:
    """A row whose check does not exist would accept everything; it stops the start."""
    with pytest.raises(LookupError):
        checksum(name)


def test_our_checks_never_raise() -> None:
    """A check is asked about whatever has the form of a value."""
    for check in CHECKSUMS.values():
        for text in ("", "٣", "A", "<" * 44, "Z" * 44, "0" * 90, "é" * 7, "S1234567"):
            assert check(text) in (True, False)


WRONG_ROWS = [
    {"forms": [{"regex": "("}], "labels": ["x"]},
    {"forms": [{"regex": r"\d{9}"}], "labels": ["("]},
    {"forms": [{"regex": r"\d{9}"}]},  # nothing could ever be found
    {"forms": [{"regex": r"\d{9}", "bare": 0.3}], "check": "stdnum:xx.yy"},
    {"forms": [{"regex": r"\d{9}", "bear": 0.3}]},
    {"forms": [], "labels": ["x"]},
]


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_wrong_row_is_refused(row: dict[str, object]) -> None:
    """A row that would silently find nothing is an error."""
    with pytest.raises(ValidationError):
        IdentifierSpec.model_validate({"entity": "X_ID", **row})


HOSTILE = [
    "1 ",
    "1-",
    "0",
    "12",
    "123 ",
    "A1",
    "1A ",
    "1/",
    "12.34.",
    "756.",
    "9" * 9 + " ",
    "SSN ",
    "ID: 1 ",
    "<",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_text(piece: str) -> None:
    """Five times the text costs about five times the time, and no row sees every place from every place."""

    def seconds(characters: int) -> float:
        text = (piece * characters)[:characters]
        start = time.process_time()
        for row in ROWS.values():
            for _ in row.find(text):
                pass
        return time.process_time() - start

    small, large = seconds(2_000), seconds(10_000)
    assert large < 12 * max(small, 0.02)
