"""Presidio, held so that it cannot fail quietly. The only importer of `presidio_analyzer`.

Presidio skips a pattern that times out, drops a card number with one wrong digit, and
logs what it could not check. Here each recogniser runs on its own: what it cannot do
becomes a gap of that document, named by the recogniser, and the others go on.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import regex
import tldextract
import yaml
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer import predefined_recognizers as presidio
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, NlpEngineProvider
from spacy.attrs import IDX, IS_PUNCT, IS_STOP
from spacy.tokens import Doc
from spacy.util import is_package

from pipeline.detect.checksums import CHECKSUMS
from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.ear import EAR
from pipeline.detect.specs import PresidioFile, PresidioSpec, RecogniserSpec
from policies.assessment import Finding, Gap, GapReason

_CONTEXT_BEFORE: Final = 6
_CONTEXT_AFTER: Final = 3
_LONG_WORD: Final = 4
"""Context words from this length on also count inside a longer word (`card` in `cardholder`)."""

# Seven digits with little between them; shorter numbers are not told from any other number.
_PHONE_LIKE: Final = regex.compile(r"[+(]?\d(?:\D{0,4}\d){6,}")
_PHONE_DIGITS: Final = 7
_DECIMAL: Final = regex.compile(r"\d+\.\d+")
_DECIMAL_SCORE: Final = 0.25
_DIGIT: Final = regex.compile(r"\d")
_PHONE_MARGIN: Final = 20
"""Code points around a number that its matcher judges by: a plus sign, brackets, an extension."""


def limit_patterns(seconds: int) -> None:
    """Set the time a pattern may take, which Presidio reads from the environment at import."""
    for name, module in list(sys.modules.items()):
        if name.startswith("presidio_analyzer") and hasattr(module, "REGEX_TIMEOUT_SECONDS"):
            setattr(module, "REGEX_TIMEOUT_SECONDS", seconds)  # noqa: B010 - a name that the type does not show


# The public-suffix list inside the package: no download, no cache file.
_SUFFIXES: Final = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


class EmailRecognizer(presidio.EmailRecognizer):
    """Presidio's, without its download of the public-suffix list."""

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the address ends in a public suffix; internal domains do not."""
        return bool(_SUFFIXES(pattern_text).fqdn)


class PhoneRecognizer(presidio.PhoneRecognizer):
    """Presidio's, asked only about the places that hold enough digits for a number.

    Each of its regions reads the whole text otherwise: half the time of all recognisers.
    """

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return the phone numbers in `text`."""
        found: list[RecognizerResult] = []
        end_of_last = 0
        for match in _PHONE_LIKE.finditer(text):
            start = max(end_of_last, match.start() - _PHONE_MARGIN)
            end_of_last = min(len(text), match.end() + _PHONE_MARGIN)
            for result in super().analyze(text[start:end_of_last], entities, nlp_artifacts):
                shown = text[result.start + start : result.end + start]
                if len(_DIGIT.findall(shown)) < _PHONE_DIGITS:
                    continue
                result.start, result.end = result.start + start, result.end + start
                result.score = _DECIMAL_SCORE if _DECIMAL.fullmatch(shown) else result.score
                found.append(result)
            end_of_last = match.end()
        return found


_OURS: Final[Mapping[str, type[EntityRecognizer]]] = MappingProxyType(
    {"EmailRecognizer": EmailRecognizer, "PhoneRecognizer": PhoneRecognizer}
)


class YamlRecogniser(PatternRecognizer):
    """A recogniser of a YAML file: Presidio's patterns and context, our check digits."""

    def __init__(self, spec: RecogniserSpec) -> None:
        flags = regex.DOTALL | regex.MULTILINE | (0 if spec.case_sensitive else regex.IGNORECASE)
        super().__init__(
            supported_entity=spec.entity,
            name=spec.name,
            patterns=[Pattern(one.name, one.regex, one.score) for one in spec.patterns],
            context=list(spec.context),
            global_regex_flags=flags,
        )
        self._check = CHECKSUMS[spec.checksum] if spec.checksum else None
        self._keeps_failed = spec.failed_score > 0

    def validate_result(self, pattern_text: str) -> bool | None:
        """Return True for a right check digit, False to drop the finding, None to keep it as it is."""
        if self._check is None:
            return None
        return self._check(pattern_text) or (None if self._keeps_failed else False)


