"""Tables are compared in bounded time."""

import pandas as pd

from lfclient.console.compare.table_diff import (
    CHANGE_COLUMN,
    CHANGED,
    MAX_LISTED_COLUMNS,
    REMOVED,
    ROW_COLUMN,
    compare_tables,
    key_columns,
)
from tests.support.cpu_time import max_cpu_seconds


def table(*rows):
    return pd.DataFrame(rows)


ONE = table({"id": 1, "city": "Rome"}, {"id": 2, "city": "Oslo"}, {"id": 3, "city": "Kyiv"})
TWO = table({"id": 1, "city": "Rome"}, {"id": 3, "city": "Lviv"})


def test_rows_are_matched_by_position():
    found = compare_tables(ONE, TWO)
    assert (found.added, found.removed, found.changed_rows, found.changed_cells) == (0, 1, 1, 2)
    assert list(found.rows[CHANGE_COLUMN]) == [CHANGED, REMOVED]
    assert list(found.rows[ROW_COLUMN]) == ["2", "3"]
    assert found.rows.iloc[0].to_dict()["city"] == "Oslo → Lviv"
    assert list(found.is_changed.iloc[0]) == [False, False, True, True]


def test_rows_are_matched_by_a_key_column():
    assert key_columns(ONE, TWO) == ["id", "city"]
    found = compare_tables(ONE, TWO, "id")
    assert (found.added, found.removed, found.changed_rows) == (0, 1, 1)
    assert found.rows.iloc[0].to_dict() == {
        CHANGE_COLUMN: CHANGED,
        ROW_COLUMN: "3",
        "id": "3",
        "city": "Kyiv → Lviv",
    }


def test_a_column_with_duplicates_or_gaps_is_no_key():
    twice = table({"id": 1, "n": None}, {"id": 1, "n": 2})
    assert key_columns(twice, twice) == []


def test_added_and_removed_columns_are_reported_and_the_others_compared():
    found = compare_tables(ONE, ONE.rename(columns={"city": "town"}))
    assert (found.removed_columns, found.added_columns) == (("city",), ("town",))
    assert found.changed_cells == 0
    assert not found.is_equal


def test_equal_tables_with_gaps_are_equal():
    gaps = table({"Row": None, "x": 1.5}, {"Row": "a", "x": float("nan")})
    assert compare_tables(gaps, gaps.copy()).is_equal


def test_columns_of_the_diff_are_numbered_if_a_table_has_their_names():
    one = table(
        {ROW_COLUMN: "a", CHANGE_COLUMN: 1, "Row (2)": 1},
        {ROW_COLUMN: "b", CHANGE_COLUMN: 2, "Row (2)": 2},
    )
    other = table({ROW_COLUMN: "b", CHANGE_COLUMN: 3, "Row (2)": 2})
    for key in ("", *key_columns(one, other)):
        heads = list(compare_tables(one, other, key).rows)
        assert heads == ["± (2)", "Row (3)", ROW_COLUMN, CHANGE_COLUMN, "Row (2)"]
    found = compare_tables(one, other, ROW_COLUMN)
    assert list(found.rows.iloc[0]) == [CHANGED, "2", "b", "2 → 3", "2"]
    assert list(found.is_changed.iloc[0]) == [False, False, False, True, False]


def test_the_first_text_column_names_rows_unless_another_matches_them():
    one = table({"n": 1, "city": None, "land": "a"}, {"n": 2, "city": "Oslo", "land": "b"})
    other = one.assign(n=[1, 3])
    assert compare_tables(one, other).name_column == "city"
    assert compare_tables(one, other, "land").name_column == "land"
    assert compare_tables(one[["n"]], other[["n"]]).name_column == ""


def test_a_column_with_equal_texts_does_not_name_rows():
    one = table(*({"sender": "User", "text": text} for text in ("Hi", "Bye")))
    assert compare_tables(one, one).name_column == "text"
    assert compare_tables(one[["sender"]], one[["sender"]]).name_column == ""


def test_the_column_that_names_rows_is_listed_among_many():
    changed = {f"c{n}": n for n in range(MAX_LISTED_COLUMNS + 1)}
    one = table({**changed, "city": "Oslo"})
    other = table({**dict.fromkeys(changed, -1), "city": "Oslo"})
    found = compare_tables(one, other)
    assert "city" in found.rows.columns
    assert found.unlisted_columns == 2


def test_twenty_thousand_rows_are_compared_and_the_list_is_bounded():
    numbers = range(20_000)
    big = pd.DataFrame({"id": numbers, "a": [f"text {n}" for n in numbers], "b": 1.5})
    other = big.drop(index=14_000).reset_index(drop=True)
    other.loc[500, "a"] = "changed"
    with max_cpu_seconds(1):
        found = compare_tables(big, other, "id")
    assert (found.added, found.removed, found.changed_cells) == (0, 1, 1)
    by_place = compare_tables(big, other)
    assert by_place.changed_rows == 6_000
    assert len(by_place.rows) + by_place.unlisted_rows == 6_001
