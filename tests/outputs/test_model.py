"""Outputs from what servers say."""

import base64
from typing import Any

import pytest

from lfclient.outputs.model import FileRef, Output, OutputKind, read_output
from lfclient.runs.responses import read_component
from lfclient.wire.schemas import ComponentOutput, parse
from tests.support.recorded import recorded

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
URI = "data:image/png;base64," + base64.b64encode(PNG).decode()


def read(type: str, content: Any, **more: Any) -> Output:
    return read_output("C-1", type=type, content=content, **more)


def only(version: str, case: str) -> Output:
    """The one output of a recorded answer."""
    outputs = recorded(version, case)[1]["outputs"]
    ((name, answer),) = outputs.items()
    return read_component(name, parse(ComponentOutput, answer, "answer"), None)


def test_message():
    """A message is its text, named by the server, else by its component."""
    output = only("1.13.0", "sync_ok")
    assert (output.kind, output.value, output.type) == (OutputKind.MESSAGE, "hello", "message")
    assert (output.display_name, output.component_type) == ("Chat Output", "ChatOutput")
    assert only("1.8.4", "sync_ok").display_name == "ChatOutput"


def test_dataframe_of_1_8():
    """A named part within the content is taken out."""
    output = only("1.8.4", "out_t_Frame")
    assert (output.kind, output.type) == (OutputKind.TABLE, "dataframe")
    assert output.value[1] == {"id": 1, "name": "n1", "v": 1.5}


def test_data_of_1_8():
    """Data objects lose their envelope; a list of rows can be read as a table too."""
    assert only("1.8.4", "out_t_DictData").value["nested"] == {"b": [1, 2, 3]}
    output = only("1.8.4", "out_t_ListData")
    assert output.value == [{"i": 0}, {"i": 1}, {"i": 2}]
    assert [extra.kind for extra in output.extras] == [OutputKind.TABLE]


def test_left_empty():
    """From 1.10 a table's content is null: no value yet, and no crash."""
    output = only("1.10.3", "out_t_Frame")
    assert (output.kind, output.value) == (OutputKind.TABLE, None)


def test_written_file():
    """Write File's sentence gives the file's name, and never the server's path."""
    output = only("1.10.3", "save_to_file_bg")
    assert output.kind is OutputKind.FILE
    assert output.value == FileRef("deepout.json", media_type="application/json")


def test_message_that_is_a_table():
    """A message that is only a Markdown table is offered as one."""
    output = only("1.13.0", "out_tc_Frame")
    assert output.kind is OutputKind.MESSAGE
    assert output.extras[0].value[1] == {"id": 1, "name": "n1", "v": 1.5}


def test_message_that_is_an_image():
    """A message that is only an image is offered as its bytes."""
    (extra,) = only("1.13.0", "out_tc_ImgMsg").extras
    assert extra.kind is OutputKind.IMAGE
    assert extra.value.startswith(b"\x89PNG")


def test_message_that_is_json():
    """A message that is only JSON is offered as data; an image within as an image."""
    kinds = [extra.kind for extra in only("1.13.0", "out_tc_ImgData").extras]
    assert kinds == [OutputKind.DATA, OutputKind.IMAGE]


def test_message_of_several_json_blocks():
    """Several JSON blocks are a list, and a table."""
    output = only("1.13.0", "out_tc_ListData")
    assert output.extras[0].value == [{"i": 0}, {"i": 1}, {"i": 2}]
    assert output.extras[1].kind is OutputKind.TABLE


@pytest.mark.parametrize("text", ["Look: ![x](data:image/png;base64,AA==)", "a | b", "{not json"])
def test_message_among_text(text: str):
    """A message with anything around is only a message."""
    output = read("message", text)
    assert (output.value, output.extras) == (text, ())


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (URI, PNG),
        (base64.b64encode(PNG).decode(), PNG),
        ({"image": URI}, PNG),
        ("https://example.org/a.png", "https://example.org/a.png"),
    ],
)
def test_image(content: Any, value: Any):
    """An image is bytes, or the address of one."""
    output = read("image", content)
    assert (output.kind, output.value) == (OutputKind.IMAGE, value)


@pytest.mark.parametrize("content", ["not base64!", URI + "%%%", 5])
def test_broken_image(content: Any):
    """What is no image is shown as what it is."""
    output = read("image", content)
    assert (output.kind, output.value) == (OutputKind.UNKNOWN, content)


def test_sql():
    """SQL results are tables, wrapped or not."""
    rows = [{"n": 1}]
    for content in (rows, {"run_sql_query": {"message": rows, "type": "array"}}, {"result": rows}):
        assert read("sql", content).value == rows


@pytest.mark.parametrize("name", ["result", "results"])
def test_data_wrapped_in_result(name: str):
    """A lone result stands for what it holds."""
    assert read("data", {name: {"a": 1}}).value == {"a": 1}


def test_several_parts():
    """A component's several outputs are kept by name; the first stands for it."""
    output = read(
        "dataframe",
        {
            "rows": {"message": [{"a": 1}], "type": "array"},
            "text": {"message": "x", "type": "text"},
        },
    )
    assert output.value == [{"a": 1}]
    assert list(output.parts) == ["rows", "text"]
    text = output.parts["text"]
    assert (text.kind, text.type, text.value) == (OutputKind.MESSAGE, "text", "x")


def test_a_table_as_text():
    """Under a table's word it stays one; JSON and Markdown are read."""
    rows = [{"a": 1}]
    for text in ('[{"a": 1}]', "| a |\n|---|\n| 1 |"):
        output = read("dataframe", {"rows": {"message": text, "type": "text"}})
        assert (output.kind, output.value) == (OutputKind.TABLE, rows)


def test_error_part():
    """A part that is an error is told as one, with its reason."""
    error = {"errorMessage": "It broke", "stackTrace": "..."}
    output = read("message", {"out": {"message": error, "type": "error"}})
    assert (output.kind, output.value) == (OutputKind.ERROR, "It broke")


def test_unknown_type():
    """A type that is not known is kept with its word and value."""
    output = read("hologram", {"x": [1]})
    assert (output.kind, output.type, output.value) == (OutputKind.UNKNOWN, "hologram", {"x": [1]})


def test_file_shapes():
    """A file is read from a path or an object."""
    assert read("file", "a/b.csv").value == FileRef("b.csv", path="a/b.csv", media_type="text/csv")
    assert read("file", {"name": "b.csv", "id": "7", "size": 3}).value.size == 3


def test_failed_component():
    """A failed output without content is an error, not an empty message."""
    output = only("1.13.0", "bg_completed_with_failed_terminal")
    assert (output.kind, output.status) == (OutputKind.ERROR, "failed")
