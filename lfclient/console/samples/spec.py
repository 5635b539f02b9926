"""What a sample is: component types, values and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_COMPONENTS_FOLDER = Path(__file__).parent / "components"


@dataclass(frozen=True)
class Node:
    """A component of a sample.

    `variables` are those of a prompt template, with their values; `editable` the parameters that a
    form shows first; `required` those without a value that a run can't do without; `name` replaces
    the component's display name. `own` names the file in `components/` with the code of a
    component that no Langflow has; its class is called `type`.
    """

    key: str
    type: str
    values: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    editable: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    name: str = ""
    own: str = ""

    @property
    def id(self) -> str:
        return f"{self.type.replace(' ', '')}-{self.key}"

    @property
    def code(self) -> str:
        """The code of a component of our own."""
        return (_COMPONENTS_FOLDER / f"{self.own}.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Link:
    """From an output of one node into a parameter of another; nodes by key."""

    source: str
    output: str
    target: str
    parameter: str = "input_value"


@dataclass(frozen=True)
class Sample:
    """A flow as it is specified; `shows` says what a person can see or try with it."""

    name: str
    description: str
    shows: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = ()

    def missing(self, catalogue: Mapping[str, Any]) -> list[str]:
        """The component types that this server does not have, or does not allow."""
        known = components_by_type(catalogue)
        return sorted({node.type for node in self.nodes} - known.keys())


def components_by_type(catalogue: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The components of a catalogue by their type, of whatever category."""
    # from 1.10 the catalogue also has a list of names among its categories
    return {
        name: component
        for category in catalogue.values()
        if isinstance(category, dict)
        for name, component in category.items()
        if isinstance(component, dict) and isinstance(component.get("template"), dict)
    }
