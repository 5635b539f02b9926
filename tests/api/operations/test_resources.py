"""What a server has for flows, and what it answers if that can't be listed."""

from __future__ import annotations

import pytest

from tests.support.scripted import Server

VARIABLES = "/base/api/v1/variables/"
MODELS = "/base/api/v1/models"


@pytest.mark.parametrize("answer", [(404, {"detail": "Not Found"}), (500, {})])
def test_knowledge_and_memory_bases_that_cannot_be_listed_are_unknown(answer: tuple):
    server = Server().on("GET", VARIABLES, (200, [])).on("GET", MODELS, (200, []))
    server.on("GET", "/base/api/v1/knowledge_bases", answer)
    server.on("GET", "/base/api/v1/memories", answer)
    with server.client() as client:
        resources = client.server.resources("knowledge_base", "memory_base")
    assert resources.knowledge_bases is None
    assert resources.models == {}


def test_lists_for_which_the_server_asks_its_providers_have_a_minute():
    """An Ollama that hangs takes Langflow 20 seconds."""
    paths = (MODELS, "/base/api/v1/model_options/language")
    server = Server().on("GET", VARIABLES, (200, []))
    for path in paths:
        server.on("GET", path, (200, []))
    with server.client(timeout=5) as client:
        client.models()
    waits = {one.url.path: one.extensions["timeout"]["read"] for one in server.requests}
    assert waits == {VARIABLES: 5, **dict.fromkeys(paths, 60)}


def test_mcp_servers_and_components_are_listed_only_if_they_are_asked_for():
    mcp, all_components = "/base/api/v2/mcp/servers", "/base/api/v1/all"
    server = Server().on("GET", VARIABLES, (200, [])).on("GET", MODELS, (200, []))
    server.on("GET", mcp, (200, [{"name": "demo"}]), (500, {}))
    catalogue = {"models": {"Agent": {}, "Model": {}}, "tools": {"Tool": {}}, "broken": 3}
    server.on("GET", all_components, (200, catalogue), (403, {}))
    with server.client() as client:
        assert client.server.resources().mcp_servers is None
        assert not [path for path in server.paths() if "mcp" in path or "/all" in path]
        listed = client.server.resources("mcp_server", "component")
        assert listed.mcp_servers == {"demo"}
        assert listed.component_types == {"Agent", "Model", "Tool"}
        unknown = client.server.resources("mcp_server", "component")
    assert (unknown.mcp_servers, unknown.component_types, unknown.packages) == (None, None, None)
