"""The values of a run's inputs as text."""

import pytest

from lfclient.console.wording.input_values import one_line
from lfclient.flows.run_inputs import describe_inputs

MODEL = {"name": "gpt-4o", "provider": "OpenAI", "icon": "OpenAI", "metadata": {"a": 1}}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([MODEL], "OpenAI: gpt-4o"),
        ([MODEL, MODEL], None),
        ([{"name": "Ada", "provider": "Post", "city": "Lisbon"}], None),
        ([{"name": "Ada"}], None),
    ],
)
def test_a_model_is_named_also_without_its_flow(value, words):
    (item,) = describe_inputs({"Agent-a.model": value}, None, None)
    assert one_line(item) == words
