"""The flow as a graph: its layout, and the data sent to the browser."""

import itertools
import json

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.runs.components import ComponentRun, ComponentState, RunError
from pages._ui.app import navigation
from pages._ui.components import graph
from pages._ui.components.graph_layout import CARD_SIZE, layout_flow, route_edges
from tests.support import components, flows
from tests.support.components import named


def overlapping(flow):
    """Return the pairs of components whose cards overlap."""
    positions = layout_flow(flow)
    assert len(positions) == len(flow.components)
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(positions.items(), 2)
        if abs(a[0] - b[0]) < CARD_SIZE[0] and abs(a[1] - b[1]) < CARD_SIZE[1]
    ]


def graph_size(flow):
    return graph.graph_data(flow, {}, ended=False)["plan"]["size"]


def chain(*ids, nodes=None):
    nodes = nodes or [flows.node(one) for one in ids]
    return flows.flow(*nodes, edges=[flows.edge(a, b) for a, b in itertools.pairwise(ids)])


def test_the_layout_keeps_the_order_of_the_authors_arrangement():
    """Left stays left and above stays above."""
    flow = components.big_flow()
    positions = layout_flow(flow)
    for one, other in itertools.combinations(flow.components, 2):
        if other.position[0] - one.position[0] > 300:
            assert positions[one.id][0] < positions[other.id][0]
        if one.position[0] == other.position[0] and one.position[1] < other.position[1]:
            assert positions[one.id][1] < positions[other.id][1]
    assert overlapping(flow) == []


def test_a_chain_of_five_fits_into_a_panel_with_readable_names():
    """A panel is 600 pixels wide, and names are readable down to a scale of 0.6."""
    flow = flows.flow(*(named(f"A-{n}", "A", 420 * n) for n in range(5)))
    assert graph_size(flow)[0] * 0.6 <= 576


def test_a_gap_in_the_arrangement_is_at_most_two_cards_long():
    flow = flows.flow(named("A-1", "A"), named("B-1", "B", 1e9, -1e9))
    width, height = graph_size(flow)
    assert width < 5 * CARD_SIZE[0]
    assert height < 5 * CARD_SIZE[1]


def test_overlapping_components_are_moved_apart():
    stack = [named(f"A-{number}", "A", 0, number * 3) for number in range(8)]
    flow = flows.flow(*stack, named("B-1", "B", 10, 5), named("C-1", "C", 400, 0))
    assert overlapping(flow) == []


@pytest.mark.parametrize("coordinate", [0.0, float("nan"), float("inf")])
def test_without_an_arrangement_each_component_is_right_of_its_sources(coordinate):
    """Positions may be missing, all the same, or not finite."""
    nodes = [named(one, one, coordinate, coordinate) for one in ("C-1", "B-1", "A-1")]
    flow = chain("A-1", "B-1", "C-1", nodes=nodes)
    positions = layout_flow(flow)
    assert positions["A-1"][0] < positions["B-1"][0] < positions["C-1"][0]
    assert overlapping(flow) == []


def test_a_cycle_is_laid_out_in_columns():
    """Langflow allows loops, and a component that feeds itself."""
    flow = flows.flow(
        *(flows.node(one) for one in ("A-1", "B-1", "C-1")),
        edges=[
            flows.edge(*ends)
            for ends in (("A-1", "B-1"), ("B-1", "C-1"), ("C-1", "B-1"), ("C-1", "C-1"))
        ],
    )
    positions = layout_flow(flow)
    assert positions["A-1"][0] < positions["B-1"][0] < positions["C-1"][0]


def test_unconnected_components_are_below_the_rest():
    flow = chain("A-1", "B-1", nodes=[flows.node(one) for one in ("Loose-1", "A-1", "B-1")])
    positions = layout_flow(flow)
    assert positions["Loose-1"][1] > max(positions["A-1"][1], positions["B-1"][1])


def test_a_single_component_fills_the_graph():
    flow = flows.flow(named("A-1", "A", -500, 77))
    assert graph_size(flow) == list(CARD_SIZE)
    assert layout_flow(flow) == {"A-1": (0, 0)}


def test_a_line_passes_the_cards_between_its_ends():
    """A curve behind a card would look as if it ended there."""
    ids = {"A": (0, 0), "B": (420, 0), "C": (840, 0), "D": (1260, 0), "E": (420, 400)}
    ends = [("A", "B"), ("B", "C"), ("C", "D"), ("A", "D"), ("A", "E"), ("E", "D"), ("D", "A")]
    flow = flows.flow(
        *(named(id, id, *at) for id, at in ids.items()), edges=[flows.edge(*each) for each in ends]
    )
    positions = layout_flow(flow)
    (_, high), low = CARD_SIZE, positions["E"][1]
    routes = route_edges(flow, positions)
    assert {ends for ends, height in routes.items() if height is not None} == {
        ("A", "D"),
        ("E", "D"),
    }
    assert high < routes["A", "D"] < low
    assert routes["E", "D"] == low + high // 2


