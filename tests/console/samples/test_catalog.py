"""Sample flows, built from a catalogue."""

from __future__ import annotations

import ast
import asyncio
import json

import httpx
import pytest

from lfclient.async_client import AsyncLangflowClient
from lfclient.client import LangflowClient
from lfclient.console.samples import catalog, graph_builder, installer, spec
from lfclient.errors import ServerFault
from lfclient.flows.model import Flow

_OWN = catalog.custom_component_code()
_TYPES = {node.type for sample in catalog.SAMPLES for node in sample.nodes}
_OUTPUTS = {
    "ConditionalRouter": ("true_result", "false_result"),
    "HumanInput": ("branch_approve", "branch_reject"),
    "Prompt Template": ("prompt",),
    "TextInput": ("text",),
    "PythonREPLComponent": ("results",),
    "ParserComponent": ("parsed_text",),
    "WordByWord": ("said",),
    "TimedStep": ("done",),
}


def _component(type_: str) -> dict:
    parameters = {"input_value", "code"}
    for sample in catalog.SAMPLES:
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


def _answers(there: list[str], made: list[dict], *without: str, own: int = 200):
    """A server with that status for code of one's own; it has no such component by itself."""

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
            made.append(json.loads(request.content))
            return httpx.Response(201, json={"id": str(len(made)), "name": made[-1]["name"]})
        return httpx.Response(200, json=[{"id": name, "name": name} for name in there])

    return httpx.MockTransport(answer)


def _server(there: list[str], made: list[dict], *without: str, own: int = 200) -> LangflowClient:
    transport = _answers(there, made, *without, own=own)
    return LangflowClient("http://langflow", "key", transport=transport)


def test_there_are_enough():
    """There are eight at least, each with a name of its own and what it shows."""
    assert len(catalog.SAMPLES) >= 8
    assert len({sample.name for sample in catalog.SAMPLES}) == len(catalog.SAMPLES)
    assert all(sample.description and sample.shows for sample in catalog.SAMPLES)


