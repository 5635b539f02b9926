"""A flow's JSON becomes a graph: what runs, what ends it, what lies in groups."""

import pytest

from lfclient.errors import BadAnswer
from lfclient.flows.model import Flow, stored_secrets
from tests.support.flows import chat_input, edge, entry, flow, graph, group, node, text


def ids(components):
    return [component.id for component in components]


def test_terminals_feed_no_other_component():
    """What nothing hangs on is a key of a run's outputs."""
    found = flow(chat_input(), node("ChatOutput-b"), edges=[edge("ChatInput-a", "ChatOutput-b")])
    assert ids(found.terminals) == ["ChatOutput-b"]
    assert found.chat_input.id == "ChatInput-a"


def test_what_the_chat_input_is_not_connected_with_does_not_run():
    """Servers leave unconnected components out of a flow with a chat input."""
    found = flow(
        chat_input(),
        node("ChatOutput-b"),
        node("Lonely-c"),
        edges=[edge("ChatInput-a", "ChatOutput-b")],
    )
    assert ids(found.unconnected) == ["Lonely-c"]
    assert ids(found.expected_terminals) == ["ChatOutput-b"]


def test_all_run_without_a_chat_input():
    """Nothing is left out where no chat input says where to begin."""
    found = flow(node("A-a"), node("B-b"))
    assert found.unconnected == ()
    assert ids(found.expected_terminals) == ["A-a", "B-b"]


def test_a_side_branch_of_what_feeds_the_chat_may_run_but_is_not_expected():
    """Background runs of 1.11 and later take it along; sync runs and older releases do not."""
    found = flow(
        chat_input(),
        node("Text-t"),
        node("Out-o"),
        node("Side-s"),
        edges=[edge("ChatInput-a", "Out-o"), edge("Text-t", "Out-o"), edge("Text-t", "Side-s")],
    )
    assert found.component("Side-s").runs
    assert ids(found.expected_terminals) == ["Out-o"]


def test_cycles_end():
    """A loop in a flow is followed once."""
    edges = [edge("ChatInput-a", "A-a"), edge("A-a", "B-b"), edge("B-b", "A-a")]
    found = flow(chat_input(), node("A-a"), node("B-b"), edges=edges)
    assert found.expected_terminals == ()


def test_notes_are_left_out():
    """Notes are no components, whether or not their data says so."""
    note = {"id": "note-1", "type": "noteNode", "data": {"node": {"template": {}}}}
    other = {"id": "note-2", "data": {"type": "note", "node": {"template": {"x": {}}}}}
    assert flow(note, other).components == ()


def test_a_file_without_node_types_is_read():
    """`Graph.dump()` writes neither `type` of nodes nor handles of edges as text."""
    bare = node("A-a")
    del bare["type"]
    assert ids(flow(bare).components) == ["A-a"]


def test_human_input_means_that_approval_is_needed():
    """Such a run stops and waits."""
    assert flow(node("HumanInput-x")).needs_approval
    assert not flow(node("A-a")).needs_approval


def test_groups_are_taken_apart():
    """Terminals are those within the group; its parameter stands for one within."""
    inner = [node("In-1", value=text("v")), node("End-2")]
    found = flow(group("Group-g", inner, [edge("In-1", "End-2")], value_in=("In-1", "value")))
    assert ids(found.terminals) == ["End-2"]
    assert ids(found.components) == ["Group-g"]
    assert found.component("Group-g").resolve_proxy("value_in")[0].id == "In-1"
    assert found.component("End-2").type == "End"


def test_edges_of_groups_lead_to_what_is_within():
    """An edge into a group's parameter feeds the inner component, so that both run."""
    grouped = group("Group-g", [node("In-1", value=text())], value_in=("In-1", "value"))
    found = flow(
        chat_input(),
        grouped,
        node("Idle-x"),
        edges=[
            edge("ChatInput-a", "Group-g", "value_in"),
        ],
    )
    assert found.component("Group-g").runs
    assert ids(found.expected_terminals) == ["In-1"]


def test_a_chat_input_within_a_group_is_found():
    """Servers look for it after taking groups apart."""
    inner = [chat_input("ChatInput-in"), node("Out-o")]
    found = flow(group("Group-g", inner, [edge("ChatInput-in", "Out-o")]), node("Idle-x"))
    assert found.chat_input.id == "ChatInput-in"
    assert ids(found.unconnected) == ["Idle-x"]


@pytest.mark.parametrize(
    "raw",
    [None, [], "flow", 5, {"data": []}, {"data": {"nodes": {}}}, {"data": {"edges": "x"}}],
)
def test_nonsense_is_a_bad_answer(raw):
    """What is no graph at all is refused, not read as an empty flow."""
    with pytest.raises(BadAnswer):
        Flow.from_json(raw)


def test_a_flow_without_data_is_empty():
    """Langflow keeps flows whose data is null."""
    found = Flow.from_json({"id": "x", "name": "Empty", "data": None})
    assert found.components == ()
    assert found.expected_terminals == ()


def test_odd_nodes_and_edges_are_left_out():
    """One strange node does not hide the others."""
    nodes = [None, {}, {"id": 5}, node("A-a"), node("A-a"), {"id": "B-b", "data": "x"}]
    raw = graph(*nodes, edges=[None, {}, edge("A-a", "gone"), {"source": "A-a", "target": "A-a"}])
    found = Flow.from_json(raw)
    assert ids(found.components) == ["A-a"]
    assert len(found.edges) == 1


def test_stored_secrets_are_told_by_what_they_are_and_by_their_names():
    """Also within a table or an object; what is chosen from a list, or a variable's, is none."""
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
