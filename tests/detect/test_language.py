from __future__ import annotations

import gzip
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
import spacy
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect import Detector, DetectorConfig
from pipeline.detect.language import judge_language, passages
from policies.assessment import GapReason

CORPORA = Path(__file__).parents[3] / "shared/corpora/eval-dev"
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


SENTENCES = [
    (
        "de",
        "Sehr geehrte Frau Krause, wir bestätigen den Eingang Ihrer Kündigung und werden sie zum Monatsende bearbeiten.",
    ),
    ("de", "Der Patient wurde gestern mit starken Schmerzen in die Klinik gebracht."),
    ("de", "Bitte ueberweisen Sie den Betrag auf das unten genannte Konto."),
    ("de", "Er sagte, dass er den Vertrag morgen unterschreiben werde."),
    ("fr", "Madame, nous accusons réception de votre courrier et vous prions de nous envoyer les documents."),
    ("fr", "Le patient a été admis hier soir avec une forte fièvre."),
    ("fr", "Je vous envoie la facture dans une semaine, comme convenu."),
    ("es", "Le informamos que su solicitud ha sido recibida y que será tramitada en los próximos días."),
    ("es", "El paciente fue ingresado ayer con fiebre alta y dolor."),
    ("es", "No puedo pagar la factura antes de que termine el mes."),
    ("it", "La informiamo che il suo conto è stato aperto e che può ritirare la carta."),
    ("it", "Il paziente è stato ricoverato ieri con febbre alta e dolori."),
    ("it", "Non posso pagare la fattura prima della fine del mese."),
    ("nl", "Wij hebben uw brief ontvangen en zullen deze binnen een week beantwoorden."),
    ("nl", "De patiënt is gisteren met hevige pijn naar het ziekenhuis gebracht."),
    ("nl", "Ik kan de rekening niet voor het einde van de maand betalen."),
    ("pt", "Informamos que o seu pedido foi recebido e que será tratado nos próximos dias."),
    ("pt", "Não posso pagar a conta antes do fim do mês, mas vou tentar."),
    ("pl", "Informujemy, że wniosek został przyjęty i będzie rozpatrzony w ciągu trzydziestu dni."),
    ("pl", "Pacjent został przywieziony wczoraj do szpitala z silnym bólem."),
    ("cs", "Oznamujeme vám, že vaše žádost byla přijata a bude vyřízena do třiceti dnů."),
    ("sk", "Oznamujeme vám, že vaša žiadosť bola prijatá a bude vybavená do tridsiatich dní."),
    ("hu", "Tájékoztatjuk, hogy a kérelmét megkaptuk, és az a következő napokban lesz elbírálva."),
    ("ro", "Vă informăm că cererea dumneavoastră a fost primită și va fi soluționată în curând."),
    ("sv", "Vi har tagit emot ert brev och kommer att svara på det inom en vecka."),
    ("da", "Vi har modtaget Deres brev og vil besvare det i løbet af en uge."),
    ("no", "Vi har mottatt brevet ditt og vil svare på det i løpet av en uke."),
    ("fi", "Olemme vastaanottaneet kirjeenne ja vastaamme siihen viikon kuluessa, kuten on sovittu."),
    ("tr", "Başvurunuz alınmış olup en kısa sürede değerlendirilecek ve size bir yanıt verilecektir."),  # noqa: RUF001 - its own letters
    ("hr", "Obavještavamo vas da je vaš zahtjev primljen i da će biti riješen u roku od mjesec dana."),
    ("id", "Kami telah menerima surat anda dan akan menjawabnya dalam waktu satu minggu."),
    ("vi", "Chúng tôi đã nhận được thư của bạn và sẽ trả lời trong vòng một tuần."),
    ("ca", "Hem rebut la seva carta i li respondrem en el termini d'una setmana."),
    ("et", "Oleme teie kirja kätte saanud ja vastame sellele nädala jooksul, nagu kokku lepitud."),
    ("lt", "Gavome jūsų laišką ir atsakysime į jį per savaitę, kaip buvo sutarta."),
    ("lv", "Esam saņēmuši jūsu vēstuli un atbildēsim uz to nedēļas laikā, kā norunāts."),
    ("sw", "Tumepokea barua yako na tutajibu ndani ya wiki moja kama tulivyokubaliana."),
    ("ru", "Мы получили ваше письмо и ответим на него в течение недели, как договорились."),
    ("el", "Λάβαμε την επιστολή σας και θα απαντήσουμε μέσα σε μία εβδομάδα, όπως συμφωνήσαμε."),
]
PAGE = (
    "The committee will meet again in the new year to discuss what should be done about the roof of the hall. "
    "Members who cannot attend are asked to tell the secretary by Friday. "
)


