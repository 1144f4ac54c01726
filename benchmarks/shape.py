"""A spaCy pipeline in the shape of `en_core_web_sm` 3.x: what it costs depends on its layers, not on its weights.

The published one cannot be had offline. This one has the same components in the same order, the same widths and depths
(96 by 4, two hash embeddings) and as many labels, and is trained for a moment on invented text, so that it
marks about as much as a real one: names of people mostly right, nothing to rely on.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import spacy
from spacy.lookups import Lookups
from spacy.training import Example

from benchmarks.corpus import people, write_mix

_STEPS = 20
_LABELS = (
    "CARDINAL DATE EVENT FAC GPE LANGUAGE LAW LOC MONEY NORP ORDINAL ORG PERCENT PERSON PRODUCT QUANTITY TIME "
    "WORK_OF_ART"
)
_TAGS = tuple(f"T{number}" for number in range(50))
_DEPENDENCIES = ("ROOT", *(f"d{number}" for number in range(44)))
_TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 96,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"],
        "rows": [5000, 1000, 2500, 2500, 50, 50],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": 96,
        "depth": 4,
        "window_size": 1,
        "maxout_pieces": 3,
    },
}
_LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"}


def build(folder: Path, *, seed: int = 0) -> Path:
    """Write the pipeline to `folder`, if it is not there yet, and return it."""
    if (folder / "meta.json").is_file():
        return folder
    spacy.util.fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": _TOK2VEC})
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": _LISTENER}})
    nlp.add_pipe("parser", config={"model": _transitions("parser", _LISTENER)})
    ruler: Any = nlp.add_pipe("attribute_ruler")
    ruler.add_patterns(
        [
            {"patterns": [[{"TAG": tag}]], "attrs": {"POS": ("NOUN", "VERB", "ADJ")[at % 3]}}
            for at, tag in enumerate(_TAGS)
        ]
    )
    nlp.add_pipe("lemmatizer", config={"mode": "rule"})
    nlp.add_pipe("ner", config={"model": _transitions("ner", _TOK2VEC)})
    _train(nlp, random.Random(seed))
    folder.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(folder)
    return folder


def _transitions(kind: str, tok2vec: dict[str, Any]) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": kind,
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": tok2vec,
    }


def _train(nlp: Any, randomness: random.Random) -> None:
    for label in _LABELS.split():
        nlp.get_pipe("ner").add_label(label)
    for label in _DEPENDENCIES:
        nlp.get_pipe("parser").add_label(label)
    for label in _TAGS:
        nlp.get_pipe("tagger").add_label(label)
    lookups = Lookups()
    for table, rules in {
        "lemma_rules": {"noun": [["s", ""], ["es", ""]], "verb": [["ed", ""], ["ing", ""], ["s", ""]]},
        "lemma_index": {},
        "lemma_exc": {},
    }.items():
        lookups.add_table(table, rules)
    nlp.get_pipe("lemmatizer").initialize(lookups=lookups)
    examples = [_example(nlp, text, randomness) for text in write_mix("dense", 24, seed=7)]
    names = [name for name in nlp.pipe_names if name not in ("lemmatizer", "attribute_ruler")]
    with nlp.select_pipes(enable=names):
        optimizer = nlp.initialize(lambda: examples)
        for _ in range(_STEPS):
            nlp.update(randomness.sample(examples, 8), sgd=optimizer)


def _example(nlp: Any, text: str, randomness: random.Random) -> Example:
    doc = nlp.make_doc(text)
    entities = [(at, at + len(name), "PERSON") for name in people() if (at := text.find(name)) >= 0]
    starts = [0, *(at + 1 for at, token in enumerate(doc) if token.text == "." and at + 1 < len(doc))]
    return Example.from_dict(
        doc,
        {
            "entities": entities,
            "tags": [_TAGS[token.lower % len(_TAGS)] for token in doc],
            "heads": [at if at in starts else at - 1 for at in range(len(doc))],
            "deps": [
                "ROOT" if at in starts else randomness.choice(_DEPENDENCIES[1:]) for at in range(len(doc))
            ],
        },
    )
