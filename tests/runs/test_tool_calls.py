"""The tools that agents called, from the steps in their messages."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import Message, Run, RunStatus
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.tool_calls import ToolCall, mark_tools, read_calls, strip_calls
from tests.support import flows
from tests.support.agents import step, tool

S = ComponentState
LOST = {"type": "tool", "content": "No such city", "status": "error"}


def answer(*steps: dict[str, Any], id: str = "Agent-1", complete: bool = True) -> Message:
    """Return a message; one that is being written does not name its component yet."""
    component_id = id if complete else None
    return Message(id, "Done", "Machine", "AI", None, component_id, complete=complete, blocks=steps)


def states(
    *messages: Message,
    removed: Message | None = None,
    status: RunStatus = RunStatus.COMPLETED,
    **agents: S,
) -> list[S]:
    """Return the states of two tools after a run of the agents 1 and, if named, 2.

    An agent 3 has no tools.
    """
    agents = {"Agent-1": S.DONE} | {f"Agent-{name[-1]}": state for name, state in agents.items()}
    nodes = [tool("Sum-1", "add", "subtract"), tool("Stock-1", "look_up"), *map(flows.node, agents)]
    edges = [
        flows.edge(source, target, "tools")
        for source in ("Sum-1", "Stock-1")
        for target in agents.keys() - {"Agent-3"}
    ]
    components = {id: ComponentRun(id, S.DONE, seconds=0.1) for id in ("Sum-1", "Stock-1")}
    components |= {id: ComponentRun(id, state) for id, state in agents.items()}
    flow = flows.flow(*nodes, edges=edges)
    run = Run(flow.id, "background", status, components=components, removed_message=removed)
    run.messages.update({f"{number}": message for number, message in enumerate(messages)})
    marked = mark_tools(run, flow).components
    return [marked["Sum-1"].state, marked["Stock-1"].state]


def test_a_call_has_its_error_in_the_step_or_in_its_output():
    steps = [step("a"), step("b", LOST), step("c", None, error="broken"), step("d", None), {"x": 1}]
    assert read_calls([answer(*steps)]) == [
        ToolCall("a"),
        ToolCall("b", "No such city"),
        ToolCall("c", "broken"),
        ToolCall("d", is_open=True),
    ]


def test_stripped_calls_have_their_functions_and_ends_but_no_values():
    steps = [step("a"), step("b", LOST), step("c", None, error="broken"), step("d", None), {"x": 1}]
    stripped = strip_calls(answer(*steps))
    assert read_calls([stripped]) == [
        ToolCall("a"),
        ToolCall("b", "The tool failed."),
        ToolCall("c", "The tool failed."),
        ToolCall("d", is_open=True),
    ]
    values = {"7", "1", "No such city", "broken"}
    assert not any(value in str(stripped.blocks) for value in values)


def test_a_tool_is_done_failed_or_not_called():
    assert states(answer(step("subtract"))) == [S.DONE, S.NOT_CALLED]
    assert states(answer(step("look_up", LOST), step("add"))) == [S.DONE, S.FAILED]


def test_a_tool_waits_until_it_is_called_and_runs_until_its_call_returns_or_the_run_ends():
    open_call = answer(step("look_up", None), complete=False)
    running = {"status": RunStatus.IN_PROGRESS, "agent_1": S.RUNNING}
    assert states(**running) == [S.WAITING, S.WAITING]
    assert states(open_call, **running) == [S.WAITING, S.RUNNING]
    stopped = {"status": RunStatus.CANCELLED, "agent_1": S.INTERRUPTED}
    assert states(open_call, **stopped) == [S.NOT_CALLED, S.INTERRUPTED]


def states_after_failure(removed: Message | None, **agents: S) -> list[S]:
    """Return the states of two tools after a run whose agent 1 failed."""
    return states(removed=removed, status=RunStatus.FAILED, agent_1=S.FAILED, **agents)


def test_the_removed_message_of_an_agent_that_failed_tells_its_calls():
    assert states_after_failure(answer(complete=False)) == [S.NOT_CALLED, S.NOT_CALLED]
    assert states_after_failure(answer(step("add"), complete=False)) == [S.DONE, S.NOT_CALLED]
    open_call = answer(step("look_up", None), complete=False)
    assert states_after_failure(open_call) == [S.NOT_CALLED, S.DONE]


def test_a_tool_of_an_agent_that_failed_stays_done_if_no_message_tells():
    assert states_after_failure(None) == [S.DONE, S.DONE]
    removed = answer(complete=False)
    assert states_after_failure(removed, agent_2=S.FAILED) == [S.DONE, S.DONE]
    assert states_after_failure(removed, agent_3=S.FAILED) == [S.DONE, S.DONE]
    assert states(removed=removed) == [S.DONE, S.DONE]


@pytest.mark.parametrize(
    "messages",
    [
        (),
        (Message("q", "call add", "User"),),
        (answer(step("look_up"), id="Agent-1"),),
        (answer(step("look_up"), complete=False),),
    ],
)
def test_a_tool_stays_done_while_an_agent_may_have_called_it(messages):
    """The messages of both agents would tell."""
    sum_tool, _ = states(*messages, agent_2=S.DONE)
    assert sum_tool is S.DONE


def test_a_tool_whose_calls_cannot_be_told_from_anothers_is_not_said_to_wait():
    nodes = [tool("Sum-1", "add"), tool("Sum-2", "add"), flows.node("Agent-1")]
    edges = [flows.edge(source, "Agent-1", "tools") for source in ("Sum-1", "Sum-2")]
    components = {id: ComponentRun(id, S.DONE) for id in ("Sum-1", "Sum-2")}
    components["Agent-1"] = ComponentRun("Agent-1", S.RUNNING)
    flow = flows.flow(*nodes, edges=edges)
    run = Run(flow.id, "background", RunStatus.IN_PROGRESS, components=components)
    assert mark_tools(run, flow).components == components
