from __future__ import annotations

import pytest

from flows.stand_in import MODEL
from pipeline.providers import Price, cost_microusd, price_of, prices_as_of, provider_of, providers


@pytest.mark.parametrize(
    ("model", "prompt", "completion", "expected"),
    [
        ("gpt-4o-mini", 1_000_000, 0, 150_000),
        ("gpt-4o-mini", 0, 1_000_000, 600_000),
        ("gpt-4o-mini", 1, 0, 1),
        ("gpt-4o-mini", 1000, 100, 210),
        ("gpt-4o-mini-2024-07-18", 1000, 100, 210),
        ("gpt-4o-mini", 0, 0, 0),
        ("unheard-of", 1000, 1000, 0),
        (MODEL, 20, 20, 15),
    ],
)
def test_cost(model, prompt, completion, expected):
    """Costs are whole micro-dollars, rounded up; a snapshot costs what its model does."""
    assert cost_microusd(model, prompt, completion) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.openai.com/v1/", "openai"),
        ("https://acme.openai.azure.com/openai/v1", "azure"),
        ("https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1", "bedrock"),
        ("http://127.0.0.1:4711/v1", "stand_in"),
        ("https://api.openai.com.example.org/v1", "other"),
        ("https://x/.openai.azure.com/openai/v1", "other"),
        ("", "other"),
    ],
)
def test_provider_of(url, expected):
    """A provider is known by its address, all of it."""
    assert provider_of(url) == expected


def test_catalogue():
    """Every provider has an address with at most one free part, and every price is known."""
    assert {"openai", "azure", "anthropic", "gemini", "xai", "bedrock", "stand_in"} == set(providers())
    for provider in providers().values():
        assert provider.base_url.startswith("https://") or provider.name == "stand_in"
        assert provider.base_url.count("{") <= 1
        for price in provider.models.values():
            assert 0 < price.prompt <= price.completion
    assert prices_as_of().year >= 2026
    assert price_of("gpt-4o") == Price(prompt=2_500_000, completion=10_000_000)
    assert price_of("unheard-of") is None
