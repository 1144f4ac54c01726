"""A text's words, and what stands around a finding; worked out only when somebody asks.

Most texts hold nothing whose score depends on the words nearby. For them, no lemma is looked up.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
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
_PIECE: Final = 400
"""Code points that are split into words together, at least: room for what stands around one place."""
_STRETCH: Final = re.compile(r"\S+|\s+")
_MOST_KNOWN: Final = 50_000
"""Stretches whose words are kept: about 15 MB, and then they are learnt anew."""
_LONGEST_KNOWN: Final = 40
_CUT: Final = re.compile(r"(?<=\S) (?=\S)")
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
        if not self.ends:
            return frozenset()
        places = self._keyword_places
        word = min(bisect_right(self.ends, start), len(self.ends) - 1)
        until, since = bisect_right(places, word), bisect_left(places, word)
        near = (*places[max(until - before - 1, 0) : until], *places[since : since + after + 1])
        return frozenset(self.lemmas[place].lower() for place in near)


class Splitter:
    """Splits what stands between blanks into words, and knows what it split before.

    spaCy looks at each stretch of blanks and of anything else by itself, so the words of a text are those of its
    stretches. Inside a memory zone it forgets them, and splits `the` anew each time.
    """

    def __init__(self, make: Callable[[str], Doc]) -> None:
        """`make` splits a text into words, each text for itself."""
        self.make = make
        self._known: dict[str, Sequence[tuple[int, str, bool]]] = {}

    def __call__(self, stretch: str) -> Sequence[tuple[int, str, bool]]:
        """Return of each word where it ends in `stretch`, its small letters and whether it is a keyword."""
        found = self._known.get(stretch)
        if found is None:
            words = LazyWords(self.make(stretch))
            keywords = words.keywords
            found = [
                (end, word, word.lower() in keywords)
                for end, word in zip(words.ends, words.lemmas, strict=True)
            ]
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            if len(stretch) <= _LONGEST_KNOWN:
                self._known[stretch] = found
        return found


class _Piece:
    """The words of a piece of a text."""

    def __init__(self, text: str, split: Splitter) -> None:
        self.ends: list[int] = []
        self._words: list[str] = []
        self._places: list[int] = []
        for match in _STRETCH.finditer(text):
            at, stretch = match.start(), match.group()
            if stretch[0] == " " and at:  # belongs to the word before it
                at, stretch = at + 1, stretch[1:]
            for end, word, is_keyword in split(stretch) if stretch else ():
                if is_keyword:
                    self._places.append(len(self._words))
                self._words.append(word.lower())
                self.ends.append(at + end)

    def up_to(self, word: int, most: int) -> list[str]:
        """Return the last keywords up to the word of this number, that one included."""
        until = bisect_right(self._places, word)
        return [self._words[place] for place in self._places[max(until - most, 0) : until]]

    def since(self, word: int, most: int) -> list[str]:
        """Return the first keywords from the word of this number on."""
        since = bisect_left(self._places, word)
        return [self._words[place] for place in self._places[since : since + most]]


class PiecedWords(LazyWords):
    """A text's words, split only around the places that somebody asks about.

    A text may be cut at any single blank: the words are those of the whole text.
    """

    def __init__(self, text: str, split: Splitter) -> None:
        self._text, self._split = text, split
        self.language = "en"
        self.nlp_engine = None
        self._pieces: dict[int, _Piece] = {}

    @cached_property
    def tokens(self) -> Doc:  # type: ignore[override]
        """All words."""
        return self._split.make(calm(self._text))

    @cached_property
    def _cuts(self) -> list[int]:
        """Where each piece begins."""
        cuts = [0]
        while cut := _CUT.search(self._text, cuts[-1] + _PIECE):
            cuts.append(cut.end())
        return cuts

    def _piece(self, at: int) -> _Piece:
        if at not in self._pieces:
            end = self._cuts[at + 1] if at + 1 < len(self._cuts) else len(self._text)
            self._pieces[at] = _Piece(calm(self._text[self._cuts[at] : end]), self._split)
        return self._pieces[at]

    def around(self, start: int, *, before: int, after: int) -> frozenset[str]:
        """Return what `LazyWords.around` returns, of the pieces that it takes."""
        if not self._text:
            return frozenset()
        at = bisect_right(self._cuts, start) - 1
        word = bisect_right(self._piece(at).ends, start - self._cuts[at])
        if word == len(self._piece(at).ends):  # the blank behind a piece belongs to the next word
            at, word = (at + 1, 0) if at + 1 < len(self._cuts) else (at, word - 1)
        behind = self._piece(at).up_to(word, before + 1)
        ahead = self._piece(at).since(word, after + 1)
        for further in range(at - 1, -1, -1):
            if len(behind) > before:
                break
            behind += self._piece(further).up_to(len(self._text), before + 1 - len(behind))
        for further in range(at + 1, len(self._cuts)):
            if len(ahead) > after:
                break
            ahead += self._piece(further).since(0, after + 1 - len(ahead))
        return frozenset((*behind, *ahead))


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
