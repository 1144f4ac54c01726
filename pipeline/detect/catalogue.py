"""The recognisers in use, built from the files that name them. With `engine`, the only importer of Presidio.

Presidio's classes are taken as they are where they can be; what they do badly here is put right in a
subclass, and how far each is trusted is said beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import regex
import tldextract
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer import predefined_recognizers as presidio

from pipeline.detect.checksums import checksum
from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.phones import is_typical, phone_spans
from pipeline.detect.row_recogniser import rows
from pipeline.detect.specs import AnySpec, PresidioFile, PresidioSpec, RecogniserSpec

# Seven digits with little between them; shorter numbers are not told from any other number.
_PHONE_LIKE: Final = regex.compile(r"[+(]?\d(?:\D{0,4}\d){6,}")
_PHONE_DIGITS: Final = 7
_TYPICAL_SCORE, _ODD_SCORE = 0.4, 0.25
"""Without a word like `call` nearby: sizes, times and lists of numbers are valid somewhere in the world too."""
_DOTTED_SCORE: Final = 0.3
# Neither a version nor a section begins with two numbers of two digits and has one of three: and this is no network's own.
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_OWN: Final = r"(?!10\.|127\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.(?:168\.|0\.2\.)|198\.51\.100\.|203\.0\.113\.)"
_WIDE: Final = rf"\b{_OWN}(?=[\d.]{{0,12}}\d{{3}})(?=\d\d\d?\.\d\d)(?:{_OCTET}\.){{3}}{_OCTET}\b(?!\.\d)"
_WIDE_SCORE: Final = 0.45
"""Without a word like `address` nearby."""
_DIGIT: Final = regex.compile(r"\d")
_PHONE_MARGIN: Final = 20
"""Code points around a number that its matcher judges by: a plus sign, brackets, an extension."""


def limit_patterns(seconds: int) -> None:
    """Set the time a pattern may take, which Presidio reads from the environment at import."""
    for name, module in list(sys.modules.items()):
        if name.startswith("presidio_analyzer") and hasattr(module, "REGEX_TIMEOUT_SECONDS"):
            setattr(module, "REGEX_TIMEOUT_SECONDS", seconds)  # noqa: B010 - a name that the type does not show


_PROGRAMS: Final = frozenset({"git"})
"""Local parts of addresses by which programs log in."""
# Nobody's: this host, no host, all hosts; and 1.2.3.4, which stands in examples and version numbers.
_NOBODYS_HOST: Final = regex.compile(r"127\.[\d.]+|0\.0\.0\.0|255\.255\.255\.255|\d\.\d\.\d\.\d|::1?")
# A package's version: `tool-3.13.0.0.tar.gz`, `v3.13.0.0`.
_NOT_IN_A_VERSION: Final = r"(?<![A-Za-z]-)(?<!\bv)"


# The public-suffix list inside the package: no download, no cache file.
_SUFFIXES: Final = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


class LocalEmailRecognizer(presidio.EmailRecognizer):
    """Presidio's, without its download of the public-suffix list."""

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the domain ends in a public suffix; internal ones do not, and `git@` is nobody's."""
        local, _, domain = pattern_text.rpartition("@")
        return local.lower() not in _PROGRAMS and bool(_SUFFIXES(domain).fqdn)


class DottedIpRecognizer(presidio.IpRecognizer):
    """Presidio's, less sure of four numbers with dots: versions, times and section numbers have the form too."""

    PATTERNS = [  # noqa: RUF012 - as its base declares it
        Pattern("IPv4_wide", _NOT_IN_A_VERSION + _WIDE, _WIDE_SCORE),
        *(
            Pattern(one.name, _NOT_IN_A_VERSION + one.regex, _DOTTED_SCORE) if one.name == "IPv4" else one
            for one in presidio.IpRecognizer.PATTERNS
        ),
    ]

    def invalidate_result(self, pattern_text: str) -> bool:
        """Return whether this is no address, or an address that leads to nobody."""
        nobodys = _NOBODYS_HOST.fullmatch(pattern_text.partition("/")[0])
        return nobodys is not None or bool(super().invalidate_result(pattern_text))


class SharedPhoneRecognizer(presidio.PhoneRecognizer):
    """Presidio's, asked only about the places that hold enough digits for a number.

    Each of its regions reads the whole text otherwise: half the time of all recognisers.
    """

    gate: Final = _PHONE_LIKE.pattern
    """A text without a match of it holds no number."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return the phone numbers in `text`."""
        del entities, nlp_artifacts
        found: list[RecognizerResult] = []
        end_of_last = 0
        for match in _PHONE_LIKE.finditer(text):
            start = max(end_of_last, match.start() - _PHONE_MARGIN)
            end_of_last = min(len(text), match.end() + _PHONE_MARGIN)
            spans = phone_spans(text[start:end_of_last], self.supported_regions, self.leniency or 0)
            found.extend(self._results(text, start, spans))
            end_of_last = match.end()
        return found

    def _results(
        self, text: str, offset: int, spans: Sequence[tuple[int, int]]
    ) -> Iterator[RecognizerResult]:
        for start, end in spans:
            shown = text[offset + start : offset + end]
            if len(_DIGIT.findall(shown)) >= _PHONE_DIGITS:
                score = _TYPICAL_SCORE if is_typical(shown) else _ODD_SCORE
                yield RecognizerResult(self.supported_entities[0], offset + start, offset + end, score)


# Classes of other names than Presidio's: its registry takes any subclass that has the name it looks for.
_OURS: Final[Mapping[str, type[EntityRecognizer]]] = MappingProxyType(
    {
        "EmailRecognizer": LocalEmailRecognizer,
        "IpRecognizer": DottedIpRecognizer,
        "PhoneRecognizer": SharedPhoneRecognizer,
    }
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
        self._check = checksum(spec.checksum) if spec.checksum else None
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


def build(file: PresidioFile, specs: Sequence[AnySpec]) -> tuple[Recogniser, ...]:
    """Return every recogniser that the files name.

    Raises:
        DetectorUnavailable: Presidio has no recogniser of that name any more.
    """
    built: list[Recogniser] = []
    for one in file.recognisers:
        built.extend(_build_presidio(one, file))
    for spec in specs:
        if isinstance(spec, RecogniserSpec):
            cap = spec.failed_score if spec.checksum else 1.0
            built.append(
                _trust(YamlRecogniser(spec), spec.entity, passed=spec.passed_score, cap=cap, needs=spec.needs)
            )
    built.extend(
        _trust(row, str(row.supported_entities[0]), passed=1.0, cap=1.0, needs="digit") for row in rows(specs)
    )
    return tuple(built)


def _build_presidio(one: PresidioSpec, file: PresidioFile) -> Iterator[Recogniser]:
    base = _OURS.get(one.recogniser) or getattr(presidio, one.recogniser, None)
    if base is None or not hasattr(presidio, one.recogniser):
        raise DetectorUnavailable(f"recogniser_missing:{one.recogniser}")
    options: dict[str, Any] = {"supported_language": "en"}
    options |= {"name": one.recogniser} if one.recogniser in _OURS else {}
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
