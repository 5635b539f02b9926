"""A flow as a graph: components, edges, which of them run, which of them end it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lfclient.common.coerce import as_str
from lfclient.common.redaction import collect_texts, find_named_secrets, is_secret_name
from lfclient.errors import BadAnswer
from lfclient.flows.field import Field
from lfclient.flows.field_extraction import extract_fields
from lfclient.flows.graph import (
    MAX_NESTING,
    Component,
    Edge,
    collect_groups,
    find_running,
    flatten,
    is_chat_input,
    json_type_name,
    mark_running,
    parse_graph,
)


@dataclass(frozen=True)
class FlowSummary:
    """One line of the list of flows."""

    id: str
    name: str
    description: str = ""
    endpoint_name: str | None = None


@dataclass(frozen=True)
class Flow:
    """A flow at one moment. `raw` is the server's own JSON, and is not to be changed."""

    id: str
    name: str
    components: tuple[Component, ...] = ()
    edges: tuple[Edge, ...] = ()
    description: str = ""
    endpoint_name: str | None = None
    updated_at: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, raw: object) -> Flow:
        """A flow as `GET /api/v1/flows/{id}` or an exported file gives it.

        Odd nodes and edges are left out; raises `BadAnswer` if there is no graph to be seen.
        """
        if not isinstance(raw, dict):
            raise BadAnswer(f"A flow was expected, but {json_type_name(raw)} came.")
        data = raw.get("data", raw if "nodes" in raw else None)
        if data is not None and not isinstance(data, dict):
            raise BadAnswer(f"The flow's data should be an object, but is {json_type_name(data)}.")
        components, edges = parse_graph(data or {}, MAX_NESTING)
        running = find_running(components, edges)
        return cls(
            id=as_str(raw.get("id")),
            name=as_str(raw.get("name")) or "Untitled flow",
            components=tuple(mark_running(component, running) for component in components),
            edges=tuple(edges),
            description=as_str(raw.get("description")),
            endpoint_name=as_str(raw.get("endpoint_name")) or None,
            updated_at=as_str(raw.get("updated_at")),
            raw=raw,
        )

    def component(self, component_id: str) -> Component | None:
        """The component of that id, also one within a group; None if there is none."""
        return self._by_id.get(component_id)

    @cached_property
    def shared_names(self) -> frozenset[str]:
        """The names that several of its components have."""
        counts = Counter(component.display_name for component in self.components)
        return frozenset(name for name, count in counts.items() if count > 1)

    @cached_property
    def fields(self) -> list[Field]:
        """What a run may override, in the order of the form."""
        return extract_fields(self.components, self.edges, self.shared_names)

    @cached_property
    def fields_by_key(self) -> dict[str, Field]:
        """`fields` by their key, `Component.parameter`."""
        return {one.key: one for one in self.fields}

    @cached_property
    def leaves(self) -> tuple[Component, ...]:
        """The components as they run: those within groups in place of their groups."""
        return tuple(self._flat[0])

    @cached_property
    def terminals(self) -> tuple[Component, ...]:
        """The components that feed no other: the keys of a run's outputs."""
        feeding = {edge.source for edge in self._flat[1]}
        return tuple(leaf for leaf in self.leaves if leaf.id not in feeding)

    @cached_property
    def expected_terminals(self) -> tuple[Component, ...]:
        """The terminals that a run should answer with, whatever its mode."""
        return tuple(terminal for terminal in self.terminals if terminal.always_runs)

    @cached_property
    def unconnected(self) -> tuple[Component, ...]:
        """The components that never run, since the chat input does not lead to them."""
        return tuple(component for component in self.components if not component.runs)

    @cached_property
    def chat_input(self) -> Component | None:
        """Where the chat text goes in; the first one, if a flow has several."""
        return next((leaf for leaf in self.leaves if is_chat_input(leaf)), None)

    @cached_property
    def has_chat(self) -> bool:
        """Whether people can chat with this flow: it takes a text and answers with one."""
        answers = any("ChatOutput" in (leaf.type, leaf.id.split("-")[0]) for leaf in self.leaves)
        return answers and any(one.chat_input for one in self.fields)

    @property
    def needs_approval(self) -> bool:
        """Whether a run may wait for a person's decision."""
        return any(leaf.type == "HumanInput" and leaf.runs for leaf in self.leaves)

    @cached_property
    def _flat(self) -> tuple[list[Component], list[Edge]]:
        return flatten(self.components, self.edges)

    @cached_property
    def _by_id(self) -> dict[str, Component]:
        found = {leaf.id: leaf for leaf in self.leaves}
        for component in self.components:
            found.update(collect_groups(component))
        return found


def stored_secrets(flow: Flow | None) -> Iterator[str]:
    """The secrets that a flow holds in clear, which its run may have returned."""
    for component in flow.components if flow else ():
        yield from _stored_in(component)


def _stored_in(component: Component) -> Iterator[str]:
    for name, entry in component.template.items():
        value = entry.get("value")
        if entry.get("load_from_db"):
            continue  # the value is the name of a variable
        if entry.get("password") or (is_secret_name(name) and not entry.get("options")):
            yield from collect_texts(value)
        else:
            yield from find_named_secrets(value)
    for inner in component.inner.values():
        yield from _stored_in(inner)
