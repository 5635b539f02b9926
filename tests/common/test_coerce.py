"""Copies of frozen values."""

from dataclasses import replace

import pytest

from lfclient.common.coerce import with_changes
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import Message

OUTPUT = Output("A-1", OutputKind.MESSAGE, "hi", parts={"one": None})


@pytest.mark.parametrize(
    ("one", "changes"),
    [(OUTPUT, {"value": "ho", "truncated": True}), (Message("m", "hi"), {"streamed": "hi you"})],
)
def test_a_changed_copy_is_as_dataclasses_make_it(one, changes):
    """What was not changed is the same, and the first stays as it was."""
    before = replace(one)
    made = with_changes(one, **changes)
    assert made == replace(one, **changes) != one
    assert type(made) is type(one)
    assert one == before
