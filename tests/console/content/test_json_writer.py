"""JSON in pieces."""

import json
import tracemalloc

import pytest

from lfclient.common.redaction import REDACTED, Redactor
from lfclient.console.content import json_writer
from lfclient.console.content.json_writer import json_chunks


class Secret:
    """What JSON has no form for."""

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


@pytest.mark.parametrize("many", [0, 1, 200])
def test_it_is_that_of_the_standard_library(monkeypatch, many):
    """However much is written by item."""
    monkeypatch.setattr(json_writer, "_MAX_WHOLE_ITEMS", many)
    for value in VALUES:
        assert "".join(json_chunks(value)) == json.dumps(value, indent=2, ensure_ascii=False)


@pytest.mark.parametrize("many", [0, 200])
def test_what_is_written_is_clean_and_json(monkeypatch, many):
    """Keys and values whole, and what has no form in JSON as its text."""
    monkeypatch.setattr(json_writer, "_MAX_WHOLE_ITEMS", many)
    monkeypatch.setattr(json_writer, "_CHUNK_LENGTH", 1)
    value = {"a secret": [{"secret": n, "n": (1, "secret")} for n in range(300)], "t": Secret()}
    cleaned = "".join(json_chunks(value, Redactor(["secret"]).redact_value))
    rows = [{REDACTED: n, "n": [1, REDACTED]} for n in range(300)]
    assert json.loads(cleaned) == {f"a {REDACTED}": rows, "t": f"a {REDACTED}"}


def test_a_large_value_takes_little_memory():
    """Far less than its text."""
    value = {"rows": [{"a": "x" * 1000, "b": n} for n in range(10_000)]}
    tracemalloc.start()
    size = sum(map(len, json_chunks(value)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 10_000_000
    assert peak < size / 5
