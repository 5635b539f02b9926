"""Where a run's values reach on real servers: loops, frozen components, flows within flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from lfclient import ComponentState, Flow, InvalidRequest, LangflowClient, apply
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample
from tests.live.flows import ECHO, loop_graph
from tests.live.releases import Make, dialects, run_to_end, with_events
from tests.support.servers import delete_flow

MakeGraph = Callable[[dict[str, Any]], Flow]


@pytest.fixture
def make_graph(client: LangflowClient) -> Iterator[MakeGraph]:
    """Create flows from graphs, and delete them afterwards."""
    made: list[str] = []

    def create(data: dict[str, Any]) -> Flow:
        made.append(client.editor.create_flow(f"reach {uuid4().hex[:8]}", data).id)
        return client.flow(made[-1])

    yield create
    for flow_id in made:
        delete_flow(client, flow_id)


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_values_within_a_loop_apply_to_each_item(
    client: LangflowClient, make_graph: MakeGraph, catalogue: dict[str, Any], mode: str
):
    flow = make_graph(loop_graph(catalogue))
    assert flow.in_loops == {"ParserComponent-p", "CombineText-c", "ChatInput-q"}
    overrides = {
        "ParserComponent-p.pattern": "new {text}",
        "ChatInput-q.input_value": "asked",
        "TextInput-a.input_value": "v\nw",
    }
    ended = run_to_end(client, flow, mode, overrides)
    text = str(ended.outputs["ChatOutput-b"].value)
    assert "new v+asked" in text
    assert "new w+asked" in text


@with_events
def test_all_components_of_a_loop_have_run(
    client: LangflowClient, make_graph: MakeGraph, catalogue: dict[str, Any]
):
    flow = make_graph(loop_graph(catalogue))
    run = client.submit(flow)
    for event in client.events(run, flow=flow):
        run = apply(run, event)
    assert {component.state for component in run.components.values()} == {ComponentState.DONE}
    assert run.components.keys() >= flow.in_loops


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_frozen_component_returns_its_first_result_whatever_is_sent(
    client: LangflowClient, make_graph: MakeGraph, catalogue: dict[str, Any], mode: str
):
    """So it offers no field; its id is in no other flow."""
    frozen = Node(uuid4().hex[:6], "TextInput", {"input_value": "first"})
    sample = Sample(
        "frozen", "", (frozen, Node("b", "ChatOutput")), (Link(frozen.key, "text", "b"),)
    )
    data = graph_builder.build_graph(sample, catalogue)
    data["nodes"][0]["data"]["node"]["frozen"] = True
    flow = make_graph(data)
    key = f"{frozen.id}.input_value"
    assert key not in flow.fields_by_key
    with pytest.raises(InvalidRequest, match="frozen"):
        client.run(flow, {key: "second"})
    runs = [run_to_end(client, flow, mode, {key: text}, check=False) for text in ("one", "two")]
    assert runs[0].outputs["ChatOutput-b"].value == runs[1].outputs["ChatOutput-b"].value
    last = client.runs.components(runs[1], flow)
    assert {id: one.cached for id, one in last.items()} == {frozen.id: True, "ChatOutput-b": False}


@with_events
def test_another_flow_is_chosen_for_a_component_that_runs_one(client: LangflowClient, make: Make):
    """The flow's inputs appear. Only background runs can apply the choice, which is by ID."""
    inner, outer = make(ECHO), make(Sample("outer", "", (Node("r", "RunFlow"),)))
    key = "RunFlow-r.flow_name_selected"
    assert inner.name in [option.name for option in client.options(outer, key)]
    flow = client.refresh(outer, {key: inner.name})
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    overrides = {"RunFlow-r.ChatInput-a~input_value": "asked"}
    assert overrides.keys() <= flow.fields_by_key.keys()
    with pytest.raises(InvalidRequest, match="by its id"):
        client.run(outer, {key: inner.name})
    with pytest.raises(InvalidRequest, match="Use background mode"):
        client.run(flow, overrides)
    ended = run_to_end(client, flow, "background", overrides)
    assert "asked" in str(ended.outputs["RunFlow-r"].value)
