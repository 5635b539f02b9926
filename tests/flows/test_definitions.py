"""The definitions of components in a flow's JSON."""

from __future__ import annotations

from lfclient import FieldOption
from lfclient.flows.definitions import from_catalogue, node_definition, read_options
from tests.support.flows import entry, flow, node, text

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
