"""A flow's graph: components, edges, groups, and which components run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import TypeVar

from lfclient.common.coerce import as_dict, as_float, as_list, as_str
from lfclient.common.json_types import JsonObject
from lfclient.errors import BadResponse
from lfclient.resources.component_code import code_digest, code_text

_LOOP_ITEM = "item"  # a loop's output, and the end of the edge back to it
_CARD_WIDTH = 320  # of a component in Langflow's editor
MAX_NESTING = 20  # groups within groups; a deeper graph is broken or contains itself

T = TypeVar("T")


@dataclass(frozen=True)
class Edge:
    """Connects an output of `source` to the parameter `target_parameter` of `target`."""

    source: str
    target: str
    source_output: str = ""
    target_parameter: str = ""


@dataclass(frozen=True)
class Component:
    """A node of a flow. `template` contains the raw parameters by name, dicts only.

    A person changed the code of an `edited` component in Langflow's editor. `module` is the Python
    module of the component's class, "" if the flow stores none.

    `runs` is False if no run includes the component: the flow has a chat input that it is not
    connected to, or several and it is not reached from the first. `always_runs` is also False for a
    component that is connected to the only chat input, but neither follows it nor feeds what does:
    only background runs of 1.11 and later include it. Both differ for a run that starts at a
    webhook (`Flow.for_mode`). `inner` are the nodes of a group by id, and `inner_edges` their
    edges; servers expand groups before a run. A `frozen` component runs once; afterwards the server
    returns that result, whatever a run sends, and also to other flows that have a component with
    its id.
    """

    id: str
    type: str
    display_name: str
    description: str = ""
    template: dict[str, JsonObject] = field(default_factory=dict)
    field_order: tuple[str, ...] = ()
    outputs: tuple[JsonObject, ...] = ()
    position: tuple[float, float] = (0.0, 0.0)
    tool_mode: bool = False
    frozen: bool = False
    edited: bool = False
    module: str = ""
    runs: bool = True
    always_runs: bool = True
    inner: dict[str, Component] = field(default_factory=dict)
    inner_edges: tuple[Edge, ...] = ()

    def resolve_proxy(self, parameter: str) -> tuple[Component, str] | None:
        """Return the inner component and parameter that this group's `parameter` stands for."""
        proxy = as_dict(self.template.get(parameter, {}).get("proxy"))
        inner = self.inner.get(as_str(proxy.get("id")))
        name = as_str(proxy.get("field"))
        if inner is None or not name:
            return None
        return inner.resolve_proxy(name) or (inner, name)

    def has_type(self, name: str) -> bool:
        """Return whether the component's type, or the prefix of its id, is `name`."""
        return name in (self.type, self.id.split("-")[0])

    @cached_property
    def code_digest(self) -> str:
        """The digest of the component's code, "" without code."""
        return code_digest(code_text(self.template.get("code", {}).get("value")))

    @property
    def declared_types(self) -> list[str]:
        """The names of the types that its outputs declare."""
        return [name for output in self.outputs for name in as_list(output.get("types"))]

    def walk(self) -> Iterator[Component]:
        """Yield this component and all inside it, at any depth."""
        yield self
        for component in self.inner.values():
            yield from component.walk()


def parse_graph(
    data: JsonObject, max_nesting: int = MAX_NESTING
) -> tuple[list[Component], list[Edge]]:
    """Return a graph's components and edges, without notes and broken nodes and edges.

    Groups nested deeper than `max_nesting` stay unexpanded. Raises `BadResponse` if nodes or edges
    are not lists.
    """
    nodes, edges = data.get("nodes", []), data.get("edges", [])
    for name, part in (("nodes", nodes), ("edges", edges)):
        if part is not None and not isinstance(part, list):
            raise BadResponse(
                f"The flow's {name} should be a list, but are {json_type_name(part)}."
            )
    components: dict[str, Component] = {}
    for node in nodes or []:
        component = _component(node, max_nesting)
        if component and component.id not in components:
            components[component.id] = component
    parsed = [_edge(edge, components) for edge in edges or []]
    return list(components.values()), [edge for edge in parsed if edge]