def _unchecked(base: type[Any]) -> type[Any]:
    """Return `base` without its check: everything of the right form, at the pattern's score."""

    def validate_result(_self: PatternRecognizer, _pattern_text: str) -> None:
        return None

    def invalidate_result(_self: PatternRecognizer, _pattern_text: str) -> bool:
        return False

    methods = {"validate_result": validate_result, "invalidate_result": invalidate_result}
    return type(f"{base.__name__}Unchecked", (base,), methods)


class _ContextWords(LemmaContextAwareEnhancer):
    """Presidio's context search, in time linear in the text, and by whole words if they are short."""

    @staticmethod
    def _find_index_of_match_token(
        _word: str, start: int, tokens: Sequence[str], tokens_indices: list[int]
    ) -> int:
        index = max(bisect_right(tokens_indices, start) - 1, 0)
        behind = start >= tokens_indices[index] + len(tokens[index])
        return min(index + behind, len(tokens_indices) - 1)

    @staticmethod
    def _find_supportive_word_in_context(
        context_list: list[str], recognizer_context_list: list[str], matching_mode: str = "substring"
    ) -> str:
        del matching_mode
        for wanted in recognizer_context_list:
            word = wanted.strip().lower()
            for seen in context_list:
                if seen == word or (len(word) >= _LONG_WORD and word in seen):
                    return word
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recogniser:
    """One of the recognisers in use, with how far it is trusted."""

    presidio: EntityRecognizer
    name: str
    entity: str
    passed: float
    """Score of a passed check."""
    cap: float
    """Highest score before context is considered."""
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look at one window showed."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    looked: int
    """Bits, in the order of the roster, of who looked at all of it or needs something that it lacks."""


def build(file: PresidioFile, specs: Sequence[RecogniserSpec]) -> tuple[Recogniser, ...]:
    """Return every recogniser that the files name.

    Raises:
        DetectorUnavailable: Presidio has no recogniser of that name any more.
    """
    built: list[Recogniser] = []
    for one in file.recognisers:
        built.extend(_build_presidio(one, file))
    for spec in specs:
        cap = spec.failed_score if spec.checksum else 1.0
        built.append(
            _trust(YamlRecogniser(spec), spec.entity, passed=spec.passed_score, cap=cap, needs=spec.needs)
        )
    return tuple(built)


def _build_presidio(one: PresidioSpec, file: PresidioFile) -> Iterator[Recogniser]:
    base = _OURS.get(one.recogniser) or getattr(presidio, one.recogniser, None)
    if base is None or not hasattr(presidio, one.recogniser):
        raise DetectorUnavailable(f"recogniser_missing:{one.recogniser}")
    options: dict[str, Any] = {"supported_language": "en"}
    options |= {"context": list(one.context)} if one.context else {}
    if one.recogniser == "PhoneRecognizer":
        options |= {"supported_regions": file.phone_regions, "leniency": file.phone_leniency}
    strict = base(**options)
    entity = one.entity or str(strict.supported_entities[0])
    yield _trust(strict, entity, passed=one.passed_score, cap=one.maximum_score, needs=one.needs)
    if one.failed_score:
        yield _trust(
            _unchecked(type(strict))(**options), entity, passed=1.0, cap=one.failed_score, needs=one.needs
        )


def _trust(recogniser: EntityRecognizer, entity: str, *, passed: float, cap: float, needs: str) -> Recogniser:
    name = str(getattr(recogniser, "name", ""))
    return Recogniser(presidio=recogniser, name=name, entity=entity, passed=passed, cap=cap, needs=needs)


