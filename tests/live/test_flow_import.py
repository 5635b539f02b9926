"""Flows in and out of real servers: imports, copies, templates and exports."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from lfclient import Flow, FlowSummary, LangflowClient
from lfclient.flows.definitions import foreign_components
from lfclient.flows.flow_file import read_flows
from lfclient.resources.catalogue import parse_catalogue
from tests.live.releases import Make, dialects
from tests.support.servers import delete_flow

pytestmark = dialects


class Importer:
    """Imports flows with names of their own, and deletes them at the end."""

    def __init__(self, client: LangflowClient) -> None:
        self.client = client
        self.made: list[FlowSummary] = []

    def __call__(self, data: Any) -> list[FlowSummary]:
        made = self.client.import_flow(data)
        self.made += made
        return made


@pytest.fixture
def load(client: LangflowClient) -> Iterator[Importer]:
    importer = Importer(client)
    yield importer
    for flow in importer.made:
        delete_flow(client, flow.id)


@pytest.fixture
def echo(make: Make) -> Flow:
    return make("Echo chat")


def graph_of(flow: Flow) -> list[tuple[str, str]]:
    return [(component.id, component.type) for component in flow.components]


def test_an_import_leaves_a_flow_with_the_same_id_and_name_as_it_was(
    client: LangflowClient, load: Importer, echo: Flow
):
    changed = json.loads(json.dumps(echo.raw))
    changed["description"] = "changed"
    changed["data"]["nodes"] = changed["data"]["nodes"][:1]
    (made,) = load(json.dumps(changed))
    assert (made.name, made.description) == (f"{echo.name} (1)", "changed")
    assert made.id != echo.id
    assert len(client.flow(made.id).components) == 1
    again = client.flow(echo.id)
    assert (again.description, graph_of(again)) == (echo.description, graph_of(echo))


def test_what_the_server_itself_exports_can_be_imported(
    client: LangflowClient, api: Any, load: Importer, echo: Flow, make: Make
):
    """One flow is JSON, several are a ZIP."""
    for flows in ([echo], [echo, make("Echo chat")]):
        ids = [flow.id for flow in flows]
        response = api.post("/api/v1/flows/download/", json=ids).raise_for_status()
        assert response.content.startswith(b"PK") is (len(flows) > 1)
        made = load(response.content)
        assert {flow.name for flow in made} == {f"{flow.name} (1)" for flow in flows}
        for flow in made:
            delete_flow(client, flow.id)


def test_a_copy_of_a_flow_runs(client: LangflowClient, load: Importer, echo: Flow):
    (copy,) = load(echo)
    flow = client.flow(copy.id)
    assert flow.chat_input
    run = client.run(flow, {f"{flow.chat_input.id}.input_value": "Hello, copy"})
    assert [output.value for output in run.outputs.values()] == ["Hello, copy"]


def test_a_flow_with_its_code_in_lines_runs(client: LangflowClient, load: Importer, echo: Flow):
    """As in a project's ZIP of 1.10 and later, which 1.8 doesn't read."""
    raw = json.loads(json.dumps(echo.raw))
    for node in raw["data"]["nodes"]:
        code = node["data"]["node"]["template"]["code"]
        code["value"] = code["value"].split("\n")
    (made,) = load(raw)
    assert [output.value for output in client.run(made.id).outputs.values()]
    for component in client.flow(made.id).components:
        assert isinstance(component.template["code"]["value"], str)


def test_an_exported_flow_can_be_imported_again(client: LangflowClient, load: Importer, echo: Flow):
    exported = client.editor.export_flow(echo.id)
    assert exported["last_tested_version"] == client.server.info().version
    (made,) = load(exported)
    assert graph_of(client.flow(made.id)) == graph_of(echo)


def test_templates_can_be_added(client: LangflowClient, load: Importer):
    templates = {template.name: template for template in client.templates()}
    assert len(templates) >= 20
    for name in ("Basic Prompting", "Simple Agent", "Vector Store RAG"):
        assert templates[name].description
        (made,) = load(templates[name])
        assert made.name.startswith(name)
        assert graph_of(client.flow(made.id)) == graph_of(templates[name])


def test_only_code_that_the_server_lacks_is_foreign(client: LangflowClient, echo: Flow):
    own_code = parse_catalogue(client.editor.catalogue()).code_digests
    (exported,) = read_flows(client.editor.export_flow(echo))
    assert len(foreign_components(exported, frozenset())) == len(echo.components)
    assert not foreign_components(exported, own_code)
    changed = json.loads(json.dumps(exported.raw))
    definition = changed["data"]["nodes"][0]["data"]["node"]
    definition["template"]["code"]["value"] += "\nimport os"
    assert foreign_components(Flow.from_json(changed), own_code) == [definition["display_name"]]


def test_a_taken_endpoint_name_is_changed(client: LangflowClient, load: Importer, make: Make):
    flow = make("Echo chat", f"echo-{uuid4().hex[:8]}")
    assert flow.endpoint_name
    (made,) = load(flow)
    assert made.endpoint_name == f"{flow.endpoint_name}-1"


def test_people_may_import_the_same_flow_at_once(load: Importer, echo: Flow):
    """The server may choose the same name for two of them, and then refuses one."""
    threads = [threading.Thread(target=load, args=(echo,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{echo.name} ({number})" for number in range(1, 5)}
    assert {flow.name for flow in load.made} == expected
