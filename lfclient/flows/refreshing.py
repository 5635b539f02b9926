"""Flows after choices that change other fields, as Langflow's editor would show them. Pure.

A choice may show, hide, add or remove parameters of its component, and change its outputs. Only the
server knows how; the stored flow stays as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import BadAnswer, InvalidRequest, LangflowError
from lfclient.flows.encoding import mcp_value, sends_bare_values
from lfclient.flows.field import MCP_TYPE, Field, FieldKind, FieldOption, Variable
from lfclient.flows.field_extraction import has_dynamic_choices
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow, Refresh, is_secret_entry
from lfclient.wire.server_info import ServerInfo, parse_minor

# what the editor adds to a request, and some answers repeat
_EDITOR_ENTRIES = ("is_refresh", "_frontend_node_flow_id", "_frontend_node_folder_id")
_EMPTY: tuple[Json, ...] = (None, "", [], {})
# types whose value a synchronous run can't show: an object is read as the value, not as attributes
_WITHOUT_ATTRIBUTES = frozenset({"dict", "NestedDict", MCP_TYPE, "file"})


def update_body(
    flow: Flow, node: JsonObject, parameter: str, value: Json, *, is_refresh: bool
) -> JsonObject:
    """Return the body that asks the server for a component with `value`, as the editor sends it.

    `node` is the component's definition. Its other secrets and names of variables are left out: the
    server needs none of them, and 1.8 fails for a variable that is missing.
    """
    template: JsonObject = dict(node["template"])
    for name, entry in template.items():
        if name != parameter and _is_blanked(name, entry):
            template[name] = {**entry, "value": "", "load_from_db": False}
    key = _value_key(template[parameter])
    value = _stored_value(template[parameter], value)
    template[parameter] = {**template[parameter], key: value}
    template |= {
        "is_refresh": is_refresh,
        "_frontend_node_flow_id": {"value": flow.id},
        "_frontend_node_folder_id": {"value": as_str(flow.raw.get("folder_id"))},
    }
    return {
        "code": as_str(as_dict(template.get("code")).get("value")),
        "frontend_node": {"metadata": as_dict(node.get("metadata"))},
        "template": template,
        "field": parameter,
        "field_value": value,
        "tool_mode": node.get("tool_mode") is True,
    }


def merge_node(node: JsonObject, answer: JsonObject, parameter: str, value: Json) -> JsonObject:
    """Return a component's definition with what the server changed for `value`.

    Raises `BadAnswer` for an answer that is no component, and `InvalidRequest` if the server put
    another value in the place of `value`: for a model that it can't use, the first one it has.
    """
    before: JsonObject = node["template"]
    after = as_dict(answer.get("template"))
    if not after:
        raise BadAnswer("The server's response to the choice is not a component.")
    template: JsonObject = {}
    for name, entry in after.items():
        old = before.get(name)
        if name in _EDITOR_ENTRIES and old is None:
            continue
        if name == "code" and old is not None:
            entry = old
        elif old is not None and _is_blanked(name, old) and as_dict(entry).get("value") in _EMPTY:
            kept = {key: old[key] for key in ("value", "load_from_db") if key in old}
            entry = {**as_dict(entry), **kept}
        template[name] = entry
    chosen = {**as_dict(before.get(parameter)), **as_dict(template.get(parameter))}
    key = _value_key(chosen)
    if _is_other(value, chosen.get(key)):
        wanted, taken = (", ".join(_names(one)) or one for one in (value, chosen.get(key)))
        raise InvalidRequest(
            f"Langflow has no “{wanted}” here and took “{taken}” instead.",
            hint="Refresh the list and choose one of its values.",
        )
    changed: JsonObject = {}
    if as_list(answer.get("field_order")):
        changed["field_order"] = answer["field_order"]
    outputs = as_list(answer.get("outputs"))
    if outputs and _output_names(outputs) != _output_names(as_list(node.get("outputs"))):
        changed["outputs"] = outputs
    template[parameter] = chosen
    return set_value({**node, **changed, "template": template}, parameter, value)


def set_value(node: JsonObject, parameter: str, value: Json) -> JsonObject:
    """Return a component's definition with another value of a parameter."""
    entry = node["template"][parameter]
    if isinstance(value, Variable):
        changed = {"value": value.name, "load_from_db": True}
    else:
        changed = {_value_key(entry): _stored_value(entry, value)}
        if "load_from_db" in entry:
            changed["load_from_db"] = False
    return {**node, "template": {**node["template"], parameter: {**entry, **changed}}}