def _component(node: object, max_nesting: int) -> Component | None:
    data = as_dict(as_dict(node).get("data"))
    definition = as_dict(data.get("node"))
    id = as_str(as_dict(node).get("id")) or as_str(data.get("id"))
    type = as_str(data.get("type"))
    is_note = as_dict(node).get("type") == "noteNode" or type in ("note", "noteNode")
    if not id or is_note or (not type and not definition.get("template")):
        return None
    inner: list[Component] = []
    inner_edges: list[Edge] = []
    group = as_dict(as_dict(definition.get("flow")).get("data"))
    if group and max_nesting:
        inner, inner_edges = parse_graph(group, max_nesting - 1)
    template = as_dict(definition.get("template"))
    return Component(
        id=id,
        type=type or id.split("-")[0],
        display_name=as_str(definition.get("display_name")) or type or id,
        description=as_str(definition.get("description")),
        template={name: entry for name, entry in template.items() if isinstance(entry, dict)},
        field_order=tuple(as_str(name) for name in as_list(definition.get("field_order"))),
        outputs=tuple(out for out in as_list(definition.get("outputs")) if isinstance(out, dict)),
        position=_position(as_dict(node).get("position")),
        tool_mode=definition.get("tool_mode") is True,
        frozen=definition.get("frozen") is True,
        edited=definition.get("edited") is True,
        module=as_str(as_dict(definition.get("metadata")).get("module")),
        inner={component.id: component for component in inner},
        inner_edges=tuple(inner_edges),
    )


def _edge(edge: object, components: Mapping[str, Component]) -> Edge | None:
    source, target = as_str(as_dict(edge).get("source")), as_str(as_dict(edge).get("target"))
    if source not in components or target not in components:
        return None
    data = as_dict(as_dict(edge).get("data"))
    handle = as_dict(data.get("targetHandle"))
    # an edge back to a loop ends at its output
    parameter = as_str(handle.get("fieldName")) or as_str(handle.get("name"))
    template = components[target].template
    proxy = as_dict(handle.get("proxy"))
    if proxy and parameter not in template:
        matches = (name for name, entry in template.items() if as_dict(entry.get("proxy")) == proxy)
        parameter = next(matches, parameter)
    return Edge(source, target, as_str(as_dict(data.get("sourceHandle")).get("name")), parameter)


def flatten(
    components: Iterable[Component], edges: Iterable[Edge]
) -> tuple[list[Component], list[Edge]]:
    """Return the graph with its groups expanded, as servers do before a run."""
    leaves: list[Component] = []
    flat_edges: list[Edge] = []
    groups: dict[str, Component] = {}
    for component in components:
        if not component.inner:
            leaves.append(component)
            continue
        groups[component.id] = component
        inner, inner_edges = flatten(component.inner.values(), component.inner_edges)
        leaves += inner
        flat_edges += inner_edges
    for edge in edges:
        source, output = _leaf_of_output(groups.get(edge.source), edge)
        target, parameter = edge.target, edge.target_parameter
        if target in groups:
            inner_target = groups[target].resolve_proxy(parameter)
            if inner_target:
                target, parameter = inner_target[0].id, inner_target[1]
        flat_edges.append(Edge(source, target, output, parameter))
    return leaves, flat_edges


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
    """Return the id of the inner component that feeds no other, the source of a group's output."""
    leaves, edges = flatten(group.inner.values(), group.inner_edges)
    sources = {edge.source for edge in edges}
    return next((leaf.id for leaf in leaves if leaf.id not in sources), group.id)


def number_components(components: Iterable[Component]) -> dict[str, int]:
    """Return numbers from 1, by id, for components that share a name, also for those in groups.

    They are in reading order: a group's components stand where the group does. A number that would
    give a component the name of another one is left out.
    """
    # a name's components, each with what stands for it in the graph
    named: dict[str, dict[str, tuple[Component, Component]]] = defaultdict(dict)
    for outer in components:
        for part in outer.walk():
            named[part.display_name][part.id] = part, outer
    numbers: dict[str, int] = {}
    for name, parts in named.items():
        if len(parts) > 1:
            ordered = in_reading_order(parts.values(), lambda each: each[0].position)
            ordered = in_reading_order(ordered, lambda each: each[1].position)
            free = (number for number in count(1) if f"{name} {number}" not in named)
            numbers.update((part.id, next(free)) for part, _ in ordered)
    return numbers


