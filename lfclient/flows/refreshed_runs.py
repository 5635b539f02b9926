"""How the stored flow runs as one after choices that changed other fields. Pure.

A server that edits the stored flow shows what is hidden there if the request says so; one that
writes onto the built graph takes the graph itself.
"""

from collections.abc import Iterable, Mapping

from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.definitions import output_names, value_key
from lfclient.flows.encoding import sends_bare_values
from lfclient.flows.field import MCP_TYPE, Field
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo, parse_minor

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
) -> str | None:
    """Return the key of a choice that runs only with the graph in the request, or None.

    Those add parameters or change outputs. On the built graph, choices within a loop and a stored
    secret that is hidden there have no effect either, and a variable that a choice hides is looked
    up all the same.
    """
    if flow.refreshed is None:
        return None
    stored, is_bare = flow.refreshed.stored, sends_bare_values(mode, server)
    for key in flow.refreshed.choices:
        component, _ = flow.locate(key)
        before = stored.component(component.id) if component else None
        if component and before and output_names(component.outputs) != output_names(before.outputs):
            return key
        is_looped = component and not flow.in_loops.isdisjoint(part.id for part in component.walk())
        if is_bare and (is_looped or (component and before and _hides_variable(component, before))):
            return key
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
            return _choice_of(flow, field)
    return None


def fixed_fields(flow: Flow, mode: str, server: ServerInfo | None) -> dict[str, str]:
    """Return the fields for which a run in this mode can't send a value, by key, with the reason.

    A choice has added them, or shown what the request can't show.
    """
    if flow.refreshed is None or sends_bare_values(mode, server):
        return {}
    hidden = hidden_fields(flow)
    return {
        field.key: _reason("use another value here", server)
        for field in _changed_fields(flow)
        if _stored_entry(flow, field) is None or (field.key in hidden and not _can_be_shown(field))
    }


def unsendable(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> tuple[str, str] | None:
    """Return the key that a run in this mode can't apply and why, or None."""
    if flow.refreshed is None or sends_bare_values(mode, server):
        return None
    key = needs_graph(flow, overrides, mode, server)
    if key is not None:
        return key, _reason("use what this choice adds to the flow", server)
    fixed = fixed_fields(flow, mode, server)
    return next(((key, fixed[key]) for key in overrides if key in fixed), None)


def _reason(what: str, server: ServerInfo | None) -> str:
    if server is None or server.dialect == "modes":
        return f"Synchronous runs can't {what}. Use background mode."
    return (
        f"Langflow 1.{parse_minor(server.version)} can't {what} in any run mode. "
        "Choose it in Langflow's editor and save the flow there, or use Langflow 1.11 or later."
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


def _choice_of(flow: Flow, field: Field) -> str:
    """Return the key of the last choice in a field's component."""
    choices = list(flow.refreshed.choices) if flow.refreshed else []
    own = [key for key in choices if key.startswith(f"{field.component}.")]
    return own[-1] if own else field.key


def _stored_entry(flow: Flow, field: Field) -> JsonObject | None:
    component = flow.refreshed.stored.component(field.component) if flow.refreshed else None
    return component.template.get(field.parameter) if component else None


def _entry(flow: Flow, field: Field) -> JsonObject:
    component = flow.component(field.component)
    return component.template.get(field.parameter, {}) if component else {}
