"""Settings that would open a way out are refused, never ignored."""

from __future__ import annotations

import pytest

from flows.errors import Refused
from flows.settings import load_settings


@pytest.mark.parametrize(
    "environ",
    [
        {"OPENAI_BASE_URL": "https://api.openai.com/v1"},
        {"HTTPS_PROXY": "http://127.0.0.1:3128"},
        {"SSLKEYLOGFILE": "keys.log"},
        {"CORDON_CLOSED_URL": "http://api.example.com/v1"},
        {"CORDON_ON_PREM_URL": "http://192.0.2.1:8000/v1"},
        {"CORDON_ON_PREM_URL": "https://api.openai.com/v1"},
        {"CORDON_ON_PREM_URL": "https://API.OpenAI.com/other"},
        {"CORDON_ON_PREM_URL": "https://ours.openai.azure.com/openai/v1"},
        {"CORDON_ON_PREM_URL": "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1"},
        {
            "CORDON_ON_PREM_URL": "https://models.example.com/one",
            "CORDON_CLOSED_URL": "https://models.example.com/two",
        },
    ],
)
def test_a_way_out_is_refused(environ: dict[str, str]) -> None:
    """A safety rule says no before anything is opened."""
    with pytest.raises(Refused):
        load_settings(environ)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "https://vllm:8000/v1", "https://vllm.example.com/v1"]
)
def test_a_house_of_our_own_is_accepted(url: str) -> None:
    """The on-prem model may be anywhere that is not a closed API."""
    assert load_settings({"CORDON_ON_PREM_URL": url}).on_prem_url == url


@pytest.mark.parametrize(
    ("environ", "shipped", "configuration"),
    [
        ({}, True, None),
        ({"CORDON_NLP_CONFIGURATION": "nlp.yaml"}, False, "nlp.yaml"),  # one line swaps the model
        ({"CORDON_NER_MODEL": "en_core_web_lg"}, False, None),
    ],
)
def test_one_variable_swaps_the_model_of_names(
    environ: dict[str, str], *, shipped: bool, configuration: str | None
) -> None:
    """Whoever names another model does not have to unname the shipped one."""
    settings = load_settings(environ)
    assert (settings.ner_model or "").endswith("models/ner/weights") == shipped
    assert settings.nlp_configuration == configuration
