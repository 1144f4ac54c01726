"""The words that canaries are written in: read from YAML, checked whole before a night begins."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.canaries.identifiers import VALUES
from pipeline.errors import CordonError

_STRICT: Final = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)
_SLOT: Final = "{}"


class CanariesUnavailable(CordonError):  # noqa: N818 - a state of the world, as in pipeline.errors
    """No canaries can be made as configured: found at start, so that no night fails of it."""


class Label(BaseModel):
    """How an identifier is announced."""

    model_config = _STRICT

    label: str = Field(min_length=1)
    says: list[str] = Field(min_length=1)


class People(BaseModel):
    """Names of one part of the world."""

    model_config = _STRICT

    given: list[str] = Field(min_length=1)
    family: list[str] = Field(min_length=1)


class Language(BaseModel):
    """What a letter in one language is made of. Only English ones name a person."""

    model_config = _STRICT

    openings: list[str] = Field(min_length=1)
    closings: list[str] = Field(min_length=1)
    mentions: list[str] = []
    subjects: list[str] = []
    labels: dict[str, Label]
    around: list[str] = Field(min_length=4)


class Texts(BaseModel):
    """The whole file."""

    model_config = _STRICT

    names: list[People] = Field(min_length=1)
    languages: dict[str, Language]


@cache
def read_texts() -> Texts:
    """Return the shipped words.

    Raises:
        CanariesUnavailable: the file is missing or not valid, or announces what cannot be drawn.
    """
    file = resources.files("pipeline.canaries") / "texts.yaml"
    try:
        texts = Texts.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError):
        raise CanariesUnavailable("canary_texts_not_valid") from None
    for language in texts.languages.values():
        for entity, label in language.labels.items():
            if entity not in VALUES or any(said.count(_SLOT) != 1 for said in label.says):
                raise CanariesUnavailable("canary_texts_not_valid")
    return texts
