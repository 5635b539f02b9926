"""A flow's graph: components, edges, groups, and which components run."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.errors import BadAnswer

if TYPE_CHECKING:
    pass


MAX_NESTING = 20  # groups within groups; deeper is nonsense, or a graph that holds itself


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

    `runs` is False if the flow has a chat input and this is not connected with it: servers leave
    such components out. `always_runs` is False also for what only hangs on a component that feeds
    the chat's path: background runs of 1.11 and later take it along, all others leave it out.
    `inner` are the nodes of a group, by id, and
    `inner_edges` what joins them; servers take a group apart before they run it.
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
    always_runs: bool = True
    inner: dict[str, Component] = field(default_factory=dict)
    inner_edges: tuple[Edge, ...] = ()

    def resolve_proxy(self, parameter: str) -> tuple[Component, str] | None:
        """The component within this group that `parameter` belongs to, and its name there."""
        proxy = as_dict(self.template.get(parameter, {}).get("proxy"))
        inner = self.inner.get(as_str(proxy.get("id")))
        name = as_str(proxy.get("field"))
        if inner is None or not name:
            return None
        return inner.resolve_proxy(name) or (inner, name)


def collect_groups(component: Component) -> dict[str, Component]:
    found = {component.id: component}
    for inner in component.inner.values():
        if inner.inner:
            found.update(collect_groups(inner))
    return found


def parse_graph(data: Mapping[str, Any], nesting: int) -> tuple[list[Component], list[Edge]]:
    nodes, edges = data.get("nodes", []), data.get("edges", [])
    for name, part in (("nodes", nodes), ("edges", edges)):
        if part is not None and not isinstance(part, list):
            raise BadAnswer(f"The flow's {name} should be a list, but are {json_type_name(part)}.")
    components: dict[str, Component] = {}
    for node in nodes or []:
        component = _component(node, nesting)
        if component and component.id not in components:
            components[component.id] = component
    found = [_edge(edge, components) for edge in edges or []]
    return list(components.values()), [edge for edge in found if edge]


def _component(node: object, nesting: int) -> Component | None:
    data = as_dict(as_dict(node).get("data"))
    inside = as_dict(data.get("node"))
    identity = as_str(as_dict(node).get("id")) or as_str(data.get("id"))
    kind = as_str(data.get("type"))
    note = as_dict(node).get("type") == "noteNode" or kind in ("note", "noteNode")
    if not identity or note or (not kind and not inside.get("template")):
        return None
    inner, inner_edges = [], []
    group = as_dict(as_dict(inside.get("flow")).get("data"))
    if group and nesting:
        inner, inner_edges = parse_graph(group, nesting - 1)
    template = as_dict(inside.get("template"))
    return Component(
        id=identity,
        type=kind or identity.split("-")[0],
        display_name=as_str(inside.get("display_name")) or kind or identity,
        description=as_str(inside.get("description")),
        template={name: entry for name, entry in template.items() if isinstance(entry, dict)},
        field_order=tuple(as_str(name) for name in as_list(inside.get("field_order"))),
        outputs=tuple(out for out in as_list(inside.get("outputs")) if isinstance(out, dict)),
        position=_position(as_dict(node).get("position")),
        tool_mode=inside.get("tool_mode") is True,
        frozen=inside.get("frozen") is True,
        inner={component.id: component for component in inner},
        inner_edges=tuple(inner_edges),
    )


def _edge(edge: object, components: Mapping[str, Component]) -> Edge | None:
    source, target = as_str(as_dict(edge).get("source")), as_str(as_dict(edge).get("target"))
    if source not in components or target not in components:
        return None
    data = as_dict(as_dict(edge).get("data"))
    handle = as_dict(data.get("targetHandle"))
    parameter = as_str(handle.get("fieldName"))
    template = components[target].template
    proxy = as_dict(handle.get("proxy"))
    if proxy and parameter not in template:
        named = (name for name, entry in template.items() if as_dict(entry.get("proxy")) == proxy)
        parameter = next(named, parameter)
    return Edge(source, target, as_str(as_dict(data.get("sourceHandle")).get("name")), parameter)


def flatten(
    components: Iterable[Component], edges: Iterable[Edge]
) -> tuple[list[Component], list[Edge]]:
    """The graph with its groups taken apart, as servers do it before a run."""
    leaves: list[Component] = []
    joined: list[Edge] = []
    groups: dict[str, Component] = {}
    for component in components:
        if not component.inner:
            leaves.append(component)
            continue
        groups[component.id] = component
        inner, inner_edges = flatten(component.inner.values(), component.inner_edges)
        leaves += inner
        joined += inner_edges
    for edge in edges:
        source, output = _leaf_of_output(groups.get(edge.source), edge)
        target, parameter = edge.target, edge.target_parameter
        if target in groups:
            behind = groups[target].resolve_proxy(parameter)
            target, parameter = (behind[0].id, behind[1]) if behind else (target, parameter)
        joined.append(Edge(source, target, output, parameter))
    return leaves, joined


def _leaf_of_output(group: Component | None, edge: Edge) -> tuple[str, str]:
    source, output = edge.source, edge.source_output
    while group:
        proxies = [as_dict(out.get("proxy")) for out in group.outputs if out.get("name") == output]
        if not proxies or as_str(proxies[0].get("id")) not in group.inner:
            return _final_leaf(group), output
        source, output = as_str(proxies[0].get("id")), as_str(proxies[0].get("name"))
        inner = group.inner[source]
        group = inner if inner.inner else None
    return source, output


def _final_leaf(group: Component) -> str:
    """The inner component that feeds no other: where a group's output comes from."""
    leaves, edges = flatten(group.inner.values(), group.inner_edges)
    feeding = {edge.source for edge in edges}
    ends = [leaf.id for leaf in leaves if leaf.id not in feeding]
    return ends[0] if ends else group.id


