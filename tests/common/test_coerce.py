"""JSON of any type is read as the expected type; fast copies of frozen dataclasses."""

from dataclasses import replace

import pytest

from lfclient.common.coerce import as_float, with_changes
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import Message

OUTPUT = Output("A-1", OutputKind.MESSAGE, "hi", parts={"one": None})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *((2, 2.0), (0.5, 0.5), (True, None), ("2", None), (None, None)),
        *((10**400, None), (-(10**400), None), (float("inf"), None), (float("nan"), None)),
    ],
    ids=lambda value: repr(value)[:9],
)
def test_only_numbers_within_a_floats_range_are_read(value, number):
    assert as_float(value) == number


@pytest.mark.parametrize(
    ("original", "changes"),
    [(OUTPUT, {"value": "ho", "truncated": True}), (Message("m", "hi"), {"streamed": "hi you"})],
)
def test_a_changed_copy_equals_dataclasses_replace(original, changes):
    before = replace(original)
    made = with_changes(original, **changes)
    assert made == replace(original, **changes) != original
    assert type(made) is type(original)
    assert original == before
