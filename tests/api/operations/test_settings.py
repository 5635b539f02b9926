"""The server's settings and its lists for flows: variables, providers, models."""

from __future__ import annotations

import json

import pytest

from lfclient import InvalidRequest, LangflowError, ServerFault
from lfclient.api.operations.settings import CHECK_ENTERED
from lfclient.errors import BadResponse
from lfclient.runs.error_causes import CHECK_ADDRESS
from tests.support.http_stand_in import StandIn

VARIABLES = "/api/v1/variables/"
MODELS = "/api/v1/models"
ID = "89e14b05-22af-4aa7-9f60-964ec0308eb1"
KEY = {"id": ID, "name": "OPENAI_API_KEY", "type": "Credential", "value": None}
PROVIDER = {
    "provider": "OpenAI",
    "is_configured": False,
    "variables": [{"variable_key": "OPENAI_API_KEY", "required": True}],
}


def body(server: StandIn) -> object:
    """Return the body of the last request that changed something."""
    return json.loads([one for one in server.requests if one.method != "GET"][-1].content)


@pytest.mark.parametrize("status", [400, 500])
def test_no_error_repeats_the_key(status: int):
    refusal = (status, {"detail": "sk-wrong-key-1 is no key"})
    server = StandIn().on("GET", VARIABLES, (200, [])).on("POST", VARIABLES, refusal)
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
    server = StandIn().on("POST", f"{MODELS}/validate-provider", *answers)
    server.on("GET", VARIABLES, (200, [KEY]))
    with server.client() as client:
        with pytest.raises(InvalidRequest, match="Invalid API key"):
            client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-wrong"})
        client.settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-1"})
    assert body(server) == {"provider": "OpenAI", "variables": {"OPENAI_API_KEY": "sk-1"}}


@pytest.mark.parametrize("name", ["OLLAMA_BASE_URL", "OPENAI_API_KEY"])
def test_the_hint_for_a_refused_address_says_what_it_must_reach(name: str):
    server = StandIn().on("GET", VARIABLES, (200, []))
    server.on("POST", f"{MODELS}/validate-provider", (200, {"valid": False, "error": "Invalid"}))
    with pytest.raises(InvalidRequest) as caught:
        server.client().settings.check_provider("Any", {name: "http://nobody"})
    assert caught.value.hint == (CHECK_ENTERED if name == "OPENAI_API_KEY" else CHECK_ADDRESS)


def test_a_key_is_tried_at_the_address_that_the_server_has():
    """Without it, the key of a private gateway would be sent to the vendor."""
    address = {"id": ID, "name": "OPENAI_BASE_URL", "type": "Generic", "value": "http://gateway"}
    server = StandIn().on("POST", f"{MODELS}/validate-provider", (200, {"valid": True}))
    server.on("GET", VARIABLES, (200, [KEY, address]))
    server.client().settings.check_provider("OpenAI", {"OPENAI_API_KEY": "sk-1"})
    sent = {"OPENAI_BASE_URL": "http://gateway", "OPENAI_API_KEY": "sk-1"}
    assert body(server) == {"provider": "OpenAI", "variables": sent}


@pytest.mark.parametrize("variables", [(200, [KEY]), (403, {"detail": "No."}), (500, {})])
def test_providers_are_listed_whether_or_not_their_variables_can_be(variables: tuple):
    server = StandIn().on("GET", VARIABLES, variables).on("GET", MODELS, (200, [PROVIDER, {}]))
    (provider,) = server.client().providers()
    assert provider.settings[0].is_set is (variables[0] == 200)


def test_a_new_variable_is_created_and_listed_before_its_save_ends():
    server = StandIn().on("POST", VARIABLES, (201, KEY))
    server.on("GET", VARIABLES, (200, []), (200, []), (200, [KEY]))
    saved = server.client().settings.save_variable("OPENAI_API_KEY", "sk-1")
    assert (saved.id, saved.name, saved.is_secret) == (ID, "OPENAI_API_KEY", True)
    assert body(server) == {
        "name": "OPENAI_API_KEY",
        "value": "sk-1",
        "type": "Credential",
        "default_fields": [],
    }
    assert len(server.sent(f"GET {VARIABLES}")) == 3


def test_an_existing_variable_gets_another_value():
    server = StandIn().on("GET", VARIABLES, (200, [KEY])).on("PATCH", VARIABLES + ID, (200, KEY))
    server.client().settings.save_variable("OPENAI_API_KEY", "sk-2")
    sent = {"id": ID, "name": "OPENAI_API_KEY", "value": "sk-2", "type": "Credential"}
    assert body(server) == sent


