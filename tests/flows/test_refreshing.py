"""Flows after choices: what is sent to the server, and what becomes of its answer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lfclient import InvalidRequest, Variable
from lfclient.errors import BadResponse
from lfclient.flows.definitions import node_definition
from lfclient.flows.refreshing import (
    choose,
    dynamic_choices,
    looked_up,
    merge_node,
    missing_choices,
    new_choices,
    show_as,
    update_body,
    with_error,
)
from lfclient.flows.validation import is_changed
from tests.support.flows import edge, entry, flow, node, text

MODEL = [{"name": "gpt-4o", "provider": "OpenAI"}]
CODE = entry("CodeInput", "code", "class A: ...")


def agent(**more: Any) -> dict[str, Any]:
    made = node(
        "Agent-a",
        code=CODE,
        model=entry("ModelInput", "model", "", real_time_refresh=True),
        api_key=entry("SecretStrInput", "str", "sk-1", password=True),
        user=text("NAME"),
        **more,
    )
    definition = made["data"]["node"]
    definition["template"]["user"]["load_from_db"] = True
    definition["metadata"] = {"module": "agents"}
    definition["outputs"] = [{"name": "out"}]
    return made


def definition(made: dict[str, Any]) -> dict[str, Any]:
    return made["data"]["node"]


def test_the_request_is_the_editors():
    body = update_body(flow(agent()), definition(agent()), "model", MODEL, is_refresh=True)
    assert (body["field"], body["field_value"], body["tool_mode"]) == ("model", MODEL, False)
    assert (body["code"], body["frontend_node"]) == (
        CODE["value"],
        {"metadata": {"module": "agents"}},
    )
    template = body["template"]
    assert template["model"]["value"] == MODEL
    assert template["is_refresh"] is True
    assert template["_frontend_node_flow_id"] == {"value": flow(agent()).id}
    assert template["_frontend_node_folder_id"] == {"value": ""}


def test_the_request_has_no_other_secret_and_no_name_of_a_variable():
    body = update_body(flow(agent()), definition(agent()), "model", MODEL, is_refresh=False)
    for name in ("api_key", "user"):
        assert (body["template"][name]["value"], body["template"][name]["load_from_db"]) == (
            "",
            False,
        )
    assert definition(agent())["template"]["api_key"]["value"] == "sk-1"


def test_what_was_left_out_is_back_afterwards():
    answer = update_body(flow(agent()), definition(agent()), "model", MODEL, is_refresh=False)
    merged = merge_node(definition(agent()), answer, "model", MODEL)["template"]
    assert merged["api_key"]["value"] == "sk-1"
    assert (merged["user"]["value"], merged["user"]["load_from_db"]) == ("NAME", True)
    assert not [name for name in merged if name.startswith("_frontend") or name == "is_refresh"]


def test_a_variable_that_the_server_names_replaces_what_was_left_out():
    answer = deepcopy(definition(agent()))
    answer["template"]["api_key"] |= {"value": "OPENAI_API_KEY", "load_from_db": True}
    merged = merge_node(definition(agent()), answer, "model", MODEL)["template"]
    assert merged["api_key"]["value"] == "OPENAI_API_KEY"


@pytest.mark.parametrize("returned", ["", None, [], MODEL, [{**MODEL[0], "icon": "OpenAI"}]])
def test_the_chosen_value_is_set_whether_or_not_the_server_repeats_it(returned: Any):
    answer = deepcopy(definition(agent()))
    answer["template"]["model"]["value"] = returned
    merged = merge_node(definition(agent()), answer, "model", MODEL)
    assert merged["template"]["model"]["value"] == MODEL


@pytest.mark.parametrize(
    ("chosen", "returned"), [(["b"], ["a"]), ("b", "a"), (True, False), (2, 3)]
)
def test_another_value_than_the_chosen_one_is_refused(chosen: Any, returned: Any):
    answer = deepcopy(definition(agent()))
    answer["template"]["user"]["value"] = returned
    with pytest.raises(InvalidRequest, match="instead") as caught:
        merge_node(definition(agent()), answer, "user", chosen)
    assert "Refresh the list" in caught.value.hint


def test_a_model_is_kept_if_the_server_returns_the_first_one_of_its_provider():
    """The editor's list of an agent's models has none that can't call tools; runs take them."""
    answer = deepcopy(definition(agent()))
    answer["template"]["model"]["value"] = MODEL
    embedding = [{"name": "text-embedding-3-small", "provider": "OpenAI"}]
    merged = merge_node(definition(agent()), answer, "model", embedding)
    assert merged["template"]["model"]["value"] == embedding


