"""Sample flows, built from a catalogue."""

from __future__ import annotations

import json

import httpx
import pytest

from lfclient import samples
from lfclient.client import LangflowClient
from lfclient.flow import Flow

_TYPES = {node.type for sample in samples.SAMPLES for node in sample.nodes}
_OUTPUTS = {
    "ConditionalRouter": ("true_result", "false_result"),
    "HumanInput": ("branch_approve", "branch_reject"),
    "Prompt Template": ("prompt",),
    "TextInput": ("text",),
    "PythonREPLComponent": ("results",),
    "ParserComponent": ("parsed_text",),
}


def _component(type_: str) -> dict:
    parameters = {"input_value", "code"}
    for sample in samples.SAMPLES:
        keys = {node.key: node.type for node in sample.nodes}
        parameters |= {p for n in sample.nodes if n.type == type_ for p in (*n.values, *n.editable)}
        parameters |= {link.parameter for link in sample.links if keys[link.target] == type_}
    return {
        "display_name": type_,
        "template": {
            "_type": "Component",
            **{p: {"name": p, "type": "str", "value": "", "show": True} for p in parameters},
        },
        "outputs": [
            {"name": name, "types": ["Message"]} for name in _OUTPUTS.get(type_, ("message",))
        ],
    }


def _catalogue(*without: str) -> dict:
    components = {type_: _component(type_) for type_ in _TYPES if type_ not in without}
    return {"all": components, "component_display_names": {"Chat Input": "ChatInput"}}


def _server(there: list[str], made: list[dict], *without: str) -> LangflowClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/all":
            return httpx.Response(200, json=_catalogue(*without))
        if request.method == "POST":
            made.append(json.loads(request.content))
            return httpx.Response(201, json={"id": str(len(made)), "name": made[-1]["name"]})
        return httpx.Response(200, json=[{"id": name, "name": name} for name in there])

    return LangflowClient("http://langflow", "key", transport=httpx.MockTransport(answer))


def test_there_are_enough():
    """There are eight at least, each with a name of its own and what it shows."""
    assert len(samples.SAMPLES) >= 8
    assert len({sample.name for sample in samples.SAMPLES}) == len(samples.SAMPLES)
    assert all(sample.description and sample.shows for sample in samples.SAMPLES)


@pytest.mark.parametrize("sample", samples.SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_a_sound_flow(sample: samples.Sample):
    """Each sample's graph reads as a flow whose links lead from and to its components."""
    data = samples.build(sample, _catalogue())
    flow = Flow.from_json({"id": "1", "name": sample.name, "data": data})

    ids = {component.id for component in flow.components}
    assert len(ids) == len(sample.nodes)
    assert {edge.source for edge in flow.edges} | {edge.target for edge in flow.edges} <= ids
    assert len(flow.edges) == len(sample.links)


def test_values_and_variables_are_set():
    """A component of a sample has the sample's values, and its prompt's variables as fields."""
    letter = next(s for s in samples.SAMPLES if s.name == "Write a letter")

    nodes = samples.build(letter, _catalogue())["nodes"]
    template = next(n["data"]["node"] for n in nodes if n["data"]["type"] == "Prompt Template")

    assert "Dear {name}" in template["template"]["template"]["value"]
    assert template["template"]["name"]["value"] == "Ada"
    assert template["template"]["name"]["api_editable"]
    assert set(template["custom_fields"]["template"]) == {"place", "name", "message", "signature"}


def test_the_catalogue_is_left_as_it_is():
    """Building a flow changes nothing in the catalogue that it is built from."""
    catalogue = _catalogue()
    before = json.dumps(catalogue)

    for sample in samples.SAMPLES:
        samples.build(sample, catalogue)

    assert json.dumps(catalogue) == before


def test_the_editor_can_read_the_links():
    """A link has the handles that the editor keeps, with œ for the quotes."""
    edge = samples.build(samples.SAMPLES[0], _catalogue())["edges"][0]

    assert json.loads(edge["sourceHandle"].replace("œ", '"')) == edge["data"]["sourceHandle"]
    assert json.loads(edge["targetHandle"].replace("œ", '"')) == edge["data"]["targetHandle"]


def test_what_is_there_is_left_out():
    """A flow of the same name on the server is not made a second time."""
    made: list[dict] = []
    with _server(["Echo chat"], made) as client:
        flows = samples.install(client)

    assert len(flows) == len(samples.SAMPLES) - 1
    assert "Echo chat" not in {flow["name"] for flow in made}


def test_only_those_named_are_made():
    """With names given, only these are put on the server."""
    made: list[dict] = []
    with _server([], made) as client:
        samples.install(client, ["Picture card", "Echo chat"])

    assert {flow["name"] for flow in made} == {"Picture card", "Echo chat"}


def test_what_the_server_lacks_is_reported():
    """A sample with a component that this release does not have is reported, the others made."""
    missing: dict[str, list[str]] = {}
    with _server([], [], "HumanInput") as client:
        flows = samples.install(
            client, on_missing=lambda sample, types: missing.update({sample.name: types})
        )

    assert missing == {"Wait for an approval": ["HumanInput"]}
    assert len(flows) == len(samples.SAMPLES) - 1
