"""A text's words, and what stands around a finding; worked out only when somebody asks.

Most texts hold nothing whose score depends on the words nearby. For them, no lemma is looked up.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, NlpEngineProvider
from spacy.attrs import IDX, IS_PUNCT, IS_STOP, LENGTH, LOWER
from spacy.tokens import Doc
from spacy.util import is_package

from pipeline.detect.config import DetectorUnavailable

_MOST_MARKS: Final = 200
_MARKS: Final = re.compile(rf"([^\w\s]{{{_MOST_MARKS}}})([^\w\s]+)")


def calm(text: str) -> str:
    """Return `text`, as long, with blanks for what follows 200 marks in a row.

    spaCy takes marks off a word one by one, and looks at the rest of it each time: 6,000 brackets took 2.7 s.
    """
    return _MARKS.sub(_blanks, text)


def _blanks(match: re.Match[str]) -> str:
    return match[1] + " " * len(match[2])


def spelled(doc: Doc, attribute: int) -> list[str]:
    """Return an attribute of each word that is a string; without an object for each word."""
    keys = doc.to_array(attribute).tolist()
    strings = doc.vocab.strings
    known = {key: strings[key] for key in set(keys)}
    return [known[key] for key in keys]


class LazyWords:
    """What Presidio's `NlpArtifacts` hold; lower case stands for the lemma."""

    def __init__(self, doc: Doc) -> None:
        self.tokens = doc
        self.language = "en"
        self.nlp_engine = None

    @cached_property
    def entities(self) -> list[Any]:
        """The spans that a model of names marked."""
        return list(self.tokens.ents)

    @cached_property
    def scores(self) -> list[float]:
        """Presidio's own score for spans without one."""
        return [0.85] * len(self.entities)

    @cached_property
    def tokens_indices(self) -> list[int]:
        """Where each word begins."""
        indices: list[int] = self.tokens.to_array(IDX).tolist()
        return indices

    @cached_property
    def ends(self) -> list[int]:
        """Where each word ends."""
        return [start + length for start, length in self.tokens.to_array([IDX, LENGTH]).tolist()]

    @cached_property
    def lemmas(self) -> list[str]:
        """Each word as context words are compared with it."""
        return spelled(self.tokens, LOWER)

    @cached_property
    def keywords(self) -> set[str]:
        """The words that are no stop words and no punctuation: a set, for Presidio asks once a word."""
        flags = self.tokens.to_array([IS_STOP, IS_PUNCT]).tolist()
        return {
            word for word, (stop, punct) in zip(self.lemmas, flags, strict=True) if not stop and not punct
        }

    @cached_property
    def _keyword_places(self) -> list[int]:
        keywords = self.keywords
        return [place for place, word in enumerate(self.lemmas) if word.lower() in keywords]

    def around(self, start: int, *, before: int, after: int) -> frozenset[str]:
        """Return the keywords around the word at code point `start`, that word among them.

        The nearest `before` + 1 up to it and `after` + 1 from it on, as Presidio counts.
        """
        places = self._keyword_places
        word = min(bisect_right(self.ends, start), len(self.ends) - 1)
        until, since = bisect_right(places, word), bisect_left(places, word)
        near = (*places[max(until - before - 1, 0) : until], *places[since : since + after + 1])
        return frozenset(self.lemmas[place].lower() for place in near)


def words_of(doc: Doc) -> LazyWords:
    """Return a text's words as Presidio's recognisers want them."""
    return LazyWords(doc)


class GivenWords(LazyWords):
    """What an NLP engine of Presidio has worked out already."""

    def __init__(self, artifacts: NlpArtifacts) -> None:
        super().__init__(artifacts.tokens)
        self.tokens_indices = artifacts.tokens_indices
        self.lemmas = artifacts.lemmas
        self.keywords = set(artifacts.keywords)
        self.entities, self.scores = artifacts.entities, artifacts.scores


def as_words(artifacts: LazyWords | NlpArtifacts) -> LazyWords:
    """Return the words that `artifacts` hold."""
    return artifacts if isinstance(artifacts, LazyWords) else GivenWords(artifacts)


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
