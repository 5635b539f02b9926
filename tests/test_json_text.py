"""JSON in pieces."""

import json
import tracemalloc

import pytest

from lfclient import json_text
from lfclient.json_text import json_pieces

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


@pytest.mark.parametrize("many", [0, 1, 200])
def test_it_is_that_of_the_standard_library(monkeypatch, many):
    """However much is written by item."""
    monkeypatch.setattr(json_text, "_MANY", many)
    for value in VALUES:
        assert "".join(json_pieces(value)) == json.dumps(value, indent=2, ensure_ascii=False)


def test_no_text_is_cut_between_two_pieces(monkeypatch):
    """So that what looks for a secret finds it."""
    monkeypatch.setattr(json_text, "_PIECE", 1)
    value = {"rows": [{"secret": f"secret {n}"} for n in range(300)]}
    text = "".join(json_pieces(value, lambda part: part.replace("secret", "•")))
    assert text.count("•") == 600
    assert "secret" not in text


def test_a_large_value_takes_little_memory():
    """Far less than its text."""
    value = {"rows": [{"a": "x" * 1000, "b": n} for n in range(10_000)]}
    tracemalloc.start()
    size = sum(map(len, json_pieces(value)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 10_000_000
    assert peak < size / 5