def test_a_model_is_refused_with_a_hint_if_the_server_returns_another_providers():
    """Its fields are those of the other provider, but runs ask the chosen model."""
    answer = deepcopy(definition(agent()))
    answer["template"]["model"]["value"] = [{"name": "claude", "provider": "Anthropic"}]
    with pytest.raises(InvalidRequest, match="list has no “gpt-4o” here") as caught:
        merge_node(definition(agent()), answer, "model", MODEL)
    assert "Runs use the model all the same" in caught.value.hint


def test_code_that_the_server_returns_is_not_taken():
    answer = deepcopy(definition(agent()))
    answer["template"]["code"]["value"] = "import os"
    merged = merge_node(definition(agent()), answer, "model", MODEL)
    assert merged["template"]["code"] == CODE


@pytest.mark.parametrize("answer", [{}, {"template": []}, {"template": {}}, {"detail": "x"}])
def test_an_answer_without_parameters_is_refused(answer: dict[str, Any]):
    with pytest.raises(BadResponse):
        merge_node(definition(agent()), answer, "model", MODEL)


def test_a_refreshed_flow_shows_what_the_choice_changed_and_knows_the_stored_one():
    stored = flow(agent(extra=text("x"), hidden={**text(), "show": False}))
    answer = deepcopy(node_definition(stored, "Agent-a"))
    answer["template"]["hidden"]["show"] = True
    answer["template"]["added"] = text("new")
    del answer["template"]["extra"]
    merged = merge_node(node_definition(stored, "Agent-a"), answer, "model", MODEL)
    refreshed = choose(stored, "Agent-a.model", MODEL, merged)
    names = {field.parameter for field in refreshed.fields}
    assert {"hidden", "added"} <= names
    assert "extra" not in names
    assert refreshed.fields_by_key["Agent-a.model"].default == MODEL
    assert refreshed.refreshed
    assert refreshed.refreshed.stored is stored
    assert refreshed.refreshed.choices == {"Agent-a.model": MODEL}
    assert "hidden" not in {field.parameter for field in stored.fields}


def test_connections_from_outputs_that_are_gone_are_gone():
    stored = flow(agent(), node("B-b", input_value=text()), edges=[edge("Agent-a", "B-b")])
    same = merge_node(node_definition(stored, "Agent-a"), definition(agent()), "model", MODEL)
    assert choose(stored, "Agent-a.model", MODEL, same).edges == stored.edges
    answer = {**definition(agent()), "outputs": [{"name": "other"}]}
    changed = merge_node(node_definition(stored, "Agent-a"), answer, "model", MODEL)
    refreshed = choose(stored, "Agent-a.model", MODEL, changed)
    assert refreshed.edges == ()
    assert refreshed.component("Agent-a").outputs == ({"name": "other"},)


def test_a_later_choice_clears_the_error_of_an_earlier_one():
    stored = flow(agent())
    failed = with_error(stored, "Agent-a.model", InvalidRequest("No."))
    assert failed.refreshed
    assert list(failed.refreshed.errors) == ["Agent-a.model"]
    assert failed.fields == stored.fields
    again = choose(failed, "Agent-a.model", MODEL, definition(agent()))
    assert again.refreshed
    assert (again.refreshed.errors, again.refreshed.stored) == ({}, stored)