def test_a_variable_that_was_readable_becomes_secret_with_its_first_secret():
    plain = {**KEY, "type": "Generic", "value": "http://gateway"}
    server = StandIn().on("GET", VARIABLES, (200, [plain]), (200, [KEY]))
    server.on("PATCH", VARIABLES + ID, (200, KEY))
    assert server.client().settings.save_variable("OPENAI_API_KEY", "sk-2").is_secret
    assert body(server)["type"] == "Credential"


def test_another_value_leaves_a_secret_variable_secret():
    server = StandIn().on("GET", VARIABLES, (200, [KEY])).on("PATCH", VARIABLES + ID, (200, KEY))
    server.client().settings.save_variable("OPENAI_API_KEY", "plain", is_secret=False)
    assert "type" not in body(server)


def test_a_key_that_the_provider_refuses_is_refused_in_its_words():
    refusal = (400, {"detail": "Invalid API key for OpenAI"})
    server = StandIn().on("GET", VARIABLES, (200, [])).on("POST", VARIABLES, refusal)
    with pytest.raises(InvalidRequest) as caught:
        server.client().settings.save_variable("OPENAI_API_KEY", "sk-wrong")
    assert caught.value.message == "Invalid API key for OpenAI"


def test_a_variable_that_is_gone_counts_as_deleted():
    server = StandIn().on("GET", VARIABLES, (200, [KEY]))
    server.on("DELETE", VARIABLES + ID, (204, b""), (404, {"detail": "Variable not found"}))
    with server.client() as client:
        (variable,) = client.variables()
        client.settings.delete_variable(variable)
        client.settings.delete_variable(variable)


@pytest.mark.parametrize("answer", [(404, {"detail": "Not Found"}), (500, {})])
def test_knowledge_and_memory_bases_that_cannot_be_listed_are_unknown(answer: tuple):
    server = StandIn().on("GET", VARIABLES, (200, [])).on("GET", MODELS, (200, []))
    server.on("GET", "/api/v1/knowledge_bases", answer)
    server.on("GET", "/api/v1/memories", answer)
    resources = server.client().server.resources("knowledge_base", "memory_base")
    assert resources.knowledge_bases is None
    assert resources.models == {}


def test_lists_for_which_the_server_asks_its_providers_have_a_minute():
    """An Ollama that hangs takes Langflow 20 seconds."""
    paths = (MODELS, "/api/v1/model_options/language")
    server = StandIn().on("GET", VARIABLES, (200, []))
    for path in paths:
        server.on("GET", path, (200, []))
    server.client(timeout=5).models()
    waits = {
        one.url.path.removeprefix("/base"): one.extensions["timeout"]["read"]
        for one in server.requests
    }
    assert waits == {VARIABLES: 5, **dict.fromkeys(paths, 60)}


def test_mcp_servers_and_components_are_listed_only_if_they_are_asked_for():
    mcp, all_components = "/api/v2/mcp/servers", "/api/v1/all"
    server = StandIn().on("GET", VARIABLES, (200, [])).on("GET", MODELS, (200, []))
    server.on("GET", mcp, (200, [{"name": "demo"}]), (500, {}))
    catalogue = {"models": {"Agent": {}, "Model": {}}, "tools": {"Tool": {}}, "broken": 3}
    server.on("GET", all_components, (200, catalogue), (403, {}))
    with server.client() as client:
        assert client.server.resources().mcp_servers is None
        assert not [path for path in server.lines if "mcp" in path or "/all" in path]
        listed = client.server.resources("mcp_server", "component")
        assert listed.mcp_servers == {"demo"}
        assert listed.catalogue.entries.keys() == {"Agent", "Model", "Tool"}
        unknown = client.server.resources("mcp_server", "component")
    assert (unknown.mcp_servers, unknown.catalogue, unknown.packages) == (None, None, None)


@pytest.mark.parametrize(
    ("answer", "error"),
    [((500, {"detail": "x"}), ServerFault), ((200, {"not": "a list"}), BadResponse)],
)
def test_a_list_that_cannot_be_read_is_an_error(answer: tuple, error: type[Exception]):
    server = StandIn()
    for path in (
        "knowledge_bases",
        "memories",
        "models",
        "model_options/language",
        "flows/basic_examples/",
    ):
        server.on("GET", f"/api/v1/{path}", answer)
    server.on("GET", "/api/v2/mcp/servers", answer)
    with server.client() as client:
        for call in (
            client.knowledge_bases,
            client.knowledge.memory_bases,
            client.models,
            client.providers,
            client.settings.mcp_servers,
            client.templates,
        ):
            with pytest.raises(error):
                call()
