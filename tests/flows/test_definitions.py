"""The definitions of components in a flow's JSON."""

from __future__ import annotations

from typing import Any

from lfclient import FieldOption, Flow
from lfclient.flows.definitions import (
    from_catalogue,
    graph_data,
    node_definition,
    read_options,
    replace_definition,
)
from tests.support.flows import entry, flow, group, node, text

CODE = entry("CodeInput", "code", "class A: ...")


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
