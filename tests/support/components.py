"""Flows with many components or hostile names, and runs of them at a chosen step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lfclient.flows.model import Flow
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, RunError
from tests.support import flows

STARTED_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = ("<img src=x onerror='window.hit=1'>", "{a|b} {b} {value}", "**x** :red[y] `z`|q $1$")


def named(id: str, name: str, x: float = 0, y: float = 0) -> dict[str, Any]:
    """Return a node with a name and a position on the canvas."""
    node = flows.node(id)
    node["data"]["node"]["display_name"] = name
    node["position"] = {"x": x, "y": y}
    return node


def big_flow(count: int = 60, rows: int = 5) -> Flow:
    """Return `count` components in columns of `rows`, each column fed by the one before.

    The last component is not connected.
    """
    words = ("Prompt Template", "Language Model", "Parser", "Split Text", "Structured Output Agent")
    nodes = [
        named(
            f"Step-{number:02d}",
            f"{words[number % len(words)]} {number + 1}",
            x=400 * (number // rows) + 15 * (number % 3),
            y=420 * (number % rows) + 60 * (number // rows % 2),
        )
        for number in range(count - 1)
    ]
    edges = [
        flows.edge(nodes[number - rows + shift]["id"], nodes[number]["id"])
        for number in range(rows, count - 1)
        for shift in ((0, 1) if number % rows == 2 else (0,))
    ]
    start = flows.chat_input()
    start["position"] = {"x": -400, "y": 840}
    edges += [flows.edge(start["id"], node["id"]) for node in nodes[: rows - 1]]
    return flows.flow(start, *nodes, edges=edges)


def hostile_flow() -> Flow:
    """Return a flow whose component names contain markup."""
    nodes = [named(f"Odd-{number}", name, x=400 * number) for number, name in enumerate(HOSTILE)]
    return flows.flow(*nodes, edges=[flows.edge("Odd-0", "Odd-1"), flows.edge("Odd-1", "Odd-2")])


def done(
    component_id: str, seconds: float = 0.5, ended: float | None = None, **more: Any
) -> ComponentRun:
    """Return a finished component. `ended` is in seconds after the run started."""
    ended_at = None if ended is None else STARTED_AT + timedelta(seconds=ended)
    values: dict[str, Any] = {"state": ComponentState.DONE, **more}
    return ComponentRun(component_id, seconds=seconds, ended_at=ended_at, **values)


def halfway(flow: Flow, step: int) -> dict[str, ComponentRun]:
    """Return a run with `step` components done, and the next ones in all other states."""
    leaves = [leaf.id for leaf in flow.leaves if leaf.runs]
    found = {leaf: ComponentRun(leaf) for leaf in leaves}
    for number, leaf in enumerate(leaves[:step]):
        output = Output(leaf, OutputKind.MESSAGE, f"What {leaf} said\nand more")
        seconds = 0.02 if number % 4 == 0 else 0.4 + number % 7
        found[leaf] = done(leaf, seconds, 0.9 * number + seconds, output=output)
    other_states = (
        ComponentState.RUNNING,
        ComponentState.RUNNING,
        ComponentState.FAILED,
        ComponentState.SKIPPED,
        ComponentState.SUSPENDED,
        ComponentState.INTERRUPTED,
        ComponentState.UNKNOWN,
        ComponentState.NOT_CALLED,
    )
    for leaf, state in zip(leaves[step:], other_states, strict=False):
        error = RunError(f"{leaf} could not: <b>no</b> key") if state.value == "failed" else None
        found[leaf] = ComponentRun(leaf, state, error=error)
    return found
