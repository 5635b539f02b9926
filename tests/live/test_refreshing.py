"""Choices that change other fields, and runs of the flows that they make, on real servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lfclient import FieldKind, Flow, InvalidRequest, LangflowClient, Run, RunEnded, RunStatus
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample
from lfclient.runs.tool_calls import ToolCall, read_calls
from tests.live.flows import AGENT, ASK_MODEL, ROWS
from tests.live.live_runner import LiveRunner, ended
from tests.live.releases import Make, dialects, on, with_events
from tests.support.model_server import OLLAMA_MODELS, ModelServer
from tests.support.servers import LiveServer, delete_flow, installation
from tests.support.waiting import wait_for

OPERATIONS = Sample(
    "operations",
    "",
    (*ROWS.nodes, Node("o", "DataFrameOperations")),
    (*ROWS.links, Link("s", "dataframe", "o", "df")),
)
FILTER = {"DataFrameOperations-o.operation": [{"name": "Filter"}]}
COLUMN = {
    "DataFrameOperations-o.column_name": "text",
    "DataFrameOperations-o.filter_value": "y",
}
PARSER = Sample(
    "parser",
    "",
    (
        Node("a", "TextInput", {"input_value": "x\n\n\n\ny"}),
        Node("s", "SplitText", {"separator": ";"}),
        Node("p", "ParserComponent"),
        Node("b", "ChatOutput"),
    ),
    (
        Link("a", "text", "s", "data_inputs"),
        Link("s", "dataframe", "p", "input_data"),
        Link("p", "parsed_text", "b"),
    ),
)
MODEL = replace(ASK_MODEL, nodes=tuple(replace(each, editable=()) for each in ASK_MODEL.nodes))
OLLAMA_CLASS = {"metadata": {"model_class": "ChatOllama", "model_name_param": "model"}}
MCP = Sample("mcp", "", (Node("m", "MCPTools"),))
# Langflow starts it many times; the SDK's own takes 0.7 s each time
MCP_SERVER = """
import json
import sys

NUMBERS = {name: {"type": "integer"} for name in ("a", "b")}
SCHEMA = {"type": "object", "properties": NUMBERS, "required": ["a", "b"]}
ABOUT = {"capabilities": {"tools": {}}, "serverInfo": {"name": "adding", "version": "1"}}


def answer(method, params):
    if method == "initialize":
        return {"protocolVersion": params["protocolVersion"], **ABOUT}
    if method == "tools/list":
        return {"tools": [{"name": "add", "description": "", "inputSchema": SCHEMA}]}
    if method == "tools/call":
        text = f"sum={sum(params['arguments'].values())}"
        return {"content": [{"type": "text", "text": text}]}
    return {}


for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        result = answer(asked["method"], asked.get("params"))
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


def run(client: LangflowClient, flow: Flow, mode: str, overrides: dict[str, Any]) -> Run:
    if mode == "sync":
        return client.run(flow, overrides)
    if mode == "background":
        return client.wait(client.submit(flow, overrides), timeout=60)
    *_, end = client.stream(flow, overrides)
    assert isinstance(end, RunEnded)
    return end.run


@pytest.fixture
def run_modes(modes: bool) -> list[str]:
    return ["sync", "background", "stream"] if modes else ["sync", "background"]


def test_options_are_those_of_the_server(client: LangflowClient, make: Make):
    """The stored flow has none of these time zones."""
    flow = make(Sample("date", "", (Node("d", "CurrentDate"),)))
    zones = [option.name for option in client.options(flow, "CurrentDate-d.timezone")]
    assert len(zones) > 500
    assert "Europe/Berlin" in zones


@dialects
def test_fields_that_a_choice_shows_are_sent_in_every_mode(
    client: LangflowClient, make: Make, run_modes: list[str]
):
    """They are hidden in the stored flow, which stays as it is."""
    stored = make(OPERATIONS)
    assert not COLUMN.keys() & stored.fields_by_key.keys()
    flow = client.refresh(stored, FILTER)
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    assert COLUMN.keys() <= flow.fields_by_key.keys()
    for mode in run_modes:
        ended = run(client, flow, mode, COLUMN)
        table = ended.outputs["DataFrameOperations-o"].value
        assert [row["text"] for row in table] == ["y"], mode
        # as a rerun from stored values does
        again = run(client, stored, mode, {**FILTER, **COLUMN})
        assert again.outputs["DataFrameOperations-o"].value[0]["text"] == "y", mode
    assert client.flow(stored.id).raw["data"] == stored.raw["data"]


