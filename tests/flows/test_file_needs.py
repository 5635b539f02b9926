"""Files that a flow needs, and what can take their place."""

import pytest

from lfclient.flows.need import NeedKind
from lfclient.resources.server_resources import ServerResources
from tests.support.flow_needs import needs
from tests.support.flows import edge, entry, node, text


def test_a_file_is_needed_where_the_flow_has_none():
    file = entry("FileInput", "file", "", file_path=[], list=True)
    (need,) = needs(node("File-a", path=file))
    assert (need.kind, need.keys, need.is_met) == (NeedKind.FILE, ("File-a.path",), False)
    assert needs(node("File-a", path=file), File_a__path=["u/n.txt"])[0].is_met
    assert not needs(node("File-a", path={**file, "file_path": ["u/n.txt"]}))
    assert not needs(node("ChatInput-a", files={**file, "temp_file": True}))
    assert not needs(node("ChatOutput-a", files=file))


@pytest.mark.parametrize(
    ("path", "is_owned"),
    [
        ("user/listed.txt", True),
        ("user/deleted.txt", False),
        ("11111111-2222-3333-4444-555555555555/own upload.txt", True),
        ("22222222-2222-3333-4444-555555555555/theirs.txt", False),
        ("/Users/author/langflow/theirs.txt", False),
    ],
)
def test_a_file_that_the_server_lacks_is_needed(path: str, is_owned: bool):
    files = ServerResources(files=frozenset({"user/listed.txt"}))
    file = entry("FileInput", "file", "", list=True)
    stored = node("File-a", path={**file, "file_path": [path]})
    assert [need.is_met for need in needs(stored, resources=files)] == [False] * (not is_owned)
    (need,) = needs(node("File-a", path=file), resources=files, File_a__path=[path])
    assert need.is_met is is_owned
    (need,) = needs(
        node("File-a", path={**file, "file_path": ["x/gone.txt"]}),
        resources=files,
        File_a__path=["user/listed.txt"],
    )
    assert (need.is_met, need.message) == (True, "path of File: chosen.")


@pytest.mark.parametrize(
    ("stored", "edges", "overrides", "is_needed"),
    [
        ("", (), {}, True),
        ("{}", (), {}, False),
        ("", (), {"JSON_a__json_string": "{}"}, False),
        ("{}", (), {"JSON_a__json_string": ""}, True),
        ("", (edge("T-b", "JSON-a", "json_string"),), {}, False),
    ],
)
def test_no_file_is_needed_where_the_component_has_its_content(stored, edges, overrides, is_needed):
    """A parameter of the same component that is named alike and can replace the file."""
    file = entry("FileInput", "file", "")
    parameters = {"json_file": file, "json_string": text(stored), "text": text("of its own")}
    found = needs(node("JSON-a", **parameters), node("T-b"), edges=edges, **overrides)
    assert bool(found) is is_needed
    assert all(need.alternatives == ("json_string",) for need in found)


@pytest.mark.parametrize(
    ("names", "alternatives"),
    [
        (("json_file", "json_path", "json_string"), ("json_path", "json_string")),
        (("audio_file", "audio_language", "audio_file_url"), ("audio_file_url",)),
        (("input_file", "input_value"), ()),
    ],
)
def test_settings_named_like_a_file_are_no_alternatives_to_it(names, alternatives):
    file = entry("FileInput", "file", "")
    parameters = {name: file if name.endswith("_file") else text("") for name in names}
    (need,) = needs(node("Read-a", **parameters))
    assert need.alternatives == alternatives


def test_a_setting_named_like_a_file_is_no_content():
    file = entry("FileInput", "file", "")
    (need,) = needs(node("Read-a", audio_file=file, audio_language=text("en")))
    assert not need.is_met
