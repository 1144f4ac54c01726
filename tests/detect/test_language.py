from __future__ import annotations

import pytest

from pipeline.detect.language import judge_language
from policies.assessment import GapReason

ENGLISH = [
    "",
    "4711",
    "Invoice 4711",
    "Invoice 4711\nQty 3 Widget A 12.00\nQty 4 Widget B 13.00\nTotal 88.00 USD\nPayment due in 30 days",
    "2021 2022 2023\n" * 40,
    "Smith, Jones, Brown, Taylor, Wilson, Evans, Thomas, Roberts, Johnson, Lewis",
    "SUBJECTIVE: This 23-year-old white female presents with complaint of allergies. Nose clear. Lungs clear.",
    "def main(argv): return parse(argv).run()  # see https://example.com/docs for the details of this call",
    "Please find attached the report for the second quarter; we would welcome your comments by Friday.",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_business_english_is_known(text: str) -> None:
    """English letters, notes, tables, lists and code are not held back for their language."""
    assert judge_language(text).gaps == ()


FOREIGN = [
    (
        "de",
        "Sehr geehrte Frau Krause, wir bestätigen den Eingang Ihrer Kündigung und werden sie zum Monatsende bearbeiten.",
    ),
    (
        "fr",
        "Madame, nous accusons réception de votre courrier et vous prions de nous envoyer les documents dans les trente jours.",
    ),
    (
        "es",
        "Estimado señor, le informamos que su solicitud ha sido recibida y que será tramitada en los próximos días por el banco.",
    ),
    (
        "it",
        "Gentile cliente, la informiamo che il suo conto è stato aperto e che può ritirare la carta nella filiale di Roma.",
    ),
    (
        "nl",
        "Geachte heer, wij hebben uw brief ontvangen en zullen deze binnen een week beantwoorden, zoals met u is besproken.",
    ),
    (
        "pl",
        "Szanowna Pani, informujemy, że wniosek został przyjęty i będzie rozpatrzony w ciągu trzydziestu dni przez nasz oddział.",
    ),
]


@pytest.mark.parametrize(("language", "text"), FOREIGN)
def test_other_languages_are_gaps(language: str, text: str) -> None:
    """A letter in a language that the models do not know is incomplete, and says which language."""
    verdict = judge_language(text)
    assert verdict.language == language
    assert [gap.reason for gap in verdict.gaps] == [GapReason.LANGUAGE_UNSUPPORTED]


def test_english_around_it_does_not_clear_a_foreign_passage() -> None:
    """Adding text raises what is known against a document, never lowers it."""
    english, german = ENGLISH[-1] + "\n", FOREIGN[0][1] + "\n"
    verdict = judge_language(english * 40 + german * 15 + english * 40)
    assert verdict.language == "en"
    assert {gap.detail for gap in verdict.gaps} == {"de"}