def find_running(
    components: Iterable[Component], edges: Iterable[Edge]
) -> tuple[set[str], set[str]] | None:
    """The ids of the leaves that may run, and of those that always do; None if all do.

    With a chat input, all that always run are what it leads to, and whatever feeds that.
    """
    leaves, joined = flatten(components, edges)
    starts = [leaf.id for leaf in leaves if is_chat_input(leaf)]
    if not starts:
        return None
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    around: dict[str, list[str]] = defaultdict(list)
    for edge in joined:
        after[edge.source].append(edge.target)
        before[edge.target].append(edge.source)
        around[edge.source].append(edge.target)
        around[edge.target].append(edge.source)
    always = _reachable(_reachable(starts[:1], after), before)
    return _reachable(starts[:1], around), always


def _reachable(starts: Iterable[str], steps: Mapping[str, list[str]]) -> set[str]:
    found = set(starts)
    queue = deque(found)
    while queue:
        for following in steps.get(queue.popleft(), ()):
            if following not in found:
                found.add(following)
                queue.append(following)
    return found


def mark_running(component: Component, running: tuple[set[str], set[str]] | None) -> Component:
    if running is None:
        return component
    if not component.inner:
        may, always = running
        return replace(component, runs=component.id in may, always_runs=component.id in always)
    inner = {name: mark_running(one, running) for name, one in component.inner.items()}
    return replace(
        component,
        inner=inner,
        runs=any(one.runs for one in inner.values()),
        always_runs=any(one.always_runs for one in inner.values()),
    )


def is_chat_input(component: Component) -> bool:
    return "ChatInput" in (component.type, component.id.split("-")[0])


def _position(value: object) -> tuple[float, float]:
    at = [as_dict(value).get(axis) for axis in ("x", "y")]
    x, y = (float(part) if isinstance(part, (int, float)) else 0.0 for part in at)
    return x, y


def json_type_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "nothing" if value is None else names.get(type(value), "a number")
