"""A flow in outline, and what it needs in a few words."""

import json
from dataclasses import replace

import pytest

from lfclient.console.wording.flow_outline import outline_flow
from lfclient.flows.model import Flow
from tests.support.flows import chat_input, edge, entry, flow, graph, group, node, text

MODEL = entry("ModelInput", "model", [], model_type="language", required=True)
FILE = entry("FileInput", "file", "", file_path=[])
KEY = entry("SecretStrInput", "str", "", password=True, required=True, display_name="API Key")
BASE = entry("DropdownInput", "str", "", options=[], required=True)


@pytest.mark.parametrize(
    ("parameters", "needs"),
    [
        ({"model": MODEL}, ("Model",)),
        ({"path": FILE}, ("File",)),
        ({"knowledge_base": BASE}, ("Knowledge base",)),
        ({"memory_base": BASE}, ("Memory base",)),
        ({"mcp_server": entry("McpInput", "mcp", {})}, ("MCP server",)),
        ({"api_key": KEY}, ("Key of T",)),
        ({"api_key": {**KEY, "value": "sk-stored-1234"}}, ()),
        ({"p": text("x")}, ()),
    ],
)
def test_a_flow_tells_what_it_needs(parameters, needs):
    assert outline_flow(flow(node("T-a", **parameters))).needs == needs


@pytest.mark.parametrize(("stored", "words"), [("", " (optional)"), ("of another user", "")])
def test_an_agent_can_do_without_the_base_of_a_tool_unless_the_flow_names_one(stored, words):
    tool = node("M-a", memory_base={**BASE, "value": stored})
    tool["data"]["node"]["tool_mode"] = True
    assert outline_flow(flow(tool)).needs == (f"Memory base{words}",)


def test_a_need_is_listed_once_and_only_for_components_that_run():
    made = flow(
        chat_input(),
        node("A-a", input_value=text(), model=MODEL),
        node("A-b", input_value=text(), model=MODEL),
        node("B-c", path=FILE),
        edges=[edge("ChatInput-a", "A-a"), edge("ChatInput-a", "A-b")],
    )
    assert outline_flow(made).needs == ("Model",)


def test_an_outline_keeps_the_graph_without_its_parameters():
    whole = Flow.from_json(
        {
            **graph(
                chat_input(), group("G-a", [node("T-a", p=text("long text"))], own=("T-a", "p"))
            ),
            "tags": ["agents"],
        }
    )
    outline = outline_flow(whole).flow
    assert [each.id for each in outline.leaves] == ["ChatInput-a", "T-a"]
    assert (outline.id, outline.name, outline.tags) == (whole.id, whole.name, ["agents"])
    assert "long text" not in repr(outline) + json.dumps(outline.raw)


def test_a_search_finds_all_of_its_words_anywhere():
    raw = {**graph(node("T-a", model=MODEL)), "description": "Reads pages", "tags": ["agents"]}
    outline = outline_flow(replace(Flow.from_json(raw), name="Simple Agent"))
    for typed in ("", "simple", "AGENTS pages", "model reads"):
        assert outline.matches(typed)
    assert not outline.matches("simple chat")
