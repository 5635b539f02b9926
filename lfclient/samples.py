"""Sample flows of built-in components that need no key of any provider.

A sample is a specification: component types, values and links. The components themselves come
from the catalogue of the server it is put on, so that it has that release's own code.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lfclient.flow import FlowSummary

if TYPE_CHECKING:
    from lfclient.client import LangflowClient


@dataclass(frozen=True)
class Node:
    """A component of a sample.

    `variables` are those of a prompt template, with their values; `editable` the parameters that a
    form shows first; `name` replaces the component's display name.
    """

    key: str
    type: str
    values: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    editable: tuple[str, ...] = ()
    name: str = ""

    @property
    def id(self) -> str:
        return f"{self.type.replace(' ', '')}-{self.key}"


@dataclass(frozen=True)
class Link:
    """From an output of one node into a parameter of another; nodes by key."""

    source: str
    output: str
    target: str
    parameter: str = "input_value"


@dataclass(frozen=True)
class Sample:
    """A flow as it is specified; `shows` says what a person can see or try with it."""

    name: str
    description: str
    shows: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = ()

    def missing(self, catalogue: Mapping[str, Any]) -> list[str]:
        """The component types that this server's release does not have."""
        known = _components(catalogue)
        return sorted({node.type for node in self.nodes} - known.keys())


def build(sample: Sample, catalogue: Mapping[str, Any]) -> dict[str, Any]:
    """The flow's graph (`data` of a flow), of the components in a server's `GET /api/v1/all`.

    Raises KeyError if the server lacks a component; `Sample.missing` says which.
    """
    known = _components(catalogue)
    nodes = {node.key: _node(node, known[node.type], place) for place, node in _placed(sample)}
    return {
        "nodes": list(nodes.values()),
        "edges": [
            _edge(link, nodes[link.source]["data"], nodes[link.target]["data"])
            for link in sample.links
        ],
        "viewport": {"x": 0, "y": 0, "zoom": 0.8},
    }


def install(
    client: LangflowClient,
    names: Iterable[str] | None = None,
    on_missing: Callable[[Sample, list[str]], None] | None = None,
) -> list[FlowSummary]:
    """Put the samples (or those named) on a server, and return the flows that were made.

    A sample whose name a flow there already has is left out; one that the server has no component
    for is left out too and passed to `on_missing`, with the component types.
    """
    there = {flow.name for flow in client.flows()}
    wanted = set(names) if names is not None else {sample.name for sample in SAMPLES}
    catalogue = client.catalogue()
    made = []
    for sample in SAMPLES:
        if sample.name in there or sample.name not in wanted:
            continue
        missing = sample.missing(catalogue)
        if missing:
            if on_missing:
                on_missing(sample, missing)
            continue
        data = build(sample, catalogue)
        made.append(client.create_flow(sample.name, data, description=sample.description))
    return made