def dynamic_choices(flow: Flow, overrides: Mapping[str, Json]) -> dict[str, Json]:
    """Return the overrides that may change other fields, for `client.refresh`.

    Without secrets, which no field depends on, and without what the server's own lists offer.
    """
    fields = flow.fields_by_key
    return {
        key: value
        for key, value in overrides.items()
        if key in fields
        and fields[key].refreshes
        and fields[key].kind not in (FieldKind.SECRET, FieldKind.FILE)
        and fields[key].resource is None
        and value not in _EMPTY
        and not isinstance(value, Variable)
    }


def choose(flow: Flow, key: str, value: Json, node: JsonObject) -> Flow:
    """Return the flow with a component's new definition after a choice.

    Edges from outputs that are gone are omitted, as in the editor.
    """
    component, _ = flow.split_key(key)
    assert component
    data: JsonObject = graph_data(flow)
    nodes = [_with_node(each, component.id, node) for each in as_list(data.get("nodes"))]
    names = _output_names(as_list(node.get("outputs")))
    edges = [
        each
        for each in as_list(data.get("edges"))
        if as_dict(each).get("source") != component.id or not names or _source_output(each) in names
    ]
    data = {**data, "nodes": nodes, "edges": edges}
    raw = {**flow.raw, "data": data} if "data" in flow.raw else {**flow.raw, **data}
    before = flow.refreshed or Refresh(flow)
    errors = {other: error for other, error in before.errors.items() if other != key}
    choices = {**before.choices, key: value}
    return replace(Flow.from_json(raw), refreshed=Refresh(before.stored, choices, errors))


def missing_choices(flow: Flow, overrides: Mapping[str, Json]) -> JsonObject:
    """Return the overrides that have to be chosen first, for the sake of others.

    Those others are of the same component and hidden or absent in the flow as it is.
    """
    owners = (flow.split_key(key)[0] for key in overrides if key not in flow.fields_by_key)
    lacking = {owner.id for owner in owners if owner}
    choices: JsonObject = {}
    for key, value in overrides.items():
        component, parameter = flow.split_key(key)
        if component is None or component.id not in lacking:
            continue
        entry = component.template.get(parameter, {})
        if has_dynamic_choices(entry) and entry.get("value") != _stored_value(entry, value):
            choices[key] = value
    return choices


def with_error(flow: Flow, key: str, error: LangflowError) -> Flow:
    """Return the flow unchanged, with the error of a choice."""
    before = flow.refreshed or Refresh(flow)
    return replace(flow, refreshed=replace(before, errors={**before.errors, key: error}))


def is_in_loop(flow: Flow, field: Field) -> bool:
    """Return whether a field's component runs once for each item of a loop."""
    return (field.inner_target or (field.component,))[0] in flow.in_loops


def graph_with(flow: Flow, values: Mapping[str, Json]) -> JsonObject:
    """Return the flow's graph with other values of fields, by key."""
    data = graph_data(flow)
    nodes = list(as_list(data.get("nodes")))
    for key, value in values.items():
        component, parameter = flow.split_key(key)
        for place, each in enumerate(nodes):
            if component and _node_id(each) == component.id:
                definition = as_dict(as_dict(each.get("data")).get("node"))
                changed = set_value(definition, parameter, value)
                nodes[place] = _with_node(each, component.id, changed)
    return {**data, "nodes": nodes}


def node_definition(flow: Flow, component_id: str) -> JsonObject:
    """Return a component's definition in the flow's own JSON; empty for one inside a group."""
    for each in as_list(graph_data(flow).get("nodes")):
        if _node_id(each) == component_id:
            return as_dict(as_dict(as_dict(each).get("data")).get("node"))
    return {}


def from_catalogue(catalogue: JsonObject, component: Component, node: JsonObject) -> JsonObject:
    """Return a component's definition with the code of the server's catalogue and its own values.

    Empty if the catalogue lacks its type.
    """
    entries = (as_dict(as_dict(group).get(component.type)) for group in catalogue.values())
    found = next((entry for entry in entries if entry.get("template")), None)
    if found is None:
        return {}
    kept = ("value", "load_from_db", "file_path", "show", "options")
    template: JsonObject = {}
    for name, entry in as_dict(found["template"]).items():
        own = as_dict(as_dict(node.get("template")).get(name))
        if name == "code" or not isinstance(entry, dict):
            own = {}
        values = {key: own[key] for key in kept if key in own}
        template[name] = {**entry, **values} if values else entry
    return {**node, "template": template, "metadata": as_dict(found.get("metadata"))}


