"""Runs and values are serialized and restored."""

import pytest

from lfclient.console.store.serialization import dump_run, dump_value, load_run, load_value
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from lfclient.wire.bodies import RUN, parse_json
from tests.support.store_records import whole_run


def test_a_serialized_run_is_restored_unchanged():
    run = whole_run()
    assert load_run(dump_run(run)) == run


def test_a_value_shared_by_output_and_raw_response_is_written_once():
    text = "x" * 1_000_000
    output = Output("C-1", OutputKind.MESSAGE, text)
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C-1": output}, raw={"o": [text]})
    documents = list(dump_run(run))
    assert sum(map(len, documents)) < 1_100_000
    assert load_run(documents) == run


def test_large_values_are_split_into_documents_of_bounded_size():
    output = Output("C-1", OutputKind.IMAGE, bytes(range(256)) * 5_000)
    raw = {"text": "é\ud800" * 600_000, "rows": [{"n": n} for n in range(4_500)], "none": []}
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C-1": output}, raw=raw)
    documents = list(dump_run(run))
    assert max(map(len, documents)) < 3_000_000
    assert load_run(documents) == run


def test_a_server_cannot_forge_serialization_tags():
    """Tags are random for each response, so an earlier one in a response is plain data."""
    tag = dump_value(b"x").split(b"\n")[0].decode()
    value = {tag: "bytes", "base64": "eHg="}
    assert load_value(dump_value(value)) == value
    run = Run("f", "sync", RunStatus.COMPLETED, raw={"a": {tag: "shared", "index": 9}})
    assert load_run(dump_run(run)) == run


def test_the_longest_number_of_a_response_can_be_stored():
    """Python writes none that is longer, and the parser of responses reads none."""
    with pytest.raises(ValueError, match="out of range"):
        parse_json(b"9" * 4301, RUN)
    run = Run("f", "sync", RunStatus.COMPLETED, raw={"n": parse_json(b"9" * 4300, RUN)})
    assert load_run(dump_run(run)) == run


def test_a_deeply_nested_response_can_be_stored():
    """Up to the depth that a JSON parser accepts."""
    value = leaf = []
    for _ in range(400):
        leaf.append([])
        leaf = leaf[0]
    run = Run("f", "sync", RunStatus.COMPLETED, raw={"a": value})
    assert load_run(dump_run(run)) == run
