"""Sample flows' specifications, and a flow's graph built from one and the server's components."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lfclient.flows.edges import written_handle


@dataclass(frozen=True)
class Node:
    """A component of a sample.

    `variables` has the values of a prompt template's variables by name. `editable` has the
    parameters that a form shows first, `required` the parameters that a run needs. `name` replaces
    the display name.
    """

    key: str
    type: str
    values: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    editable: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    name: str = ""

    @property
    def id(self) -> str:
        return f"{self.type.replace(' ', '')}-{self.key}"


@dataclass(frozen=True)
class Link:
    """A link from an output of one node to a parameter of another. Nodes are given by key."""

    source: str
    output: str
    target: str
    parameter: str = "input_value"


@dataclass(frozen=True)
class Sample:
    """A sample flow."""

    name: str
    description: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = ()

    def missing(self, catalogue: Mapping[str, Any]) -> list[str]:
        """Return the component types that this server lacks or forbids."""
        return sorted({node.type for node in self.nodes} - components_by_type(catalogue).keys())


def components_by_type(catalogue: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the components of a catalogue by type, from all categories."""
    # since 1.10 the catalogue also has a list of names among its categories
    return {
        name: component
        for category in catalogue.values()
        if isinstance(category, dict)
        for name, component in category.items()
        if isinstance(component, dict) and isinstance(component.get("template"), dict)
    }


def build_graph(sample: Sample, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    """Return the graph (`data`) of a flow, built from the components in `catalogue`.

    `catalogue` is `client.editor.catalogue(custom_component_code())`, with the custom components.
    Raise `KeyError` if a component is missing; see `Sample.missing`.
    """
    components = components_by_type(catalogue)
    nodes = {node.key: _node(node, components[node.type], place) for place, node in _layout(sample)}
    return {
        "nodes": list(nodes.values()),
        "edges": [
            _edge(link, nodes[link.source]["data"], nodes[link.target]["data"])
            for link in sample.links
        ],
        "viewport": {"x": 0, "y": 0, "zoom": 0.8},
    }


def _layout(sample: Sample) -> list[tuple[tuple[int, int], Node]]:
    """Return each node with its position, to the right of the nodes it depends on."""
    column = {node.key: 0 for node in sample.nodes}
    for _ in sample.nodes:
        for link in sample.links:
            column[link.target] = max(column[link.target], column[link.source] + 1)
    rows: dict[int, int] = {}
    placed = []
    for node in sample.nodes:
        row = rows.setdefault(column[node.key], 0)
        rows[column[node.key]] += 1
        placed.append(((column[node.key] * 420, row * 380), node))
    return placed


def _node(node: Node, component: Mapping[str, Any], place: tuple[int, int]) -> dict[str, Any]:
    copied = copy.deepcopy(dict(component))
    template = copied["template"]
    for parameter, value in node.values.items():
        template[parameter]["value"] = value
    for variable, value in node.variables.items():
        template[variable] = _prompt_variable(variable, value)
    if node.variables:
        copied["custom_fields"] = {"template": list(node.variables)}
    for parameter in node.editable:
        template[parameter]["api_editable"] = True
    for parameter in node.required:
        template[parameter]["required"] = True
    for parameter in (*node.values, *node.editable):
        # as the editor does for a set controlling parameter: 1.8 ignores hidden parameters
        template[parameter]["show"] = True
    if node.name:
        copied["display_name"] = node.name
    return {
        "id": node.id,
        "type": "genericNode",
        "position": {"x": place[0], "y": place[1]},
        "data": {"id": node.id, "type": node.type, "node": copied, "showNode": True},
    }


def _prompt_variable(name: str, value: str) -> dict[str, Any]:
    # the editor adds such a field to a prompt template for each {name} in its text
    off = ("required", "advanced", "list", "dynamic", "load_from_db", "title_case")
    return {
        "name": name,
        "display_name": name,
        "value": value,
        "type": "str",
        "field_type": "str",
        "input_types": ["Message"],
        "fileTypes": [],
        "multiline": True,
        "show": True,
        **dict.fromkeys(off, False),
        **dict.fromkeys(("info", "placeholder", "file_path"), ""),
    }


def _edge(link: Link, source: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    output = next(o for o in source["node"]["outputs"] if o["name"] == link.output)
    # the editor stores the selected output of several outputs
    source["node"]["selected_output"] = link.output
    parameter = target["node"]["template"][link.parameter]
    handles = {
        "sourceHandle": {
            "dataType": source["type"],
            "id": source["id"],
            "name": link.output,
            "output_types": output["types"],
        },
        "targetHandle": {
            "fieldName": link.parameter,
            "id": target["id"],
            "inputTypes": parameter.get("input_types"),
            "type": parameter["type"],
        },
    }
    written = {end: written_handle(handle) for end, handle in handles.items()}
    return {
        "id": f"xy-edge__{source['id']}{written['sourceHandle']}"
        f"-{target['id']}{written['targetHandle']}",
        "source": source["id"],
        "target": target["id"],
        **written,
        "data": handles,
    }