def _components(catalogue: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    # from 1.10 the catalogue also has a list of names among its categories
    return {
        name: component
        for category in catalogue.values()
        if isinstance(category, dict)
        for name, component in category.items()
        if isinstance(component, dict) and isinstance(component.get("template"), dict)
    }


def _placed(sample: Sample) -> list[tuple[tuple[int, int], Node]]:
    """Each node in a column right of those that feed it."""
    column = {node.key: 0 for node in sample.nodes}
    for _ in sample.nodes:
        for link in sample.links:
            column[link.target] = max(column[link.target], column[link.source] + 1)
    rows: dict[int, int] = {}
    placed = []
    for node in sample.nodes:
        row = rows.setdefault(column[node.key], 0)
        rows[column[node.key]] += 1
        placed.append(((column[node.key] * 420, row * 380), node))
    return placed


def _node(node: Node, component: Mapping[str, Any], place: tuple[int, int]) -> dict[str, Any]:
    component = copy.deepcopy(dict(component))
    template = component["template"]
    for parameter, value in node.values.items():
        template[parameter]["value"] = value
    for variable, value in node.variables.items():
        template[variable] = _prompt_variable(variable, value)
    if node.variables:
        component["custom_fields"] = {"template": list(node.variables)}
    for parameter in node.editable:
        template[parameter]["api_editable"] = True
    if node.name:
        component["display_name"] = node.name
    return {
        "id": node.id,
        "type": "genericNode",
        "position": {"x": place[0], "y": place[1]},
        "data": {"id": node.id, "type": node.type, "node": component, "showNode": True},
    }


def _prompt_variable(name: str, value: str) -> dict[str, Any]:
    # what the editor adds to a prompt template for each {name} in its text
    return {
        "name": name,
        "display_name": name,
        "type": "str",
        "value": value,
        "multiline": True,
        "input_types": ["Message"],
        "show": True,
        "required": False,
        "advanced": False,
        "list": False,
        "dynamic": False,
        "load_from_db": False,
        "title_case": False,
        "info": "",
        "placeholder": "",
        "file_path": "",
        "fileTypes": [],
        "field_type": "str",
    }


def _edge(link: Link, source: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    output = next(o for o in source["node"]["outputs"] if o["name"] == link.output)
    # the editor remembers which of several outputs was chosen
    source["node"]["selected_output"] = link.output
    parameter = target["node"]["template"][link.parameter]
    handles = {
        "sourceHandle": {
            "dataType": source["type"],
            "id": source["id"],
            "name": link.output,
            "output_types": output["types"],
        },
        "targetHandle": {
            "fieldName": link.parameter,
            "id": target["id"],
            "inputTypes": parameter.get("input_types"),
            "type": parameter["type"],
        },
    }
    written = {end: _handle(handle) for end, handle in handles.items()}
    return {
        "id": f"xy-edge__{source['id']}{written['sourceHandle']}"
        f"-{target['id']}{written['targetHandle']}",
        "source": source["id"],
        "target": target["id"],
        **written,
        "data": handles,
    }


def _handle(handle: Mapping[str, Any]) -> str:
    # the editor keeps a handle in an HTML attribute, with œ for the quotes
    return json.dumps(handle, separators=(",", ":"), sort_keys=True).replace('"', "œ")


def _prompt(
    key: str, template: str, variables: Mapping[str, str], wired: Sequence[str] = ()
) -> Node:
    editable = tuple(name for name in variables if name not in wired)
    return Node(key, "Prompt Template", {"template": template}, variables, editable)


_CHART = (
    "iVBORw0KGgoAAAANSUhEUgAAAGAAAABgAgMAAACf9p+rAAAADFBMVEX///9PRuUQuYH1ngvHNvrGAAAAMElEQVR42mNg"
    "GG6AaxUQLBiVGJWgtQRrKBAEjEqMXAn+/0DwYVRiVGJUguoSwwIAAA/PE18QI6QnAAAAAElFTkSuQmCC"
)

# nothing is printed or read: the component catches what the whole server prints meanwhile
_WAIT = """for second in range(25):
    time.sleep(1)
"""

_ORDER = """{
  "order": 1042,
  "customer": {"name": "Ada Lovelace", "city": "London"},
  "items": [
    {"article": "Notebook", "pieces": 3, "price": 4.5},
    {"article": "Pencil", "pieces": 12, "price": 0.8}
  ],
  "paid": true
}"""

_NOTES = "Bring the tickets\nCall the hotel\nPack an umbrella\nWater the plants"


def _chat_in(text: str, key: str = "question") -> Node:
    return Node(key, "ChatInput", {"input_value": text})


def _chat_out(key: str = "answer", name: str = "") -> Node:
    return Node(key, "ChatOutput", name=name)


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "Echo chat",
        "Says back what you write.",
        "the shortest flow there is: a chat input and a chat output",
        (_chat_in("Hello, Langflow!"), _chat_out()),
        (Link("question", "message", "answer"),),
    ),
    Sample(
        "Write a letter",
        "Puts your message, a name and a place into the text of a letter.",
        "a prompt with variables, each of which is a field of the form",
        (
            _chat_in("we look forward to your visit on Friday."),
            _prompt(
                "letter",
                "**{place}**\n\nDear {name},\n\n{message}\n\nKind regards,\n{signature}",
                {"place": "London", "name": "Ada", "message": "", "signature": "The team"},
                wired=("message",),
            ),
            _chat_out(),
        ),
        (Link("question", "message", "letter", "message"), Link("letter", "prompt", "answer")),
    ),
    Sample(
        "Table of sample records",
        "Makes up a table of 50 records, to sort, search and download.",
        "a table as output, and a flow that needs no input",
        (Node("records", "MockDataGenerator"),),
    ),
    Sample(
        "Read an order",
        "Reads the JSON text of an order and returns it as structured data.",
        "structured data as output, and a field for longer text",
        (Node("order", "JSONtoData", {"json_string": _ORDER}, editable=("json_string",)),),
    ),
    Sample(
        "Split a list into rows",
        "Cuts a text at each line break and returns the pieces as a table.",
        "whole numbers and text in the form",
        (
            Node("notes", "TextInput", {"input_value": _NOTES}, editable=("input_value",)),
            Node(
                "rows",
                "SplitText",
                {"chunk_size": 20, "chunk_overlap": 0},
                editable=("separator", "chunk_size", "chunk_overlap"),
            ),
        ),
        (Link("notes", "text", "rows", "data_inputs"),),
    ),
    Sample(
        "Sort a request",
        "Sends a message with the word “urgent” to one desk and any other message to the second.",
        "a branch not taken: one of the two outputs does not run, and the run is still completed",
        (
            _chat_in("This is urgent: the printer is on fire.", "request"),
            Node(
                "urgent",
                "ConditionalRouter",
                {"operator": "contains", "match_text": "urgent", "case_sensitive": False},
                editable=("match_text",),
            ),
            _chat_out("first", "Urgent desk"),
            _chat_out("second", "Normal desk"),
        ),
        (
            Link("request", "message", "urgent", "input_text"),
            # 1.8 passes on these and not the text that was compared
            Link("request", "message", "urgent", "true_case_message"),
            Link("request", "message", "urgent", "false_case_message"),
            Link("urgent", "true_result", "first"),
            Link("urgent", "false_result", "second"),
        ),
    ),
    Sample(
        "Unconnected component",
        "An echo chat with a calculator beside it that nothing leads to.",
        "a component that does not run, because only what is connected with the chat input does",
        (
            _chat_in("The calculator stays idle."),
            _chat_out(),
            Node("idle", "CalculatorComponent", {"expression": "6 * 7"}),
        ),
        (Link("question", "message", "answer"),),
    ),
    Sample(
        "Takes half a minute",
        "Works for 25 seconds and then says so. Long enough to press Stop.",
        "a run under way, and how it is stopped",
        (
            Node("work", "PythonREPLComponent", {"global_imports": "time", "python_code": _WAIT}),
            Node("report", "ParserComponent", {"pattern": "The work is done."}),
            _chat_out(),
        ),
        (
            Link("work", "results", "report", "input_data"),
            Link("report", "parsed_text", "answer"),
        ),
    ),
    Sample(
        "Fails until it gets JSON",
        "Fails, because it has nothing to read. Give it JSON text and it succeeds.",
        "a run that failed, with the reason, and how it is mended",
        (Node("empty", "JSONtoData", {"json_string": ""}, editable=("json_string",)),),
    ),
    Sample(
        "Picture card",
        "Returns a small bar chart with a heading of your choice.",
        "an image in a message",
        (
            _prompt(
                "card",
                "## {title}\n\n![Three bars](data:image/png;base64," + _CHART + ")",
                {"title": "Visitors this week"},
            ),
            _chat_out(),
        ),
        (Link("card", "prompt", "answer"),),
    ),
    Sample(
        "Wait for an approval",
        "Waits until a person approves or rejects the message (Langflow 1.11 and later).",
        "a run that waits for a person; run it in the background",
        (
            _chat_in("May the invoice of 120 pounds be paid?"),
            Node("decision", "HumanInput"),
            _chat_out("yes", "Approved"),
            _chat_out("no", "Rejected"),
        ),
        (
            Link("question", "message", "decision", "prompt"),
            Link("decision", "branch_approve", "yes"),
            Link("decision", "branch_reject", "no"),
        ),
    ),
)
