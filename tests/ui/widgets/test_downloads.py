"""Results are converted to files."""

import json

import pytest

from pages._ui.widgets import downloads


def test_lone_surrogates_can_be_written():
    assert json.loads(downloads.to_json_bytes({"a": "\ud800"})) == {"a": "\ud800"}


def test_very_deep_values_are_written_without_indentation():
    """Indented JSON has a maximum depth."""
    value: dict = {}
    inner = value
    for _ in range(600):
        inner["a"] = {}
        inner = inner["a"]
    assert json.loads(downloads.to_json_bytes(value)) == value


def test_json_writes_unsupported_values_as_text():
    assert json.loads(downloads.to_json_bytes({"a": b"x"})) == {"a": "b'x'"}


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Chat Output", "ab12"), "Chat-Output-ab12.md"),
        (("../../etc", ""), "etc.md"),
        ((), "output.md"),
    ],
)
def test_file_names_are_safe(parts, name):
    """Text of a flow cannot name another folder."""
    assert downloads.file_name(*parts, extension="md") == name