@pytest.mark.parametrize(("language", "sentence"), SENTENCES)
@pytest.mark.parametrize("frame", ["{}", PAGE + "{} " + PAGE, PAGE + 'He wrote: "{}" and left. ' + PAGE])
def test_one_foreign_sentence_is_a_gap(language: str, sentence: str, frame: str) -> None:
    """Alone, in an English page or quoted in one, a sentence of eight words is told and named."""
    verdict = judge_language(frame.format(sentence))
    assert [(gap.reason, gap.detail) for gap in verdict.gaps] == [(GapReason.LANGUAGE_UNSUPPORTED, language)]


def test_capitals_are_read_too() -> None:
    """A form in capitals is no list of names."""
    missed = [
        sentence for _, sentence in SENTENCES if not judge_language(PAGE + sentence.upper() + PAGE).gaps
    ]
    assert missed == []


NAMES = [
    "We read Die Verwandlung, Der Prozess and Cien años de soledad at school, and Le Rouge et le Noir.",
    "The office of Société Générale de Surveillance is at 12 Rue de la Paix, 75002 Paris, next to Crédit Agricole.",
    "Universidad de los Andes y la Fundación para el Desarrollo de las Américas signed the agreement.",
    "Contact: Gesellschaft für Internationale Zusammenarbeit (GIZ) GmbH, Dag-Hammarskjöld-Weg 1-5, 65760 Eschborn.",
    "Jürgen Müller, Anastázie Dostálová, Łukasz Wiśniewski, Søren Kjærgaard, João de Souza, Zoë van den Berg",
    "Müller, Jürgen; São Paulo",
    "Leonardo da Vinci, Ludwig van Beethoven, Vincent van Gogh, Otto von Bismarck, Charles de Gaulle.",
    "Rio de Janeiro, São Paulo, Belo Horizonte e Porto Alegre are cities in Brazil.",
    "The plea of nolo contendere was entered pro hac vice; res ipsa loquitur, mens rea and habeas corpus were argued.",
    "C'est la vie, he said, and que sera, sera. Carpe diem, mea culpa, et cetera.",
    "de, en, es, fr, it, nl, pl, pt, sv, da, no, fi",
    "com.example.org/de/index.html com.example.org/es/la/los " * 4,
    "Calle de la Princesa 12, 3o izquierda, 28008 Madrid; Avenida de los Reyes Católicos 4, 18009 Granada",
    "Red wine from the Côtes du Rhône, Château de la Tour, Domaine des Deux Ânes, Clos de la Roche",
    "Patient name: Francesca della Rovere; address: Via dei Mille 4, 00185 Roma; physician: dott. Luigi De Angelis",
]


@pytest.mark.parametrize("frame", ["{}", PAGE + "\n{}\n" + PAGE])
@pytest.mark.parametrize("text", NAMES)
def test_names_are_no_foreign_sentence(text: str, frame: str) -> None:
    """Titles, companies, addresses and sayings in another language keep an English page English."""
    assert judge_language(frame.format(text)).gaps == ()