@with_events
def test_a_field_that_a_choice_adds_is_sent_with_the_graph(
    client: LangflowClient, live_runner: LiveRunner, make: Make
):
    stored = make(PARSER)
    flow = client.refresh(stored, {"ParserComponent-p.mode": "Stringify"})
    cleaned = flow.fields_by_key["ParserComponent-p.clean_data"]
    assert (cleaned.kind, cleaned.default) == (FieldKind.SWITCH, True)
    for mode in ("background", "stream"):
        assert run(client, flow, mode, {cleaned.key: False}).status is RunStatus.COMPLETED
        assert run(client, flow, mode, {}).status is RunStatus.COMPLETED
        record = live_runner.until(live_runner.start(flow, mode, **{cleaned.key: False}), ended)
        assert record.status is RunStatus.COMPLETED, mode
        wait_for(lambda run_id=record.id: not live_runner.runner.is_followed(run_id))
        states = live_runner.runner.get(record.id, live_runner.owner).run.components
        assert states.keys() == {leaf.id for leaf in flow.leaves}, mode
    with pytest.raises(InvalidRequest, match="Synchronous runs can't apply this choice"):
        client.run(flow, {cleaned.key: False})
    assert client.flow(stored.id).raw["data"] == stored.raw["data"]


@on("1.8.4")
def test_a_field_that_a_choice_adds_is_refused_before_1_11(client: LangflowClient, make: Make):
    flow = client.refresh(make(PARSER), {"ParserComponent-p.mode": "Stringify"})
    for start in (client.run, client.submit):
        with pytest.raises(InvalidRequest, match="before Langflow"):
            start(flow, {"ParserComponent-p.clean_data": False})


@pytest.fixture
def adding(langflow: LiveServer, api: httpx.Client, tmp_path: Path) -> Iterator[str]:
    """The name of an MCP server of Langflow that has one tool."""
    script = tmp_path / "adding.py"
    script.write_text(MCP_SERVER)
    python = installation(langflow.version).python
    command = {"command": str(python), "args": [str(script)]}
    api.post("/api/v2/mcp/servers/adding", json=command).raise_for_status()
    yield "adding"
    api.delete("/api/v2/mcp/servers/adding")


@with_events
def test_the_arguments_of_a_tool_appear_and_are_sent_with_the_graph(
    client: LangflowClient, make: Make, adding: str
):
    stored = make(MCP)
    names = [option.name for option in client.options(stored, "MCPTools-m.mcp_server")]
    assert adding in names
    flow = client.refresh(stored, {"MCPTools-m.mcp_server": adding})
    tool = flow.fields_by_key["MCPTools-m.tool"]
    assert (tool.options, tool.default) == (("add",), "")
    flow = client.refresh(flow, {"MCPTools-m.tool": "add"})
    assert flow.refreshed
    assert flow.fields_by_key["MCPTools-m.a"].kind is FieldKind.INTEGER
    arguments = {"MCPTools-m.a": 5, "MCPTools-m.b": 9}
    values = {**flow.refreshed.choices, **arguments}
    for mode in ("background", "stream"):
        assert "sum=14" in str(run(client, flow, mode, arguments).outputs), mode
        assert "sum=14" in str(run(client, stored, mode, values).outputs), mode


@dialects
def test_a_model_is_chosen_with_the_address_that_its_provider_needs(
    client: LangflowClient, make: Make, run_modes: list[str]
):
    """The server knows of no Ollama: the run alone tells its address, in a hidden parameter."""
    key = "LanguageModelComponent-m"
    stored = make(MODEL)
    model = {"name": next(iter(OLLAMA_MODELS)), "provider": "Ollama", **OLLAMA_CLASS}
    flow = client.refresh(stored, {f"{key}.model": [model]})
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    shown = flow.fields_by_key.keys() - stored.fields_by_key.keys()
    hidden = stored.fields_by_key.keys() - flow.fields_by_key.keys()
    assert (shown, hidden) == ({f"{key}.ollama_base_url"}, {f"{key}.api_key"})
    with ModelServer() as ollama:
        for mode in run_modes:
            overrides = {f"{key}.ollama_base_url": ollama.url, "ChatInput-a.input_value": mode}
            ended = run(client, flow, mode, overrides)
            assert f"says: {mode}" in str(ended.outputs["ChatOutput-b"].value), mode


def test_a_model_of_a_provider_without_a_key_stays_chosen(client: LangflowClient, make: Make):
    key = "LanguageModelComponent-m.model"
    chosen = [{"name": "gpt-own", "provider": "OpenAI"}]
    flow = client.refresh(make(MODEL), {key: chosen})
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    assert flow.fields_by_key[key].default == chosen
    assert "LanguageModelComponent-m.api_key" in flow.fields_by_key