class Engine:
    """The recognisers, ready to look at one window of text after the other."""

    def __init__(self, recognisers: Sequence[Recogniser], *, minimum_score: float) -> None:
        self.recognisers = tuple(recognisers)
        self._minimum_score = minimum_score
        self._enhancer = _ContextWords(
            context_prefix_count=_CONTEXT_BEFORE, context_suffix_count=_CONTEXT_AFTER
        )
        self._by_id = {one.presidio.id: one for one in recognisers}

    def look(self, text: str, artifacts: NlpArtifacts) -> Sight:
        """Return what the pattern recognisers see in `text`; never raises.

        `artifacts` are the words of a text with the same offsets.
        """
        results: list[RecognizerResult] = []
        gaps: list[Gap] = []
        looked, has_digit = 0, _DIGIT.search(text) is not None
        for place, one in enumerate(self.recognisers):
            troubles = len(gaps)
            if has_digit if one.needs == "digit" else one.needs in text:
                results.extend(self._ask(one, text, artifacts, gaps))
            looked |= (len(gaps) == troubles) << place
        results = self._enhance(text, results, artifacts, gaps)
        findings = (self._finding(result) for result in results if result.score >= self._minimum_score)
        return Sight(findings=tuple(findings), gaps=tuple(gaps), looked=looked)

    def _finding(self, result: RecognizerResult) -> Finding:
        by, score = self._by_id[_identifier(result)], round(float(result.score), 3)
        return Finding(start=result.start, end=result.end, entity=by.entity, score=score, recogniser=by.name)

    def _ask(
        self, one: Recogniser, text: str, artifacts: NlpArtifacts, gaps: list[Gap]
    ) -> list[RecognizerResult]:
        EAR.listen()
        try:
            results: list[RecognizerResult] = one.presidio.analyze(
                text, one.presidio.supported_entities, artifacts
            )
        except Exception:  # noqa: BLE001 - whatever a recogniser raises costs this document its clearance
            gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail=one.name))
            return []
        gaps.extend(Gap(reason=reason, detail=one.name) for reason in EAR.reasons())
        for result in results:
            passed = result.score >= 1.0 and one.passed < 1.0
            result.score = (
                one.passed if passed else min(result.score, max(one.cap, one.passed * (result.score >= 1)))
            )
        return results

    def _enhance(
        self, text: str, results: list[RecognizerResult], artifacts: NlpArtifacts, gaps: list[Gap]
    ) -> list[RecognizerResult]:
        """Return the results with their scores raised where words nearby support them."""
        sure: list[RecognizerResult] = []
        doubtful: list[RecognizerResult] = []
        for one in results:
            has_context = one.score < 1 and self._by_id[_identifier(one)].presidio.context
            (doubtful if has_context else sure).append(one)
        if not doubtful or not artifacts.tokens_indices:
            return results
        EAR.listen()
        try:
            raised = self._enhancer.enhance_using_context(
                text, doubtful, artifacts, [one.presidio for one in self.recognisers]
            )
        except Exception:  # noqa: BLE001 - as in `_ask`
            gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail="context"))
            return results
        gaps.extend(Gap(reason=reason, detail="context") for reason in EAR.reasons())
        return [*sure, *raised]


def _identifier(result: RecognizerResult) -> Any:
    return result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]


def words_of(doc: Doc) -> NlpArtifacts:
    """Return a text's words as Presidio's recognisers want them; lower case stands for the lemma."""
    lowered = [token.lower_ for token in doc]
    attributes = doc.to_array([IDX, IS_STOP, IS_PUNCT]).tolist()
    artifacts = NlpArtifacts(
        entities=list(doc.ents),
        tokens=doc,
        tokens_indices=[at for at, _, _ in attributes],
        lemmas=lowered,
        nlp_engine=None,
        language="en",
    )
    # A set: Presidio asks "is it a keyword?" once a word, of a list as long as the text.
    artifacts.keywords = {  # type: ignore[assignment]
        word for word, (_, stop, punct) in zip(lowered, attributes, strict=True) if not stop and not punct
    }
    return artifacts


def load_nlp_engine(file: str) -> NlpEngine:
    """Return the NLP engine of a Presidio configuration file.

    Raises:
        DetectorUnavailable: the file or what it names cannot be loaded.
    """
    configured_models(file)
    try:
        return NlpEngineProvider(conf_file=file).create_engine()
    except Exception:  # noqa: BLE001 - Presidio, spaCy and PyYAML each raise their own
        raise DetectorUnavailable("nlp_configuration_not_loadable") from None


def configured_models(file: str) -> tuple[str, ...]:
    """Return the models that a Presidio configuration file names.

    Raises:
        DetectorUnavailable: the file is no such configuration, or a model is not on this
            machine: Presidio would download it.
    """
    names: list[str] = []
    try:
        for one in yaml.safe_load(Path(file).read_text(encoding="utf-8"))["models"]:
            name = one["model_name"]
            names.extend([name] if isinstance(name, str) else map(str, name.values()))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        raise DetectorUnavailable("nlp_configuration_not_loadable") from None
    if not all(is_package(name) or Path(name).is_dir() for name in names):
        raise DetectorUnavailable("nlp_configuration_names_a_missing_model")
    return tuple(names)
