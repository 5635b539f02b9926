"""The requests for models and providers, and what servers answer to them."""

from __future__ import annotations

import json

import pytest

from lfclient import InvalidRequest, LangflowError, ServerFault
from lfclient.api.operations.settings import CHECK_ENTERED
from lfclient.errors import BadResponse
from lfclient.runs.error_causes import CHECK_ADDRESS
from tests.support.scripted import Server

VARIABLES = "/base/api/v1/variables/"
MODELS = "/base/api/v1/models"
ID = "89e14b05-22af-4aa7-9f60-964ec0308eb1"
KEY = {"id": ID, "name": "OPENAI_API_KEY", "type": "Credential", "value": None}
PROVIDER = {
    "provider": "OpenAI",
    "is_configured": False,
    "variables": [{"variable_key": "OPENAI_API_KEY", "required": True}],
}


def body(server: Server) -> object:
    return json.loads(server.requests[-1].content)


@pytest.mark.parametrize("status", [400, 500])
def test_no_error_repeats_the_key(status: int):
    refusal = (status, {"detail": "sk-wrong-key-1 is no key"})
    server = Server().on("GET", VARIABLES, (200, [])).on("POST", VARIABLES, refusal)
    server.on("POST", f"{MODELS}/validate-provider", refusal)
    with server.client() as client:
        for call in (
            lambda: client.settings.save_variable("OPENAI_API_KEY", "sk-wrong-key-1"),
            lambda: client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-wrong-key-1"}),
        ):
            with pytest.raises(LangflowError) as caught:
                call()
            assert "is no key" in str(caught.value)
            assert "sk-wrong-key-1" not in str(caught.value) + caught.value.response.text


def test_settings_that_the_server_tried_in_vain_are_refused():
    answers = [(200, {"valid": False, "error": "Invalid API key"}), (200, {"valid": True})]
    server = Server().on("POST", f"{MODELS}/validate-provider", *answers)
    server.on("GET", VARIABLES, (200, [KEY]))
    with server.client() as client:
        with pytest.raises(InvalidRequest, match="Invalid API key"):
            client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-wrong"})
        client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-1"})
    assert body(server) == {"provider": "OpenAI", "variables": {"OPENAI_API_KEY": "sk-1"}}


@pytest.mark.parametrize("name", ["OLLAMA_BASE_URL", "OPENAI_API_KEY"])
def test_the_hint_for_a_refused_address_says_what_it_must_reach(name: str):
    server = Server().on("GET", VARIABLES, (200, []))
    server.on("POST", f"{MODELS}/validate-provider", (200, {"valid": False, "error": "Invalid"}))
    with server.client() as client, pytest.raises(InvalidRequest) as caught:
        client.settings.check_provider("Any", {name: "http://nobody"})
    assert caught.value.hint == (CHECK_ENTERED if name == "OPENAI_API_KEY" else CHECK_ADDRESS)


def test_a_key_is_tried_at_the_address_that_the_server_has():
    """Without it, the key of a private gateway would be sent to the vendor."""
    address = {"id": ID, "name": "OPENAI_BASE_URL", "type": "Generic", "value": "http://gateway"}
    server = Server().on("POST", f"{MODELS}/validate-provider", (200, {"valid": True}))
    server.on("GET", VARIABLES, (200, [KEY, address]))
    with server.client() as client:
        client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-1"})
    sent = {"OPENAI_BASE_URL": "http://gateway", "OPENAI_API_KEY": "sk-1"}
    assert body(server) == {"provider": "OpenAI", "variables": sent}


@pytest.mark.parametrize("variables", [(200, [KEY]), (403, {"detail": "No."}), (500, {})])
def test_providers_are_listed_whether_or_not_their_variables_can_be(variables: tuple):
    server = Server().on("GET", VARIABLES, variables).on("GET", MODELS, (200, [PROVIDER, {}]))
    with server.client() as client:
        (provider,) = client.providers()
    assert provider.settings[0].is_set is (variables[0] == 200)


@pytest.mark.parametrize(
    ("answer", "error"),
    [((500, {"detail": "x"}), ServerFault), ((200, {"not": "a list"}), BadResponse)],
)
def test_a_list_that_cannot_be_read_is_an_error(answer: tuple, error: type[Exception]):
    server = Server().on("GET", MODELS, answer)
    server.on("GET", "/base/api/v1/model_options/language", answer)
    with server.client() as client:
        for call in (client.models, client.providers):
            with pytest.raises(error):
                call()
