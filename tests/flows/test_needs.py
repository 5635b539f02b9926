"""What a flow needs before it can run."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from lfclient.flows.field import Variable
from lfclient.flows.model import Flow, Refresh
from lfclient.flows.need import NeedKind
from lfclient.flows.needs import find_needs
from lfclient.flows.provider_needs import provider_overrides
from lfclient.resources.models import Provider
from lfclient.resources.server_resources import KnowledgeBase, MemoryBase, ServerResources
from lfclient.wire.server_info import ServerInfo
from tests.support.flow_needs import GPT, agent, key_setting, needs, server
from tests.support.flows import chat_input, edge, entry, flow, graph, group, node, prompt, text


def test_an_agent_without_a_model_needs_one():
    (need,) = needs(agent())
    assert (need.kind, need.keys, need.is_met) == (NeedKind.MODEL, ("Agent-a.model",), False)
    assert need.message == "Choose a model for Agent."


def test_needs_are_in_the_order_of_the_form():
    places = {"Agent-b": 900, "Agent-a": 0}
    agents = [{**agent(id), "position": {"x": x, "y": 0}} for id, x in places.items()]
    found = [need.message for need in needs(*agents)]
    assert found == ["Choose a model for Agent 1.", "Choose a model for Agent 2."]


def test_an_empty_required_parameter_and_a_missing_variable_are_needed():
    token = entry("SecretStrInput", "str", "TAVILY", load_from_db=True, required=True)
    value, variable = needs(node("T-a", query=text(required=True), token=token))
    assert (value.kind, value.is_met) == (NeedKind.VALUE, False)
    assert (variable.kind, variable.is_met) == (NeedKind.VARIABLE, False)
    assert "has no variable “TAVILY”" in variable.message
    value, variable = needs(
        node("T-a", query=text(required=True), token=token),
        resources=server("TAVILY"),
        T_a__query="x",
    )
    assert (value.is_met, variable.is_met) == (True, True)
    (need,) = needs(node("T-a", token=token), T_a__token="entered")
    assert (need.kind, need.is_met) == (NeedKind.VARIABLE, True)


def test_a_prompt_without_a_variable_that_its_text_names_needs_another_text():
    asks = prompt("{topic}, {tone}", "topic")
    (need,) = needs(asks)
    assert (need.kind, need.keys, need.is_met) == (NeedKind.PROMPT, ("Prompt-a.template",), False)
    assert "has no variable “tone”" in need.message
    (need,) = needs(asks, Prompt_a__template="{topic}")
    assert need.is_met
    assert needs(prompt("{topic}", "topic")) == []


def test_a_saved_key_in_place_of_a_variable_that_the_server_lacks_is_noted():
    named = entry("SecretStrInput", "str", "MINE", load_from_db=True, password=True)
    a = agent(model=GPT, api_key=named)
    *_, variable = needs(a, resources=server("OPENAI_API_KEY"))
    assert (variable.kind, variable.is_met) == (NeedKind.VARIABLE, True)
    assert "“MINE”. The run uses OpenAI's key, saved on the server as" in variable.note
    *_, variable = needs(a, resources=server("OPENAI_API_KEY"), Agent_a__api_key="sk-1")
    assert (variable.keys, variable.is_met, variable.note) == (("Agent-a.api_key",), True, "")
    for variables in ((), ("MINE",), ("MINE", "OPENAI_API_KEY")):
        found = needs(a, resources=server(*variables))
        assert [need.kind for need in found] == [NeedKind.MODEL, NeedKind.PROVIDER]


def test_a_variable_of_an_optional_parameter_is_needed_while_the_server_lacks_it():
    stored = entry("MessageTextInput", "str", "NOPE", load_from_db=True)
    (need,) = needs(node("T-a", query=stored))
    assert (need.kind, need.keys, need.is_met) == (NeedKind.VARIABLE, ("T-a.query",), False)
    assert needs(node("T-a", query=stored), resources=server("NOPE")) == []
    (need,) = needs(node("T-a", query=stored), T_a__query="entered")
    assert need.is_met
    (need,) = needs(node("T-a", query={**stored, "value": ""}), T_a__query=Variable("NOPE"))
    assert not need.is_met


def test_a_tool_needs_the_variable_of_a_text():
    tool = node("T-a", language=entry("MessageTextInput", "str", "NOPE", load_from_db=True))
    tool["data"]["node"]["tool_mode"] = True
    assert [need.keys for need in needs(tool)] == [("T-a.language",)]


def test_a_tool_and_a_model_do_without_the_key_that_the_server_lacks():
    key = entry("SecretStrInput", "str", "NOPE", load_from_db=True)
    tool = node("T-a", key=key)
    tool["data"]["node"]["tool_mode"] = True
    assert needs(tool) == []
    embedding = entry("ModelInput", "model", [], model_type="embedding")
    assert needs(node("T-a", model=embedding, key=key)) == []


BACKGROUND = {"mode": "background", "server": ServerInfo("1.13.0", "modes")}


@pytest.mark.parametrize(
    ("mode", "dialect", "is_needed"),
    [
        ("background", "modes", True),
        ("stream", "modes", True),
        ("sync", "modes", False),
        ("background", "inputs", False),
        (None, "modes", False),
    ],
)
def test_from_1_11_on_a_run_in_the_background_needs_every_variable(
    mode: str | None, dialect: Literal["inputs", "modes"], is_needed: bool
):
    key = entry("SecretStrInput", "str", "NOPE", load_from_db=True)
    tool = node("T-a", key=key)
    tool["data"]["node"]["tool_mode"] = True
    made = Flow.from_json(graph(tool, agent(model=GPT, api_key=key)))
    release = ServerInfo("1.13.0", dialect)
    found = find_needs(made, {}, server("OPENAI_API_KEY"), mode, release)
    missing = [key for need in found if not need.is_met for key in need.keys]
    assert missing == (["T-a.key", "Agent-a.api_key"] if is_needed else [])
    filled = find_needs(
        made, dict.fromkeys(missing, "sk-1"), server("OPENAI_API_KEY"), mode, release
    )
    assert all(need.is_met for need in filled)


def test_the_variable_of_a_provider_is_named_by_its_line_alone():
    key = entry("SecretStrInput", "str", "OPENAI_API_KEY", load_from_db=True)
    made = Flow.from_json(graph(agent(model=GPT, api_key=key)))
    found = find_needs(made, {}, server(), **BACKGROUND)
    assert [(need.kind, need.is_met) for need in found if not need.is_met] == [
        (NeedKind.PROVIDER, False)
    ]
    given = find_needs(made, {"Agent-a.api_key": "sk-1"}, server(), **BACKGROUND)
    assert [need.kind for need in given] == [NeedKind.MODEL, NeedKind.PROVIDER]


def base_node(parameter: str, value: str = "", **more: object) -> dict:
    options = entry("DropdownInput", "str", value, options=[], required=True, combobox=True)
    made = node("Knowledge-a", **{parameter: options})
    made["data"]["node"].update(more)
    return made


BASES = ServerResources(
    knowledge_bases=(
        KnowledgeBase("My notes", "my_notes", "ready", 9),
        KnowledgeBase("New", "new", "ingesting"),
        KnowledgeBase("Bad", "bad", "failed", failure="no key"),
        KnowledgeBase("None", "none", "empty"),
        KnowledgeBase("Odd", "odd", "paused"),
    ),
    memory_bases=(
        MemoryBase("1", "mine", "11111111-2222-3333-4444-555555555555"),
        MemoryBase("2", "of another flow", "2"),
    ),
)


@pytest.mark.parametrize(
    ("parameter", "value", "problem"),
    [
        ("knowledge_base", "", "choose one"),
        ("knowledge_base", "my_notes", ""),
        ("knowledge_base", "My notes", "the server has no “My notes”"),
        ("knowledge_base", "new", "“New” is still adding files"),
        ("knowledge_base", "bad", "“Bad” couldn't add its files"),
        ("knowledge_base", "none", "“None” has no files yet"),
        ("knowledge_base", "odd", "“Odd” is paused"),
        ("memory_base", "", "choose one"),
        ("memory_base", "mine", ""),
        ("memory_base", "of another flow", "this flow has no “of another flow”"),
    ],
)
def test_a_knowledge_or_memory_base_is_needed_that_the_flow_can_use(parameter, value, problem):
    for found in (
        needs(base_node(parameter, value), resources=BASES),
        needs(base_node(parameter), resources=BASES, **{f"Knowledge_a__{parameter}": value}),
    ):
        (need,) = found
        assert (need.kind, need.is_met) == (NeedKind(parameter), not problem)
        assert problem in need.message


@pytest.mark.parametrize(
    ("type", "mode", "is_met"),
    [
        ("KnowledgeIngestion", "", True),
        ("Knowledge", "Ingest", True),
        ("Knowledge", "Retrieve", False),
    ],
)
def test_a_base_that_gets_documents_may_be_empty(type: str, mode: str, is_met: bool):
    ingestion = base_node("knowledge_base", "none")
    ingestion["data"]["type"] = type
    ingestion["data"]["node"]["template"]["mode"] = text(mode)
    (need,) = needs(ingestion, resources=BASES)
    assert need.is_met is is_met


def test_a_base_that_cannot_be_looked_up_is_taken_as_it_is():
    (need,) = needs(base_node("knowledge_base", "typed"))
    assert need.is_met


@pytest.mark.parametrize("parameter", ["knowledge_base", "memory_base"])
def test_an_agent_can_do_without_the_base_of_a_tool_but_not_with_a_wrong_one(parameter):
    """A run fails at once for a name that the server lacks."""
    tool = base_node(parameter, tool_mode=True)
    (need,) = needs(tool, resources=BASES)
    assert (need.kind, need.is_met) == (NeedKind(parameter), True)
    assert need.note.startswith("Optional. The agent runs without one")
    for value, is_met in (
        ("my_notes" if parameter == "knowledge_base" else "mine", True),
        ("x", False),
    ):
        (need,) = needs(tool, resources=BASES, **{f"Knowledge_a__{parameter}": value})
        assert (need.is_met, need.note) == (is_met, "")


def test_nothing_is_said_of_variables_that_cannot_be_listed():
    token = entry("SecretStrInput", "str", "TAVILY", load_from_db=True, required=True)
    assert not needs(node("T-a", token=token), resources=ServerResources())


def test_a_provider_that_the_server_calls_ready_needs_nothing():
    """Its variables may not be listed."""
    ready = Provider("OpenAI", True, (key_setting(),))
    found = needs(agent(model=GPT), resources=ServerResources((ready,)))
    assert found[1].is_met


def test_what_does_not_run_or_is_connected_needs_nothing():
    idle = (chat_input(), agent("Agent-b"))
    assert not needs(*idle)
    assert needs(*idle, edges=(edge("ChatInput-a", "Agent-b", "input"),))
    key = entry("SecretStrInput", "str", "", required=True)
    connected = (node("Model-m"), agent("Agent-b", api_key=key))
    assert [need.kind for need in needs(*connected)] == [NeedKind.MODEL, NeedKind.VALUE]
    assert not needs(*connected, edges=(edge("Model-m", "Agent-b", "model"),))
    database = (node("Model-m"), agent("Agent-b", token=key))
    found = needs(*database, edges=(edge("Model-m", "Agent-b", "model"),))
    assert [need.keys for need in found] == [("Agent-b.token",)]


def test_a_model_inside_a_group_takes_its_key_there():
    proxies = {"model_a": ("Agent-a", "model"), "api_key_a": ("Agent-a", "api_key")}
    grouped = flow(group("Group-g", [agent(model=GPT)], **proxies))
    model, provider = find_needs(grouped, {}, server())
    assert (model.keys, provider.keys) == (("Group-g.model_a",), ("Group-g.api_key_a",))
    found = provider_overrides(grouped, [model, provider], {"OPENAI_API_KEY": "sk-1"})
    assert found == {"Group-g.api_key_a": "sk-1"}


def mcp(value: object) -> dict:
    return node("MCPTools-m", mcp_server=entry("McpInput", "mcp", value))


def test_an_mcp_server_is_needed_that_the_server_has():
    known = replace(server(), mcp_servers=frozenset({"other"}))
    (need,) = needs(mcp({"name": "demo", "config": {}}), resources=known)
    assert (need.kind, need.keys) == (NeedKind.MCP_SERVER, ("MCPTools-m.mcp_server",))
    assert (need.is_met, "has no MCP server “demo”" in need.message) == (False, True)
    flow = Flow.from_json(graph(mcp({"name": "demo"})))
    (need,) = find_needs(flow, {"MCPTools-m.mcp_server": "other"}, known)
    assert need.is_met
    (need,) = find_needs(flow, {"MCPTools-m.mcp_server": ""}, known)
    assert (need.is_met, "choose one" in need.message) == (False, True)
    (need,) = needs(mcp({"name": "other"}), resources=known)
    assert need.is_met


def test_fields_that_need_the_same_mcp_server_share_a_need_until_their_values_differ():
    keys = tuple(f"MCPTools-{id}.mcp_server" for id in "abc")
    same = [{**mcp({"name": "demo"}), "id": key.split(".")[0]} for key in keys]
    flow = Flow.from_json(graph(*same, mcp({"name": "other"})))
    known = replace(server(), mcp_servers=frozenset({"new"}))
    shared, other = find_needs(flow, {}, known)
    assert (shared.keys, other.keys) == (keys, ("MCPTools-m.mcp_server",))
    assert shared.message.endswith("The same applies to MCPTools 2, MCPTools 3.")
    chosen = find_needs(flow, dict.fromkeys(keys, "new"), known)
    assert [(need.keys, need.is_met) for need in chosen] == [(keys, True), (other.keys, False)]
    split = find_needs(flow, {keys[1]: "new"}, known)
    assert [need.keys for need in split[:2]] == [(keys[0], keys[2]), (keys[1],)]


def test_an_mcp_server_that_the_flow_describes_is_not_needed():
    described = mcp({"name": "demo", "config": {"command": "uvx"}})
    assert needs(described, resources=replace(server(), mcp_servers=frozenset())) == []


def test_an_mcp_server_is_taken_as_it_is_while_the_servers_cannot_be_listed():
    (need,) = needs(mcp({"name": "demo"}))
    assert need.is_met
    (need,) = find_needs(Flow.from_json(graph(mcp({}))), {"MCPTools-m.mcp_server": "x"}, server())
    assert need.is_met


@pytest.mark.parametrize("value", [{}, "", {"name": "", "config": {}}])
def test_a_component_of_mcp_tools_needs_a_server(value: object):
    (need,) = needs(mcp(value))
    assert (need.kind, need.is_met) == (NeedKind.MCP_SERVER, False)
    assert "choose one" in need.message
    tool = mcp(value)
    tool["data"]["node"]["tool_mode"] = True
    assert needs(tool) == []


def runs_flow(name: str = "", id: str = "") -> dict:
    return node(
        "RunFlow-r",
        flow_name_selected=entry("DropdownInput", "str", name, options=[]),
        flow_id_selected=entry("StrInput", "str", id, show=False),
    )


def test_a_component_that_runs_another_flow_needs_one():
    key = "RunFlow-r.flow_name_selected"
    stored = Flow.from_json(graph(runs_flow()))
    (need,) = find_needs(stored, {}, server())
    assert (need.kind, need.keys, need.is_met) == (NeedKind.VALUE, (key,), False)
    assert needs(runs_flow("inner")) == []
    assert needs(runs_flow(id="1")) == []
    chosen = replace(Flow.from_json(graph(runs_flow("inner"))), refreshed=Refresh(stored))
    (need,) = find_needs(chosen, {key: "inner"}, server())
    assert need.is_met


def test_a_flow_says_which_lists_of_the_server_it_needs():
    assert Flow.from_json(graph(mcp({}))).resources == ("mcp_server",)


def test_a_tool_inside_a_group_may_lack_a_value():
    tool = node("T-a", query=text(required=True))
    made = group("Group-g", [tool], query_a=("T-a", "query"))
    assert [need.keys for need in needs(made)] == [("Group-g.query_a",)]
    tool["data"]["node"]["tool_mode"] = True
    assert needs(made) == []
