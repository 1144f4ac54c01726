"""A reply is outside data: what of it is stored in clear must look like what it claims to be."""

from __future__ import annotations

import json

import pytest

from pipeline.replies import read_reply

REPLY = {"model": "openai.gpt-oss-20b-1:0", "choices": [{"message": {"content": "{}"}}]}


@pytest.mark.parametrize(
    "model", ["gpt-4.1-mini-2025-04-14", "meta-llama/Llama-3.1", "models/gemini@1+x", ""]
)
def test_names_of_models_are_taken(model: str) -> None:
    """Whatever providers call their models."""
    reply = read_reply(json.dumps({**REPLY, "model": model}).encode())
    assert reply is not None
    assert reply.model == model


@pytest.mark.parametrize(
    "change",
    [
        {"model": "a\x00b"},
        {"model": "Mary Walker, born in 1970!"},
        {"system_fingerprint": "fp\n"},
        {"system_fingerprint": "Zoë"},
        {"usage": {"prompt_tokens": 1 << 31}},
        {"usage": {"completion_tokens": -1}},
    ],
)
def test_what_cannot_be_stored_or_published_is_no_reply(change: dict[str, object]) -> None:
    """One odd reply costs one call, not the transaction of a whole batch."""
    assert read_reply(json.dumps(REPLY | change).encode()) is None
