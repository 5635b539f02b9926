"""Which components a loop runs for each item."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import Flow
from tests.support.flows import edge, flow, group, node, text


def link(source: str, target: str, output: str = "out", parameter: str = "value") -> dict[str, Any]:
    made = edge(source, target, parameter)
    made["data"]["sourceHandle"]["name"] = output
    if parameter == "item":  # the edge back ends at an output
        made["data"]["targetHandle"] = {"name": "item", "output_types": ["Data"]}
    return made


def nodes(*ids: str) -> list[dict[str, Any]]:
    return [node(id, value=text()) for id in ids]


IDS = ("Source-a", "LoopComponent-l", "Parser-p", "Prompt-q", "Model-m", "Output-o", "Seed-s")
EDGES = (
    link("Source-a", "LoopComponent-l"),
    link("LoopComponent-l", "Parser-p", "item"),
    link("Parser-p", "Model-m"),
    link("Seed-s", "Prompt-q"),
    link("Prompt-q", "Model-m"),
    link("Model-m", "LoopComponent-l", parameter="item"),
    link("LoopComponent-l", "Output-o", "done"),
)


def test_a_loop_runs_what_follows_the_item_and_all_that_feeds_it():
    """What feeds the loop itself, and what follows its end, runs once."""
    found = flow(*nodes(*IDS), edges=list(EDGES)).in_loops
    assert found == {"Parser-p", "Model-m", "Prompt-q", "Seed-s"}


def test_what_follows_the_last_component_of_a_body_is_outside():
    after = link("Model-m", "Output-o")
    assert "Output-o" not in flow(*nodes(*IDS), edges=[*EDGES, after]).in_loops


@pytest.mark.parametrize("missing", [1, 5], ids=["item", "back"])
def test_an_unfinished_loop_has_no_body(missing: int):
    edges = [each for place, each in enumerate(EDGES) if place != missing]
    body = flow(*nodes(*IDS), edges=edges).in_loops
    assert "Parser-p" not in body
    assert not body or missing == 1


def test_a_group_in_a_loop_counts_by_its_inner_components():
    inner = group("Group-g", nodes("Parser-p"), value=("Parser-p", "value"))
    edges = [
        link("LoopComponent-l", "Group-g", "item"),
        link("Group-g", "LoopComponent-l", parameter="item"),
    ]
    assert flow(*nodes("LoopComponent-l"), inner, edges=edges).in_loops == {"Parser-p"}


def test_a_flow_without_loops_has_none():
    assert Flow("f", "Flow").in_loops == frozenset()
    edges = [link("Source-a", "Parser-p", "item")]
    assert flow(*nodes("Source-a", "Parser-p"), edges=edges).in_loops == frozenset()


def placed(id: str, x: Any, y: Any, type: str | None = None) -> dict[str, Any]:
    return node(id, type) | {"position": {"x": x, "y": y}}


def test_components_of_one_name_are_numbered_from_left_to_right():
    found = flow(placed("Agent-a", 900, 0), placed("Agent-b", 0, 5), placed("Chat-c", 0, 0))
    assert found.component_numbers == {"Agent-b": 1, "Agent-a": 2}
    assert [found.component_label(each.id) for each in found.components] == [
        "Agent 2",
        "Agent 1",
        "Chat",
    ]


def test_components_below_each_other_are_numbered_from_top_to_bottom():
    """Authors don't align them: these are of Langflow's Text Sentiment Analysis."""
    places = {"Agent-a": (-1397, 942), "Agent-b": (-1382, 265), "Agent-c": (-611, 0)}
    agents = [placed(id, x, y) for id, (x, y) in places.items()]
    assert flow(*agents).component_numbers == {"Agent-b": 1, "Agent-a": 2, "Agent-c": 3}


@pytest.mark.parametrize("x", [7, None, 10**400, float("nan")])
def test_components_at_one_place_or_without_one_are_numbered_in_the_order_of_the_file(x: Any):
    agents = [placed(f"Agent-{letter}", x, 3) for letter in "cab"]
    assert flow(*agents).component_numbers == {"Agent-c": 1, "Agent-a": 2, "Agent-b": 3}


def test_the_components_of_a_group_are_numbered_with_the_others_at_the_place_of_the_group():
    inner = [placed("Agent-x", 500, 0), placed("Agent-y", 0, 0)]
    outer = group("Group-g", inner) | {"position": {"x": 2000, "y": 0}}
    found = flow(outer, placed("Agent-b", 4000, 0), placed("Agent-a", 1000, 0))
    assert found.component_numbers == {"Agent-a": 1, "Agent-y": 2, "Agent-x": 3, "Agent-b": 4}


def test_components_and_fields_are_in_reading_order():
    places = {"Step-b": (900, 0), "Step-c": (0, 400), "Step-a": (0, 0)}
    found = flow(
        *(node(id, p=text()) | {"position": {"x": x, "y": y}} for id, (x, y) in places.items())
    )
    ids = [component.id for component in found.components_in_reading_order]
    assert ids == ["Step-a", "Step-c", "Step-b"]
    assert [field.key for field in found.fields] == ["Step-a.p", "Step-c.p", "Step-b.p"]


def test_a_number_gives_no_component_the_name_of_another():
    found = flow(*nodes("Agent-a", "Agent-b"), node("Agent-c", "Agent 1"))
    labels = [found.component_label(each.id) for each in found.components]
    assert labels == ["Agent 2", "Agent 3", "Agent 1"]
