"""The models that components asked, by a run's trace or by the components' values."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient.flows.model import Flow
from lfclient.runs.builds import name_models
from lfclient.runs.components import ComponentRun, Usage
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import edge, flow, group, node

# the ids that Langflow 1.13.0 gave this job and the span of its component "Agent-EXpSZ"
JOB = "14854585-6944-4c49-807a-d19cca230728"
AGENT = "Agent-EXpSZ"
SPAN = "1510814e-5202-5dc3-b34d-f067427ec61b"
USAGE = Usage(22, 14, 36)
SENT = [{"name": "sent", "provider": "OpenAI"}]


def call(name: str | None, input: int = 0, output: int = 0, **more: Any) -> dict[str, Any]:
    tokens = {"promptTokens": input, "completionTokens": output, "totalTokens": input + output}
    return {"type": "llm", "modelName": name, "tokenUsage": tokens if input else None, **more}


def trace(*calls: dict[str, Any]) -> dict[str, Any]:
    chain = {"type": "chain", "children": list(calls)}
    # the span of a model's component has the type of its requests
    return {"spans": [{"id": SPAN, "type": "llm", "children": [chain]}, {"id": "x"}]}


def agent(**template: Any) -> dict[str, Any]:
    model = {"type": "model", "value": [{"name": "stored", "provider": "OpenAI"}]}
    return node(AGENT, model=model, **template)


def named(
    trace: Any = None, of: Flow | None = None, overrides: dict[str, Any] | None = None
) -> dict[str, Usage]:
    components = {AGENT: ComponentRun(AGENT, usage=USAGE), "C-1": ComponentRun("C-1")}
    run = Run("f", "sync", RunStatus.COMPLETED, job_id=JOB, components=components)
    run = name_models(run, trace, of, overrides)
    assert run.components["C-1"] == ComponentRun("C-1")
    return run.components[AGENT].usage_by_model


def test_a_trace_names_the_model_of_a_component():
    calls = [call("gpt-4o-mini", 11, 5), call("gpt-4o-mini", 11, 9)]
    assert named(trace(*calls), flow(agent()), {f"{AGENT}.model": SENT}) == {"gpt-4o-mini": USAGE}


def test_a_call_within_another_call_counts_as_well():
    """An agent may be another agent's tool."""
    inner = call("small", 11, 9)
    assert named(trace(call("big", 11, 5, children=[inner]))) == {
        "big": Usage(11, 5, 16),
        "small": Usage(11, 9, 20),
    }


def test_tokens_are_not_divided_among_models_if_the_trace_lacks_some():
    assert named(trace(call("big"), call("small", 11, 9))) == {"": USAGE}
    assert named(trace(call("big", 11, 5), call(None, 11, 9)))[""] == Usage(11, 9, 20)


def test_a_streamed_answer_without_tokens_in_the_trace_is_its_only_models():
    assert named(trace(call("gpt-4o-mini"))) == {"gpt-4o-mini": USAGE}


@pytest.mark.parametrize("told", [None, {}, [], {"spans": 3}, trace(), trace(call(None, 1, 1))])
def test_without_a_name_in_the_trace_the_model_is_the_one_sent_or_stored(told: Any):
    stored = flow(agent())
    assert named(told, stored, {f"{AGENT}.model": SENT}) == {"sent": USAGE}
    assert named(told, stored, {}) == {"stored": USAGE}


def test_a_name_that_replaces_the_chosen_model_counts():
    own = flow(agent(model_name={"type": "str", "value": ""}))
    assert named(None, own, {f"{AGENT}.model_name": "other"}) == {"other": USAGE}
    only_name = flow(node(AGENT, model_name={"type": "str", "value": "claude"}))
    assert named(None, only_name, {}) == {"claude": USAGE}


def test_unknown_values_or_a_deleted_flow_leave_the_model_unknown():
    assert named(None, flow(agent()), None) == {}
    assert named(None, None, {}) == {}
    assert named(None, flow(node("Other-a")), {}) == {}


def test_a_model_that_another_component_may_choose_is_unknown():
    inner = group("G-1", [agent()])
    model = node("LanguageModel-a", model={"type": "model", "value": SENT})
    connected = flow(agent(), model, edges=[edge("LanguageModel-a", AGENT, "model")])
    with_tool = flow(agent(), model, edges=[edge("LanguageModel-a", AGENT, "tools")])
    sub_flow = flow(agent(), node("RunFlow-a"), edges=[edge("RunFlow-a", AGENT, "tools")])
    for unclear in (flow(inner), connected, with_tool, sub_flow):
        assert named(None, unclear, {}) == {}
    calculator = flow(agent(), node("Calculator-a"), edges=[edge("Calculator-a", AGENT, "tools")])
    assert named(None, calculator, {}) == {"stored": USAGE}


def test_a_run_sums_up_its_models_and_the_unknown_ones():
    components = {
        "A-1": ComponentRun("A-1", usage=Usage(1, 2, 3), usage_by_model={"a": Usage(1, 2, 3)}),
        "A-2": ComponentRun("A-2", usage=Usage(1, 2, 3), usage_by_model={"a": Usage(1, 2, 3)}),
        "B-1": ComponentRun("B-1", usage=Usage(4, 4, 8)),
        "C-1": ComponentRun("C-1"),
    }
    run = Run("f", "sync", RunStatus.COMPLETED, components=components)
    assert run.usage_by_model == {"a": Usage(2, 4, 6), "": Usage(4, 4, 8)}
