"""What a graph lacks so that no server runs it: graphs written by hand or before Langflow 1.0."""

from collections.abc import Iterator
from dataclasses import dataclass

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.definitions import graph_data
from lfclient.flows.model import Flow

_NODE_PROPERTIES = (("id",), ("data", "id"), ("data", "type"), ("data", "node", "template"))
_EDGE_PROPERTIES = (("source",), ("target",), ("data", "sourceHandle"), ("data", "targetHandle"))
_CODE = ("data", "node", "template", "code")
_DEFINITION = ("data", "node")


@dataclass(frozen=True)
class GraphGap:
    """A property that a component or a connection lacks, such as `data.sourceHandle`.

    `place` is the component's label, or the labels of the two components that are connected.
    """

    place: str
    property: str


def is_before_1_0(flow: Flow) -> bool:
    """Return whether Langflow before 1.0 made the flow: no component has a list of outputs."""
    nodes = [_at(node, _DEFINITION) for node in _nodes(flow)]
    return (
        bool(nodes)
        and all("base_classes" in as_dict(node) for node in nodes)
        and not any("outputs" in as_dict(node) for node in nodes)
    )


def find_gaps(flow: Flow) -> Iterator[GraphGap]:
    """Yield what the graph lacks, components first.

    Langflow 1.11 and 1.13 refuse such a graph with the bare name of a property.
    """
    nodes = list(_nodes(flow))
    labels = {as_str(as_dict(node).get("id")): _label(flow, node) for node in nodes}
    for number, node in enumerate(nodes, 1):
        is_group = "flow" in as_dict(_at(node, _DEFINITION))
        needed = _NODE_PROPERTIES if is_group else (*_NODE_PROPERTIES, _CODE)
        place = _label(flow, node) or f"Component {number}"
        yield from _find_missing(node, needed, place)
    for edge in as_list(graph_data(flow).get("edges")):
        ends = (as_str(as_dict(edge).get(end)) for end in ("source", "target"))
        place = " → ".join(labels.get(end) or end or "?" for end in ends)
        yield from _find_missing(edge, _EDGE_PROPERTIES, place)


def _find_missing(
    part: Json, needed: tuple[tuple[str, ...], ...], place: str
) -> Iterator[GraphGap]:
    """Yield the missing properties, without the properties inside a missing one."""
    missing: list[tuple[str, ...]] = []
    for path in needed:
        if _at(part, path) is None:
            first = next(n for n in range(1, len(path) + 1) if _at(part, path[:n]) is None)
            if path[:first] not in missing:
                missing.append(path[:first])
                yield GraphGap(place, ".".join(path[:first]))


def _at(part: Json, path: tuple[str, ...]) -> Json:
    for name in path:
        part = as_dict(part).get(name)
    return part


def _nodes(flow: Flow) -> Iterator[JsonObject]:
    for node in as_list(graph_data(flow).get("nodes")):
        node = as_dict(node)
        type = as_dict(node.get("data")).get("type")
        if node.get("type") != "noteNode" and type not in ("note", "noteNode"):
            yield node


def _label(flow: Flow, node: JsonObject) -> str:
    id = as_str(node.get("id"))
    return flow.component_label(id, 80) if id else ""
