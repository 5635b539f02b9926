"""Encode override values for a run request, as each release and run mode reads them.

Servers apply an override in one of two ways. *Classic* servers (before 1.11), and later ones in
synchronous mode, edit the stored flow: an object is read as attributes of the parameter, such as
`{"value": …, "load_from_db": true}`. From 1.11 on, background and streamed runs write the bare
value onto the built graph, without any coercion.
"""

from lfclient.common.coerce import as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import InvalidRequest
from lfclient.flows.field import MCP_TYPE, Field, FieldKind, Variable
from lfclient.flows.field_kinds import name_items
from lfclient.wire.modes import MODES
from lfclient.wire.server_info import ServerInfo, parse_minor

# parameter types whose value is an object
_OBJECT_TYPES = frozenset({"dict", "NestedDict", MCP_TYPE})


def looks_up_variables(server: ServerInfo | None) -> bool:
    """Return whether a bare value is read as a variable's name, where the flow stores one.

    True of 1.8 in all modes (measured on 1.8.0) and of background and streamed runs on 1.11.
    Synchronous runs on 1.11 accept a text with or without the mark that it is no variable.
    """
    return server is not None and parse_minor(server.version) in (8, 11)


def sends_bare_values(mode: str, server: ServerInfo | None) -> bool:
    """Return whether the server writes values onto the built graph unchanged."""
    return MODES[mode].carries_graph and (server is None or server.dialect == "modes")


def unsupported_reason(
    field: Field, value: Json, mode: str, server: ServerInfo | None
) -> str | None:
    """Return why a valid value can't be sent in this mode to this server, or None."""
    if not sends_bare_values(mode, server):
        return None
    runs = f"{MODES[mode].label} runs"
    if isinstance(value, dict) and value.get("load_from_db"):
        return (
            f"{runs} on this server read an object with the key load_from_db as a variable. "
            "Use synchronous mode."
        )
    looks_up_variable = looks_up_variables(server) and field.loads_variable
    if isinstance(value, Variable):
        if looks_up_variable:
            return None
        return (
            f"{runs} on this server can't look up variables. "
            "Use synchronous mode, or enter the value."
        )
    if looks_up_variable and isinstance(value, str):
        return (
            "On Langflow 1.11, typed values work only in synchronous mode. "
            "Use that mode, or a server variable."
        )
    return None


def encode(field: Field, value: Json, mode: str, server: ServerInfo | None = None) -> Json:
    """Return a checked value as it is sent.

    Raises `InvalidRequest` for a value that this mode can't send, and for None: a parameter that
    keeps the flow's value is omitted from the request.
    """
    if value is None:
        reason: str | None = "A value is required."
    else:
        reason = unsupported_reason(field, value, mode, server)
    if reason:
        raise InvalidRequest(f"{field.key}: {reason}", field=field.key)
    if isinstance(value, Variable):
        if sends_bare_values(mode, server):
            return value.name
        return {"value": value.name, "load_from_db": True}
    value = _normalize(field, value)
    if sends_bare_values(mode, server):
        return value
    if isinstance(value, str) and field.loads_variable and looks_up_variables(server):
        return {"value": value, "load_from_db": False}
    if isinstance(value, dict):
        # the server unwraps an object whose only key is "value", even where that is the value
        is_read_as_attributes = field.wire_type not in _OBJECT_TYPES
        is_unwrapped = field.wire_type == "dict" and set(value) == {"value"}
        return {"value": value} if is_read_as_attributes or is_unwrapped else value
    return value


def mcp_value(server: Json) -> JsonObject:
    """Return the value that names an MCP server. `server` is its name, or a value with a name.

    A configuration is dropped: Langflow starts or connects to a server that is configured in the
    value and missing from its list (measured on 1.8.4 and 1.13.0).
    """
    name = server.get("name") if isinstance(server, dict) else server
    return {"name": as_str(name), "config": {}}


def override_targets(field: Field) -> list[tuple[str, str]]:
    """Return the (component id, parameter) pairs to which a value is sent.

    A group's parameter is sent twice: servers that edit the stored flow know the group, those that
    write onto the built graph only its inner components. Each ignores the other.
    """
    own = (field.component, field.parameter)
    return [own, field.inner_target] if field.inner_target else [own]


def _normalize(field: Field, value: Json) -> Json:
    is_integer_kind = field.kind in (FieldKind.INTEGER, FieldKind.SLIDER)
    if is_integer_kind and isinstance(value, float) and value.is_integer():
        return int(value)  # as Langflow's editor sends sliders: some hold counts
    if field.kind is FieldKind.FILE and field.is_list and isinstance(value, str):
        return [value] if value else []
    if field.kind is FieldKind.ORDERED_LIST and isinstance(value, list):
        return name_items(value)
    if field.wire_type == MCP_TYPE:
        return mcp_value(value)
    if field.kind is FieldKind.MODEL and isinstance(value, list) and len(value) == 1:
        return value if value[0].get("provider") else value[0]["name"]
    return value
