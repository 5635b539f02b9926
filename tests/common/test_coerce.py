"""Fast copies of frozen dataclasses."""

from dataclasses import replace

import pytest

from lfclient.common.coerce import with_changes
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import Message

OUTPUT = Output("A-1", OutputKind.MESSAGE, "hi", parts={"one": None})


@pytest.mark.parametrize(
    ("original", "changes"),
    [(OUTPUT, {"value": "ho", "truncated": True}), (Message("m", "hi"), {"streamed": "hi you"})],
)
def test_a_changed_copy_equals_that_of_dataclasses_replace(original, changes):
    before = replace(original)
    made = with_changes(original, **changes)
    assert made == replace(original, **changes) != original
    assert type(made) is type(original)
    assert original == before
