"""Results are converted to files."""

import io
import json

import pandas as pd
import pytest

from pages._ui.widgets import downloads


def test_lists_and_objects_in_cells_become_json():
    """CSV and Parquet have no type for them."""
    table = downloads.to_dataframe([{"a": [1, "é"]}, {"a": {"b": 2}}, {"a": None}])
    assert list(table["a"])[:2] == ['[1, "é"]', '{"b": 2}']


def test_a_column_of_mixed_types_becomes_text():
    assert list(downloads.to_dataframe([{"a": 1}, {"a": "x"}])["a"]) == ["1", "x"]


def test_columns_of_one_type_keep_it():
    table = downloads.to_dataframe([{"n": 1, "f": 1.5, "b": True}, {"n": 2, "f": 2.5, "b": False}])
    assert [str(kind) for kind in table.dtypes] == ["int64", "float64", "bool"]


def test_rows_may_have_different_columns():
    """Missing cells are empty."""
    assert downloads.to_dataframe([{"a": 1}, {"b": 2}]).shape == (2, 2)


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 1, "b": "x"}],
        [{"a": {"deep": [1]}, "b": None}, {"a": "text", "b": 3}],
        [{"a": None}],
    ],
)
def test_rows_of_any_shape_can_be_read_back_from_parquet(rows):
    table = pd.read_parquet(io.BytesIO(downloads.to_dataframe(rows).to_parquet(index=False)))
    assert len(table) == len(rows)


def test_large_integers_become_text():
    assert list(downloads.to_dataframe([{"a": 10**30}, {"a": 1}])["a"]) == [str(10**30), "1"]


def test_lone_surrogates_can_be_written():
    table = downloads.to_dataframe([{"\ud800": "\udfffx"}, {"\ud800": ["\ud800"]}])
    assert list(table["?"]) == ["?x", '["?"]']
    assert table.to_parquet(index=False)
    assert json.loads(downloads.to_json_bytes({"a": "\ud800"})) == {"a": "\ud800"}


def test_very_deep_values_are_written_without_indentation():
    """Indented JSON has a maximum depth."""
    value: dict = {}
    inner = value
    for _ in range(600):
        inner["a"] = {}
        inner = inner["a"]
    assert json.loads(downloads.to_json_bytes(value)) == value


def test_json_writes_unsupported_values_as_text():
    assert json.loads(downloads.to_json_bytes({"a": b"x"})) == {"a": "b'x'"}


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Chat Output", "ab12"), "Chat-Output-ab12.md"),
        (("../../etc", ""), "etc.md"),
        ((), "output.md"),
    ],
)
def test_file_names_are_safe(parts, name):
    """Text of a flow cannot name another folder."""
    assert downloads.file_name(*parts, extension="md") == name
