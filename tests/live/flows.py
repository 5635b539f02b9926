"""Small flows of one purpose each, for the contract's tests."""

from __future__ import annotations

from lfclient.samples import Link, Node, Sample

ECHO = Sample(
    "echo",
    "",
    "",
    (Node("a", "ChatInput", {"input_value": "stored"}), Node("b", "ChatOutput")),
    (Link("a", "message", "b"),),
)
ROWS = Sample(
    "rows",
    "",
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
    "",
    (Node("f", "File"), Node("b", "ChatOutput")),
    (Link("f", "message", "b"),),
)
TWO_QUESTIONS = Sample(
    "two questions",
    "",
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
