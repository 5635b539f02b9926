"""Small flows, one purpose each."""

from __future__ import annotations

from typing import Any

from lfclient import Flow
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Link, Node, Sample
from lfclient.flows.edges import written_handle

ECHO = Sample(
    "echo",
    "",
    (Node("a", "ChatInput", {"input_value": "stored"}), Node("b", "ChatOutput")),
    (Link("a", "message", "b"),),
)
# the text beside it feeds both outputs, and so connects the second chat input with the first
TWO_CHAT_INPUTS = Sample(
    "two chat inputs",
    "",
    (
        Node("a", "ChatInput", {"input_value": "first"}),
        Node("c", "ChatInput", {"input_value": "second"}),
        Node("t", "TextInput", {"input_value": "both"}),
        Node("k", "CombineText"),
        Node("l", "CombineText"),
        Node("b", "ChatOutput"),
        Node("d", "ChatOutput"),
    ),
    (
        Link("a", "message", "k", "text1"),
        Link("t", "text", "k", "text2"),
        Link("k", "combined_text", "b"),
        Link("t", "text", "l", "text1"),
        Link("c", "message", "l", "text2"),
        Link("l", "combined_text", "d"),
    ),
)
CHAT_AND_WEBHOOK = Sample(
    "chat and webhook",
    "",
    (
        Node("a", "ChatInput", {"input_value": "stored"}),
        Node("b", "ChatOutput"),
        Node("w", "Webhook", {"data": '{"from": "elsewhere"}'}),
        Node("d", "ChatOutput"),
    ),
    (Link("a", "message", "b"), Link("w", "output_data", "d")),
)
# the chat input feeds what follows the webhook, and an output that this does not need
CHAT_INTO_WEBHOOK = Sample(
    "chat into webhook",
    "",
    (
        Node("a", "ChatInput", {"input_value": "stored"}),
        Node("b", "ChatOutput"),
        Node("w", "Webhook", {"data": '{"from": "elsewhere"}'}),
        Node("p", "ParserComponent", {"mode": "Stringify"}),
        Node("k", "CombineText"),
        Node("d", "ChatOutput"),
    ),
    (
        Link("a", "message", "b"),
        Link("w", "output_data", "p", "input_data"),
        Link("p", "parsed_text", "k", "text1"),
        Link("a", "message", "k", "text2"),
        Link("k", "combined_text", "d"),
    ),
)
TEXT_AND_WEBHOOK = Sample(
    "text and webhook",
    "",
    (
        Node("t", "TextInput", {"input_value": "Oslo"}),
        Node("b", "ChatOutput"),
        Node("w", "Webhook", {"data": '{"from": "elsewhere"}'}),
        Node("d", "ChatOutput"),
    ),
    (Link("t", "text", "b"), Link("w", "output_data", "d")),
)
LONE_WEBHOOK = Sample(
    "lone webhook",
    "",
    (
        Node("a", "ChatInput", {"input_value": "stored"}),
        Node("b", "ChatOutput"),
        Node("w", "Webhook", {"data": '{"from": "elsewhere"}'}),
    ),
    (Link("a", "message", "b"),),
)
ASK_MODEL = Sample(
    "ask a model",
    "",
    (
        Node("a", "ChatInput"),
        Node("m", "LanguageModelComponent", editable=("ollama_base_url",)),
        Node("b", "ChatOutput"),
    ),
    (Link("a", "message", "m"), Link("m", "text_output", "b")),
)
TWO_OUTPUTS = Sample(
    "two outputs",
    "",
    (
        Node("a", "TextInput", {"input_value": "Oslo"}),
        Node("b", "ChatOutput"),
        Node("c", "TextInput", {"input_value": "Paris"}),
        Node("d", "ChatOutput"),
    ),
    (Link("a", "text", "b"), Link("c", "text", "d")),
)
AGENT = Sample(
    "agent",
    "",
    (Node("a", "ChatInput"), Node("g", "Agent"), Node("b", "ChatOutput")),
    (Link("a", "message", "g"), Link("g", "response", "b")),
)
EMBED = Sample(
    "embed",
    "",
    (Node("a", "ChatInput"), Node("e", "EmbeddingModel"), Node("t", "TextEmbedderComponent")),
    (Link("a", "message", "t", "message"), Link("e", "embeddings", "t", "embedding_model")),
)
ROWS = Sample(
    "rows",
    "",
    (
        Node("a", "TextInput", {"input_value": "x\ny\nz"}),
        Node("s", "SplitText", {"chunk_size": 1, "chunk_overlap": 0}),
    ),
    (Link("a", "text", "s", "data_inputs"),),
)
SAVE = Sample(
    "save",
    "",
    (
        Node("a", "ChatInput", {"input_value": "to be kept"}),
        Node("w", "SaveToFile", {"local_format": "txt"}, editable=("file_name",)),
    ),
    (Link("a", "message", "w", "input"),),
)
READ_FILE = Sample(
    "read a file",
    "",
    (Node("f", "File"), Node("b", "ChatOutput")),
    (Link("f", "message", "b"),),
)
TWO_QUESTIONS = Sample(
    "two questions",
    "",
    (
        Node("q", "ChatInput", {"input_value": "Go on?"}),
        Node("first", "HumanInput"),
        Node("second", "HumanInput"),
        Node("yes", "ChatOutput"),
    ),
    (
        Link("q", "message", "first", "prompt"),
        Link("first", "branch_approve", "second", "prompt"),
        Link("second", "branch_approve", "yes"),
    ),
)
SECRETIVE = Sample(
    "secretive",
    "",
    (Node("a", "ChatInput"), Node("s", "TellsSecret"), Node("b", "ChatOutput")),
    (Link("a", "message", "s", "after"), Link("s", "said", "b")),
)
VALUES = Sample(
    "values",
    "",
    (
        Node("a", "ChatInput"),
        Node("f", "File"),
        Node("t", "TellsValues"),
        Node("b", "ChatOutput"),
    ),
    (
        Link("a", "message", "t", "said"),
        Link("f", "message", "t", "read"),
        Link("t", "told", "b"),
    ),
)
TALK = Sample(
    "talk",
    "",
    (
        Node("a", "ChatInput", {"input_value": "stored"}),
        Node("one", "Talks"),
        Node("two", "Talks"),
        Node("three", "Talks"),
        Node("b", "ChatOutput"),
    ),
    (
        Link("a", "message", "one", "after"),
        Link("one", "said", "two", "after"),
        Link("two", "said", "three", "after"),
        Link("three", "said", "b"),
    ),
)


