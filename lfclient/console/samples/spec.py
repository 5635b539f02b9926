"""Specifications of sample flows: components, values and links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