def in_reading_order(
    items: Iterable[T], position: Callable[[T], tuple[float, float]]
) -> Iterator[T]:
    """Yield the items from left to right, and those of one column from top to bottom.

    A column is less than a card wide: authors don't align their cards. Items at one place keep
    their order.
    """
    columns: list[list[T]] = []
    for item in sorted(items, key=lambda item: position(item)[0]):
        if not columns or position(item)[0] - position(columns[-1][0])[0] >= _CARD_WIDTH:
            columns.append([])
        columns[-1].append(item)
    for column in columns:
        yield from sorted(column, key=lambda item: position(item)[1])


def mark_running(components: list[Component], edges: list[Edge]) -> list[Component]:
    """Return the components with `runs` and `always_runs` set. All run without a chat input.

    The components that follow the first chat input always run, and so do those that feed them.
    """
    leaves, flat_edges = flatten(components, edges)
    chat_input = next((leaf.id for leaf in leaves if leaf.has_type("ChatInput")), None)
    if chat_input is None:
        return components
    may_run = always_run = _run_from(chat_input, flat_edges)
    if not has_several_chat_inputs(leaves, flat_edges):
        ways = [(edge.source, edge.target) for edge in flat_edges]
        may_run = _reachable({chat_input}, ways + [(target, source) for source, target in ways])
    return [_mark(component, may_run, always_run) for component in components]


def mark_running_from(
    leaf_id: str, components: Iterable[Component], leaf_edges: Iterable[Edge]
) -> list[Component]:
    """Return the components with `runs` and `always_runs` set for a run that starts at a leaf."""
    run = _run_from(leaf_id, leaf_edges)
    return [_mark(component, run, run) for component in components]


def _run_from(leaf_id: str, edges: Iterable[Edge]) -> set[str]:
    """Return the ids of the leaves that follow this one, and of those that feed them."""
    forward = [(edge.source, edge.target) for edge in edges]
    return _reachable(
        _reachable({leaf_id}, forward), [(target, source) for source, target in forward]
    )


def has_several_chat_inputs(leaves: Iterable[Component], edges: Iterable[Edge]) -> bool:
    """Return whether no other component feeds several of the chat inputs.

    From 1.11 on, servers refuse background and streamed runs of such a flow. In the other runs, the
    first chat input alone starts the run.
    """
    fed = {edge.target for edge in edges}
    return sum(leaf.has_type("ChatInput") and leaf.id not in fed for leaf in leaves) > 1


def loop_bodies(leaves: Iterable[Component], edges: Iterable[Edge]) -> frozenset[str]:
    """Return the ids of the leaves that a loop runs once for each item.

    As on servers, these are what follows the item up to the edge back, and all that feeds it.
    """
    edges = list(edges)
    bodies: set[str] = set()
    for loop in leaves:
        if not loop.has_type("LoopComponent"):
            continue
        own = [edge for edge in edges if loop.id in (edge.source, edge.target)]
        starts = {e.target for e in own if e.source == loop.id and e.source_output == _LOOP_ITEM}
        ends = {e.source for e in own if e.target == loop.id and e.target_parameter == _LOOP_ITEM}
        if not ends:
            continue
        others = [edge for edge in edges if edge not in own]
        forward = [(edge.source, edge.target) for edge in others if edge.source not in ends]
        reverse = [(edge.target, edge.source) for edge in others]
        bodies |= _reachable(_reachable(starts, forward), reverse)
    return frozenset(bodies)


def _reachable(starts: set[str], edges: Iterable[tuple[str, str]]) -> set[str]:
    targets: dict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        targets[source].add(target)
    reached = set(starts)
    queue = list(starts)
    while queue:
        new = targets[queue.pop()] - reached
        reached |= new
        queue += new
    return reached


def _mark(component: Component, may_run: set[str], always_run: set[str]) -> Component:
    """Return the component with `runs` and `always_runs` set. A group runs if any part does."""
    leaves = {part.id for part in component.walk() if not part.inner}
    return replace(
        component,
        inner={id: _mark(part, may_run, always_run) for id, part in component.inner.items()},
        runs=not leaves.isdisjoint(may_run),
        always_runs=not leaves.isdisjoint(always_run),
    )


def _position(value: object) -> tuple[float, float]:
    x, y = (as_float(as_dict(value).get(axis)) or 0.0 for axis in ("x", "y"))
    return x, y


def json_type_name(value: object) -> str:
    """Return a JSON value's type for an error message, such as "an object"."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "nothing" if value is None else names.get(type(value), "a number")
