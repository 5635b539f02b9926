"""The run request of a flow in which choices were made that the server doesn't store."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lfclient import Flow, InvalidRequest, Unsupported, Variable
from lfclient.api.payloads import run_request
from lfclient.flows.definitions import node_definition
from lfclient.flows.refreshing import choose
from lfclient.flows.validation import check_overrides
from lfclient.wire.schemas import VersionResponse
from lfclient.wire.server_info import ServerInfo, build_server_info
from tests.support.flows import entry, flow, group, node, text

INPUTS = ServerInfo("1.10.3", "inputs")
MODES = build_server_info(VersionResponse(version="1.13.0", package="Langflow"))
HIDDEN = {"show": False}
KEY = entry("SecretStrInput", "str", "", password=True, load_from_db=False)
STORED = flow(
    node(
        "Op-a",
        operation=text("Sort", real_time_refresh=True),
        column=text("", **HIDDEN),
        operator=text("equals", **HIDDEN),
        rules=entry("DictInput", "dict", {}, **HIDDEN),
        key={**KEY, **HIDDEN},
        size=text("s"),
    )
)

OTHER_OUTPUTS = choose(
    STORED,
    "Op-a.operation",
    "Filter",
    {**deepcopy(node_definition(STORED, "Op-a")), "outputs": [{"name": "new"}]},
)


def chosen(*shown: str, stored: Flow = STORED, **added: Any) -> Flow:
    """Return the flow with an operation that shows these parameters, and adds others."""
    definition = deepcopy(node_definition(stored, "Op-a"))
    for name in shown:
        definition["template"][name]["show"] = True
    definition["template"] |= {"operation": text("Filter", real_time_refresh=True), **added}
    return choose(stored, "Op-a.operation", "Filter", definition)


def with_values(**values: Any) -> Flow:
    """Return a stored flow in which hidden parameters have values."""
    raw = deepcopy(STORED.raw)
    for name, value in values.items():
        raw["data"]["nodes"][0]["data"]["node"]["template"][name].update(value)
    return Flow.from_json(raw)


def body(server: ServerInfo, mode: str, flow: Flow, **overrides: Any) -> dict[str, Any]:
    keys = {f"Op-a.{name}": value for name, value in overrides.items()}
    return run_request(server, flow, keys, mode).json


@pytest.mark.parametrize("mode", ["sync", "background", "stream"])
def test_the_choices_are_sent_with_the_overrides(mode: str):
    sent = body(MODES, mode, chosen(), size="t")
    assert sent["tweaks"] == {"Op-a": {"operation": "Filter", "size": "t"}}
    assert "data" not in sent
    assert body(MODES, mode, chosen(), operation="Sort")["tweaks"]["Op-a"] == {"operation": "Sort"}


def test_a_synchronous_run_shows_what_is_hidden_in_the_stored_flow():
    sent = body(MODES, "sync", chosen("column", "operator"), column="text")["tweaks"]["Op-a"]
    assert sent["column"] == {"value": "text", "show": True}
    assert sent["operator"] == {"show": True, "load_from_db": False}


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_classic_servers_are_sent_the_same_in_both_modes(mode: str):
    sent = body(INPUTS, mode, chosen("column", "operator"), column="text")["inputs"]
    assert sent["Op-a.column"] == {"value": "text", "show": True}
    assert sent["Op-a.operator"] == {"show": True, "load_from_db": False}


def test_a_run_on_the_built_graph_gets_bare_values():
    sent = body(MODES, "background", chosen("column", "operator", "key"), column="text")
    assert sent["tweaks"]["Op-a"] == {"operation": "Filter", "column": "text", "operator": "equals"}


def test_a_variable_stays_one_when_it_is_shown():
    flow = chosen("key", stored=with_values(key={"value": "NAME", "load_from_db": True}))
    sent = body(MODES, "sync", flow)["tweaks"]["Op-a"]
    assert sent["key"] == {"show": True, "load_from_db": True}
    sent = body(MODES, "sync", flow, key=Variable("OTHER"))["tweaks"]["Op-a"]
    assert sent["key"] == {"value": "OTHER", "load_from_db": True, "show": True}


def test_no_stored_secret_is_in_the_request_of_a_synchronous_run():
    flow = chosen("key", stored=with_values(key={"value": "sk-stored"}))
    assert "sk-stored" not in str(body(MODES, "sync", flow))


@pytest.mark.parametrize(
    "value", [{"value": "sk-stored"}, {"value": "NAME", "load_from_db": True}], ids=["key", "name"]
)
def test_a_stored_secret_that_is_shown_needs_the_graph_on_the_built_one(value: dict[str, Any]):
    flow = chosen("key", stored=with_values(key=value))
    assert body(MODES, "background", flow)["data"] == flow.raw["data"]
    assert "data" not in body(MODES, "background", flow, key="sk-other")


def test_a_variable_that_a_choice_hides_needs_the_graph_on_the_built_one():
    """There the server looks it up whether or not it is shown; a synchronous run does without."""
    named = {"value": "NAME", "load_from_db": True, "show": True}
    flow = chosen(stored=with_values(key=named), key={**KEY, **named, **HIDDEN})
    assert body(MODES, "background", flow)["data"] == flow.raw["data"]
    assert "data" not in body(MODES, "sync", flow)


@pytest.mark.parametrize("mode", ["background", "stream"])
def test_what_a_choice_adds_is_sent_with_the_graph(mode: str):
    flow = chosen(more=text("m"))
    sent = body(MODES, mode, flow, more="n")
    assert sent["data"] == flow.raw["data"]
    assert sent["tweaks"] == {"Op-a": {"more": "n"}}
    assert sent["data"]["nodes"][0]["data"]["node"]["template"]["operation"]["value"] == "Filter"


def test_an_advanced_parameter_that_a_choice_adds_matters_only_with_a_value():
    flow = chosen(more=text("m", advanced=True))
    assert "data" not in body(MODES, "background", flow)
    assert "data" in body(MODES, "background", flow, more="n")
    assert body(MODES, "sync", flow)["tweaks"]["Op-a"] == {"operation": "Filter"}


def test_other_outputs_need_the_graph():
    assert "data" in body(MODES, "background", OTHER_OUTPUTS)


@pytest.mark.parametrize(
    ("server", "mode", "message"),
    [
        (MODES, "sync", "Synchronous runs can't apply this choice. Use background mode."),
        (INPUTS, "sync", "Runs before Langflow 1.11 can't apply this choice. Choose it in"),
        (INPUTS, "background", "Runs before Langflow 1.11 can't apply this choice. Choose it in"),
    ],
)
@pytest.mark.parametrize("case", ["added", "object", "outputs", "group"])
def test_a_run_without_a_graph_is_refused_at_the_choice(
    server: ServerInfo, mode: str, message: str, case: str
):
    flow, overrides = {
        "added": (chosen(more=text("m")), {}),
        # an object is read as the value itself, so nothing can show it
        "object": (chosen("rules"), {"Op-a.rules": {"a": "b"}}),
        "outputs": (OTHER_OUTPUTS, {}),
        "group": (grouped(True), {"Group-g.column_a": "text"}),
    }[case]
    (problem,) = check_overrides(flow, overrides, mode, server)
    assert (problem.key, problem.level) == (list(flow.refreshed.choices)[-1], "error")
    assert problem.message.startswith(message)
    with pytest.raises(InvalidRequest, match=message):
        run_request(server, flow, overrides, mode)
    assert check_overrides(flow, overrides, "background", MODES) == []


def test_a_flow_that_only_runs_synchronously_is_not_sent_to_another_mode():
    chats = [node("ChatInput-b", input_value=text()), node("ChatInput-c", input_value=text())]
    stored = flow(*STORED.raw["data"]["nodes"], *chats)
    definition = node_definition(OTHER_OUTPUTS, "Op-a")
    changed = choose(stored, "Op-a.operation", "Filter", definition)
    messages = [problem.message for problem in check_overrides(changed, {}, "sync", MODES)]
    assert any("Choose it in Langflow's editor" in message for message in messages)


def test_a_server_without_streams_says_so_first():
    with pytest.raises(Unsupported):
        body(INPUTS, "stream", chosen(more=text("m")))


def grouped(show: bool) -> Flow:
    """Return a flow with a group in which a choice has shown a parameter."""
    part = node("Op-a", operation=text("Sort", real_time_refresh=True), column=text(**HIDDEN))
    names = {"operation_a": ("Op-a", "operation"), "column_a": ("Op-a", "column")}
    stored = flow(
        group("Group-g", [part], **(names if show else {"operation_a": names["operation_a"]}))
    )
    definition = deepcopy(node_definition(stored, "Op-a"))
    definition["template"]["column"]["show"] = True
    if not show:
        definition["template"]["new"] = text(advanced=True)
    return choose(stored, "Group-g.operation_a", "Filter", definition)


@pytest.mark.parametrize("mode", ["background", "stream"])
def test_what_a_choice_shows_inside_a_group_is_sent_to_the_component_inside(mode: str):
    sent = run_request(MODES, grouped(True), {"Group-g.column_a": "text"}, mode).json
    assert sent["tweaks"]["Op-a"] == {"operation": "Filter", "column": "text"}
    assert "data" not in sent


LOOP = flow(
    node("LoopComponent-l"),
    node("Op-a", size={**text("s"), "load_from_db": True}, other=text("o")),
    node("Op-b", size=text("s")),
    edges=[
        {
            "source": "LoopComponent-l",
            "target": "Op-a",
            "data": {"sourceHandle": {"name": "item"}, "targetHandle": {"fieldName": "input"}},
        },
        {
            "source": "Op-a",
            "target": "LoopComponent-l",
            "data": {"sourceHandle": {"name": "out"}, "targetHandle": {"name": "item"}},
        },
    ],
)


def template(sent: dict[str, Any], place: int) -> dict[str, Any]:
    return sent["data"]["nodes"][place]["data"]["node"]["template"]


@pytest.mark.parametrize("mode", ["background", "stream"])
def test_values_within_a_loop_are_sent_in_the_graph(mode: str):
    """A server builds a loop's components anew for each item, without the overrides."""
    sent = body(MODES, mode, LOOP, size="t")
    assert (template(sent, 1)["size"]["value"], template(sent, 1)["size"]["load_from_db"]) == (
        "t",
        False,
    )
    assert template(sent, 1)["other"] == LOOP.component("Op-a").template["other"]
    assert LOOP.raw["data"]["nodes"][1]["data"]["node"]["template"]["size"]["value"] == "s"


@pytest.mark.parametrize(("server", "mode"), [(MODES, "sync"), (INPUTS, "background")])
def test_a_server_that_edits_the_stored_flow_needs_no_graph_for_a_loop(
    server: ServerInfo, mode: str
):
    assert "data" not in body(server, mode, LOOP, size="t")


def test_values_outside_of_the_loop_need_no_graph():
    assert "data" not in run_request(MODES, LOOP, {"Op-b.size": "t"}, "background").json


def test_a_choice_within_a_loop_is_sent_in_the_graph():
    definition = deepcopy(node_definition(LOOP, "Op-a"))
    definition["template"]["other"]["value"] = "x"
    flow = choose(LOOP, "Op-a.other", "x", definition)
    assert template(body(MODES, "background", flow), 1)["other"]["value"] == "x"
    assert body(MODES, "sync", flow)["tweaks"] == {"Op-a": {"other": "x"}}