def grouped(data: dict[str, Any]) -> dict[str, Any]:
    """Return a graph with all its nodes in a group, as the editor makes one."""
    parts = [(each["id"], each["data"]["node"]) for each in data["nodes"]]
    wired = {(edge["target"], edge["data"]["targetHandle"]["fieldName"]) for edge in data["edges"]}
    template = {
        f"{name}_{id}": {**entry, "proxy": {"id": id, "field": name}}
        for id, part in parts
        for name, entry in part["template"].items()
        if isinstance(entry, dict) and (id, name) not in wired
    }
    last, part = parts[-1]
    outputs = [
        {
            **output,
            "name": f"{last}_{output['name']}",
            "proxy": {"id": last, "name": output["name"]},
        }
        for output in part["outputs"]
    ]
    inner = {"name": "Group", "data": {"nodes": data["nodes"], "edges": data["edges"]}}
    node = {"display_name": "Group", "template": template, "outputs": outputs, "flow": inner}
    group = {"id": "GroupNode-g", "type": "genericNode", "position": {"x": 0, "y": 0}}
    return {
        "nodes": [{**group, "data": {"id": "GroupNode-g", "type": "GroupNode", "node": node}}],
        "edges": [],
    }


@with_events
def test_a_choice_inside_a_group_runs_with_the_graph(client: LangflowClient, make: Make):
    plain = make(OPERATIONS)
    made = client.editor.create_flow(f"grouped {uuid4().hex[:8]}", grouped(plain.raw["data"]))
    try:
        stored = client.flow(made.id)
        key = "GroupNode-g.{}_DataFrameOperations-o"
        flow = client.refresh(stored, {key.format("operation"): [{"name": "Filter"}]})
        assert flow.refreshed
        assert flow.refreshed.errors == {}
        columns = {key.format("column_name"): "text", key.format("filter_value"): "y"}
        assert columns.keys() <= flow.fields_by_key.keys() - stored.fields_by_key.keys()
        for mode in ("background", "stream"):
            ended = run(client, flow, mode, columns)
            table = ended.outputs["DataFrameOperations-o"].value
            assert [row["text"] for row in table] == ["y"], mode
        assert client.flow(made.id).raw["data"] == stored.raw["data"]
    finally:
        client.editor.delete_flow(made.id)


@dialects
def test_the_choice_of_an_agents_model_runs_in_every_mode(
    client: LangflowClient, make: Make, ollama: ModelServer, run_modes: list[str]
):
    model = next(one for one in client.models() if one.provider == "Ollama")
    chosen = {"Agent-g.model": [model.value]}
    stored = make(AGENT)
    offered = [option.name for option in client.options(stored, "Agent-g.model")]
    assert model.name in offered
    flow = client.refresh(stored, chosen)
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    assert "Agent-g.api_key" not in flow.fields_by_key
    for mode in run_modes:
        asked = {"ChatInput-a.input_value": 'call get_current_date {"timezone": "UTC"}'}
        ended = run(client, flow, mode, {**chosen, **asked})
        answer = str(ended.outputs["ChatOutput-b"].value)
        assert "says: the tool returned Current date and time in UTC" in answer, mode
        if ended.messages:
            assert read_calls(ended.messages.values()) == [ToolCall("get_current_date")], mode


@with_events
def test_a_variable_that_a_choice_hides_is_not_looked_up(
    client: LangflowClient, catalogue: dict[str, Any], ollama: ModelServer, run_modes: list[str]
):
    """As after the same choice in the editor: the server lacks the author's key of OpenAI."""
    data = graph_builder.build_graph(AGENT, catalogue)
    agent = next(one["data"]["node"] for one in data["nodes"] if one["id"] == "Agent-g")
    agent["template"]["api_key"] |= {"value": "KEY_OF_THE_AUTHOR", "load_from_db": True}
    models = {one.provider: one for one in reversed(client.models())}
    agent["template"]["model"]["value"] = [models["OpenAI"].value]
    stored = client.flow(client.editor.create_flow(f"author {uuid4().hex[:8]}", data).id)
    model = models["Ollama"]
    flow = client.refresh(stored, {"Agent-g.model": [model.value]})
    ends = [run(client, flow, mode, {"ChatInput-a.input_value": "Hi"}) for mode in run_modes]
    delete_flow(client, stored.id)
    answers = {str(end.outputs["ChatOutput-b"].value) for end in ends}
    assert answers == {f"{model.name} says: Hi"}
