"""Presidio's own findings, faster: its registry, its context words, its thresholds, on this engine.

For comparisons that must change nothing but the speed. Each text gives the same (entity, start, end,
score) as `AnalyzerEngine.analyze` of the analyzer that this is made from. What Presidio does for every text
is done only where it can change something: lemmas where a finding has context words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from presidio_analyzer import AnalyzerEngine, EntityRecognizer
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.attrs import LEMMA, ORTH, TAG
from spacy.tokens import Doc

from pipeline.detect.ner import _use_numpy
from pipeline.detect.search import Hit, Search, without_contained
from pipeline.detect.words import LazyWords, spelled

_LANGUAGE: Final = "en"
_BATCH: Final = 32
# Components that only say what a lemma depends on, and those that do not read what they say.
_FOR_LEMMAS: Final = frozenset({"tagger", "morphologizer", "attribute_ruler", "lemmatizer"})
_BESIDE: Final = frozenset({"tok2vec", "parser", "senter", "ner"})
_OF_A_WORD: Final = frozenset({"TAG", "ORTH", "TEXT", "LOWER"})
_MOST_LEMMAS: Final = 100_000
"""Words with tags that are kept: 20 MB, and no more than spaCy's vocabulary of the same words."""
_LEMMA_ATTRIBUTES: Final = frozenset({"TAG", "POS", "MORPH", "LEMMA"})


class Result(NamedTuple):
    """What Presidio reports, without its explanation."""

    entity: str
    start: int
    end: int
    score: float


class LikePresidio:
    """An analyzer's findings, of one text after the other."""

    def __init__(self, analyzer: AnalyzerEngine, *, folder: Path | None = None, fast: bool = True) -> None:
        """Take over what the analyzer consists of. Its spaCy pipeline is changed to multiply with numpy.

        Raises:
            ValueError: a part works in a way that is not known here.
        """
        recognisers = analyzer.registry.get_recognizers(language=_LANGUAGE, all_fields=True)
        _check(analyzer, recognisers)
        engine: Any = analyzer.nlp_engine
        self._nlp_engine, self.nlp = engine, engine.nlp[_LANGUAGE]
        _use_numpy(self.nlp)
        self._deferred = _deferred(self.nlp)
        self._lemmas = _Lemmas(self.nlp, self._deferred)
        self._enhancer: Any = analyzer.context_aware_enhancer
        self._contexts = [tuple(word.lower() for word in one.context or ()) for one in recognisers]
        self._thresholds = [one.score_thresholds for one in recognisers]
        self._threshold = analyzer.default_score_threshold
        self._search = Search(recognisers, pattern_seconds=60, folder=folder, fast=fast)

    def analyze(self, texts: Iterable[str]) -> Iterator[list[Result]]:
        """Yield each text's findings, in order."""
        disabled = [name for name, _ in self._deferred]
        for doc in self.nlp.pipe(texts, batch_size=_BATCH, disable=disabled):
            yield self.analyze_doc(doc.text, doc)

    def analyze_doc(self, text: str, doc: Doc) -> list[Result]:
        """Return the findings of a text whose words and names are in `doc`."""
        words = _Words(doc, self._nlp_engine, self._lemmas)
        hits, _ = self._search.look(text, words)
        for hit in hits:
            self._enhance(hit, words)
        kept = [hit for hit in hits if hit.score >= self._least(hit)]
        kept.sort(key=lambda hit: hit.entity)
        return [
            Result(hit.entity, hit.start, hit.end, hit.score)
            for _, group in groupby(kept, key=lambda hit: hit.entity)
            for hit in without_contained(list(group))
            if hit.score
        ]

    def _enhance(self, hit: Hit, words: LazyWords) -> None:
        enhancer, context = self._enhancer, self._contexts[hit.who]
        if not context or hit.score >= 1:
            return
        near = words.around(
            hit.start, before=enhancer.context_prefix_count, after=enhancer.context_suffix_count
        )
        if any(word in seen for word in context for seen in near):
            raised = max(
                hit.score + enhancer.context_similarity_factor, enhancer.min_score_with_context_similarity
            )
            hit.score = min(raised, 1.0)

    def _least(self, hit: Hit) -> float:
        thresholds = self._thresholds[hit.who]
        return float(thresholds.get(hit.entity, thresholds.get("default", self._threshold)))


