"""The handlers of the kinds of outputs."""

import pytest

from lfclient.console.content.output_kinds import OUTPUT_HANDLERS
from lfclient.outputs.model import OUTPUT_READERS, Output, OutputKind


@pytest.mark.parametrize("table", [OUTPUT_READERS, OUTPUT_HANDLERS])
def test_every_kind_has_a_row(table):
    assert set(table) == set(OutputKind)


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [(OutputKind.UNKNOWN, 7, "7"), (OutputKind.ERROR, "No key.\nTrace", "No key. Trace")],
)
def test_a_value_is_summarized_on_one_line(kind, value, line):
    assert OUTPUT_HANDLERS[kind].summarize(Output("A-1", kind, value)) == line
