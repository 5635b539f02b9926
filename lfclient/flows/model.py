"""A flow: its graph, its fields, and which components run and end it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lfclient.common.coerce import as_list, as_str
from lfclient.common.formatting import with_number
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import BadResponse, LangflowError
from lfclient.flows.credentials import entry_secrets, receives_credentials
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.field import Field
from lfclient.flows.field_extraction import extract_fields
from lfclient.flows.graph import (
    Component,
    Edge,
    flatten,
    has_several_chat_inputs,
    in_reading_order,
    json_type_name,
    loop_bodies,
    mark_running,
    mark_running_from,
    number_components,
    parse_graph,
)
from lfclient.resources.packages import Package, imported_packages
from lfclient.resources.server_resources import ResourceKind
from lfclient.wire.server_info import ServerInfo

_MAX_POINTS = 20  # in a component's id; Langflow's own have none


@dataclass(frozen=True)
class FlowSummary:
    """One entry in the list of flows."""

    id: str
    name: str
    description: str = ""
    endpoint_name: str | None = None


@dataclass(frozen=True)
class Refresh:
    """How a flow differs from the one on the server, which is `stored`.

    `choices` are the values that were chosen, by key and in order. `errors` say, by key, why the
    server could not apply a choice; such a choice changed nothing.
    """

    stored: Flow
    choices: Mapping[str, Json] = field(default_factory=dict)
    errors: Mapping[str, LangflowError] = field(default_factory=dict)


@dataclass(frozen=True)
class Flow:
    """A snapshot of a flow. `raw` is the server's own JSON; don't modify it.

    `refreshed` is None for a flow as the server stores it. `starts_at_webhook`: its components'
    `runs` and `always_runs` are those of a run that starts at the first webhook (`for_mode`).
    `locks_urls`: a run can't override URLs that receive stored credentials.
    """

    id: str
    name: str
    components: tuple[Component, ...] = ()
    edges: tuple[Edge, ...] = ()
    description: str = ""
    endpoint_name: str | None = None
    updated_at: str = ""
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)
    refreshed: Refresh | None = field(default=None, repr=False, compare=False)
    starts_at_webhook: bool = False
    locks_urls: bool = False

    @classmethod
    def from_json(cls, raw: object) -> Flow:
        """Parse a flow from `GET /api/v1/flows/{id}` or an exported file.

        Broken nodes and edges are omitted. Raises `BadResponse` if there is no graph.
        """
        if not isinstance(raw, dict):
            raise BadResponse(f"Expected a flow, but received {json_type_name(raw)}.")
        data = raw.get("data", raw if "nodes" in raw else None)
        if data is not None and not isinstance(data, dict):
            raise BadResponse(
                f"The flow's data should be an object, but is {json_type_name(data)}."
            )
        components, edges = parse_graph(data or {})
        return cls(
            id=as_str(raw.get("id")),
            name=as_str(raw.get("name")) or "Untitled flow",
            components=tuple(mark_running(components, edges)),
            edges=tuple(edges),
            description=as_str(raw.get("description")),
            endpoint_name=as_str(raw.get("endpoint_name")) or None,
            updated_at=as_str(raw.get("updated_at")),
            raw=raw,
        )

    @property
    def choices(self) -> Mapping[str, Json]:
        """The values that were chosen, by key, which a refreshed flow has as its own."""
        return self.refreshed.choices if self.refreshed else {}

    @property
    def stored(self) -> Flow:
        """The flow as the server stores it, without choices."""
        return self.refreshed.stored if self.refreshed else self

    def component(self, component_id: str) -> Component | None:
        """Return the component with this id, also from inside a group, or None."""
        return self._by_id.get(component_id)

    def split_key(self, key: str) -> tuple[Component | None, str]:
        """Return the component and the parameter in an override's key."""
        id, parameter = split_key(key, self._outer_by_id)
        owner = self._outer_by_id.get(id)
        return (owner, parameter) if owner else (None, key)

    def locate(self, key: str) -> tuple[Component | None, str]:
        """Return the component and the parameter that an override's key stands for.

        For a group's, they are those of a component inside it.
        """
        component, parameter = self.split_key(key)
        inner_target = component.resolve_proxy(parameter) if component else None
        return inner_target or (component, parameter)

    def takes_credentials(self, key: str) -> bool:
        """Return whether an override's value is a URL that receives stored credentials."""
        return receives_credentials(*self.locate(key))

    @cached_property
    def components_in_reading_order(self) -> tuple[Component, ...]:
        """The components from left to right, and those of one column from top to bottom."""
        return tuple(in_reading_order(self.components, lambda component: component.position))

    @cached_property
    def component_numbers(self) -> dict[str, int]:
        """The numbers, by id, of components that share their name, also inside groups.

        Components with a unique name have none.
        """
        return number_components(self.components)

    def component_label(self, component_id: str, max_length: int | None = None) -> str:
        """Return a component's name, clipped to `max_length`, with its number if names are shared.

        Such as "Agent 2". Returns the id if the flow has no such component.
        """
        component = self.component(component_id)
        if component is None:
            return component_id
        number = self.component_numbers.get(component_id, 0)
        return with_number(component.display_name, number, max_length)

    @cached_property
    def fields(self) -> list[Field]:
        """The parameters that a run may override, in the order of the form."""
        fields = extract_fields(
            self.components_in_reading_order, self.connected_parameters, self.component_numbers
        )
        return [one for one in fields if not (self.locks_urls and self.takes_credentials(one.key))]

    @cached_property
    def fields_by_key(self) -> dict[str, Field]:
        """The fields by key, `Component.parameter`."""
        return {field.key: field for field in self.fields}

    @cached_property
    def fields_by_target(self) -> dict[tuple[str, str], Field]:
        """The fields by the component and parameter that take the value, also inside a group."""
        return {field.target: field for field in self.fields}

    @cached_property
    def leaves(self) -> tuple[Component, ...]:
        """The components with every group replaced by its inner components, as they run."""
        return tuple(self._flat[0])

    @cached_property
    def leaves_in_reading_order(self) -> tuple[Component, ...]:
        """The leaves, those of a group where the group stands."""
        by_id = {leaf.id: leaf for leaf in self.leaves}
        return tuple(
            by_id[part.id]
            for outer in self.components_in_reading_order
            for part in in_reading_order(outer.walk(), lambda inner: inner.position)
            if part.id in by_id
        )

    @property
    def leaf_edges(self) -> tuple[Edge, ...]:
        """The edges between the leaves."""
        return tuple(self._flat[1])

    @cached_property
    def connected_parameters(self) -> frozenset[tuple[str, str]]:
        """The ids of leaves and their parameters at which an edge ends."""
        return frozenset((edge.target, edge.target_parameter) for edge in self.leaf_edges)

    @cached_property
    def asks_models(self) -> bool:
        """Whether a component may ask a model, and so use tokens."""
        return any(
            "LanguageModel" in leaf.declared_types
            or any(parameter.get("type") == "model" for parameter in leaf.template.values())
            for leaf in self.leaves
        )

    @cached_property
    def terminals(self) -> tuple[Component, ...]:
        """The leaves that feed no other, in reading order: the keys of a run's outputs."""
        sources = {edge.source for edge in self._flat[1]}
        return tuple(leaf for leaf in self.leaves_in_reading_order if leaf.id not in sources)

    @cached_property
    def expected_terminals(self) -> tuple[Component, ...]:
        """The terminals whose output every run returns, in any mode."""
        return tuple(terminal for terminal in self.terminals if terminal.always_runs)

    @cached_property
    def outputs_by_sender(self) -> dict[str, tuple[Component, ...]]:
        """The terminals by the ids of the leaves whose messages they return, in their order.

        A message names the leaf that feeds its chat output. One that feeds several has them only if
        each gets the same of its outputs: their messages differ at most by how each converts it.
        """
        fed: dict[str, dict[str, Component]] = defaultdict(dict)
        source_outputs = defaultdict(set)
        for terminal in self.terminals:
            fed[terminal.id][terminal.id] = terminal
            for edge in self._flat[1] if terminal.has_type("ChatOutput") else ():
                if edge.target == terminal.id:
                    fed[edge.source][terminal.id] = terminal
                    source_outputs[edge.source].add(edge.source_output)
        return {
            id: tuple(terminals.values())
            for id, terminals in fed.items()
            if len(terminals) == 1 or len(source_outputs[id]) == 1
        }

    @cached_property
    def in_loops(self) -> frozenset[str]:
        """The ids of the leaves that a loop runs once for each item.

        From 1.11 on, background and streamed runs rebuild these from the graph, without the
        request's overrides.
        """
        return loop_bodies(*self._flat)

    def sources_of(self, leaf_id: str) -> set[str]:
        """Return the ids of the leaves that feed this one."""
        return {edge.source for edge in self._flat[1] if edge.target == leaf_id}

    @cached_property
    def unconnected(self) -> tuple[Component, ...]:
        """The components that no run includes. `idle_reason` is the reason."""
        return tuple(each for each in self.components_in_reading_order if not each.runs)

    @cached_property
    def chat_input(self) -> Component | None:
        """The component that takes the chat text: the first chat input, or None."""
        return next((leaf for leaf in self.leaves if leaf.has_type("ChatInput")), None)

    @cached_property
    def has_several_chat_inputs(self) -> bool:
        """Whether it has several chat inputs that no other component feeds."""
        return has_several_chat_inputs(*self._flat)

    def for_mode(self, mode: str | None, server: ServerInfo | None) -> Flow:
        """Return this flow with `runs` and `always_runs` of its components as in this mode.

        The flow itself has them as in runs that start at the chat input, if there is one. Other
        runs, which are the synchronous ones and before 1.11 all, start at the first webhook if
        there is one: measured on 1.8.4 to 1.13.0. A `mode` of None leaves the flow as it is, and a
        flow of a mode stays one of that mode.
        """
        return self if mode is None or sends_bare_values(mode, server) else self._from_webhook

    @cached_property
    def _from_webhook(self) -> Flow:
        webhook = next((leaf for leaf in self.leaves if leaf.has_type("Webhook")), None)
        if webhook is None or self.starts_at_webhook:
            return self
        refreshed = self.refreshed
        return replace(
            self,
            components=tuple(mark_running_from(webhook.id, self.components, self.leaf_edges)),
            refreshed=refreshed and replace(refreshed, stored=refreshed.stored._from_webhook),
            starts_at_webhook=True,
        )

    @cached_property
    def with_locked_urls(self) -> Flow:
        """This flow with `locks_urls`."""
        refreshed = self.refreshed and replace(self.refreshed, stored=self.stored.with_locked_urls)
        return self if self.locks_urls else replace(self, refreshed=refreshed, locks_urls=True)

    @property
    def idle_reason(self) -> str:
        """Why a component that no run includes doesn't run, as part of a sentence."""
        if self.starts_at_webhook or self.has_several_chat_inputs:
            return f"not reached from {self.start_label}, which starts the run"
        return "not connected to the chat input"

    @property
    def start_label(self) -> str:
        """The label of the webhook or chat input that starts the run, "" if there is none."""
        type = "Webhook" if self.starts_at_webhook else "ChatInput"
        start = next((leaf for leaf in self.leaves if leaf.has_type(type)), None)
        return self.component_label(start.id, 80) if start else ""

    @property
    def reads_message(self) -> bool:
        """Whether a run includes the chat input, or there is none."""
        return self.chat_input is None or self.chat_input.runs

    def chat_field(self, parameter: str) -> Field | None:
        """Return the field of a parameter of the chat input, None if a run can't override it."""
        chat = self.chat_input
        return self.fields_by_target.get((chat.id, parameter)) if chat else None

    @cached_property
    def has_chat(self) -> bool:
        """Whether people can chat with this flow: it takes a chat text and returns one."""
        has_output = any(leaf.has_type("ChatOutput") for leaf in self.leaves)
        return has_output and any(field.chat_input for field in self.fields)

    @property
    def resources(self) -> tuple[ResourceKind, ...]:
        """The kinds of server resources that the flow names or that show what it lacks."""
        kinds = dict.fromkeys(each.resource for each in self.fields if each.resource)
        if any(leaf.code_digest for leaf in self.leaves):
            kinds["component"] = None
        if any(field.takes_file for field in self.fields):
            kinds["file"] = None
        return tuple(kinds)

    @cached_property
    def optional_packages(self) -> tuple[tuple[Component, Package], ...]:
        """The packages that Langflow's base lacks, each with a leaf that imports it."""
        return tuple(
            (leaf, package)
            for leaf in self.leaves
            for package in imported_packages(as_str(leaf.template.get("code", {}).get("value")))
        )

    @property
    def tags(self) -> list[str]:
        """The author's tags."""
        return [tag for tag in as_list(self.raw.get("tags")) if isinstance(tag, str)]

    @property
    def needs_approval(self) -> bool:
        """Whether a run may wait for a person's decision."""
        return any(leaf.type == "HumanInput" and leaf.runs for leaf in self.leaves)

    @cached_property
    def _flat(self) -> tuple[list[Component], list[Edge]]:
        return flatten(self.components, self.edges)

    @cached_property
    def _outer_by_id(self) -> dict[str, Component]:
        return {component.id: component for component in self.components}

    @cached_property
    def _by_id(self) -> dict[str, Component]:
        return {part.id: part for component in self.components for part in component.walk()}


def split_key(key: str, component_ids: Container[str]) -> tuple[str, str]:
    """Split an override's key into component id and parameter, by the longest id that matches.

    Without one, at the last point.
    """
    parts = key.split(".", _MAX_POINTS)
    for count in range(len(parts) - 1, 0, -1):
        id = ".".join(parts[:count])
        if id in component_ids:
            return id, key[len(id) + 1 :]
    id, _, parameter = key.rpartition(".")
    return id, parameter


def stored_secrets(flow: Flow | None) -> Iterator[str]:
    """Yield the secrets that a flow stores in plain text, which its runs may return."""
    for outer in flow.components if flow else ():
        for component in outer.walk():
            for name, entry in component.template.items():
                if not entry.get("load_from_db"):  # else the value is the name of a variable
                    yield from entry_secrets(name, entry)