class _Lemmas:
    """The lemmas of a text, made by the pipeline's own components.

    Where nothing but a word and its tag decides about a lemma, those of each word and tag are kept.
    """

    def __init__(self, nlp: Any, components: Sequence[tuple[str, Any]]) -> None:
        kinds = {name: nlp.get_pipe_meta(name).factory for name, _ in components}
        self._vocab = nlp.vocab
        self._components = [component for _, component in components]
        self._taggers = [component for name, component in components if kinds[name] == "tagger"]
        self._by_tag = [component for name, component in components if kinds[name] != "tagger"]
        self._is_by_tag = "morphologizer" not in kinds.values() and all(
            _reads_tags(component) for name, component in components if kinds[name] == "attribute_ruler"
        )
        self._known: dict[tuple[int, int], str] = {}

    def of(self, doc: Doc) -> list[str]:
        """Return the lemma of each word."""
        for component in self._taggers if self._is_by_tag else self._components:
            doc = component(doc)
        if not self._is_by_tag:
            return spelled(doc, LEMMA)
        if len(self._known) > _MOST_LEMMAS:
            self._known.clear()
        keys = [(orth, tag) for orth, tag in doc.to_array([ORTH, TAG]).tolist()]
        if unknown := [key for key in dict.fromkeys(keys) if key not in self._known]:
            self._learn(unknown)
        return [self._known[key] for key in keys]

    def _learn(self, keys: Sequence[tuple[int, int]]) -> None:
        words = Doc(self._vocab, words=[self._vocab.strings[orth] for orth, _ in keys])
        tags: Any = np.array([[tag] for _, tag in keys], dtype=np.uint64)
        words.from_array([TAG], tags)
        for component in self._by_tag:
            words = component(words)
        self._known.update(zip(keys, spelled(words, LEMMA), strict=True))


def _reads_tags(ruler: Any) -> bool:
    """Return whether each rule of `ruler` is about one word: its tag, or itself."""
    return all(
        len(pattern) == 1 and pattern[0].keys() <= _OF_A_WORD
        for rule in ruler.patterns
        for pattern in rule["patterns"]
    )


class _Words(LazyWords):
    """Words with the lemmas, keywords and entities of Presidio's spaCy engine."""

    def __init__(self, doc: Doc, engine: Any, lemmas: _Lemmas) -> None:
        super().__init__(doc)
        self._engine = engine
        self._lemmas = lemmas

    @cached_property
    def lemmas(self) -> list[str]:
        """The lemmas, worked out now."""
        doc = self.tokens
        if not doc.has_annotation("LEMMA"):
            return self._lemmas.of(doc)
        return spelled(doc, LEMMA)

    @cached_property
    def keywords(self) -> set[str]:
        """As `NlpArtifacts.set_keywords`, a set."""
        vocab = self._engine.get_nlp(_LANGUAGE).vocab
        return {
            part
            for lemma in set(self.lemmas)
            if lemma not in ("-PRON-", "be") and not (lexeme := vocab[lemma]).is_stop and not lexeme.is_punct
            for part in lemma.lower().split(":")
        }

    @cached_property
    def _updated(self) -> tuple[list[Any], list[float]]:
        doc = self.tokens
        scores = self._engine._get_scores_for_entities(doc)  # noqa: SLF001 - Presidio's own step
        entities, scores = self._engine._get_updated_entities(doc.ents, scores)  # noqa: SLF001
        return list(entities), list(scores)

    @cached_property
    def entities(self) -> list[Any]:
        """The spans that Presidio keeps, under its names."""
        return self._updated[0]

    @cached_property
    def scores(self) -> list[float]:
        """Their scores."""
        return self._updated[1]


def _check(analyzer: AnalyzerEngine, recognisers: Sequence[EntityRecognizer]) -> None:
    enhancer = analyzer.context_aware_enhancer
    own = [
        one
        for one in recognisers
        if type(one).enhance_using_context is not EntityRecognizer.enhance_using_context
    ]
    if (
        type(enhancer) is not LemmaContextAwareEnhancer
        or enhancer.context_matching_mode != "substring"
        or own
    ):
        raise ValueError("an enhancer that is not Presidio's own")
    if type(analyzer.nlp_engine) is not SpacyNlpEngine:
        raise ValueError("an NLP engine that is not spaCy's")


def _deferred(nlp: Any) -> list[tuple[str, Any]]:
    """Return the components that only lemmas need, if nothing else reads what they say."""
    kinds = {name: nlp.get_pipe_meta(name).factory for name in nlp.pipe_names}
    if not set(kinds.values()) <= _FOR_LEMMAS | _BESIDE:
        return []
    components = [(name, nlp.get_pipe(name)) for name, kind in kinds.items() if kind in _FOR_LEMMAS]
    for name, component in components:
        if kinds[name] == "attribute_ruler":
            said = {key for rule in component.patterns for key in rule["attrs"]}
            if not said <= _LEMMA_ATTRIBUTES:
                return []
    return components