def test_a_group_is_one_node_and_has_the_edges_of_its_members():
    group = flows.group("Group-1", [flows.node("In-1", text=flows.text())], text=("In-1", "text"))
    flow = flows.flow(flows.node("A-1"), group, edges=[flows.edge("A-1", "Group-1", "text")])
    drawn = graph.graph_data(flow, {"In-1": components.done("In-1")}, ended=False)
    assert [node[3] for node in drawn["plan"]["nodes"]] == ["A-1", "Group-1"]
    assert drawn["plan"]["edges"] == [[0, 1, None]]
    assert drawn["states"][1][2] == "Done · 1 of 1 done"


def test_every_state_has_icon_text_and_error():
    """No state is shown by color alone."""
    flow = chain("A-1", "B-1")
    failed = ComponentRun("B-1", ComponentState.FAILED, error=RunError("no <b>key</b>"))
    drawn = graph.graph_data(flow, {"A-1": components.done("A-1", 1.25), "B-1": failed}, ended=True)
    assert drawn["states"] == [
        ["done green", "check_circle", "Done · 1.2 s", ""],
        ["failed red", "error", "Failed", "no <b>key</b>"],
    ]
    assert drawn["alt"] == "Graph of 2 components: 1 done, 1 failed"


def test_sixty_components_and_the_graphs_code_are_less_than_30_kb():
    """Long names and errors are clipped."""
    flow = components.big_flow()
    drawn = graph.graph_data(flow, components.halfway(flow, 25), ended=False)
    code = sum((navigation.ASSETS / f"graph.{end}").stat().st_size for end in ("js", "css"))
    assert len(json.dumps(drawn)) + code < 30_000
    long = flows.flow(named("A-1", "x" * 10_000))
    reason = ComponentRun("A-1", error=RunError("y" * 10_000))
    assert len(json.dumps(graph.graph_data(long, {"A-1": reason}, ended=True))) < 1000


def page():
    from pages._ui.components import view as components_view
    from tests.support import components

    flow = components.big_flow()
    components_view.draw(flow, components.halfway(flow, 25), ended=False, key="graph")


def test_the_switch_changes_from_graph_to_table():
    app = AppTest.from_function(page).run()
    assert len(app.get("bidi_component")) == 1
    app.segmented_control[0].set_value("Table").run()
    assert len(app.get("bidi_component")) == 0
    assert app.markdown[0].value.startswith("|Component|State|Duration|Result|")


def test_a_drawn_graph_is_updated_through_a_hidden_text():
    """Unchanged states are not sent again."""

    def update():
        from pages._ui.components import graph
        from tests.support import components

        flow = components.big_flow()
        for key, steps in {"one": (25, 25), "other": (25, 30, 60)}.items():
            runs = [components.halfway(flow, step) for step in steps]
            flow_graph = graph.FlowGraph(flow, runs[0], ended=False, key=key)
            for run in runs:
                flow_graph.update(run)

    app = AppTest.from_function(update).run()
    assert len(app.get("bidi_component")) == 2
    (text,) = app.text
    drawn = json.loads(app.get("bidi_component")[1].proto.json)
    news = json.loads(text.value)
    assert news["mark"] == drawn["mark"]
    assert news["states"] != drawn["states"]
    assert news["alt"] == "Graph of 60 components: 49 done, 11 does not run"


def test_a_flow_without_components_shows_a_note():

    def empty():
        from pages._ui.components import graph
        from pages._ui.components import view as components_view
        from tests.support import flows

        graph.FlowGraph(flows.flow(), {}, ended=True, key="graph").update({})
        components_view.draw_table(flows.flow(), {}, ended=True)

    app = AppTest.from_function(empty).run()
    assert [caption.value for caption in app.caption] == ["This flow has no components."] * 2


def test_a_click_on_a_graph_that_was_replaced_meanwhile_is_ignored(monkeypatch):
    """A run's graph has another key once the run has ended."""
    callbacks, chosen = [], []
    monkeypatch.setattr(
        graph, "_graph_component", lambda on_chosen_change, **_: callbacks.append(on_chosen_change)
    )
    graph.FlowGraph(chain("A-1"), {}, ended=False, key="replaced", on_choose=chosen.append)
    callbacks[0]()
    assert chosen == []
