"""Values as a server will really take them.

Servers take an override in one of two ways. *Classic* servers (before 1.11), and later ones in
sync mode, edit the stored flow: there an object is read as attributes of the parameter, such as
`{"value": …, "load_from_db": true}`. From 1.11 on, background runs have the bare value written
onto the built graph, with no coercion at all.
"""

from __future__ import annotations

from typing import Any, Protocol

from lfclient.errors import InvalidRequest
from lfclient.flows.field import Field, FieldKind, Variable

# types of parameters that take an object as their value
_OBJECT_TYPES = frozenset({"dict", "NestedDict", "mcp"})


class ServerRelease(Protocol):
    """What decides how a value is sent."""

    @property
    def version(self) -> str: ...
    @property
    def dialect(self) -> str: ...


def minor_version(server: ServerRelease | None) -> int:
    """The N of Langflow 1.N (langflow-base 0.N is the same); the newest if no server is known."""
    parts = server.version.split(".") if server else []
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 999


def sends_bare_values(mode: str, server: ServerRelease | None) -> bool:
    """Whether values land on the built graph as they are sent."""
    return mode != "sync" and (server is None or server.dialect == "modes")


def unsupported_reason(
    field: Field, value: Any, mode: str, server: ServerRelease | None
) -> str | None:
    """Why this mode of this server would not take a value that is right in itself."""
    if not sends_bare_values(mode, server):
        return None
    where = "In a streamed call" if mode == "stream" else "In background"
    if isinstance(value, dict) and value.get("load_from_db"):
        return (
            f"{where}, this server takes an object with the key load_from_db for a variable: "
            "choose “Wait for the result”."
        )
    looks_up = minor_version(server) == 11 and field.loads_variable
    if isinstance(value, Variable):
        if looks_up:
            return None
        return (
            f"{where}, this server can't look up a variable for a run: "
            "choose “Wait for the result”, or type the value."
        )
    if looks_up and isinstance(value, str):
        return (
            f"{where}, Langflow 1.11 takes what is typed here as a variable's name and fails "
            "without a word: choose “Wait for the result”, or a server variable."
        )
    return None


def encode(field: Field, value: Any, mode: str, server: ServerRelease | None = None) -> Any:
    """A checked value as it goes on the wire; raises `InvalidRequest` if this mode can't take it.

    Nothing is ever sent as null: what keeps the flow's value is left out of a request.
    """
    reason = (
        "A value is needed." if value is None else unsupported_reason(field, value, mode, server)
    )
    if reason:
        raise InvalidRequest(f"{field.key}: {reason}", field=field.key)
    if isinstance(value, Variable):
        if sends_bare_values(mode, server):
            return value.name
        return {"value": value.name, "load_from_db": True}
    value = _normalize(field, value)
    if isinstance(value, dict) and not sends_bare_values(mode, server):
        # an object with the one key "value" is unwrapped, even where it is the value
        as_attributes = field.wire_type not in _OBJECT_TYPES
        unwrapped = field.wire_type == "dict" and set(value) == {"value"}
        return {"value": value} if as_attributes or unwrapped else value
    return value


def override_targets(field: Field) -> list[tuple[str, str]]:
    """Where a value is to be sent: (component id, parameter).

    A group's parameter goes out twice: servers that edit the stored flow know the group, those
    that write onto the built graph only what is within it; each ignores the other.
    """
    own = (field.component, field.parameter)
    return [own, field.inner_target] if field.inner_target else [own]


def _normalize(field: Field, value: Any) -> Any:
    if field.kind is FieldKind.INTEGER and isinstance(value, float):
        return int(value)
    if field.kind is FieldKind.SLIDER and isinstance(value, float) and value.is_integer():
        return int(value)  # as Langflow's editor sends it: some sliders count
    if field.kind is FieldKind.FILE and field.is_list and isinstance(value, str):
        return [value] if value else []
    if field.kind is FieldKind.MODEL and isinstance(value, list) and len(value) == 1:
        return value if value[0].get("provider") else value[0]["name"]
    return value
