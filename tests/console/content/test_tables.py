"""Tables become data frames and safe CSV, values become JSON in chunks."""

import csv
import io
import json

import pytest

from lfclient.common.redaction import REDACTED, Redactor
from lfclient.console.content import tables
from lfclient.console.content.tables import (
    csv_bytes,
    json_chunks,
    tab_separated,
    to_dataframe,
)


def read(data):
    """Return the rows of a CSV file, its headings first."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_file_starts_with_a_byte_order_mark_for_spreadsheets():
    data = csv_bytes([{"name": "Zoë"}])
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == "name\nZoë\n"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("-1-1", "'-1-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tz", "'\tz"),
        ("\rz", "'\nz"),
        ("x\r=1", "x\n'=1"),
        ("＝1", "'＝1"),
        (" =1", "' =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\xa0\u200b@x", "'\xa0\u200b@x"),
        (" a", " a"),
        ("ok", "ok"),
        ("a=1", "a=1"),
        ("a;=1+1", "a;'=1+1"),
        ("a; @x;-2+3;+5", "a; '@x;'-2+3;+5"),
        ("a;-5\nb", "a;-5\nb"),
        ("a\n=1", "a\n'=1"),
        ("a\n-1", "a\n-1"),
        ("a\n- one\n- two\n---\n;-)", "a\n- one\n- two\n---\n;-)"),
    ],
)
def test_text_that_looks_like_a_formula_is_escaped(cell, written):
    """Headings are escaped as well, and text after a semicolon or line break that splits cells."""
    assert read(csv_bytes([{cell: cell}])) == [[written], [written]]


@pytest.mark.parametrize("cell", [-5, -2.5e3, "-5", "+5", "-2.5e3", " -5"])
def test_signed_numbers_stay_numbers(cell):
    assert read(csv_bytes([{"n": cell}])) == [["n"], [str(cell)]]


def test_lists_and_objects_become_json_and_missing_cells_are_empty():
    rows = [{"a": [1, "é"], "b": True}, {"a": {"b": 2}}, {"c": None}, {"c": float("nan")}]
    assert read(csv_bytes(rows))[1:] == [
        ['[1, "é"]', "True", ""],
        ['{"b": 2}', "", ""],
        ["", "", ""],
        ["", "", ""],
    ]


def test_lone_surrogates_become_question_marks():
    assert read(csv_bytes([{"\ud800": "\udfffx"}])) == [["?"], ["?x"]]


def test_a_copied_table_has_tabs_between_its_cells_and_no_formula():
    rows = [{"a": "x\ty", "b": "=1"}, {"a": "", "c": [1]}]
    assert tab_separated(rows) == 'a\tb\tc\n"x\ty"\t\'=1\t\n\t\t[1]\n'


class Secret:
    """An object that is not JSON."""

    def __str__(self):
        return "a secret"


VALUES = [
    1,
    "l\ni",
    None,
    [],
    {},
    [1, [2, {"a": []}], "x"],
    {"a": {"b": {"c": {"d": {"e": [1, 2, {"f": None}]}}}}, "é": "x\u2028", 'q"': True},
    [[[[[[[1, {}]]]]]]],
]


@pytest.mark.parametrize("value", VALUES)
def test_the_json_equals_that_of_the_standard_library(monkeypatch, value):
    monkeypatch.setattr(tables, "_CHUNK_LENGTH", 1)
    assert "".join(json_chunks(value)) == json.dumps(value, indent=2, ensure_ascii=False)


def test_keys_values_and_other_objects_are_redacted():
    value = {"a secret": [{"secret": n, "n": (1, "secret")} for n in range(300)], "t": Secret()}
    cleaned = "".join(json_chunks(value, Redactor(["secret"]).redact_value))
    rows = [{REDACTED: n, "n": [1, REDACTED]} for n in range(300)]
    assert json.loads(cleaned) == {f"a {REDACTED}": rows, "t": f"a {REDACTED}"}


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


def test_large_integers_become_text():
    assert list(to_dataframe([{"a": 10**30}, {"a": 1}])["a"]) == [str(10**30), "1"]


def test_lone_surrogates_can_be_written():
    table = to_dataframe([{"\ud800": "\udfffx"}, {"\ud800": ["\ud800"]}])
    assert list(table["?"]) == ["?x", '["?"]']
    assert table.to_parquet(index=False)
