"""Results as files."""

import io
import json

import pandas as pd
import pytest

from pages._ui.widgets import downloads


def test_writes_cells_that_hold_lists_as_json():
    """A list or an object in a cell is its JSON text, for which CSV and Parquet have a type."""
    table = downloads.to_dataframe([{"a": [1, "é"]}, {"a": {"b": 2}}, {"a": None}])
    assert list(table["a"])[:2] == ['[1, "é"]', '{"b": 2}']


def test_a_column_of_mixed_types_becomes_text():
    assert list(downloads.to_dataframe([{"a": 1}, {"a": "x"}])["a"]) == ["1", "x"]


def test_keeps_numbers_and_booleans():
    """Columns of one kind keep their type."""
    table = downloads.to_dataframe([{"n": 1, "f": 1.5, "b": True}, {"n": 2, "f": 2.5, "b": False}])
    assert [str(kind) for kind in table.dtypes] == ["int64", "float64", "bool"]


def test_rows_may_have_different_columns():
    """A column that a row lacks is empty there."""
    assert downloads.to_dataframe([{"a": 1}, {"b": 2}]).shape == (2, 2)


@pytest.mark.parametrize(
    "rows",
    [
        [{"a": 1, "b": "x"}],
        [{"a": {"deep": [1]}, "b": None}, {"a": "text", "b": 3}],
        [{"a": None}],
    ],
)
def test_parquet_reads_back(rows):
    """Whatever the rows hold, the Parquet file opens and has them all."""
    back = pd.read_parquet(io.BytesIO(downloads.to_parquet(downloads.to_dataframe(rows))))
    assert len(back) == len(rows)


def test_large_integers_become_text():
    assert list(downloads.to_dataframe([{"a": 10**30}, {"a": 1}])["a"]) == [str(10**30), "1"]


def test_surrogates_do_not_crash():
    table = downloads.to_dataframe([{"\ud800": "\udfffx"}, {"\ud800": ["\ud800"]}])
    assert list(table["?"]) == ["?x", '["?"]']
    assert downloads.to_parquet(table)
    assert json.loads(downloads.to_json_bytes({"a": "\ud800"})) == {"a": "\ud800"}


def test_deep_values_come_on_one_line():
    """What is nested too deeply to be indented is saved all the same."""
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
def test_names_files_safely(parts, name):
    """A flow's texts cannot lead out of the download folder."""
    assert downloads.file_name(*parts, extension="md") == name
