"""Tables as CSV."""

import csv
import io
import tracemalloc

import pytest

from lfclient.console.content.csv_writer import csv_bytes, csv_chunks


def read(data):
    """The cells of a CSV, its heading first."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_opens_in_a_spreadsheet():
    """It begins with the mark that makes spreadsheets read UTF-8."""
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
def test_text_that_looks_like_a_formula_is_made_harmless(cell, written):
    """An apostrophe stands before it, in the heading too; also within a text, where some
    spreadsheets begin another cell.
    """
    assert read(csv_bytes([{cell: cell}])) == [[written], [written]]


@pytest.mark.parametrize("cell", [-5, -2.5e3, "-5", "+5", "-2.5e3", " -5"])
def test_numbers_with_a_sign_stay_numbers(cell):
    """As numbers and as their text."""
    assert read(csv_bytes([{"n": cell}])) == [["n"], [str(cell)]]


def test_cells_that_hold_more_are_json():
    """Nothing is an empty cell; what a row lacks, too."""
    rows = [{"a": [1, "é"], "b": True}, {"a": {"b": 2}}, {"c": None}, {"c": float("nan")}]
    assert read(csv_bytes(rows))[1:] == [
        ['[1, "é"]', "True", ""],
        ['{"b": 2}', "", ""],
        ["", "", ""],
        ["", "", ""],
    ]


def test_half_characters_are_no_crash():
    """JSON may hold what is no Unicode."""
    assert read(csv_bytes([{"\ud800": "\udfffx"}])) == [["?"], ["?x"]]


def test_a_large_table_is_written_in_pieces():
    """No piece is large, and writing takes far less memory than the file has."""
    rows = [{"a": "x" * 1000}] * 20_000
    tracemalloc.start()
    size = sum(len(piece) for piece in csv_chunks(rows))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 20_000_000
    assert peak < size / 2