@pytest.mark.parametrize("sample", catalog.SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_a_sound_flow(sample: spec.Sample):
    """Each sample's graph reads as a flow whose links lead from and to its components."""
    data = graph_builder.build_graph(sample, _catalogue())
    flow = Flow.from_json({"id": "1", "name": sample.name, "data": data})

    ids = {component.id for component in flow.components}
    assert len(ids) == len(sample.nodes)
    assert {edge.source for edge in flow.edges} | {edge.target for edge in flow.edges} <= ids
    assert len(flow.edges) == len(sample.links)


def test_values_and_variables_are_set():
    """A component of a sample has the sample's values, and its prompt's variables as fields."""
    letter = next(s for s in catalog.SAMPLES if s.name == "Write a letter")

    nodes = graph_builder.build_graph(letter, _catalogue())["nodes"]
    template = next(n["data"]["node"] for n in nodes if n["data"]["type"] == "Prompt Template")

    assert "Dear {name}" in template["template"]["template"]["value"]
    assert template["template"]["name"]["value"] == "Ada"
    assert template["template"]["name"]["api_editable"]
    assert set(template["custom_fields"]["template"]) == {"place", "name", "message", "signature"}


def test_the_catalogue_is_left_as_it_is():
    """Building a flow changes nothing in the catalogue that it is built from."""
    catalogue = _catalogue()
    before = json.dumps(catalogue)

    for sample in catalog.SAMPLES:
        graph_builder.build_graph(sample, catalogue)

    assert json.dumps(catalogue) == before


def test_the_editor_can_read_the_links():
    """A link has the handles that the editor keeps, with œ for the quotes."""
    edge = graph_builder.build_graph(catalog.SAMPLES[0], _catalogue())["edges"][0]

    assert json.loads(edge["sourceHandle"].replace("œ", '"')) == edge["data"]["sourceHandle"]
    assert json.loads(edge["targetHandle"].replace("œ", '"')) == edge["data"]["targetHandle"]


def test_what_is_there_is_left_out():
    """A flow of the same name on the server is not made a second time."""
    made: list[dict] = []
    with _server(["Echo chat"], made) as client:
        flows = installer.install_samples(client)

    assert len(flows) == len(catalog.SAMPLES) - 1
    assert "Echo chat" not in {flow["name"] for flow in made}


def test_only_those_named_are_made():
    """With names given, only these are put on the server."""
    made: list[dict] = []
    with _server([], made) as client:
        installer.install_samples(client, ["Picture card", "Echo chat"])

    assert {flow["name"] for flow in made} == {"Picture card", "Echo chat"}


def test_what_the_server_lacks_is_reported():
    """A sample with a component that this release does not have is reported, the others made."""
    missing: dict[str, list[str]] = {}
    with _server([], [], "HumanInput") as client:
        flows = installer.install_samples(
            client, on_missing=lambda sample, types: missing.update({sample.name: types})
        )

    assert missing == {"Wait for an approval": ["HumanInput"]}
    assert len(flows) == len(catalog.SAMPLES) - 1


def test_what_a_sample_sets_is_shown():
    """Parameters that a sample sets or offers are shown: 1.8 ignores a hidden one's value."""
    wanted = next(sample for sample in catalog.SAMPLES if sample.name == "Write a file")

    nodes = graph_builder.build_graph(wanted, _catalogue())["nodes"]
    template = next(n["data"]["node"] for n in nodes if n["data"]["type"] == "SaveToFile")[
        "template"
    ]

    assert template["file_name"]["show"]
    assert template["local_format"]["show"]
    assert not template["code"]["show"]


def test_the_file_to_be_read_is_required():
    """A run of “Read a file” without a file is refused before it is sent."""
    wanted = next(sample for sample in catalog.SAMPLES if sample.name == "Read a file")

    data = graph_builder.build_graph(wanted, _catalogue())
    flow = Flow.from_json({"id": "1", "name": "Read a file", "data": data})

    assert [field.key for field in flow.fields if field.required] == ["File-file.path"]


@pytest.mark.parametrize("type_", _OWN)
def test_own_code_is_the_component_that_the_samples_mean(type_: str):
    """Code of our own is one class of the type's name, with the parameters and outputs in use."""
    classes = [one for one in ast.parse(_OWN[type_]).body if isinstance(one, ast.ClassDef)]
    named = {
        word.value.value
        for word in ast.walk(classes[0])
        if isinstance(word, ast.keyword)
        and word.arg == "name"
        and isinstance(word.value, ast.Constant)
    }

    assert [one.name for one in classes] == [type_]
    assert set(_component(type_)["template"]) - {"_type", "code", "input_value"} <= named
    assert set(_OUTPUTS[type_]) <= named


def test_own_components_are_built_by_the_server():
    """A component of our own comes as the server builds it from our code."""
    made: list[dict] = []
    with _server([], made) as client:
        installer.install_samples(client, ["Plan a trip"])

    steps = [n["data"] for n in made[0]["data"]["nodes"] if n["data"]["type"] == "TimedStep"]
    assert len(steps) == 4
    assert steps[0]["node"]["display_name"] == "Look up the weather"


@pytest.mark.parametrize("status", [400, 403])
def test_where_own_code_is_refused_its_samples_are_left_out(status: int):
    """A server that allows no code but its own, or can't build ours, gets the other samples."""
    missing: dict[str, list[str]] = {}
    with _server([], [], own=status) as client:
        flows = installer.install_samples(
            client, on_missing=lambda sample, types: missing.update({sample.name: types})
        )

    assert missing == {"Write word by word": ["WordByWord"], "Plan a trip": ["TimedStep"]}
    assert len(flows) == len(catalog.SAMPLES) - 2


def test_a_server_that_fails_to_build_is_no_server_that_refuses():
    """A fault of the server is told, and no sample is left out for it."""
    with _server([], [], own=503) as client, pytest.raises(ServerFault):
        installer.install_samples(client)


def test_nothing_is_asked_for_when_all_are_there():
    """With all samples on the server, neither its catalogue nor a component is asked for."""
    there = [sample.name for sample in catalog.SAMPLES]
    with _server(there, [], own=503) as client:
        assert installer.install_samples(client) == []


def test_both_clients_build_own_components():
    """The async client's catalogue has the components of our own too, beside the server's."""

    async def ask() -> dict:
        transport = _answers([], [])
        async with AsyncLangflowClient("http://langflow", "key", transport=transport) as client:
            return await client.catalogue(_OWN)

    with _server([], []) as client:
        catalogue = client.catalogue(_OWN)

    assert catalogue == asyncio.run(ask())
    assert not any(sample.missing(catalogue) for sample in catalog.SAMPLES)
