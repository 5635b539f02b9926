"""Sample flows, built from a catalogue."""

from __future__ import annotations

import json
from uuid import UUID

import httpx
import pytest

from lfclient.client import LangflowClient
from lfclient.console.samples import builtin, graph_builder
from lfclient.errors import ServerFault
from lfclient.flows.model import Flow
from tests.support.clients import mock_client

_OWN = builtin.custom_component_code()
_TYPES = {node.type for sample in builtin.SAMPLES for node in sample.nodes}
_OUTPUTS = {
    "ConditionalRouter": ("true_result", "false_result"),
    "HumanInput": ("branch_approve", "branch_reject"),
    "Prompt Template": ("prompt",),
    "TextInput": ("text",),
    "WordByWord": ("said",),
    "TimedStep": ("done",),
}


def _component(type_: str) -> dict:
    parameters = {"input_value", "code"}
    for sample in builtin.SAMPLES:
        keys = {node.key: node.type for node in sample.nodes}
        parameters |= {p for n in sample.nodes if n.type == type_ for p in (*n.values, *n.editable)}
        parameters |= {link.parameter for link in sample.links if keys[link.target] == type_}
    return {
        "display_name": type_,
        "template": {
            "_type": "Component",
            **{p: {"name": p, "type": "str", "value": "", "show": False} for p in parameters},
        },
        "outputs": [
            {"name": name, "types": ["Message"]} for name in _OUTPUTS.get(type_, ("message",))
        ],
    }


def _catalogue(*without: str) -> dict:
    components = {type_: _component(type_) for type_ in _TYPES if type_ not in without}
    return {"all": components, "component_display_names": {"Chat Input": "ChatInput"}}


def _answers(existing: list[str], created: list[dict], *without: str, own: int = 200):
    """Return a server without custom components that builds them with `own`."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/all":
            return httpx.Response(200, json=_catalogue(*without, *_OWN))
        if request.url.path == "/api/v1/custom_component":
            types = {code: type_ for type_, code in _OWN.items()}
            type_ = types[json.loads(request.content)["code"]]
            refused = {"detail": "Custom component creation is disabled"}
            built = {"type": type_, "data": _component(type_)}
            return httpx.Response(own, json=built if own == 200 else refused)
        if request.method == "POST":
            created.append(json.loads(request.content))
            body = {"id": str(UUID(int=len(created))), "name": created[-1]["name"]}
            return httpx.Response(201, json=body)
        return httpx.Response(200, json=[{"id": name, "name": name} for name in existing])

    return answer


def _server(
    existing: list[str], created: list[dict], *without: str, own: int = 200
) -> LangflowClient:
    http_client = mock_client("sync", _answers(existing, created, *without, own=own))
    return LangflowClient("http://langflow", "key", http_client=http_client)


@pytest.mark.parametrize("sample", builtin.SAMPLES, ids=lambda sample: sample.name)
def test_the_links_of_a_sample_connect_its_components(sample: graph_builder.Sample):
    data = graph_builder.build_graph(sample, _catalogue())
    flow = Flow.from_json({"id": "1", "name": sample.name, "data": data})

    ids = {component.id for component in flow.components}
    assert len(ids) == len(sample.nodes)
    assert {edge.source for edge in flow.edges} | {edge.target for edge in flow.edges} <= ids
    assert len(flow.edges) == len(sample.links)


def test_a_sample_sets_values_and_prompt_variables():
    letter = next(s for s in builtin.SAMPLES if s.name == "Write a letter")

    nodes = graph_builder.build_graph(letter, _catalogue())["nodes"]
    template = next(n["data"]["node"] for n in nodes if n["data"]["type"] == "Prompt Template")

    assert "Dear {name}" in template["template"]["template"]["value"]
    assert template["template"]["name"]["value"] == "Ada"
    assert template["template"]["name"]["api_editable"]
    assert set(template["custom_fields"]["template"]) == {"place", "name", "message", "signature"}


def test_links_have_the_handles_of_the_editor():
    edge = graph_builder.build_graph(builtin.SAMPLES[0], _catalogue())["edges"][0]

    assert json.loads(edge["sourceHandle"].replace("œ", '"')) == edge["data"]["sourceHandle"]
    assert json.loads(edge["targetHandle"].replace("œ", '"')) == edge["data"]["targetHandle"]


def test_existing_flows_are_not_created_again():
    made: list[dict] = []
    with _server(["Echo chat"], made) as client:
        flows = builtin.install_samples(client)

    assert len(flows) == len(builtin.SAMPLES) - 1
    assert "Echo chat" not in {flow["name"] for flow in made}


def test_samples_with_missing_components_are_reported():
    missing: dict[str, list[str]] = {}
    with _server([], [], "HumanInput") as client:
        flows = builtin.install_samples(
            client, on_missing=lambda sample, types: missing.update({sample.name: types})
        )

    assert missing == {"Wait for an approval": ["HumanInput"]}
    assert len(flows) == len(builtin.SAMPLES) - 1


def test_parameters_that_a_sample_sets_are_shown():
    """Langflow 1.8 ignores values of hidden parameters."""
    wanted = next(sample for sample in builtin.SAMPLES if sample.name == "Write a file")

    nodes = graph_builder.build_graph(wanted, _catalogue())["nodes"]
    template = next(n["data"]["node"] for n in nodes if n["data"]["type"] == "SaveToFile")[
        "template"
    ]

    assert template["file_name"]["show"]
    assert template["local_format"]["show"]
    assert not template["code"]["show"]


def test_read_a_file_requires_a_file():
    wanted = next(sample for sample in builtin.SAMPLES if sample.name == "Read a file")

    data = graph_builder.build_graph(wanted, _catalogue())
    flow = Flow.from_json({"id": "1", "name": "Read a file", "data": data})

    assert [field.key for field in flow.fields if field.required] == ["File-file.path"]


def test_custom_components_are_built_by_the_server():
    made: list[dict] = []
    with _server([], made) as client:
        builtin.install_samples(client)

    trip = next(flow for flow in made if flow["name"] == "Plan a trip")
    steps = [n["data"] for n in trip["data"]["nodes"] if n["data"]["type"] == "TimedStep"]
    assert len(steps) == 4
    assert steps[0]["node"]["display_name"] == "Look up the weather"


@pytest.mark.parametrize("status", [400, 403])
def test_samples_with_custom_code_are_skipped_if_the_server_refuses_it(status: int):
    missing: dict[str, list[str]] = {}
    with _server([], [], own=status) as client:
        flows = builtin.install_samples(
            client, on_missing=lambda sample, types: missing.update({sample.name: types})
        )

    assert missing == {"Write word by word": ["WordByWord"], "Plan a trip": ["TimedStep"]}
    assert len(flows) == len(builtin.SAMPLES) - 2


def test_a_server_error_while_building_is_raised():
    with _server([], [], own=503) as client, pytest.raises(ServerFault):
        builtin.install_samples(client)


def test_no_request_is_sent_for_components_if_all_samples_exist():
    existing = [sample.name for sample in builtin.SAMPLES]
    with _server(existing, [], own=503) as client:
        assert builtin.install_samples(client) == []
