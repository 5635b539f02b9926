"""All comparisons share one definition of equality."""

import pytest

from lfclient.console.compare.differences import OutputMatch, compare_pair
from lfclient.console.compare.equality import is_equal
from lfclient.console.compare.table_diff import compare_tables
from lfclient.console.compare.tree_diff import compare_trees
from lfclient.outputs.model import Output, OutputKind
from tests.console.compare.test_inputs import rows
from tests.console.compare.test_table_diff import table

PAIRS = [
    ({"a": 1}, {"a": True}, False),
    ({"a": [0, 2]}, {"a": [False]}, False),
    ({"a": [{"b": float("nan")}]}, {"a": [{"b": float("nan")}]}, True),
    ({"a": 1}, {"a": 1.0}, True),
    ({"a": "1"}, {"a": 1}, False),
    ({"a": None}, {}, False),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
]


@pytest.mark.parametrize(("one", "other", "same"), PAIRS)
def test_every_comparison_uses_the_same_equality(one, other, same):
    assert is_equal(one, other) is same
    outputs = [Output("A-a", OutputKind.DATA, value) for value in (one, other)]
    assert (compare_pair(*outputs).match is OutputMatch.EQUAL) is same
    assert compare_trees(one, other).is_equal is same
    assert compare_tables(table({"x": one}), table({"x": other})).is_equal is same
    (row,) = rows({"T-a.name": one}, {"T-a.name": other})
    assert row.is_different is not same
