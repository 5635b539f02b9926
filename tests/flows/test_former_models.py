"""Components of one provider's models, and the component that takes their place."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient.flows.former_models import former_model
from lfclient.flows.outdated import describe_replacement, find_outdated
from lfclient.resources.catalogue import parse_catalogue
from tests.support.flows import entry, flow, node, text

OLD, NEW = (entry("CodeInput", "code", f"class {name}: ...") for name in ("Old", "New"))
LANGUAGE = node("LanguageModelComponent-x", code=NEW)["data"]["node"]
SERVER = {"models": {"LanguageModelComponent": {**LANGUAGE, "display_name": "Language Model"}}}


def openai(**template: dict[str, Any]) -> dict[str, Any]:
    return node("OpenAIModel-a", code=OLD, **{"model_name": text("gpt"), **template})


def test_a_providers_model_that_the_server_lacks_is_replaced():
    (found,) = find_outdated(flow(openai()), parse_catalogue(SERVER))
    assert (found.can_update, found.type) == (True, "LanguageModelComponent")
    sentence = "OpenAIModel becomes Language Model, which keeps its model."
    assert describe_replacement(found) == sentence


def test_a_providers_model_that_the_server_has_stays():
    server = {"models": {**SERVER["models"], "OpenAIModel": {**LANGUAGE, "display_name": "OpenAI"}}}
    (found,) = find_outdated(flow(openai()), parse_catalogue(server))
    assert (found.type, found.successor) == ("OpenAIModel", "")


@pytest.mark.parametrize(
    "parameter",
    [
        {"openai_api_base": text("https://gateway.example/v1")},
        {"openai_api_base": entry("StrInput", "str", "GATEWAY", load_from_db=True)},
        {"json_mode": entry("BoolInput", "bool", True)},
        {"model_name": {**text("MODEL_VARIABLE"), "load_from_db": True}},
    ],
)
def test_a_model_with_a_setting_that_the_new_component_lacks_is_not_replaced(parameter):
    (found,) = find_outdated(flow(openai(**parameter)), parse_catalogue(SERVER))
    assert not found.can_update


@pytest.mark.parametrize(
    ("type", "name", "provider"),
    [
        ("OpenAIModel", "model_name", "OpenAI"),
        ("ext:openai:OpenAIModelComponent@official", "model_name", "OpenAI"),
        ("OllamaModel", "model", "Ollama"),
        ("Google Generative AI Embeddings", "model_name", "Google Generative AI"),
    ],
)
def test_the_model_and_its_provider_are_kept(type: str, name: str, provider: str):
    definition = node("X-a", type, **{name: text("models/m")})["data"]["node"]
    former = former_model(type, definition)
    assert former
    assert former.model(definition) == {"name": "m", "provider": provider}


def test_a_component_without_a_model_has_none():
    definition = node("OpenAIModel-a", model_name=text())["data"]["node"]
    former = former_model("OpenAIModel", definition)
    assert former
    assert former.model(definition) is None
