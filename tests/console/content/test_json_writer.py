"""JSON is written in chunks."""

import json
import tracemalloc

import pytest

from lfclient.common.redaction import REDACTED, Redactor
from lfclient.console.content import csv_writer
from lfclient.console.content.csv_writer import json_chunks


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
    monkeypatch.setattr(csv_writer, "_CHUNK_LENGTH", 1)
    assert "".join(json_chunks(value)) == json.dumps(value, indent=2, ensure_ascii=False)


def test_keys_values_and_other_objects_are_redacted():
    value = {"a secret": [{"secret": n, "n": (1, "secret")} for n in range(300)], "t": Secret()}
    cleaned = "".join(json_chunks(value, Redactor(["secret"]).redact_value))
    rows = [{REDACTED: n, "n": [1, REDACTED]} for n in range(300)]
    assert json.loads(cleaned) == {f"a {REDACTED}": rows, "t": f"a {REDACTED}"}


def test_a_large_value_is_written_with_little_memory():
    value = {"rows": [{"a": "x" * 1000, "b": n} for n in range(10_000)]}
    tracemalloc.start()
    size = sum(map(len, json_chunks(value)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 10_000_000
    assert peak < size / 5