def read_options(entry: JsonObject) -> list[FieldOption]:
    """Return the options of a raw parameter, with what the server tells about each."""
    metadata = as_list(entry.get("options_metadata"))
    found = []
    for place, option in enumerate(as_list(entry.get("options"))):
        told = metadata[place] if place < len(metadata) else None
        name, told = (option.get("name"), option) if isinstance(option, dict) else (option, told)
        if isinstance(name, str) and name:
            found.append(FieldOption(name, as_dict(told)))
    return found


def graph_data(flow: Flow) -> JsonObject:
    """Return the flow's graph: `{"nodes": […], "edges": […], …}`."""
    data = flow.raw.get("data")
    return data if isinstance(data, dict) else flow.raw


def run_values(flow: Flow, overrides: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the values with which the stored flow runs as the refreshed one does."""
    if flow.refreshed is None:
        return overrides
    return {**flow.refreshed.choices, **overrides}


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

    None if its type can't be shown.
    """
    if field.wire_type in _WITHOUT_ATTRIBUTES:
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
    return entry.get(_value_key(entry))


def needs_graph(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> str | None:
    """Return the key of a choice that runs only with the graph in the request, or None.

    Those add parameters or change outputs. On the built graph, choices within a loop and a stored
    secret that is hidden there have no effect either.
    """
    if flow.refreshed is None:
        return None
    stored = flow.refreshed.stored
    for key in flow.refreshed.choices:
        component, _ = flow.split_key(key)
        before = stored.component(component.id) if component else None
        if component and before and _outputs_of(component) != _outputs_of(before):
            return key
        is_looped = component and not flow.in_loops.isdisjoint(part.id for part in component.walk())
        if is_looped and sends_bare_values(mode, server):
            return key
    for field in _changed_fields(flow):
        entry = _stored_entry(flow, field)
        is_new = entry is None and (not field.advanced or field.key in overrides)
        is_lost = (
            entry is not None
            and entry.get("show") is False
            and sends_bare_values(mode, server)
            and field.key not in overrides
            and field.has_stored_value
        )
        if is_new or is_lost:
            return _choice_of(flow, field)
    return None


def unsendable(
    flow: Flow, overrides: Mapping[str, Json], mode: str, server: ServerInfo | None
) -> tuple[str, str] | None:
    """Return the key that a run in this mode can't apply and why, or None."""
    if flow.refreshed is None or sends_bare_values(mode, server):
        return None
    key = needs_graph(flow, overrides, mode, server)
    if key is None:
        hidden = hidden_fields(flow)
        fields = (flow.fields_by_key[other] for other in overrides if other in hidden)
        blocked = (field.key for field in fields if field.wire_type in _WITHOUT_ATTRIBUTES)
        key = next(blocked, None)
    if key is None:
        return None
    if server is None or server.dialect == "modes":
        return key, (
            "Synchronous runs can't use what this choice adds to the flow. Use background mode."
        )
    return key, (
        f"Langflow 1.{parse_minor(server.version)} can't run what this choice adds to the flow. "
        "Choose it in Langflow's editor and save the flow there."
    )


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


def _with_node(each: Json, component_id: str, node: JsonObject) -> Json:
    if _node_id(each) != component_id:
        return each
    return {**each, "data": {**each["data"], "node": node}}


def _node_id(each: Json) -> str:
    return as_str(as_dict(each).get("id")) or as_str(as_dict(as_dict(each).get("data")).get("id"))


def _source_output(edge: Json) -> str:
    handle = as_dict(as_dict(as_dict(edge).get("data")).get("sourceHandle"))
    return as_str(handle.get("name"))


def _outputs_of(component: Component) -> set[str]:
    return _output_names(component.outputs)


def _output_names(outputs: Iterable[Json]) -> set[str]:
    return {as_str(as_dict(output).get("name")) for output in outputs}


def _is_blanked(name: str, entry: Json) -> bool:
    return isinstance(entry, dict) and bool(
        entry.get("load_from_db") or is_secret_entry(name, entry)
    )


def _value_key(entry: JsonObject) -> str:
    return "file_path" if entry.get("type") == "file" else "value"


def _stored_value(entry: JsonObject, value: Json) -> Json:
    """Return a field's value as the flow stores it."""
    return mcp_value(value) if entry.get("type") == MCP_TYPE and isinstance(value, str) else value


def _is_other(value: Json, returned: Json) -> bool:
    """Return whether the server returned another value; it often returns none at all."""
    if returned in _EMPTY or value in _EMPTY or returned == value:
        return False
    if isinstance(value, str | list | dict):
        return _names(value) != _names(returned)
    return bool(str(value) != str(returned))


def _names(value: Json) -> list[str]:
    items = value if isinstance(value, list) else [value]
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name for name in names if isinstance(name, str)]
