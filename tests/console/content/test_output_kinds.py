"""The handlers of the kinds of outputs."""

import pytest

from lfclient.console.content.output_kinds import OUTPUT_HANDLERS
from lfclient.outputs.model import OUTPUT_READERS, FileRef, Output, OutputKind


@pytest.mark.parametrize("table", [OUTPUT_READERS, OUTPUT_HANDLERS])
def test_every_kind_has_a_row(table):
    assert set(table) == set(OutputKind)


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [
        (OutputKind.MESSAGE, "## **Lisbon** in [May](http://a.b/c)\nmore", "Lisbon in May · more"),
        (OutputKind.IMAGE, b"\x89PNG", "Image"),
        (OutputKind.TABLE, [{"a": 1}] * 2, "2 rows × 1 column: 1; 1"),
        (OutputKind.DATA, {"a": 1, "b": [2]}, "a: 1 b: 2"),
        (OutputKind.DATA, [1, 2, 3], "1 2 3"),
        (OutputKind.UNKNOWN, 7, "7"),
        (OutputKind.FILE, FileRef("out.csv"), "out.csv"),
        (OutputKind.ERROR, "No key.\nTrace", "No key. Trace"),
    ],
)
def test_a_value_is_summarized_on_one_line(kind, value, line):
    assert OUTPUT_HANDLERS[kind].summarize(Output("A-1", kind, value)) == line
