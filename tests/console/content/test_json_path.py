"""Places in JSON values: found by a word, named, and read by their name."""

import time

import pytest

from lfclient.console.content import json_path
from lfclient.console.content.json_path import Hit, at, path_of, search

ORDER = {"customer": {"name": "Ada"}, "items": [{"price": 4.5}, {"price": 0.8, "odd key": None}]}


def test_finds_keys_and_values_whatever_their_case():
    """In the value's own order, each with the path that leads there."""
    assert search(ORDER, "ADA", 9).hits == [Hit("customer.name", "Ada")]
    assert [hit.path for hit in search(ORDER, "price", 9).hits] == [
        "items[0].price",
        "items[1].price",
    ]


def test_finds_numbers_and_words_of_json():
    """As JSON writes them."""
    assert search(ORDER, "4.5", 9).hits == [Hit("items[0].price", 4.5)]
    assert search(ORDER, "null", 9).hits == [Hit('items[1]["odd key"]', None)]


def test_counts_more_than_it_lists():
    """Only the first are listed."""
    found = search(["x"] * 100, "x", 3)
    assert (len(found.hits), found.total, found.complete) == (3, 100, True)


def test_a_path_leads_to_its_place():
    """What was copied from a hit can be searched for."""
    found = search(ORDER, "items[1].price", 9)
    assert found.hits == [Hit("items[1].price", 0.8)]
    assert found.total == 1


def test_a_word_that_is_a_path_as_well_is_listed_once():
    """A key at the top is both."""
    assert search({"a": 1}, "a", 9).total == 1


def test_stops_in_a_value_that_is_too_large(monkeypatch):
    """It says that there may be more."""
    monkeypatch.setattr(json_path, "MOST_VALUES", 10)
    found = search(list(range(100)), "1", 9)
    assert not found.complete
    assert found.total == 1


def test_nothing_is_found_by_nothing():
    """An empty word is no search."""
    assert search(ORDER, " ", 9).total == 0


def test_deep_values_are_no_crash():
    """It does not recurse."""
    value = deep = []
    for _ in range(5000):
        deep.append([])
        deep = deep[0]
    assert search(value, "x", 1).total == 0


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
    assert [hit.value for hit in at(ORDER, path)] == ([] if value is ... else [value])


def test_a_path_that_is_written_is_read():
    """Whatever the keys are."""
    keys = ["a", 0, 'x"y', "é", "1b", "", "a.b"]
    value = 5
    for key in reversed(keys):
        value = [value] if key == 0 else {key: value}
    assert at(value, path_of(keys)) == [Hit(path_of(keys), 5)]


def test_a_large_value_takes_about_a_second():
    """A million values."""
    value = [{"id": i, "name": f"person {i}"} for i in range(330_000)]
    start = time.process_time()
    assert search(value, "person 329999", 5).total == 1
    assert time.process_time() - start < 5
