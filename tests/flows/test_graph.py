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


def test_a_position_that_no_number_can_hold_is_the_origin():
    placed = node("Thing-a", value=text()) | {"position": {"x": 10**400, "y": 2}}
    assert flow(placed).components[0].position == (0.0, 2.0)
