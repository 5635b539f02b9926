"""Parsing of a flow's JSON: which components run, its terminals, and groups."""

from typing import Any

import pytest

from lfclient.errors import BadResponse
from lfclient.flows.model import Flow, stored_secrets
from tests.support.flows import chat_input, edge, entry, flow, graph, group, node, text


def ids(components):
    return [component.id for component in components]


def test_terminals_feed_no_other_component():
    found = flow(chat_input(), node("ChatOutput-b"), edges=[edge("ChatInput-a", "ChatOutput-b")])
    assert ids(found.terminals) == ["ChatOutput-b"]
    assert found.chat_input.id == "ChatInput-a"


def test_a_component_without_connection_to_the_chat_input_does_not_run():
    found = flow(
        chat_input(),
        node("ChatOutput-b"),
        node("Lonely-c"),
        edges=[edge("ChatInput-a", "ChatOutput-b")],
    )
    assert ids(found.unconnected) == ["Lonely-c"]
    assert ids(found.expected_terminals) == ["ChatOutput-b"]


def test_all_components_run_in_a_flow_without_a_chat_input():
    found = flow(node("A-a"), node("B-b"))
    assert found.unconnected == ()
    assert ids(found.expected_terminals) == ["A-a", "B-b"]


def test_a_side_branch_of_a_component_that_feeds_the_chat_may_run_but_is_not_expected():
    """Only background runs of 1.11 and later include it."""
    found = flow(
        chat_input(),
        node("Text-t"),
        node("Out-o"),
        node("Side-s"),
        edges=[edge("ChatInput-a", "Out-o"), edge("Text-t", "Out-o"), edge("Text-t", "Side-s")],
    )
    assert found.component("Side-s").runs
    assert ids(found.expected_terminals) == ["Out-o"]


def test_a_chat_input_that_another_component_feeds_is_no_second_start():
    """Servers do not count it."""
    found = flow(
        chat_input(),
        node("Side-s"),
        chat_input("ChatInput-b"),
        edges=[edge("ChatInput-a", "ChatInput-b")],
    )
    assert not found.has_several_chat_inputs
    assert found.idle_reason == "not connected to the chat input"


def test_notes_are_not_components():
    note = {"id": "note-1", "type": "noteNode", "data": {"node": {"template": {}}}}
    other = {"id": "note-2", "data": {"type": "note", "node": {"template": {"x": {}}}}}
    assert flow(note, other).components == ()


def test_a_file_without_node_types_is_parsed():
    """`Graph.dump()` writes neither the nodes' `type` nor the edges' handles as text."""
    bare = node("A-a")
    del bare["type"]
    assert ids(flow(bare).components) == ["A-a"]


def test_a_flow_with_human_input_needs_approval():
    assert flow(node("HumanInput-x")).needs_approval
    assert not flow(node("A-a")).needs_approval


def at(x: int, node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "position": {"x": x, "y": 0}}


def test_the_last_components_are_in_reading_order():
    """Those of a group where the group stands, as the numbers of components of one name."""
    inner = at(2000, group("Group-g", [at(9000, node("End-d")), at(0, node("End-c"))]))
    found = flow(inner, at(900, node("End-b")), at(-900, node("End-a")))
    assert ids(found.terminals) == ["End-a", "End-b", "End-c", "End-d"]
    assert list(found.component_numbers.values()) == [1, 2, 3, 4]


def test_a_chat_output_returns_the_messages_of_what_feeds_it():
    """One that feeds two from different outputs of its own may send either a message."""
    outputs = ("ChatOutput-a", "ChatOutput-b", "ChatOutput-c", "Parser-d")
    edges = [edge("A-a", outputs[0]), edge("B-b", outputs[1]), edge("B-b", outputs[2])]
    edges += [edge("D-d", "Parser-d"), edge("Router-e", outputs[1]), edge("Router-e", outputs[2])]
    edges[-1]["data"]["sourceHandle"]["name"] = "else"
    nodes = [node(id) for id in ("A-a", "B-b", "D-d", "Router-e", *outputs)]
    found = flow(*nodes, edges=edges).outputs_by_sender
    assert {id: [one.id for one in terminals] for id, terminals in found.items()} == {
        **{id: [id] for id in outputs},
        "A-a": ["ChatOutput-a"],
        "B-b": ["ChatOutput-b", "ChatOutput-c"],
    }


def test_groups_are_expanded():
    inner = [node("In-1", value=text("v")), node("End-2")]
    found = flow(group("Group-g", inner, [edge("In-1", "End-2")], value_in=("In-1", "value")))
    assert ids(found.terminals) == ["End-2"]
    assert ids(found.components) == ["Group-g"]
    assert found.component("Group-g").resolve_proxy("value_in")[0].id == "In-1"
    assert found.component("End-2").type == "End"


def test_an_edge_into_a_groups_parameter_feeds_the_inner_component():
    grouped = group("Group-g", [node("In-1", value=text())], value_in=("In-1", "value"))
    found = flow(
        chat_input(), grouped, node("Idle-x"), edges=[edge("ChatInput-a", "Group-g", "value_in")]
    )
    assert found.component("Group-g").runs
    assert ids(found.expected_terminals) == ["In-1"]


def test_a_chat_input_inside_a_group_is_found():
    """Servers look for it after expanding groups."""
    inner = [chat_input("ChatInput-in"), node("Out-o")]
    found = flow(group("Group-g", inner, [edge("ChatInput-in", "Out-o")]), node("Idle-x"))
    assert found.chat_input.id == "ChatInput-in"
    assert ids(found.unconnected) == ["Idle-x"]


@pytest.mark.parametrize(
    "raw", [None, [], "flow", 5, {"data": []}, {"data": {"nodes": {}}}, {"data": {"edges": "x"}}]
)
def test_json_without_a_graph_is_refused(raw):
    with pytest.raises(BadResponse):
        Flow.from_json(raw)


def test_a_flow_with_null_data_is_empty():
    """Langflow stores such flows."""
    found = Flow.from_json({"id": "x", "name": "Empty", "data": None})
    assert found.components == ()
    assert found.expected_terminals == ()


def test_malformed_nodes_and_edges_are_left_out():
    nodes = [None, {}, {"id": 5}, node("A-a"), node("A-a"), {"id": "B-b", "data": "x"}]
    raw = graph(*nodes, edges=[None, {}, edge("A-a", "gone"), {"source": "A-a", "target": "A-a"}])
    found = Flow.from_json(raw)
    assert ids(found.components) == ["A-a"]
    assert len(found.edges) == 1


def test_stored_secrets_are_found_by_type_and_by_name():
    """Also within tables and objects. Options and names of variables are not secrets."""
    rows = [{"key": "Authorization", "value": "Bearer x"}, {"key": "Accept", "value": "text/html"}]
    found = flow(
        node(
            "A-a",
            marked=entry("SecretStrInput", "str", "one", password=True),
            api_key=entry("StrInput", "str", "two"),
            headers=entry("TableInput", "table", rows, is_list=True),
            more=entry("NestedDictInput", "NestedDict", {"deep": {"clientSecret": "four"}}),
            token=entry("DropdownInput", "str", "of a list", options=["of a list"]),
            secret=entry("SecretStrInput", "str", "NAME", password=True, load_from_db=True),
            words=text("open"),
        )
    )
    assert set(stored_secrets(found)) == {"one", "two", "Bearer x", "four"}
