"""Tables become data frames."""

import io

import pandas as pd
import pytest

from lfclient.console.content.dataframes import to_dataframe


def test_lists_and_objects_in_cells_become_json():
    """CSV and Parquet have no type for them."""
    table = to_dataframe([{"a": [1, "é"]}, {"a": {"b": 2}}, {"a": None}])
    assert list(table["a"])[:2] == ['[1, "é"]', '{"b": 2}']


def test_a_column_of_mixed_types_becomes_text():
    assert list(to_dataframe([{"a": 1}, {"a": "x"}])["a"]) == ["1", "x"]


def test_columns_of_one_type_keep_it():
    table = to_dataframe([{"n": 1, "f": 1.5, "b": True}, {"n": 2, "f": 2.5, "b": False}])
    assert [str(kind) for kind in table.dtypes] == ["int64", "float64", "bool"]


def test_rows_may_have_different_columns():
    """Missing cells are empty."""
    assert to_dataframe([{"a": 1}, {"b": 2}]).shape == (2, 2)


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 1, "b": "x"}],
        [{"a": {"deep": [1]}, "b": None}, {"a": "text", "b": 3}],
        [{"a": None}],
    ],
)
def test_rows_of_any_shape_can_be_read_back_from_parquet(rows):
    table = pd.read_parquet(io.BytesIO(to_dataframe(rows).to_parquet(index=False)))
    assert len(table) == len(rows)


def test_large_integers_become_text():
    assert list(to_dataframe([{"a": 10**30}, {"a": 1}])["a"]) == [str(10**30), "1"]


def test_lone_surrogates_can_be_written():
    table = to_dataframe([{"\ud800": "\udfffx"}, {"\ud800": ["\ud800"]}])
    assert list(table["?"]) == ["?x", '["?"]']
    assert table.to_parquet(index=False)
