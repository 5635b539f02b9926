"""The code in a flow that the server would run, and which of it is the server's own."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient.flows.component_code import digest_code, foreign_components
from tests.support.flows import entry, flow, group, node, text

OWN = "class Echo(Component):\n    display_name = 'Echo'\n"
CATALOGUE = {
    "tools": {"Echo": {"template": {"_type": "Component", "code": entry(None, "code", OWN)}}},
    "component_display_names": {"echo": {"fields": {"template": {"display_name": ["Template"]}}}},
}


def component(id: str = "Echo-a", code: Any = OWN, **template: Any) -> dict[str, Any]:
    return node(id, code=entry(None, "code", code), **template)


def foreign(*nodes: dict[str, Any]) -> list[str]:
    return foreign_components(flow(*nodes), digest_code(CATALOGUE))


@pytest.mark.parametrize(
    "code",
    [
        OWN,
        OWN.replace("\n", "\r\n"),
        OWN.replace("\n", "  \n") + "\n\n",
        OWN.split("\n"),
        "",
        None,
        5,
    ],
)
def test_the_servers_own_code_and_missing_code_are_not_foreign(code: Any):
    assert not foreign(component(code=code), component("Prompt-b", code=code))


@pytest.mark.parametrize(
    "code",
    [
        OWN + "import os",
        OWN.replace("    display_name", "        display_name"),
        OWN.replace("\n", "\u2028"),
        OWN.replace("\n", "\\n"),
        OWN.upper(),
        ["import os"],
        "\ud800",
    ],
)
def test_other_code_is_foreign_whatever_its_type(code: Any):
    assert foreign(component(code=code), component("My Tool-b", code=code)) == ["Echo", "My Tool"]


def test_components_are_listed_in_the_files_order_and_again_for_each():
    parts = [component(f"{name}-{name}", "x = 1") for name in ("B", "A", "B")]
    assert foreign(*parts, component()) == ["B", "A", "B"]


def test_notes_and_components_without_code_are_not_foreign():
    note = {"id": "n", "type": "noteNode", "data": {"type": "note", "node": {"description": "x"}}}
    assert not foreign(node("Echo-a", input_value=text("import os")), note)


def test_code_inside_groups_is_found_at_any_depth():
    inner = group("G-b", [component("Tool-c", "x = 1")])
    for _ in range(30):
        inner = group("G-b", [inner])
    assert foreign(inner) == ["Tool"]


def test_code_that_a_group_gives_to_a_part_is_foreign():
    """The server replaces the part's code with it."""
    outer = group("G-a", [component()], own=("Echo-a", "code"))
    assert not foreign(outer)
    template = outer["data"]["node"]["template"]
    template["own"] = {**text("import os"), "proxy": template["own"]["proxy"]}
    assert foreign(outer) == ["GroupNode"]


def test_nodes_that_the_console_ignores_count():
    """The server may still run them: with an id used before, or marked as notes."""
    other = component(code="import os")
    assert foreign(component(), other, {**other, "type": "noteNode"}) == ["Echo", "Echo"]


def test_code_and_programs_in_parameters_count():
    program = entry("McpInput", "mcp", {"name": "x", "config": {"command": "sh", "args": ["-c"]}})
    remote = entry("McpInput", "mcp", {"name": "x", "config": {"url": "http://127.0.0.1/"}})
    named = entry("McpInput", "mcp", {"name": "x"})
    assert foreign(
        component("Python-a", python_code=text("print(1)")),
        component("Function-b", function_code=entry("CodeInput", "code", "print(1)")),
        component("MCP-c", mcp_server=program),
        component("MCP-d", mcp_server=remote),
        component("MCP-e", mcp_server=named),
    ) == ["Python", "Function", "MCP"]


@pytest.mark.parametrize(
    ("name", "listed"),
    [("My\nTool\u202e ", "My Tool"), ("\u202e \n", "Unnamed component"), (5, "Unnamed component")],
)
def test_a_name_is_one_line(name: Any, listed: str):
    other = component(code="x = 1")
    other["data"]["node"]["display_name"] = name
    assert foreign(other) == [listed]
