"""The code in definitions of components, and digests of it. Pure."""

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache

from lfclient.common.coerce import as_dict, as_str
from lfclient.common.json_types import Json, JsonObject

# a component's own code, and code that Langflow's Python components take as a parameter
_CODE_PARAMETERS = frozenset({"code", "function_code", "python_code", "tool_code"})


def definition_code(definition: JsonObject) -> str:
    """Return the code of a component's definition, "" without code."""
    return code_text(as_dict(as_dict(definition.get("template")).get("code")).get("value"))


def code_text(value: Json) -> str:
    """Return the code in a parameter's value, which is a text or a list of lines."""
    return "\n".join(map(str, value)) if isinstance(value, list) else as_str(value)


@lru_cache(maxsize=128)  # large flows repeat components
def default_values(code: str) -> Mapping[str, Json]:
    """Return the default values of a component's parameters by name, None without a default.

    Parameters that the code inherits or computes are left out, and all if it is no Python.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, Json] = {}
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("Input"):
            continue
        given = {each.arg: each.value for each in call.keywords}
        with suppress(KeyError, ValueError):
            name = ast.literal_eval(given["name"])
            found[name] = ast.literal_eval(given["value"]) if "value" in given else None
    return found


def code_digest(code: str) -> str:
    """Return a digest of code that ignores line endings and spaces at the end of lines.

    Return "" for empty code.
    """
    # not by `splitlines`: Python takes its other line ends as text
    lines = code.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")
    normalized = "\n".join(line.rstrip(" \t") for line in lines)
    encoded = normalized.encode("utf-8", "surrogatepass")
    return hashlib.sha256(encoded).hexdigest() if normalized else ""


def find_definitions(value: Json) -> Iterator[JsonObject]:
    """Yield the objects with parameters at any depth: components, and groups before their parts."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if isinstance(part.get("template"), dict):
                yield part
            part = list(part.values())
        if isinstance(part, list):
            left += reversed(part)


def read_code(definition: JsonObject) -> Iterator[str]:
    """Yield a definition's code, also in parameters, and the programs of its MCP servers."""
    for name, entry in definition["template"].items():
        entry = as_dict(entry)
        value = entry.get("value")
        program = as_dict(as_dict(value).get("config"))
        # a group's parameter replaces the one of its part that it stands for
        names = {name, as_str(as_dict(entry.get("proxy")).get("field"))}
        if program.get("command"):
            yield json.dumps(program)
        elif entry.get("type") == "code" or names & _CODE_PARAMETERS:
            code = code_text(value)
            if code.strip():
                yield code
