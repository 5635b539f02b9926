"""How the stored flow runs as one after choices that changed other fields. Pure.

A server that edits the stored flow shows what is hidden there if the request says so; one that
writes onto the built graph takes the graph itself. What the former can't show runs as a temporary
flow, which is created for the run and deleted after it.
"""

from collections.abc import Iterator, Mapping

from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.definitions import output_names, value_key
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.field import MCP_TYPE, Field, Problem
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo

_CHOOSE_IN_EDITOR = "Choose it in Langflow's editor and save the flow there."
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
    found: dict[str, JsonObject] = {}
    if flow.refreshed is None:
        return found
    changed = (field for key in flow.refreshed.choices for field in _fields_beside(flow, key))
    for field in changed:
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


def find_graph_choice(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> str | None:
    """Return the key of the last choice that only works in the graph that it has changed, or None.

    Such a choice adds parameters or changes outputs. On the built graph, these work only there as
    well: a choice within a loop, a choice that hides a variable, which is looked up all the same,
    and a stored secret that is hidden in the stored flow. In the stored flow, so does a value of a
    hidden parameter that the request can't show.
    """
    if flow.refreshed is None:
        return None
    is_bare = sends_bare_values(mode, server)
    choices = (
        key
        for key in reversed(list(flow.refreshed.choices))
        if _needs_graph(flow, key, flow.refreshed.stored, is_bare)
        or any(
            _field_needs_graph(flow, field, overrides, is_bare)
            for field in _fields_beside(flow, key)
        )
    )
    return next(choices, None)


def check_graph_choice(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> Problem | None:
    """Return why a run in this mode can't apply a choice, as a problem of the choice; else None.

    It lacks the graph, which background and streamed runs bring on Langflow 1.11 and later.
    """
    if flow.refreshed is None or sends_bare_values(mode, server):
        return None
    key = find_graph_choice(flow, overrides, mode, server)
    if key is None:
        return None
    is_old = server is not None and server.dialect == "inputs"
    runs = "Runs before Langflow 1.11" if is_old else "Synchronous runs"
    is_stuck = is_old or flow.has_several_chat_inputs
    advice = _CHOOSE_IN_EDITOR if is_stuck else "Use background mode."
    return Problem(key, "error", f"{runs} can't apply this choice. {advice}")


def _needs_graph(flow: Flow, key: str, stored: Flow, is_bare: bool) -> bool:
    """Return whether a choice's component works only in the graph that it has changed."""
    component, _ = flow.locate(key)
    before = stored.component(component.id) if component else None
    if component is None:
        return False
    if before and output_names(component.outputs) != output_names(before.outputs):
        return True
    is_looped = not flow.in_loops.isdisjoint(part.id for part in component.walk())
    return is_bare and (is_looped or (before is not None and _hides_variable(component, before)))


def _field_needs_graph(
    flow: Flow, field: Field, overrides: Mapping[str, Json], is_bare: bool
) -> bool:
    """Return whether a field that a choice may have changed works only in the changed graph."""
    entry, is_given = _stored_entry(flow, field), field.key in overrides
    if entry is None:
        return not field.advanced or is_given
    if entry.get("show") is not False:
        return False
    return (
        field.has_stored_value and not is_given
        if is_bare
        else is_given and not _can_be_shown(field)
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


def _fields_beside(flow: Flow, key: str) -> Iterator[Field]:
    """Yield the fields of a choice's component."""
    component, _ = flow.split_key(key)
    return (field for field in flow.fields if component and field.component == component.id)


def _stored_entry(flow: Flow, field: Field) -> JsonObject | None:
    component = flow.refreshed.stored.component(field.component) if flow.refreshed else None
    return component.template.get(field.parameter) if component else None


def _entry(flow: Flow, field: Field) -> JsonObject:
    component = flow.component(field.component)
    return component.template.get(field.parameter, {}) if component else {}
