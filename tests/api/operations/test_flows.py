"""The list of flows, imports, exports and templates."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from lfclient import BadResponse, FileRefused, Flow, LangflowError, ServerFault, Unreachable
from tests.support.clients import call_client
from tests.support.flows import chat_input, entry, graph, node
from tests.support.http_stand_in import StandIn

FLOWS = "/api/v1/flows/"
UPLOAD = f"{FLOWS}upload/"
TEMPLATES = f"{FLOWS}basic_examples/"
NEW_ID = "11111111-1111-4111-8111-111111111111"
CREATED = (201, [{"id": NEW_ID, "name": "Test (1)", "description": None}])
GRAPH = graph(chat_input())


def uploaded(server: StandIn) -> list[dict[str, Any]]:
    body = server.sent(f"POST {UPLOAD}")[0].content
    return json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["flows"]


def test_flows_are_listed_without_their_graphs():
    """With them, 50 flows are 5 MB."""
    server = StandIn().on("GET", FLOWS, (200, [{"id": "1", "name": "Echo"}]))
    assert [flow.name for flow in server.client().flows()] == ["Echo"]
    (request,) = server.requests
    query = {"get_all": "true", "header_flows": "true", "remove_example_flows": "true"}
    assert dict(request.url.params) == query


def test_a_long_list_of_flows_has_a_minute():
    """2,000 flows take an idle server a second, and a busy one more than ten."""
    server = StandIn().on("GET", FLOWS, (200, []))
    server.client(timeout=5).flows()
    server.client(timeout=None).flows()
    first, second = (request.extensions["timeout"] for request in server.requests)
    assert (first["connect"], first["read"]) == (5, 60)
    assert second["read"] is None


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_imported_flow_has_no_id(kind: str):
    """Langflow 1.10 and later would overwrite the flow that has it."""
    server = StandIn().on("POST", UPLOAD, CREATED).on("GET", FLOWS + NEW_ID, (200, GRAPH))
    made = call_client(kind, lambda client: client.import_flow(GRAPH), handler=server)
    assert [(flow.id, flow.name) for flow in made] == [(NEW_ID, "Test (1)")]
    (sent,) = uploaded(server)
    assert (sent["name"], sent["data"]) == ("Test", GRAPH["data"])
    assert "id" not in sent


def test_a_copy_of_a_flow_keeps_the_secrets_that_it_stores():
    secret = node("T-a", p=entry("SecretStrInput", "str", "sk-stored-1234567", password=True))
    server = StandIn().on("POST", UPLOAD, CREATED).on("GET", FLOWS + NEW_ID, (200, GRAPH))
    server.client().import_flow(Flow.from_json(graph(secret)))
    assert "sk-stored-1234567" in json.dumps(uploaded(server))


def test_an_imported_flow_has_no_files_of_another_machine():
    file = entry("FileInput", "file", "gone.txt")
    paths = {"mine": "u/mine.txt", "theirs": "x/gone.txt", "absolute": "/Users/author/gone.txt"}
    parameters = {name: {**file, "file_path": path} for name, path in paths.items()}
    parameters["several"] = {**file, "value": "", "file_path": [*paths.values(), {"path": "x"}]}
    server = StandIn().on("POST", UPLOAD, CREATED).on("GET", FLOWS + NEW_ID, (200, GRAPH))
    listed = {"id": "1", "name": "mine", "path": "u/mine.txt", "size": 1}
    server.on("GET", "/api/v2/files", (200, [listed]))
    server.client().import_flow(graph(node("File-a", **parameters)))
    template = uploaded(server)[0]["data"]["nodes"][0]["data"]["node"]["template"]
    left = {name: template[name]["file_path"] for name in parameters}
    assert left == {"mine": "u/mine.txt", "theirs": "", "absolute": "", "several": ["u/mine.txt"]}
    assert template["theirs"]["value"] == ""


def sent_names(listed, *names: str) -> list[str]:
    """Import a file of flows to a server with the listed names, and return those that were sent."""
    server = StandIn().on("POST", UPLOAD, CREATED).on("GET", FLOWS + NEW_ID, (200, GRAPH))
    flows = [{"id": str(number), "name": name} for number, name in enumerate(listed)]
    server.on("GET", FLOWS, (200, flows))
    server.client().import_flow({"flows": [{**GRAPH, "name": name} for name in names]})
    return [flow["name"] for flow in uploaded(server)]


def test_a_taken_name_that_ends_in_a_number_gets_the_next_free_one():
    """Langflow would add a second number: "Test (1) (1)"."""
    names = ("Test (1)", "Test (1)", "Other (7)", "Test")
    sent = sent_names(("Test (1)", "Test (2)"), *names)
    assert sent == ["Test (3)", "Test (4)", "Other (7)", "Test"]


@pytest.mark.parametrize(
    ("names", "sent"),
    [
        (("Echo", "Echo (1)"), ["Echo (2)", "Echo (1)"]),
        (("Echo (1)", "Echo", "Echo"), ["Echo (1)", "Echo (2)", "Echo (3)"]),
        (("Sales (2024)", "Other (1)"), ["Sales (2024) (1)", "Other (1)"]),
    ],
)
def test_a_name_in_the_file_that_is_not_taken_is_kept_for_its_flow(names, sent):
    """Langflow would give it to the flow before, and then make "Echo (1) (1)" of it."""
    assert sent_names(("Echo", "Sales (2024)"), *names) == sent


def test_numbered_names_are_sent_as_they_are_if_the_flows_cannot_be_listed():
    server = StandIn().on("POST", UPLOAD, CREATED).on("GET", FLOWS + NEW_ID, (200, GRAPH))
    server.on("GET", FLOWS, (403, {"detail": "no"}))
    names = ["Test (1)", "Test (1)"]
    server.client().import_flow({"flows": [{**GRAPH, "name": name} for name in names]})
    assert [flow["name"] for flow in uploaded(server)] == names


def test_a_file_without_a_flow_is_not_sent():
    server = StandIn()
    with pytest.raises(FileRefused):
        server.client().import_flow(b"{}")
    assert not server.requests


def test_an_import_that_may_have_arrived_is_not_repeated():
    server = StandIn().on("POST", UPLOAD, httpx.ReadError("reset"), CREATED)
    with pytest.raises(Unreachable) as caught:
        server.client().import_flow(GRAPH)
    assert "Check whether the flows are there" in caught.value.hint
    assert server.lines.count("POST /api/v1/flows/upload/") == 1


@pytest.mark.parametrize(
    "refusal",
    [
        (400, {"detail": "Name must be unique"}),
        (500, {"detail": "UNIQUE constraint failed: flow.user_id, flow.name"}),
        (500, {"detail": "An internal error occurred while creating the flow."}),
    ],
)
def test_an_import_whose_name_another_took_is_sent_again(refusal: tuple, no_pauses: None):
    """1.8, 1.10 and 1.13 say so in these words; they create none of the flows."""
    server = (
        StandIn()
        .on("POST", UPLOAD, refusal, refusal, CREATED)
        .on("GET", FLOWS + NEW_ID, (200, GRAPH))
    )
    assert [flow.name for flow in server.client().import_flow(GRAPH)] == ["Test (1)"]
    server = StandIn().on("POST", UPLOAD, refusal)
    with pytest.raises(LangflowError):
        server.client().import_flow(GRAPH)
    assert server.lines.count("POST /api/v1/flows/upload/") == 5


@pytest.mark.parametrize("create", ["import", "create"])
def test_a_new_flow_is_returned_once_it_can_be_read(create: str, no_pauses: None):
    """A busy server responds to the creation before it has committed it."""
    server = StandIn().on("POST", UPLOAD, CREATED).on("POST", FLOWS, (201, CREATED[1][0]))
    server.on("GET", FLOWS + NEW_ID, (404, {"detail": "Flow not found"}), (200, GRAPH))
    with server.client() as client:
        if create == "import":
            client.import_flow(GRAPH)
        else:
            client.editor.create_flow("Test", GRAPH["data"])
        assert server.lines.count(f"GET /api/v1/flows/{NEW_ID}") == 2


@pytest.mark.parametrize("answer", [(404, {"detail": "Flow not found"}), httpx.ReadError("reset")])
def test_a_new_flow_that_stays_unreadable_is_returned_all_the_same(answer: Any, no_pauses: None):
    server = StandIn().on("POST", UPLOAD, CREATED).on("GET", FLOWS + NEW_ID, answer)
    assert [flow.id for flow in server.client().import_flow(GRAPH)] == [NEW_ID]


def test_a_refused_flow_of_a_newer_release_is_an_error_that_says_so():
    server = StandIn().on("POST", UPLOAD, (500, {"detail": "It broke."}))
    newer = {**GRAPH, "last_tested_version": "1.99.1"}
    with server.client() as client:
        with pytest.raises(ServerFault, match="It broke") as caught:
            client.import_flow({"flows": [GRAPH, newer]})
        assert "1.99.1" in caught.value.hint
        assert "1.13.0" in caught.value.hint
        with pytest.raises(ServerFault) as caught:
            client.import_flow(GRAPH)
        assert "1.99.1" not in caught.value.hint


@pytest.mark.parametrize("body", [[], {"not": "a list"}, [{"name": "no id"}], b"<html>"])
def test_a_response_without_the_new_flows_is_an_error(body: Any):
    server = StandIn().on("POST", UPLOAD, (201, body))
    with pytest.raises(BadResponse):
        server.client().import_flow(GRAPH)


def test_templates_are_flows_by_name():
    items = [{**GRAPH, "name": name, "tags": ["agents"]} for name in ("b", "A")]
    broken = [{"name": "C", "data": None}, {"name": "D", "data": {"nodes": 5}}]
    server = StandIn().on("GET", TEMPLATES, (200, [*items, *broken]))
    found = server.client().templates()
    assert [(flow.name, flow.tags, len(flow.components)) for flow in found] == [
        ("A", ["agents"], 1),
        ("b", ["agents"], 1),
    ]


def test_an_export_names_the_release_and_has_no_stored_key():
    secret = node("T-a", p=entry("SecretStrInput", "str", "sk-stored-1234567", password=True))
    stored = graph(secret)
    server = StandIn().on("GET", FLOWS + stored["id"], (200, stored))
    with server.client() as client:
        for flow in (stored["id"], Flow.from_json(stored)):
            exported = client.editor.export_flow(flow)
            assert exported["last_tested_version"] == "1.13.0"
            assert "id" not in exported
            assert "sk-stored" not in json.dumps(exported)
