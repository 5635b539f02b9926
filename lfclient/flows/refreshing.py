"""Flows after choices that change other fields, as Langflow's editor would show them. Pure.

A choice may show, hide, add or remove parameters of its component, and change its outputs. Only the
server can apply it. The stored flow does not change.
"""

from collections.abc import Mapping
from dataclasses import replace

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import BadResponse, InvalidRequest, LangflowError
from lfclient.flows.credentials import is_secret_entry
from lfclient.flows.definitions import (
    graph_data,
    output_names,
    replace_definition,
    set_value,
    source_output,
    stored_value,
    value_key,
)
from lfclient.flows.field import MCP_TYPE, Field, FieldKind, Variable
from lfclient.flows.field_kinds import name_items
from lfclient.flows.model import Flow, Refresh
from lfclient.flows.validation import check_value, error_messages
from lfclient.resources.models import model_identity

# what the editor adds to a request, and some answers repeat
_EDITOR_ENTRIES = ("is_refresh", "_frontend_node_flow_id", "_frontend_node_folder_id")
MAX_NESTED_CHOICES = 6  # how often a choice may show a field with another
MODEL_HINT = "Runs use the model all the same. Fields of its provider may be missing here."
EMPTY: tuple[Json, ...] = (None, "", [], {})


def update_body(
    flow: Flow, node: JsonObject, parameter: str, value: Json, *, is_refresh: bool
) -> JsonObject:
    """Return the body that asks the server for a component with `value`, as the editor sends it.

    `node` is the component's definition. Its other secrets and names of variables are left out: the
    server needs none of them, and 1.8 fails for a variable that is missing. MCP servers are only
    named: Langflow would connect to one that the flow itself configures.
    """
    template: JsonObject = dict(node["template"])
    for name, entry in template.items():
        if name != parameter and _is_blanked(name, entry):
            template[name] = {**entry, "value": "", "load_from_db": False}
        elif as_dict(entry).get("type") == MCP_TYPE:
            template[name] = {**entry, "value": stored_value(entry, entry.get("value"))}
    key = value_key(template[parameter])
    value = stored_value(template[parameter], value)
    if template[parameter].get("type") == "model":
        value = model_identity(value)
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

    Raises `BadResponse` if the answer is no component, and `InvalidRequest` if the server replaced
    `value`. The server replaces an unlisted model with the first model of its list, but runs use
    the chosen model. That is no error if both models have the same provider, because the fields
    are the same.
    """
    before: JsonObject = node["template"]
    after = as_dict(answer.get("template"))
    if not after:
        raise BadResponse("The server's response to the choice is not a component.")
    template: JsonObject = {}
    for name, entry in after.items():
        old = before.get(name)
        if name in _EDITOR_ENTRIES and old is None:
            continue
        if name == "code" and old is not None:
            entry = old
        elif old is not None and (
            # responses to other choices contain the MCP server's configuration
            (name != parameter and as_dict(old).get("type") == MCP_TYPE)
            or (_is_blanked(name, old) and as_dict(entry).get("value") in EMPTY)
        ):
            kept = {key: old[key] for key in ("value", "load_from_db") if key in old}
            entry = {**as_dict(entry), **kept}
        template[name] = entry
    chosen = {**as_dict(before.get(parameter)), **as_dict(template.get(parameter))}
    key = value_key(chosen)
    returned = chosen.get(key)
    is_model = chosen.get("type") == "model"
    if _is_other(value, returned) and not (is_model and _providers(value) == _providers(returned)):
        wanted, taken = (", ".join(_names(one)) or one for one in (value, returned))
        if is_model:
            raise InvalidRequest(f"Langflow's list has no “{wanted}” here.", hint=MODEL_HINT)
        raise InvalidRequest(
            f"Langflow has no “{wanted}” here and took “{taken}” instead.",
            hint="Refresh the list and choose one of its values.",
        )
    changed: JsonObject = {}
    if as_list(answer.get("field_order")):
        changed["field_order"] = answer["field_order"]
    outputs = as_list(answer.get("outputs"))
    if outputs and output_names(outputs) != output_names(as_list(node.get("outputs"))):
        changed["outputs"] = outputs
    template[parameter] = chosen
    return set_value({**node, **changed, "template": template}, parameter, value)


def show_as(node: JsonObject, changed: JsonObject) -> JsonObject:
    """Return a component's definition with its own parameters as they are in another.

    This is all that the choice of a model changes: the code of another release may have more, and
    what a provider requires may be a setting of the server.
    """
    template: JsonObject = dict(node["template"])
    for name, entry in as_dict(changed.get("template")).items():
        old = template.get(name)
        if isinstance(old, dict) and isinstance(entry, dict) and name != "code":
            template[name] = {**entry, "required": old.get("required", False)}
    return {**node, "template": template}


def made_choices(flow: Flow) -> Mapping[str, Json]:
    """Return the choices that a flow already shows, empty if the server couldn't apply all."""
    refreshed = flow.refreshed
    return refreshed.choices if refreshed and not refreshed.errors else {}


