"""Parsing of tables."""

from typing import Any

import pytest

from lfclient.outputs.tables import (
    internal_names,
    parse_markdown_table,
    parse_rows,
    strip_truncation_mark,
    without_internals,
)

ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


@pytest.mark.parametrize(
    "content",
    [
        ROWS,
        {"results": ROWS},
        {"sql": "select 1", "rows": ROWS},
        {"columns": ["id", "name"], "data": [[1, "a"], [2, "b"]]},
        {"columns": [{"name": "id"}, {"name": "name"}], "rows": [[1, "a"], [2, "b"]]},
        {"schema": {"fields": []}, "data": ROWS},
        {"id": [1, 2], "name": ["a", "b"]},
        {"id": {"0": 1, "1": 2}, "name": {"0": "a", "1": "b"}},
        '[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]',
        "| id | name |\n|---:|:-----|\n| 1 | a |\n| 2 | b |",
    ],
)
def test_all_shapes_of_a_table_give_the_same_rows(content: Any):
    assert parse_rows(content) == ROWS


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ([], []),
        ({}, []),
        ([1, "x"], [{"value": 1}, {"value": "x"}]),
        ([[1, 2]], [{"column 1": 1, "column 2": 2}]),
        ({"a": 1, "b": [1, 2]}, [{"a": 1, "b": [1, 2]}]),
        ([{"a": 1}, "odd"], [{"a": 1}, {"value": "odd"}]),
    ],
)
def test_irregular_content_becomes_a_table(content: Any, rows: Any):
    assert parse_rows(content) == rows


@pytest.mark.parametrize("content", [5, None, "plain text", "[1, 2"])
def test_other_content_is_not_a_table(content: Any):
    assert parse_rows(content) is None


def test_the_truncation_mark_is_stripped_and_gives_the_lost_count():
    assert strip_truncation_mark([*ROWS, "... [truncated 500 items]"]) == (ROWS, True, 500)
    assert strip_truncation_mark(ROWS) == (ROWS, False, None)


def test_a_truncation_mark_of_one_item_gives_no_count():
    """It comes from a second truncation."""
    assert strip_truncation_mark([*ROWS, "... [truncated 1 items]"]) == (ROWS, True, None)


def test_a_text_like_a_mark_with_an_absurd_count_is_a_row():
    """Python refuses to read more than 4,300 digits."""
    rows = [*ROWS, f"... [truncated {'9' * 5000} items]"]
    assert strip_truncation_mark(rows) == (rows, False, None)


def test_markdown_columns_of_numbers_are_parsed_and_escaped_pipes_kept():
    text = "| n | x | s |\n|---|---|---|\n| 1 | 1.5 | a\\|b |\n| -2 |  | 007 |"
    assert parse_markdown_table(text) == [
        {"n": 1, "x": 1.5, "s": "a|b"},
        {"n": -2, "x": None, "s": "007"},
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [("1234567890123456789", "1"), ("1234567890123456789", "1.5"), ("1e999", "1.5")],
)
def test_markdown_columns_stay_text_if_a_number_would_change(first: str, second: str):
    rows = parse_markdown_table(f"| id |\n|---|\n| {first} |\n| {second} |")
    assert rows == [{"id": first}, {"id": second}]


def test_each_column_of_a_markdown_table_gets_a_name_of_its_own():
    text = "| b (3) | b | b | b | |\n|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 |"
    assert parse_markdown_table(text) == [
        {"b (3)": 1, "b": 2, "b (3) (3)": 3, "b (4)": 4, "column 5": 5}
    ]


def test_a_markdown_table_with_other_text_is_not_a_table():
    assert parse_markdown_table("| a |\n|---|\n| 1 |\n\nAnd so on") is None
    assert parse_markdown_table("a | b\nno rule") is None


# what only Langflow uses

MESSAGE = {"text": "Hi", "sender": "User", "sender_name": "Ada", "session_id": "s", "id": "1"}


@pytest.mark.parametrize(
    ("names", "internal"),
    [
        (MESSAGE, ["sender", "session_id", "id"]),
        (["id", "session_id", "text"], []),
        (["text", "_id", "_score"], ["_id", "_score"]),
        (["_id", "_score"], []),
        ([], []),
    ],
)
def test_ids_of_messages_and_names_with_an_underscore_are_internal(names, internal):
    assert internal_names(names) == internal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MESSAGE, {"text": "Hi", "sender_name": "Ada"}),
        ([MESSAGE], [{"text": "Hi", "sender_name": "Ada"}]),
        ([{"a": 1}, {"_b": 2}], [{"a": 1}, {}]),
        ([{"a": 1}] * 500 + [{"a": 1, "_b": 2}], [{"a": 1}] * 501),
        ({**MESSAGE, "error": True}, {"text": "Hi", "sender_name": "Ada", "error": True}),
        ([{"a": 1}, 2], [{"a": 1}, 2]),
        ([], []),
        ("_text", "_text"),
    ],
)
def test_internals_are_left_out_of_rows_and_objects_only(value, expected):
    assert without_internals(value) == expected