def test_an_mcp_server_is_stored_as_an_object():
    made = node("MCPTools-m", mcp_server=entry("McpInput", "mcp", {}, real_time_refresh=True))
    expected = {"name": "mine", "config": {}}
    body = update_body(flow(made), definition(made), "mcp_server", "mine", is_refresh=False)
    assert (body["field_value"], body["template"]["mcp_server"]["value"]) == (expected, expected)
    answer = deepcopy(definition(made))
    answer["template"]["mcp_server"]["value"] = {"name": "mine", "config": {"command": "python"}}
    merged = merge_node(definition(made), answer, "mcp_server", "mine")
    assert merged["template"]["mcp_server"]["value"] == expected
    chosen = choose(flow(made), "MCPTools-m.mcp_server", "mine", merged)
    assert chosen.fields_by_key["MCPTools-m.mcp_server"].default == "mine"


def test_the_choice_of_a_tool_names_the_mcp_server_and_keeps_what_the_flow_stores_of_it():
    stored = {"name": "mine", "config": {"command": "npx"}}
    made = node("MCPTools-m", mcp_server=entry("McpInput", "mcp", stored), tool=text())
    body = update_body(flow(made), definition(made), "tool", "add", is_refresh=False)
    assert body["template"]["mcp_server"]["value"] == {"name": "mine", "config": {}}
    answer = deepcopy(definition(made))
    answer["template"]["mcp_server"]["value"] = {"name": "mine", "config": {"env": {"KEY": "k"}}}
    merged = merge_node(definition(made), answer, "tool", "add")
    assert merged["template"]["mcp_server"]["value"] == stored


def test_the_choice_of_a_model_shows_and_hides_and_adds_nothing():
    """A server with another release's code answers with that code's parameters and outputs."""
    own = definition(agent())
    changed = deepcopy(own)
    changed["template"]["code"] = {**CODE, "value": "class B: ..."}
    changed["template"]["api_key"] |= {"show": False, "required": True}
    changed["template"]["more"] = text()
    changed["outputs"] = [{"name": "other"}]
    found = show_as(own, changed)
    assert found["outputs"] == own["outputs"]
    assert found["template"].keys() == own["template"].keys()
    assert found["template"]["code"] == CODE
    key = found["template"]["api_key"]
    assert (key["show"], key["required"], key["value"]) == (False, False, "sk-1")


def test_dynamic_choices_are_values_on_which_other_fields_may_depend():
    stored = flow(
        node(
            "Op-a",
            mode=text("", real_time_refresh=True),
            key=entry("SecretStrInput", "str", "", password=True, real_time_refresh=True),
            knowledge_base=entry("DropdownInput", "str", "", refresh_button=True),
            model=entry("ModelInput", "model", "", real_time_refresh=True),
            size=text(),
        )
    )
    values = {"mode": "x", "key": "sk", "knowledge_base": "b", "model": MODEL, "size": "s"}
    overrides = {f"Op-a.{name}": value for name, value in values.items()}
    assert dynamic_choices(stored, overrides) == {"Op-a.mode": "x", "Op-a.model": MODEL}
    for value in ("", None, Variable("X")):
        assert dynamic_choices(stored, {"Op-a.mode": value}) == {}


CONFIG = {"command": "npx", "args": ["x"]}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (entry("McpInput", "mcp", {}), {"name": "x", "config": CONFIG}),
        (entry("McpInput", "mcp", {}), {"name": "x", "config": {"url": "http://x"}}),
        (entry("McpInput", "mcp", {}), {"config": CONFIG}),
        (entry("McpInput", "mcp", {}), [{"name": "x", "config": CONFIG}]),
        (entry(None, "mcp", {}), {"name": "x", "config": CONFIG}),
        (text(), {"value": "x", "load_from_db": True}),
        (text(), ["x"]),
        (text(list=True), [{"x": "y"}]),
        (entry("DropdownInput", "str", "", options=[]), {"name": "x"}),
        (entry("DropdownInput", "str", "", options=["a"]), "x"),
        (entry("TabInput", "tab", "a", options=["a"]), "x"),
        (entry("MultiselectInput", "str", [], list=True, options=["a"]), ["x"]),
        (entry("SortableListInput", "sortableList", [], options=[{"name": "a"}]), ["a"]),
        (entry("ModelInput", "model", ""), {"name": "x", "base_url": "http://x"}),
        (entry("ModelInput", "model", ""), [{"provider": "OpenAI"}]),
        (entry("ModelInput", "model", ""), [{"name": "x", "provider": {"base_url": "http://x"}}]),
        (entry("ModelInput", "model", ""), [{"name": "x", "provider": {}}]),
        (entry("TableInput", "table", []), {"x": "y"}),
        (entry("TableInput", "table", []), [["x"]]),
        (entry("DictInput", "dict", {}), [{"key": "x", "value": "y"}]),
        (entry("NestedDictInput", "NestedDict", {}), "{}"),
        (entry("BoolInput", "bool", False), "true"),
        (entry("IntInput", "int", 1), "2"),
        (entry("FloatInput", "float", 1), {"value": 2}),
        (entry("SliderInput", "slider", 1), "2"),
    ],
)
def test_a_value_that_the_form_cannot_produce_is_no_dynamic_choice(
    parameter: dict[str, Any], value: Any
):
    stored = flow(node("Op-a", mode={**parameter, "real_time_refresh": True}))
    assert dynamic_choices(stored, {"Op-a.mode": value}) == {}


