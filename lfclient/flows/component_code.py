"""The code in a flow that its components run on the server. Pure."""

import hashlib
import json
from collections.abc import Container, Iterator

from lfclient.common.coerce import as_dict, as_str
from lfclient.common.formatting import clean_text
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.definitions import graph_data
from lfclient.flows.model import Flow

# a component's own code, and that which Langflow's components for Python take as a parameter
_CODE_PARAMETERS = frozenset({"code", "function_code", "python_code", "tool_code"})


def foreign_components(flow: Flow, known: Container[str]) -> list[str]:
    """Return the names of the components with code that is not `known`, in the flow's order.

    `known` are digests of `digest_code`. A component that starts a program for its MCP server
    counts, and so do nodes that the console ignores: the server may still run them.
    """
    return [
        _name(definition)
        for definition in _find_definitions(graph_data(flow))
        if any(_digest(code) not in known for code in _read_code(definition))
    ]


def digest_code(catalogue: Json) -> frozenset[str]:
    """Return digests of all code in the server's catalogue of components.

    A digest ignores line endings and spaces at the end of lines.
    """
    return frozenset(
        _digest(code)
        for definition in _find_definitions(catalogue)
        for code in _read_code(definition)
    )


def _find_definitions(value: Json) -> Iterator[JsonObject]:
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


def _read_code(definition: JsonObject) -> Iterator[str]:
    for name, entry in definition["template"].items():
        entry = as_dict(entry)
        value = entry.get("value")
        program = as_dict(as_dict(value).get("config"))
        # a group's parameter replaces the one of its part that it stands for
        names = {name, as_str(as_dict(entry.get("proxy")).get("field"))}
        if program.get("command"):
            yield json.dumps(program)
        elif entry.get("type") == "code" or names & _CODE_PARAMETERS:
            code = "\n".join(map(str, value)) if isinstance(value, list) else as_str(value)
            if code.strip():
                yield code


def _digest(code: str) -> str:
    # not by `splitlines`, whose other line ends are text for Python
    lines = code.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")
    normalized = "\n".join(line.rstrip(" \t") for line in lines)
    return hashlib.sha256(normalized.encode("utf-8", "surrogatepass")).hexdigest()


def _name(definition: JsonObject) -> str:
    name = clean_text(as_str(definition.get("display_name")))
    return " ".join(name.split()) or "Unnamed component"
