"""JSON values are searched, and paths written and read."""

import pytest

from lfclient.console.content import json_path
from lfclient.console.content.json_path import PathMatch, format_path, resolve_path, search_value

ORDER = {"customer": {"name": "Ada"}, "items": [{"price": 4.5}, {"price": 0.8, "odd key": None}]}


def test_finds_keys_and_values_in_order_ignoring_case():
    assert search_value(ORDER, "ADA", 9).matches == [PathMatch("customer.name", "Ada")]
    assert [match.path for match in search_value(ORDER, "price", 9).matches] == [
        "items[0].price",
        "items[1].price",
    ]


def test_finds_numbers_and_literals_by_their_json_text():
    assert search_value(ORDER, "4.5", 9).matches == [PathMatch("items[0].price", 4.5)]
    assert search_value(ORDER, "null", 9).matches == [PathMatch('items[1]["odd key"]', None)]


def test_counts_more_matches_than_it_lists():
    found = search_value(["x"] * 100, "x", 3)
    assert (len(found.matches), found.total, found.is_complete) == (3, 100, True)


def test_a_path_can_be_searched_for():
    found = search_value(ORDER, "items[1].price", 9)
    assert found.matches == [PathMatch("items[1].price", 0.8)]
    assert found.total == 1


def test_a_search_that_exceeds_the_limit_is_incomplete(monkeypatch):
    monkeypatch.setattr(json_path, "MAX_SEARCHED_VALUES", 10)
    found = search_value(list(range(100)), "1", 9)
    assert not found.is_complete
    assert found.total == 1


def test_an_empty_word_finds_nothing():
    assert search_value(ORDER, " ", 9).total == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("customer.name", "Ada"), ("$.customer.name", "Ada"), ("items[0]", {"price": 4.5}),
        ('items[1]["odd key"]', None), ("items[1].odd", ...), ("items[7]", ...),
        ("customer.name.x", ...), ("", ...), ("a..b", ...),
    ],
)  # fmt: skip
def test_resolves_a_path_or_returns_none(path, value):
    found = resolve_path(ORDER, path)
    assert (... if found is None else found.value) == value


def test_every_formatted_path_can_be_resolved():
    keys = ["a", 0, 'x"y', "é", "1b", "", "a.b"]
    value = 5
    for key in reversed(keys):
        value = [value] if key == 0 else {key: value}
    assert resolve_path(value, format_path(keys)) == PathMatch(format_path(keys), 5)