def test_a_model_is_looked_up_by_its_name_and_provider():
    option = [{**MODEL[0], "metadata": {"model_class": "ChatOpenAI", "model_name_param": "url"}}]
    stored = flow(agent())
    assert dynamic_choices(stored, {"Agent-a.model": option}) == {"Agent-a.model": MODEL}
    body = update_body(stored, definition(agent()), "model", option, is_refresh=False)
    assert (body["field_value"], body["template"]["model"]["value"]) == (MODEL, MODEL)
    made = choose(stored, "Agent-a.model", option, definition(agent()))
    assert missing_choices(made, {"Agent-a.model": option, "Agent-a.new": 1}) == {}


def test_the_items_of_an_ordered_list_are_looked_up_by_their_names():
    options = [{"name": "a", "icon": "i"}]
    listed = entry("SortableListInput", "sortableList", [], options=options, real_time_refresh=True)
    given = {"Op-a.mode": [{"name": "a", "icon": "other", "config": CONFIG}]}
    assert dynamic_choices(flow(node("Op-a", mode=listed)), given) == {"Op-a.mode": [{"name": "a"}]}


def test_the_flows_own_model_with_other_attributes_is_no_new_choice():
    own = [{**MODEL[0], "metadata": {"model_class": "ChatOpenAI"}}]
    made = agent()
    made["data"]["node"]["template"]["model"]["value"] = own
    assert new_choices(flow(made), {"Agent-a.model": MODEL}) == {}
    assert not is_changed(flow(made).fields_by_key["Agent-a.model"], MODEL)


def test_new_choices_and_what_they_may_make_valid_are_looked_up():
    mode = text("x", real_time_refresh=True)
    tool = entry("DropdownInput", "str", "", options=["a"])
    stored = flow(node("Op-a", mode=mode, size=text(), tool=tool), node("Op-b", mode=mode))
    given = {"Op-a.mode": "y", "Op-a.size": "s", "Op-a.tool": "b", "Op-a.new": 1}
    others = {"Op-b.new": 1, "Op-c.new": 1}
    assert new_choices(stored, given) == {"Op-a.mode": "y"}
    assert looked_up(stored, given | others).keys() == given.keys() - {"Op-a.size"}
    # the stored flow may hide what the server shows for the flow's own choice
    assert list(looked_up(stored, {**given, "Op-a.mode": "x"})) == ["Op-a.tool", "Op-a.new"]
    assert looked_up(stored, {"Op-a.size": "s", "Op-a.new": 1, **others}) == {}


def test_only_choices_of_a_component_that_lacks_a_field_are_missing():
    mode = text("x", real_time_refresh=True)
    stored = flow(node("Op-a", mode=mode), node("Op-b", mode=mode))
    overrides = {"Op-a.mode": "y", "Op-b.mode": "y"}
    assert missing_choices(stored, overrides) == {}
    assert missing_choices(stored, {**overrides, "Op-a.new": 1}) == {"Op-a.mode": "y"}
    assert missing_choices(stored, {"Op-a.mode": "x", "Op-a.new": 1}) == {}
    made = choose(stored, "Op-a.mode", "y", node_definition(stored, "Op-a"))
    assert missing_choices(made, {**overrides, "Op-a.new": 1}) == {}
