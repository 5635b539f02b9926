"""Flows with agents and their tools, and runs of them."""

from __future__ import annotations

from typing import Any

from lfclient.flows.model import Flow
from lfclient.runs.components import Message
from lfclient.runs.model import Run, RunStatus
from tests.support import flows
from tests.support.components import done

UNUSED = "Stock-1"
FOUND = {"type": "tool", "content": "7", "status": "success"}


def tool(id: str, *functions: str) -> dict[str, Any]:
    """Return the node of a tool with these functions."""
    rows = [{"name": name} for name in functions]
    return flows.node(id, tools_metadata=flows.entry("ToolsInput", "tools", rows))


def step(name: str, output: object = FOUND, **more: object) -> dict[str, Any]:
    """Return the call of a function in an agent's message."""
    return {"type": "tool_use", "name": name, "tool_input": {"a": 1}, "output": output, **more}


def graph_with_tools() -> dict[str, Any]:
    """Return the JSON of a flow whose agent has two tools."""
    nodes = [tool("Sum-1", "add"), tool(UNUSED, "look_up"), flows.node("Agent-1")]
    edges = [flows.edge(source, "Agent-1", "tools") for source in ("Sum-1", UNUSED)]
    return flows.graph(*nodes, edges=edges)


def run_with_unused_tool() -> tuple[Run, Flow]:
    """Return a run whose agent called one of its two tools; the server reports both as done."""
    flow = Flow.from_json(graph_with_tools())
    answer = Message("m", "Done", "Machine", "AI", component_id="Agent-1", blocks=(step("add"),))
    components = {id: done(id, 0.5, 1) for id in ("Sum-1", UNUSED, "Agent-1")}
    run = Run(flow.id, "background", RunStatus.COMPLETED, components=components)
    run.messages["m"] = answer
    return run, flow