def dynamic_choices(flow: Flow, overrides: Mapping[str, Json]) -> dict[str, Json]:
    """Return the overrides that may change other fields, for `client.refresh`.

    Secrets, files, bases and invalid values are left out: Langflow may start or call what a value
    names. A model keeps only its name and provider.
    """
    fields = flow.fields_by_key
    return {
        key: choice_value(fields[key], value)
        for key, value in overrides.items()
        if key in fields
        and fields[key].refreshes
        and fields[key].kind not in (FieldKind.SECRET, FieldKind.FILE)
        and not fields[key].names_base
        and value not in EMPTY
        and not isinstance(value, Variable)
        and not error_messages(check_value(fields[key], value))
    }


def choice_value(field: Field, value: Json) -> Json:
    """Return a valid choice without the attributes of its models or list items.

    No field depends on attributes, and a link could set any.
    """
    if field.kind is FieldKind.ORDERED_LIST and isinstance(value, list):
        return name_items(value)
    return model_identity(value) if field.kind is FieldKind.MODEL else value


def new_choices(flow: Flow, overrides: Mapping[str, Json]) -> JsonObject:
    """Return the dynamic choices that differ from the flow's value and are not made yet."""
    fields, made = flow.fields_by_key, flow.choices
    return {
        key: value
        for key, value in dynamic_choices(flow, overrides).items()
        if value != choice_value(fields[key], fields[key].default)
        and value != choice_value(fields[key], made.get(key))
    }


def missing_choices(flow: Flow, overrides: Mapping[str, Json]) -> JsonObject:
    """Return the new choices of components that lack a field for an override."""
    fields = flow.fields_by_key
    owners = (flow.split_key(key)[0] for key in overrides if key not in fields)
    lacking = {owner.id for owner in owners if owner}
    choices = new_choices(flow, overrides)
    return {key: choices[key] for key in choices if fields[key].component in lacking}


def looked_up(flow: Flow, overrides: Mapping[str, Json]) -> JsonObject:
    """Return the overrides that the server looks up for a form that is filled with them.

    These are the new choices and the values that a choice may make valid by showing a field, adding
    one or changing its options.
    """
    fields, choices = flow.fields_by_key, new_choices(flow, overrides)
    changing = {fields[key].component for key in dynamic_choices(flow, overrides)}
    for key, value in overrides.items():
        owner, _ = flow.split_key(key)
        is_valid = key in fields and not error_messages(check_value(fields[key], value))
        if owner and owner.id in changing and not is_valid:
            choices[key] = value
    return choices


def choose(flow: Flow, key: str, value: Json, node: JsonObject) -> Flow:
    """Return the flow with a component's new definition after a choice.

    As in the editor, edges from removed outputs are omitted.
    """
    component, _ = flow.locate(key)
    assert component
    data = replace_definition(graph_data(flow), component.id, node)
    names = output_names(as_list(node.get("outputs")))
    edges = [
        each
        for each in as_list(data.get("edges"))
        if as_dict(each).get("source") != component.id or not names or source_output(each) in names
    ]
    data = {**data, "edges": edges}
    raw = {**flow.raw, "data": data} if "data" in flow.raw else {**flow.raw, **data}
    before = flow.refreshed or Refresh(flow)
    errors = {other: error for other, error in before.errors.items() if other != key}
    choices = {**before.choices, key: value}
    return replace(Flow.from_json(raw), refreshed=Refresh(before.stored, choices, errors))


def with_error(flow: Flow, key: str, error: LangflowError) -> Flow:
    """Return the flow unchanged, with the error of a choice."""
    before = flow.refreshed or Refresh(flow)
    return replace(flow, refreshed=replace(before, errors={**before.errors, key: error}))


def _is_blanked(name: str, entry: Json) -> bool:
    return isinstance(entry, dict) and bool(
        entry.get("load_from_db") or is_secret_entry(name, entry)
    )


def _is_other(value: Json, returned: Json) -> bool:
    """Return whether the server returned another value; it often returns none at all."""
    if returned in EMPTY or value in EMPTY or returned == value:
        return False
    if isinstance(value, str | list | dict):
        return _names(value) != _names(returned)
    return bool(str(value) != str(returned))


def _names(value: Json) -> list[str]:
    items = value if isinstance(value, list) else [value]
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [name for name in names if isinstance(name, str)]


def _providers(model: Json) -> list[Json]:
    items = model if isinstance(model, list) else [model]
    return [as_dict(item).get("provider") for item in items]