TELEGRAMS = yaml.safe_load((Path(__file__).parent / "telegrams.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("frame", ["{}", PAGE + "\n{}\n" + PAGE])
@pytest.mark.parametrize(("part", "most"), [("chosen_on", 0), ("chosen_on_too", 1), ("held_back", 3)])
def test_notes_labels_and_lists_are_told(part: str, most: int, frame: str) -> None:
    """Without a sentence in them, they are a gap all the same, in their language, in an English page too."""
    missed = [
        (language, text)
        for language, texts in TELEGRAMS[part].items()
        for text in texts
        if [gap.detail for gap in judge_language(frame.format(text)).gaps] != [language]
    ]
    assert len(missed) <= most, missed


@pytest.mark.parametrize("text", TELEGRAMS["english"])
def test_drugs_brands_titles_latin_and_code_are_no_telegrams(text: str) -> None:
    """Words that English texts borrow are English, with and without a page around them."""
    assert judge_language(text).gaps == ()
    assert judge_language(f"{PAGE}\n{text}\n{PAGE}").gaps == ()


def test_the_models_of_names_say_what_is_supported() -> None:
    """Whoever has a German model reads German; French stays a gap."""
    german, french = SENTENCES[1][1], SENTENCES[4][1]
    verdict = judge_language(f"{PAGE}\n{german}\n{french}", supported={"en", "de"})
    assert [gap.detail for gap in verdict.gaps] == ["fr"]


def test_the_configured_model_decides_what_is_complete(tmp_path: Path) -> None:
    """With a German model a German letter is looked at in full, and an English one is not."""
    nlp = spacy.blank("de")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Erika Krause"}])  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "german")
    detector = Detector.load(DetectorConfig(ner_model=str(tmp_path / "german"), accepted=None))
    assert detector.scan(SENTENCES[0][1]).gaps == ()
    assert [(gap.reason, gap.detail) for gap in detector.scan(PAGE).gaps] == [
        (GapReason.LANGUAGE_UNSUPPORTED, "en")
    ]


@given(before=st.text(max_size=200), at=st.integers(0, len(SENTENCES) - 1), after=st.text(max_size=200))
def test_passages_cover_the_text(before: str, at: int, after: str) -> None:
    """Every character is in exactly one passage, neighbours differ, and the foreign one holds its sentence."""
    text = f"{before}\n{PAGE}{SENTENCES[at][1]} {PAGE}\n{after}"
    found = passages(text)
    assert [one.start for one in found] == [0, *(one.end for one in found[:-1])]
    assert found[-1].end == len(text)
    assert all(left.language != right.language for left, right in pairwise(found))
    assert SENTENCES[at][0] in {one.language for one in found}


def test_time_is_linear() -> None:
    """Ten times the text takes about ten times as long: no part looks at the whole for each sentence."""
    text = (PAGE + SENTENCES[0][1] + " ") * 40
    assert _seconds(text * 10) <= 16 * _seconds(text)


def _seconds(text: str) -> float:
    def once() -> float:
        start = time.process_time()
        judge_language(text)
        return time.process_time() - start

    return min(once() for _ in range(5))


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the development corpora are not on this machine")
@pytest.mark.parametrize(
    "corpus",
    ["mtsamples", "cfpb", "gum_dev", "inlegal_dev", "uner_ewt_dev", "wnut17_dev", "presidio_generated"],
)
def test_english_corpora_have_no_gaps(corpus: str) -> None:
    """No English note, complaint, judgment, mail or tweet is held back for its language."""
    with gzip.open(CORPORA / f"{corpus}.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    assert [record["id"] for record in records if judge_language(record["text"]).gaps] == []


def test_english_around_it_does_not_clear_a_foreign_passage() -> None:
    """Adding text raises what is known against a document, never lowers it."""
    english, german = ENGLISH[-1] + "\n", FOREIGN[0][1] + "\n"
    verdict = judge_language(english * 40 + german * 15 + english * 40)
    assert verdict.language == "en"
    assert {gap.detail for gap in verdict.gaps} == {"de"}
