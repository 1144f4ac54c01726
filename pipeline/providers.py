"""Closed providers: where they are, what they can, what they charge.

Money is whole micro-dollars throughout: sums of many small costs stay exact.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from policies.yaml_lines import load

_MILLION = 1_000_000
_STAND_IN = "stand_in"
_DATED = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
"""What providers append to a model's name for a snapshot of it; the price is the model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model costs, in micro-dollars per million tokens."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A closed provider that speaks OpenAI's protocol."""

    name: str
    title: str
    base_url: str
    """May hold one `{part}` that the customer's own address has."""
    json_schema: bool
    """Whether it enforces `response_format`; answers are checked here in any case."""
    notes: str
    models: Mapping[str, Price]

    def serves(self, url: str) -> bool:
        """Whether `url` is an address of this provider."""
        pattern = "[A-Za-z0-9.-]+".join(re.escape(part) for part in re.split(r"\{[a-z]+\}", self.base_url))
        return re.fullmatch(pattern, url.rstrip("/")) is not None


class _Raw(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


_MicroDollars = Annotated[int, Field(ge=0, le=10**12, strict=True)]


class _RawPrice(_Raw):
    prompt: _MicroDollars
    completion: _MicroDollars


class _RawProvider(_Raw):
    title: str
    base_url: str
    json_schema: bool
    notes: str
    models: dict[str, _RawPrice]


class _Catalogue(_Raw):
    as_of: dt.date
    providers: dict[str, _RawProvider]


@cache
def _catalogue() -> _Catalogue:
    text = resources.files("pipeline").joinpath("providers.yaml").read_text(encoding="utf-8")
    return _Catalogue.model_validate(load(text, file="providers.yaml").value)


@cache
def providers() -> Mapping[str, Provider]:
    """Return the catalogue, by name."""
    return MappingProxyType(
        {
            name: Provider(
                name=name,
                title=raw.title,
                base_url=raw.base_url,
                json_schema=raw.json_schema,
                notes=raw.notes,
                models=MappingProxyType(
                    {model: Price(**price.model_dump()) for model, price in raw.models.items()}
                ),
            )
            for name, raw in _catalogue().providers.items()
        }
    )


def prices_as_of() -> dt.date:
    """Return the day on which the catalogue's prices were read."""
    return _catalogue().as_of


def provider_of(url: str) -> str:
    """Return the name of the provider whose address `url` is, or `other`."""
    return next((name for name, provider in providers().items() if provider.serves(url)), "other")


def is_closed_host(host: str) -> bool:
    """Whether `host` is a provider's own, whatever the path: a place that documents may only reach by the gate."""
    return any(_host(provider).fullmatch(host) for name, provider in providers().items() if name != _STAND_IN)


def _host(provider: Provider) -> re.Pattern[str]:
    parts = re.split(r"\{[a-z]+\}", urlsplit(provider.base_url).netloc)
    return re.compile("[a-z0-9-]+".join(map(re.escape, parts)))


def price_of(model: str) -> Price | None:
    """Return the price of a model or of a dated snapshot of it; None if it is not known."""
    plain = _DATED.sub("", model)
    for provider in providers().values():
        found = provider.models.get(model) or provider.models.get(plain)
        if found is not None:
            return found
    return None


def cost_microusd(model: str, prompt_tokens: int, completion_tokens: int) -> int:
    """Return what a call costs, rounded up; 0 for a model without a known price (see `price_of`)."""
    price = price_of(model)
    if price is None:
        return 0
    return -(-(prompt_tokens * price.prompt + completion_tokens * price.completion) // _MILLION)
