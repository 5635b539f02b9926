"""The tools of a flow's agents."""

from collections.abc import Iterable
from dataclasses import dataclass

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow

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
