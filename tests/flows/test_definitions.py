"""The definitions of components in a flow's JSON."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import FieldOption, Flow
from lfclient.flows.definitions import (
    foreign_components,
    from_catalogue,
    graph_data,
    node_definition,
    read_options,
    replace_definition,
)
from lfclient.resources.catalogue import parse_catalogue
from tests.support.flows import entry, flow, group, node, text

CODE = entry("CodeInput", "code", "class A: ...")
OWN = "class Echo(Component):\n    display_name = 'Echo'\n"
CATALOGUE = {
    "tools": {"Echo": {"template": {"_type": "Component", "code": entry(None, "code", OWN)}}},
    "component_display_names": {"echo": {"fields": {"template": {"display_name": ["Template"]}}}},
}


def test_the_catalogue_gives_the_code_and_the_flow_its_values():
    own = {**CODE, "value": "class Own: ..."}
    kind = {"template": {"_type": "Component", "code": own, "user": text(), "more": text("m")}}
    catalogue = {"models": {"Other": {}}, "agents": {"Agent": kind}}
    stored = flow(node("Agent-a", code=CODE, user=text("NAME")))
    component, own_node = stored.component("Agent-a"), node_definition(stored, "Agent-a")
    assert component
    found = from_catalogue(catalogue, component, own_node)["template"]
    assert found["code"] == own
    assert (found["user"]["value"], found["more"]["value"]) == ("NAME", "m")
    assert from_catalogue({"agents": {}, "x": 5}, component, own_node) == {}
    prefixed = {"agents": {"ext:bundle:Agent@official": kind}, "component_display_names": {}}
    assert from_catalogue(prefixed, component, own_node)["template"] == found


def test_options_have_what_the_server_tells_about_them():
    flows = {"options": ["a", "b", 5], "options_metadata": [{"id": "1"}]}
    assert read_options(flows) == [FieldOption("a", {"id": "1"}), FieldOption("b", {})]
    models = {"options": [{"name": "gpt", "provider": "OpenAI"}, {"provider": "x"}]}
    assert read_options(models) == [FieldOption("gpt", {"name": "gpt", "provider": "OpenAI"})]
    assert read_options({"options": "x"}) == []


def grouped() -> Flow:
    """Return a flow with a component in a group, which is in a group."""
    part = node("Op-a", code=CODE, mode=text("x"), size=text("s"), old=text("o"))
    inner = group("Group-i", [part], mode_a=("Op-a", "mode"), old_a=("Op-a", "old"))
    outer = group("Group-g", [inner], mode_i=("Group-i", "mode_a"), old_i=("Group-i", "old_a"))
    outer["data"]["node"]["template"]["mode_i"] |= {"value": "y", "display_name": "My mode"}
    return flow(outer, node("B-b", size=text()))


def changed(flow: Flow, **template: dict[str, Any] | None) -> Flow:
    """Return the flow with other parameters of the component inside; None removes one."""
    definition = node_definition(flow, "Op-a")
    values = {**definition["template"], **template}
    definition["template"] = {name: each for name, each in values.items() if each is not None}
    return Flow.from_json({"data": replace_definition(graph_data(flow), "Op-a", definition)})


def test_a_component_in_a_group_has_the_values_that_the_group_gives_it():
    template = node_definition(grouped(), "Op-a")["template"]
    assert (template["mode"]["value"], template["size"]["value"]) == ("y", "s")
    assert node_definition(grouped(), "Op-x") == {}


def test_a_group_shows_what_a_component_inside_has_now():
    flow = changed(grouped(), mode=text("z", info="New"), old=None, added=text("a"))
    group = flow.component("Group-g")
    assert group
    mode = group.template["mode_i"]
    assert (mode["value"], mode["info"], mode["display_name"]) == ("z", "New", "My mode")
    assert set(group.template) == {"mode_i", "added_Op-a_Group-i"}
    assert group.resolve_proxy("added_Op-a_Group-i") == (flow.component("Op-a"), "added")
    assert flow.component("Op-a").template["mode"]["value"] == "z"


def test_what_a_group_does_not_show_stays_inside():
    flow = changed(grouped(), size=text("t"))
    assert set(flow.component("Group-g").template) == {"mode_i", "old_i"}
    assert flow.component("Op-a").template["size"]["value"] == "t"
    assert grouped().component("Op-a").template["size"]["value"] == "s"


def component(id: str = "Echo-a", code: Any = OWN, **template: Any) -> dict[str, Any]:
    return node(id, code=entry(None, "code", code), **template)


def foreign(*nodes: dict[str, Any]) -> list[str]:
    return foreign_components(flow(*nodes), parse_catalogue(CATALOGUE).code_digests)


@pytest.mark.parametrize(
    "code",
    [
        OWN, OWN.replace("\n", "\r\n"), OWN.replace("\n", "  \n") + "\n\n", OWN.split("\n"), "",
        None, 5,
    ],
)  # fmt: skip
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
