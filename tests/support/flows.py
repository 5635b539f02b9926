"""Build flows for tests: nodes, parameters and edges in Langflow's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lfclient.flows.model import Flow

PARAMETERS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "parameters.json").read_text()
)


def entry(input_type: str | None, type: str, value: Any = "", **more: Any) -> dict[str, Any]:
    """Return a parameter."""
    return {"_input_type": input_type, "type": type, "value": value, "show": True, **more}


def text(value: Any = "", **more: Any) -> dict[str, Any]:
    """Return a parameter for a single line of text."""
    return entry("StrInput", "str", value, load_from_db=False, **more)


def read_file(id: str = "File-a", path: Any = "", **template: dict[str, Any]) -> dict[str, Any]:
    """Return the node of Read File, whose code fails without a file."""
    file = entry("FileInput", "file", "", file_path=path or [], list=True, required=False)
    code = 'if not file_list:\n    msg = "No files to process."\n    raise ValueError(msg)'
    return node(id, path=file, code=entry(None, "code", code), **template)


def node(id: str, type: str | None = None, **template: dict[str, Any]) -> dict[str, Any]:
    """Return a node with the parameters in `template`."""
    type = type or id.split("-")[0]
    inside = {"display_name": type, "template": {"_type": "Component", **template}}
    return {"id": id, "type": "genericNode", "data": {"id": id, "type": type, "node": inside}}


def chat_input(id: str = "ChatInput-a", value: str = "") -> dict[str, Any]:
    """Return a chat input with its text parameter."""
    return node(id, "ChatInput", input_value=entry("MultilineInput", "str", value, multiline=True))


def prompt(
    template: str, *variables: str, double_braces: bool = False, **values: str
) -> dict[str, Any]:
    """Return the node of a prompt, with a parameter for each variable as the editor adds them."""
    parameters = {
        name: entry(None, "str", values.get(name, ""), multiline=True, input_types=["Message"])
        for name in variables
    }
    kind = "MustachePromptInput" if double_braces else "PromptInput"
    return node("Prompt-a", template=entry(kind, "prompt", template), **parameters)


def edge(source: str, target: str, parameter: str = "input_value") -> dict[str, Any]:
    """Return an edge from a component to a parameter of another."""
    return {
        "source": source,
        "target": target,
        "data": {"sourceHandle": {"name": "out"}, "targetHandle": {"fieldName": parameter}},
    }


def graph(*nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a flow's JSON."""
    data = {"nodes": list(nodes), "edges": edges or []}
    return {"id": "11111111-2222-3333-4444-555555555555", "name": "Test", "data": data}


def flow(*nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None) -> Flow:
    """Return a parsed flow."""
    return Flow.from_json(graph(*nodes, edges=edges))


def group(id: str, inner: list[dict[str, Any]], inner_edges=(), **proxies: tuple[str, str]):
    """Return a group node.

    Each proxy exposes an inner node's parameter under its own name: (node id, parameter).
    """
    by_id = {one["id"]: one for one in inner}
    template = {}
    for name, (owner, parameter) in proxies.items():
        own = by_id[owner]["data"]["node"]["template"][parameter]
        template[name] = {**own, "proxy": {"id": owner, "field": parameter}}
    outer = node(id, "GroupNode", **template)
    outer["data"]["node"]["flow"] = {"data": {"nodes": inner, "edges": list(inner_edges)}}
    return outer
