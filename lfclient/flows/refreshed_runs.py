"""How the stored flow runs as one after choices that changed other fields. Pure.

A server that edits the stored flow shows what is hidden there if the request says so; one that
writes onto the built graph takes the graph itself. What the former can't show runs as a temporary
flow, which is created for the run and deleted after it.
"""

from collections.abc import Iterable, Mapping

from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.definitions import output_names, value_key
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.field import MCP_TYPE, Field
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo

CHOOSE_IN_EDITOR = "Choose it in Langflow's editor and save the flow there"
# types whose value a synchronous run can't show: an object is read as the value, not as attributes
_WITHOUT_ATTRIBUTES = frozenset({"dict", "NestedDict", MCP_TYPE, "file"})


def run_values(flow: Flow, overrides: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the values with which the stored flow runs as the refreshed one does."""
    if flow.refreshed is None:
        return overrides
    return {**flow.refreshed.choices, **overrides}


def is_in_loop(flow: Flow, field: Field) -> bool:
    """Return whether a field's component runs once for each item of a loop."""
    return field.target[0] in flow.in_loops


def hidden_fields(flow: Flow) -> dict[str, JsonObject]:
    """Return the fields that are hidden in the stored flow, by key, as it stores them."""
    found = {}
    for field in _changed_fields(flow):
        entry = _stored_entry(flow, field)
        if entry is not None and entry.get("show") is False:
            found[field.key] = entry
    return found


def shown_attributes(flow: Flow, field: Field, stored: JsonObject) -> JsonObject | None:
    """Return what a run that edits the stored flow sends to show a field without an override.

    None if it can't be shown.
    """
    if not _can_be_shown(field):
        return None
    entry = _entry(flow, field)
    attributes: JsonObject = {"show": True}
    if entry.get("value") != stored.get("value"):
        attributes["value"] = entry.get("value")
    if "load_from_db" in entry:
        attributes["load_from_db"] = entry["load_from_db"]  # else the server sets it to false
    return attributes


def bare_value(flow: Flow, field: Field) -> Json:
    """Return what a run on the built graph sends for a field that is hidden in the stored flow."""
    entry = _entry(flow, field)
    return entry.get(value_key(entry))


def needs_graph(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> bool:
    """Return whether the choices run only in the graph that they have made.

    Those add parameters or change outputs. On the built graph, choices within a loop and a stored
    secret that is hidden there have no effect either, and a variable that a choice hides is looked
    up all the same.
    """
    if flow.refreshed is None:
        return False
    stored, is_bare = flow.refreshed.stored, sends_bare_values(mode, server)
    for key in flow.refreshed.choices:
        component, _ = flow.locate(key)
        before = stored.component(component.id) if component else None
        if component and before and output_names(component.outputs) != output_names(before.outputs):
            return True
        is_looped = component and not flow.in_loops.isdisjoint(part.id for part in component.walk())
        if is_bare and (is_looped or (component and before and _hides_variable(component, before))):
            return True
    for field in _changed_fields(flow):
        entry = _stored_entry(flow, field)
        is_new = entry is None and (not field.advanced or field.key in overrides)
        is_lost = (
            entry is not None
            and entry.get("show") is False
            and is_bare
            and field.key not in overrides
            and field.has_stored_value
        )
        if is_new or is_lost:
            return True
    return False


def needs_temporary_flow(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> bool:
    """Return whether this mode needs the graph, or shows what it can't, and can't be sent a graph.

    So it is on 1.8 to 1.10, and in synchronous mode.
    """
    if flow.refreshed is None or sends_bare_values(mode, server):
        return False
    hidden = hidden_fields(flow)
    return needs_graph(flow, overrides, mode, server) or any(
        field.key in overrides and field.key in hidden and not _can_be_shown(field)
        for field in _changed_fields(flow)
    )


def _hides_variable(component: Component, before: Component) -> bool:
    """Return whether choices hide a parameter whose stored value is a variable's name."""
    return any(
        entry.get("load_from_db")
        and entry.get("value")
        and entry.get("show") is not False
        and component.template.get(name, {}).get("show") is False
        for name, entry in before.template.items()
    )


def _can_be_shown(field: Field) -> bool:
    """Return whether a run that edits the stored flow can show a field that is hidden there.

    A group's is shown as the parameter is inside, which such a run doesn't reach.
    """
    return field.inner_target is None and field.wire_type not in _WITHOUT_ATTRIBUTES


def _changed_fields(flow: Flow) -> Iterable[Field]:
    """Return the fields of the components in which something was chosen."""
    if flow.refreshed is None:
        return []
    ids = {
        component.id for component, _ in map(flow.split_key, flow.refreshed.choices) if component
    }
    return [field for field in flow.fields if field.component in ids]


def _stored_entry(flow: Flow, field: Field) -> JsonObject | None:
    component = flow.refreshed.stored.component(field.component) if flow.refreshed else None
    return component.template.get(field.parameter) if component else None


def _entry(flow: Flow, field: Field) -> JsonObject:
    component = flow.component(field.component)
    return component.template.get(field.parameter, {}) if component else {}
