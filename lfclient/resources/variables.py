"""The variables of a server's user."""

from dataclasses import dataclass

from lfclient.common.coerce import as_str
from lfclient.common.json_types import JsonObject


@dataclass(frozen=True)
class ServerVariable:
    """A variable that parameters may name.

    `is_set` is False for a name without a value, which 1.12 and later list as well. `value` is ""
    if `is_secret`: the server never returns it.
    """

    id: str
    name: str
    is_secret: bool = True
    is_set: bool = True
    value: str = ""


def parse_variable(item: JsonObject) -> ServerVariable | None:
    """Return the variable of an entry of `GET /api/v1/variables/`; None without a name."""
    name, id = item.get("name"), item.get("id")
    if not isinstance(name, str) or not isinstance(id, str):
        return None
    is_set = item.get("has_value") is not False  # absent before 1.12
    is_secret = item.get("type") != "Generic"
    return ServerVariable(
        id, name, is_secret, is_set, "" if is_secret else as_str(item.get("value"))
    )