# for each line of the text: Parser, then joined with the chat text
LOOP = Sample(
    "loop",
    "",
    (
        Node("a", "TextInput", {"input_value": "x\ny"}),
        Node("s", "SplitText", {"chunk_size": 1, "chunk_overlap": 0}),
        Node("l", "LoopComponent"),
        Node("p", "ParserComponent", {"pattern": "stored {text}"}),
        Node("q", "ChatInput", {"input_value": "stored"}),
        Node("c", "CombineText", {"delimiter": "+"}),
        Node("t", "ParserComponent", {"mode": "Stringify"}),
        Node("b", "ChatOutput"),
    ),
    (
        Link("a", "text", "s", "data_inputs"),
        Link("s", "dataframe", "l", "data"),
        Link("l", "item", "p", "input_data"),
        Link("p", "parsed_text", "c", "text1"),
        Link("q", "message", "c", "text2"),
        Link("l", "done", "t", "input_data"),
        Link("t", "parsed_text", "b"),
    ),
)


def every_kind(file_name: str) -> Sample:
    """A flow that returns messages (one with a secret), a table, and a file of this name."""
    return Sample(
        "every kind",
        "",
        (
            Node("a", "ChatInput", {"input_value": "stored"}),
            Node("s", "TellsSecret"),
            Node("b", "ChatOutput"),
            Node("told", "ChatOutput"),
            Node("r", "SplitText", {"chunk_size": 1, "chunk_overlap": 0}),
            Node("w", "SaveToFile", {"file_name": file_name, "local_format": "txt"}),
        ),
        (
            Link("a", "message", "b"),
            Link("a", "message", "s", "after"),
            Link("s", "said", "told"),
            Link("a", "message", "r", "data_inputs"),
            Link("a", "message", "w", "input"),
        ),
    )


def loop_graph(catalogue: dict[str, Any]) -> dict[str, Any]:
    """Return the loop with its edge back, which ends at an output."""
    data = graph_builder.build_graph(LOOP, catalogue)
    loop = next(each["data"] for each in data["nodes"] if each["data"]["type"] == "LoopComponent")
    item = next(output for output in loop["node"]["outputs"] if output["name"] == "item")
    source = {"dataType": "CombineText", "id": "CombineText-c", "name": "combined_text"}
    types = [*item["types"], *(item.get("loop_types") or [])]
    target = {"dataType": "LoopComponent", "id": loop["id"], "name": "item", "output_types": types}
    handles = {"sourceHandle": {**source, "output_types": ["Message"]}, "targetHandle": target}
    written = {end: written_handle(handle) for end, handle in handles.items()}
    back = {"id": "back", "source": source["id"], "target": loop["id"], **written, "data": handles}
    return {**data, "edges": [*data["edges"], back]}


def model_keys(flow: Flow) -> list[str]:
    """Return the keys of the fields that choose a language model."""
    return [field.key for field in flow.fields if field.resource == "language"]
