"""What graphs lack that were written by hand or before Langflow 1.0."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient.console.wording.graph_gaps import describe_gaps
from lfclient.flows.graph_gaps import GraphGap, find_gaps, is_before_1_0
from lfclient.flows.model import Flow
from tests.support.flows import edge, entry, graph, group, node


def component(id: str) -> dict[str, Any]:
    made = node(id, code=entry(None, "code", "class A: pass"))
    made["data"]["node"]["outputs"] = []
    return made


def pair() -> dict[str, Any]:
    return graph(component("A-a"), component("B-b"), edges=[edge("A-a", "B-b")])


@pytest.mark.parametrize(
    ("path", "gap"),
    [
        (("nodes", 0, "id"), ("Component 1", "id")),
        (("nodes", 0, "data", "id"), ("A", "data.id")),
        (("nodes", 0, "data", "node", "template"), ("A", "data.node.template")),
        (("nodes", 0, "data", "node", "template", "code"), ("A", "data.node.template.code")),
        (("edges", 0, "source"), ("? → B", "source")),
        (("edges", 0, "data"), ("A → B", "data")),
        (("edges", 0, "data", "targetHandle"), ("A → B", "data.targetHandle")),
    ],
)
def test_a_missing_property_is_named_with_its_place(path, gap):
    made = pair()
    *parents, last = path
    part: Any = made["data"]
    for step in parents:
        part = part[step]
    del part[last]
    flow = Flow.from_json(made)
    assert GraphGap(*gap) in find_gaps(flow)
    if path[-1] != "id":
        assert f"{gap[0]} lacks {gap[1]}" in describe_gaps(flow)


def test_a_whole_graph_lacks_nothing():
    inside = group("Group-g", [component("C-c")])
    inside["data"]["node"]["outputs"] = []
    made = pair()
    made["data"]["nodes"] += [inside, {"id": "note-1", "type": "noteNode", "data": {}}]
    assert describe_gaps(Flow.from_json(made)) == ""


def test_a_flow_before_langflow_1_0_is_recognized():
    made = pair()
    for each in made["data"]["nodes"]:
        del each["data"]["node"]["outputs"]
        each["data"]["node"]["base_classes"] = ["Chain"]
    flow = Flow.from_json(made)
    assert is_before_1_0(flow)
    assert describe_gaps(flow).startswith("“Test” was made before Langflow 1.0.")
