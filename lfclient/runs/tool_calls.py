"""The tools of a flow's agents, and the tools that a run's agents called."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import JsonObject
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.outputs.model import extract_text
from lfclient.runs.components import ComponentRun, ComponentState, Message, RunError
from lfclient.runs.model import Run

_TYPE = "tool_use"
_FAILED = "The tool failed."
_ENDED = (ComponentState.DONE, ComponentState.FAILED, ComponentState.INTERRUPTED)
_TOOLS = "tools"  # the parameter of an agent


@dataclass(frozen=True)
class Tool:
    """A component in tool mode. `functions` are its names in an agent's steps.

    `agents` are the ids of the components that may call it.
    """

    component_id: str
    functions: frozenset[str]
    agents: frozenset[str]


def find_tools(flow: Flow) -> list[Tool]:
    """Return the tools that feed an agent, in the flow's order."""
    agents: dict[str, set[str]] = {}
    for edge in flow.leaf_edges:
        if edge.target_parameter == _TOOLS:
            agents.setdefault(edge.source, set()).add(edge.target)
    return [
        Tool(leaf.id, _functions(leaf), frozenset(agents[leaf.id]))
        for leaf in flow.leaves
        if leaf.id in agents
    ]


def _functions(component: Component) -> frozenset[str]:
    rows = as_list(component.template.get("tools_metadata", {}).get("value"))
    return frozenset(filter(None, (as_str(as_dict(row).get("name")) for row in rows)))


def owners_of_functions(tools: Iterable[Tool]) -> dict[str, str]:
    """Return component ids by function name, without the names that several components have."""
    owners: dict[str, list[str]] = {}
    for tool in tools:
        for function in tool.functions:
            owners.setdefault(function, []).append(tool.component_id)
    return {function: ids[0] for function, ids in owners.items() if len(ids) == 1}


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool: the name of its function, and the error that it returned, if any.

    `is_open`: it had not returned when the message was written.
    """

    function: str
    error: str = ""
    is_open: bool = False


def read_call(block: JsonObject) -> ToolCall | None:
    """Return the call in a block of a message, None if the block is something else.

    Langflow 1.13 tells an error of the tool in the status of its output.
    """
    if block.get("type") != _TYPE:
        return None
    output, error = block.get("output"), block.get("error")
    if not error and as_dict(output).get("status") == "error":
        error = as_dict(output).get("content") or _FAILED
    text = extract_text(error) or str(error) if error else ""
    return ToolCall(as_str(block.get("name")), text, output is None and not error)


def read_calls(messages: Iterable[Message]) -> list[ToolCall]:
    """Return the calls in messages, in their order."""
    calls = (read_call(block) for block in chain(*(message.blocks for message in messages)))
    return [call for call in calls if call]


def strip_calls(message: Message) -> Message:
    """Reduce the message's blocks to its calls: the function, and whether it failed or is open."""
    calls = tuple(
        {
            "type": _TYPE,
            "name": call.function,
            "output": None if call.is_open else "",
            "error": _FAILED if call.error else None,
        }
        for call in read_calls([message])
    )
    return replace(message, blocks=calls)


def mark_tools(run: Run, flow: Flow | None) -> Run:
    """Return the run with the state of each tool after its calls.

    A server reports a tool as done once it was offered to the agent. Until a call, or the agent's
    end, it is waiting. It stays done if the flow is unknown, or the messages of an agent that has
    ended don't tell whether it was called. Of one that failed, `run.removed_message` has the calls.
    """
    if flow is None:
        return run
    tools = find_tools(flow)
    owners = owners_of_functions(tools)
    agents = frozenset(chain(*(tool.agents for tool in tools)))
    states = {id: component.state for id, component in run.components.items()}
    ended = {id for id, state in states.items() if state in _ENDED}
    failed = {id for id, state in states.items() if state is ComponentState.FAILED}
    calls, told = read_calls(run.answers), ended & _writers(run, agents)
    if run.removed_message and len(failed) == 1:  # else it may be another one's
        # the return of its last call may have had no event
        calls += [replace(call, is_open=False) for call in read_calls([run.removed_message])]
        told |= failed
    marked = dict(run.components)
    for tool in tools:
        component = run.components.get(tool.component_id)
        if component is None or component.state is not ComponentState.DONE:
            continue
        own = [call for call in calls if owners.get(call.function) == tool.component_id]
        has_own_functions = tool.functions and tool.functions <= owners.keys()
        if own:
            marked[tool.component_id] = _after_calls(component, own, ended=run.ended)
        elif has_own_functions and tool.agents <= told:
            not_called = replace(component, state=ComponentState.NOT_CALLED, seconds=None)
            marked[tool.component_id] = not_called
        elif has_own_functions and not run.ended and not tool.agents <= ended:
            waiting = replace(component, state=ComponentState.WAITING, seconds=None)
            marked[tool.component_id] = waiting
    return replace(run, components=marked)


def _after_calls(
    component: ComponentRun, calls: Iterable[ToolCall], *, ended: bool
) -> ComponentRun:
    if any(call.is_open for call in calls):
        state = ComponentState.INTERRUPTED if ended else ComponentState.RUNNING
        return replace(component, state=state, seconds=None)
    error = next((call.error for call in calls if call.error), None)
    if error is None:
        return component
    failure = RunError(error, component_id=component.component_id)
    return replace(component, state=ComponentState.FAILED, error=failure)


def _writers(run: Run, agents: frozenset[str]) -> set[str]:
    """Return the components whose messages tell of their calls.

    A message that is being written names no component: it is that of the only one of `agents`.
    """
    writers = {message.component_id for message in run.answers if message.component_id}
    if len(agents) == 1 and any(not message.complete for message in run.answers):
        writers |= agents
    return writers
