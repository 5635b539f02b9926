"""Models, their providers and the variables that hold their settings, on real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lfclient import LangflowClient, Provider
from tests.support.model_server import OLLAMA_MODELS, ModelServer

OLLAMA_URL = "OLLAMA_BASE_URL"


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelServer]:
    with ModelServer() as made:
        yield made


@pytest.fixture
def ollama(client: LangflowClient, provider: ModelServer) -> Iterator[ModelServer]:
    """The server knows of an Ollama while the test lasts."""
    variable = client.save_variable(OLLAMA_URL, provider.url, is_secret=False)
    yield provider
    client.delete_variable(variable)


def find(client: LangflowClient, name: str) -> Provider:
    return next(one for one in client.providers() if one.name == name)


def test_providers_say_what_they_need(client: LangflowClient):
    openai, ollama = find(client, "OpenAI"), find(client, "Ollama")
    key = openai.settings[0]
    assert (key.name, key.is_required, key.is_secret) == ("OPENAI_API_KEY", True, True)
    assert (key.is_set, key.parameter, openai.is_ready) == (False, "api_key", False)
    address = ollama.settings[0]
    assert (address.name, address.is_secret) == (OLLAMA_URL, False)
    assert "gpt-4o" in [model.name for model in openai.models("language")]
    assert "text-embedding-3-small" in [model.name for model in openai.models("embedding")]


def test_models_of_providers_without_a_key_are_offered_as_not_ready(client: LangflowClient):
    by_name = {(one.provider, one.name): one for one in client.models()}
    gpt = by_name["OpenAI", "gpt-4o"]
    assert (gpt.is_ready, gpt.calls_tools) == (False, True)
    assert gpt.value["metadata"]["model_class"] == "ChatOpenAI"
    assert not any(name.startswith("__") for _, name in by_name)


def test_a_provider_that_is_set_up_offers_its_own_models_first(
    client: LangflowClient, ollama: ModelServer
):
    provider = find(client, "Ollama")
    assert (provider.is_ready, provider.settings[0].is_set) == (True, True)
    for kind, ability in (("language", "completion"), ("embedding", "embedding")):
        first = client.models(kind)[0]
        expected = next(name for name, has in OLLAMA_MODELS.items() if ability in has)
        assert (first.name, first.provider, first.is_ready) == (expected, "Ollama", True)


def test_a_variable_is_saved_twice_and_deleted(client: LangflowClient):
    for value in ("one", "two"):
        saved = client.save_variable("LFCONSOLE_TEST_VARIABLE", value, is_secret=False)
    listed = {one.name: one for one in client.variables()}
    assert listed["LFCONSOLE_TEST_VARIABLE"].id == saved.id
    assert listed["LFCONSOLE_TEST_VARIABLE"].is_set
    client.delete_variable(saved)
    assert "LFCONSOLE_TEST_VARIABLE" not in {one.name for one in client.variables()}


def test_settings_that_the_server_can_use_pass(client: LangflowClient, provider: ModelServer):
    client.check_provider("Ollama", {OLLAMA_URL: provider.url})
    assert "/api/tags" in [request.path for request in provider.requests]
