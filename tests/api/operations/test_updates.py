"""Updating a flow's components: what is sent, what is stored, and what servers answer."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest

from lfclient import Flow, InvalidKey, InvalidRequest, LangflowClient
from lfclient.api.operations import updates
from lfclient.common.backoff import Backoff
from lfclient.errors import (
    FlowChanged,
    LangflowError,
    RateLimited,
    ServerFault,
    Unreachable,
    Unsupported,
    UpdateFailed,
)
from tests.support.clients import call_client
from tests.support.flows import entry, graph, node, text
from tests.support.http_stand_in import StandIn

BUILD = "/api/v1/custom_component"
UPLOAD = "/api/v1/flows/upload/"
NEW_ID = "11111111-1111-4111-8111-111111111111"
OLD, NEW = (entry("CodeInput", "code", f"class {name}: ...") for name in ("Old", "New"))
OWN = node("Own-c", code=OLD)
OWN["data"]["node"]["metadata"] = {"module": "custom_components.own"}
RAW = graph(node("Op-a", code=OLD, size=text("s")), node("Op-b", code=OLD), OWN)
FLOW = f"/api/v1/flows/{RAW['id']}"
OPERATION = node("Op-x", code=NEW, size=text())["data"]["node"]
CATALOGUE = {"tools": {"Op": {**OPERATION, "metadata": {"module": "lfx.op"}}}}
MODELS = "/api/v1/models"
ADMINS_ONLY = (403, {"detail": "Custom component creation is restricted to administrators"})


def built(request: httpx.Request) -> httpx.Response:
    """Build the component as a server does, with the values of the flow."""
    body = json.loads(request.content)
    data = deepcopy(OPERATION)
    data["template"]["code"]["value"] = body["code"]
    size = body["frontend_node"]["template"].get("size")
    data["template"]["size"]["value"] = size["value"] if size else ""
    return httpx.Response(200, json={"data": {**data, "edited": True}, "type": "Op"})


def a_server(*answers: Any) -> StandIn:
    server = StandIn().on("GET", FLOW, (200, RAW)).on("GET", "/api/v1/all", (200, CATALOGUE))
    return server.on("POST", BUILD, *(answers or (built,)))


def code_of(flow: Flow) -> list[str]:
    return [leaf.template["code"]["value"] for leaf in flow.leaves]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_outdated_components_are_listed(kind: str):
    found = call_client(kind, lambda client: client.outdated(RAW["id"]), handler=a_server())
    assert [(each.id, each.can_update) for each in found] == [("Op-a", True), ("Op-b", True)]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_copy_has_the_servers_code_and_the_flows_values(kind: str):
    created = (201, [{"id": NEW_ID, "name": "Test (updated)"}])
    server = a_server().on("POST", UPLOAD, created)
    server.on("GET", f"/api/v1/flows/{NEW_ID}", (200, RAW))
    made = call_client(kind, lambda client: client.update_flow(RAW["id"]), handler=server)
    assert (made.id, made.name) == (NEW_ID, "Test (updated)")
    content = server.sent(f"POST {UPLOAD}")[0].content
    (sent,) = json.loads(content[content.index(b"{") : content.rindex(b"}") + 1])["flows"]
    assert sent["name"] == "Test (updated)"
    flow = Flow.from_json(sent)
    assert code_of(flow) == [NEW["value"], NEW["value"], OLD["value"]]
    assert flow.component("Op-a").template["size"]["value"] == "s"
    assert {json.loads(each.content)["code"] for each in server.sent(f"POST {BUILD}")} == {
        NEW["value"]
    }


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_preparing_an_update_stores_nothing(kind: str):
    server = a_server()
    call = lambda client: client.editor.prepare_update(RAW["id"])  # noqa: E731
    update = call_client(kind, call, handler=server)
    assert (update.updated, update.failures, update.losses) == (("Op 1", "Op 2"), {}, ())
    module = update.data["nodes"][0]["data"]["node"]["metadata"]["module"]
    assert module == "lfx.op"  # the built component has another one
    assert {line.partition(" ")[0] for line in server.lines} == {"GET", "POST"}
    assert not server.sent(f"POST {UPLOAD}")


@pytest.mark.parametrize(
    "answer",
    [(400, {"detail": "Module x not found"}), (500, {"detail": "x"}), httpx.ReadTimeout("slow")],
)
def test_a_component_that_the_server_cannot_build_keeps_its_code(answer: Any):
    with a_server(answer, built).client() as client:
        update = client.editor.prepare_update(RAW["id"])
    assert (list(update.failures), update.updated) == (["Op 1"], ("Op 2",))
    assert code_of(update.copy) == [OLD["value"], NEW["value"], OLD["value"]]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_no_copy_is_created_if_a_component_cannot_be_built(kind: str):
    server = a_server((400, {"detail": "Module x not found"}), built)
    with pytest.raises(UpdateFailed, match=r"can't build Op 1 \(Module x not found\)\.") as caught:
        call_client(kind, lambda client: client.update_flow(RAW["id"]), handler=server)
    assert list(caught.value.failures) == ["Op 1"]
    assert not server.sent(f"POST {UPLOAD}")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, {"detail": "x"}), InvalidKey),
        (ADMINS_ONLY, Unsupported),
        ((429, {"detail": "slow down"}), RateLimited),
        ((503, {"detail": "starting"}), ServerFault),
        (httpx.ReadError("cut off"), Unreachable),
        (httpx.ReadTimeout("slow"), Unreachable),
    ],
)
def test_a_server_that_builds_no_component_ends_the_update(
    answer: Any, expected: type[LangflowError]
):
    raw = graph(*(node(f"Op-{place}", code=OLD, size=text(str(place))) for place in range(200)))
    server = a_server(answer)
    server.answers[f"GET {FLOW}"] = (200, raw)
    with pytest.raises(expected), server.client() as client:
        client.editor.prepare_update(RAW["id"])
    assert len(server.sent(f"POST {BUILD}")) <= 3  # a request is sent again if its connection broke


def test_equal_components_that_cannot_be_built_are_tried_once():
    raw = graph(*(node(f"Op-{number}", code=OLD) for number in range(9)))
    server = a_server((400, {"detail": "Module x not found"}))
    server.answers[f"GET {FLOW}"] = (200, raw)
    with server.client() as client:
        update = client.editor.prepare_update(RAW["id"])
    assert (len(update.failures), len(server.sent(f"POST {BUILD}"))) == (9, 1)


def test_code_and_graphs_with_the_clients_own_key_are_not_stored():
    with a_server().client(api_key="class New") as client:
        update = client.editor.prepare_update(RAW["id"])
        assert (list(update.failures), update.updated) == (["Op 1", "Op 2"], ())
        with pytest.raises(InvalidRequest, match="in place of your API key"):
            client.editor.save_graph(
                client.flow(RAW["id"]), {"nodes": [node("A-a", x=text("••••"))]}
            )


def test_a_model_of_an_older_version_gets_its_attributes():
    """Langflow 1.8 to 1.11 run no model without them."""
    model = entry("ModelInput", "model", "", model_type="language")
    option = {"name": "gpt", "provider": "OpenAI", "metadata": {"model_class": "ChatOpenAI"}}
    agent = node("Agent-x", code=NEW, model=model)["data"]["node"]
    raw = graph(node("Agent-a", code=OLD, agent_llm=text("OpenAI"), model_name=text("gpt")))
    server = StandIn().on("GET", FLOW, (200, raw)).on("GET", "/api/v1/variables/", (200, []))
    server.on("GET", "/api/v1/all", (200, {"agents": {"Agent": agent}}))
    server.on("POST", BUILD, (200, {"data": agent, "type": "Agent"}))
    server.on("GET", MODELS, (200, [])).on("GET", "/api/v1/model_options/language", (200, [option]))
    with server.client() as client:
        (leaf,) = client.editor.prepare_update(RAW["id"]).copy.leaves
    (value,) = leaf.template["model"]["value"]
    assert (value["name"], value["provider"]) == ("gpt", "OpenAI")
    assert value["metadata"]["model_class"] == "ChatOpenAI"


def test_a_providers_model_becomes_the_servers_component_for_all_providers():
    def built_model(request: httpx.Request) -> httpx.Response:
        """Take the values of parameters with the same name and type, as a server does."""
        body = json.loads(request.content)
        given, data = body["frontend_node"]["template"], deepcopy(language)
        for name, each in data["template"].items():
            if isinstance(each, dict) and each["type"] == given.get(name, {}).get("type"):
                each["value"] = given[name]["value"] if name != "code" else body["code"]
        return httpx.Response(200, json={"data": data, "type": "LanguageModelComponent"})

    model = entry("ModelInput", "model", "", model_type="language")
    heat = entry("SliderInput", "slider", 0.1)
    new = {"model": model, "model_name": text(), "api_key": text(), "temperature": heat}
    language = node("X-x", code=NEW, **new)["data"]["node"]
    old = {"model_name": text("gpt"), "openai_api_key": text("KEY"), "seed": text("1")}
    old["temperature"] = entry("FloatInput", "float", 0.7)
    server = StandIn().on("GET", "/api/v1/variables/", (200, []))
    server.on("GET", FLOW, (200, graph(node("OpenAIModel-a", code=OLD, **old))))
    server.on("GET", "/api/v1/all", (200, {"models": {"LanguageModelComponent": language}}))
    server.on("POST", BUILD, built_model)
    server.on("GET", MODELS, (200, [])).on("GET", "/api/v1/model_options/language", (200, []))
    with server.client() as client:
        update = client.editor.prepare_update(RAW["id"])
    (leaf,) = update.copy.leaves
    values = {name: leaf.template[name]["value"] for name in new}
    assert values.pop("model") == [{"name": "gpt", "provider": "OpenAI"}]
    assert values == {"model_name": "", "api_key": "KEY", "temperature": 0.7}
    assert (leaf.type, leaf.template["code"]["value"]) == ("LanguageModelComponent", NEW["value"])


@pytest.mark.parametrize(
    ("listed", "kept"),
    [((200, [{"id": "1", "name": "own", "path": "me/own.txt", "size": 1}]), 2), ((503, {}), 3)],
)
def test_files_of_the_server_and_the_flow_stay_and_other_paths_go(listed: Any, kept: int):
    file = entry("FileInput", "file", "", file_path="", list=True, display_name="File")
    reader = node("Read-x", code=NEW, path=file)["data"]["node"]
    paths = [["me/own.txt"], [f"{RAW['id']}/a.txt"], ["/home/a/b.txt"]]
    nodes = [
        node(f"Read-{number}", code=OLD, path={**file, "file_path": path})
        for number, path in enumerate(paths)
    ]
    server = StandIn().on("GET", FLOW, (200, graph(*nodes)))
    server.on("GET", "/api/v1/all", (200, {"files": {"Read": reader}}))
    server.on("POST", BUILD, (200, {"data": reader, "type": "Read"}))
    server.on("GET", "/api/v2/files", listed)
    with server.client() as client:
        update = client.editor.prepare_update(RAW["id"])
    assert [leaf.template["path"]["file_path"] for leaf in update.copy.leaves] == [
        *paths[:kept],
        *[""] * (3 - kept),
    ]
    lost = [(loss.component, loss.parameter) for loss in update.losses]
    assert lost == [("Read 3", "File")][: 3 - kept]


def test_equal_components_are_built_once():
    raw = graph(*(node(f"Op-{number}", code=OLD) for number in range(200)))
    server = a_server()
    server.answers[f"GET {FLOW}"] = (200, raw)
    with server.client() as client:
        update = client.editor.prepare_update(RAW["id"])
    assert (len(update.updated), len(server.sent(f"POST {BUILD}"))) == (200, 1)


def save(client: LangflowClient) -> Flow:
    flow = client.flow(RAW["id"])
    return client.editor.save_graph(flow, {"nodes": [], "edges": []})


def test_a_graph_is_stored_in_its_flow():
    """A busy server responds before it has committed the graph."""
    changed = {**RAW, "data": {"nodes": [], "edges": []}}
    server = StandIn().on("GET", FLOW, *[(200, RAW)] * 3, (200, changed))
    server.on("PATCH", FLOW, (200, changed))
    with server.client() as client:
        assert save(client).components == ()
    assert json.loads(server.sent(f"PATCH {FLOW}")[0].content) == {"data": changed["data"]}


def test_a_flow_that_has_changed_since_is_left_as_it_is():
    server = StandIn().on("GET", FLOW, (200, RAW), (200, graph(node("New-a"))))
    with pytest.raises(FlowChanged, match="has changed on the server"), server.client() as client:
        save(client)
    assert not server.sent(f"PATCH {FLOW}")


def test_a_graph_that_the_server_never_stores_is_an_error(monkeypatch):
    monkeypatch.setattr(updates, "COMMIT", Backoff(0.001, 0.001, attempts=3))
    server = StandIn().on("GET", FLOW, (200, RAW)).on("PATCH", FLOW, (200, RAW))
    with pytest.raises(ServerFault, match="has not stored the change"), server.client() as client:
        save(client)


def test_a_flow_that_was_locked_since_is_left_as_it_is():
    server = StandIn().on("GET", FLOW, (200, RAW), (200, {**RAW, "locked": True}))
    with pytest.raises(InvalidRequest, match="is locked"), server.client() as client:
        save(client)
    assert not server.sent(f"PATCH {FLOW}")
