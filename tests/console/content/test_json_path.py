"""Places in JSON values: found by a word, named, and read by their name."""

import time

import pytest

from lfclient.console.content import json_path
from lfclient.console.content.json_path import PathMatch, format_path, resolve_path, search_value

ORDER = {"customer": {"name": "Ada"}, "items": [{"price": 4.5}, {"price": 0.8, "odd key": None}]}


def test_finds_keys_and_values_whatever_their_case():
    """In the value's own order, each with the path that leads there."""
    assert search_value(ORDER, "ADA", 9).matches == [PathMatch("customer.name", "Ada")]
    assert [hit.path for hit in search_value(ORDER, "price", 9).matches] == [
        "items[0].price",
        "items[1].price",
    ]


def test_finds_numbers_and_words_of_json():
    """As JSON writes them."""
    assert search_value(ORDER, "4.5", 9).matches == [PathMatch("items[0].price", 4.5)]
    assert search_value(ORDER, "null", 9).matches == [PathMatch('items[1]["odd key"]', None)]


def test_counts_more_than_it_lists():
    """Only the first are listed."""
    found = search_value(["x"] * 100, "x", 3)
    assert (len(found.matches), found.total, found.is_complete) == (3, 100, True)


def test_a_path_leads_to_its_place():
    """What was copied from a hit can be searched for."""
    found = search_value(ORDER, "items[1].price", 9)
    assert found.matches == [PathMatch("items[1].price", 0.8)]
    assert found.total == 1


def test_a_word_that_is_a_path_as_well_is_listed_once():
    """A key at the top is both."""
    assert search_value({"a": 1}, "a", 9).total == 1


def test_stops_in_a_value_that_is_too_large(monkeypatch):
    """It says that there may be more."""
    monkeypatch.setattr(json_path, "MAX_SEARCHED_VALUES", 10)
    found = search_value(list(range(100)), "1", 9)
    assert not found.is_complete
    assert found.total == 1


def test_nothing_is_found_by_nothing():
    """An empty word is no search."""
    assert search_value(ORDER, " ", 9).total == 0


def test_deep_values_are_no_crash():
    """It does not recurse."""
    value = deep = []
    for _ in range(5000):
        deep.append([])
        deep = deep[0]
    assert search_value(value, "x", 1).total == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("customer.name", "Ada"),
        ("$.customer.name", "Ada"),
        ("items[0]", {"price": 4.5}),
        ('items[1]["odd key"]', None),
        ("items[1].odd", ...),
        ("items[7]", ...),
        ("customer.name.x", ...),
        ("", ...),
        ("a..b", ...),
    ],
)
def test_reads_a_path(path, value):
    """Empty where it leads nowhere."""
    assert [hit.value for hit in resolve_path(ORDER, path)] == ([] if value is ... else [value])


def test_a_path_that_is_written_is_read():
    """Whatever the keys are."""
    keys = ["a", 0, 'x"y', "é", "1b", "", "a.b"]
    value = 5
    for key in reversed(keys):
        value = [value] if key == 0 else {key: value}
    assert resolve_path(value, format_path(keys)) == [PathMatch(format_path(keys), 5)]


def test_a_large_value_takes_about_a_second():
    """A million values."""
    value = [{"id": i, "name": f"person {i}"} for i in range(330_000)]
    start = time.process_time()
    assert search_value(value, "person 329999", 5).total == 1
    assert time.process_time() - start < 5
