"""A flow as a graph: components, edges, which of them run, which of them end it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FlowSummary:
    """One line of the list of flows."""

    id: str
    name: str
    description: str = ""
    endpoint_name: str | None = None


@dataclass(frozen=True)
class Edge:
    """From an output of `source` into the parameter `target_parameter` of `target`."""

    source: str
    target: str
    source_output: str = ""
    target_parameter: str = ""


@dataclass(frozen=True)
class Component:
    """A node of a flow. `template` is its raw parameters, by name, dicts only.

    `runs` is False if it is not connected with the chat input of a flow that has one (contract,
    2.2). `inner` are the nodes of a group node, by id.
    """

    id: str
    type: str
    display_name: str
    description: str = ""
    template: dict[str, dict[str, Any]] = field(default_factory=dict)
    field_order: tuple[str, ...] = ()
    outputs: tuple[dict[str, Any], ...] = ()
    position: tuple[float, float] = (0.0, 0.0)
    tool_mode: bool = False
    frozen: bool = False
    runs: bool = True
    inner: dict[str, Component] = field(default_factory=dict)
