"""Parsing of outputs."""

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


def recorded_output(version: str, case: str) -> Output:
    """Return the only output of a recorded response."""
    outputs = recorded(version, case)[1]["outputs"]
    ((name, entry),) = outputs.items()
    return read_component(name, parse(ComponentOutput, entry, "output"), None)


def test_a_message_is_its_text_named_by_the_server_or_its_component():
    output = recorded_output("1.13.0", "sync_ok")
    assert (output.kind, output.value, output.type) == (OutputKind.MESSAGE, "hello", "message")
    assert (output.display_name, output.component_type) == ("Chat Output", "ChatOutput")
    assert recorded_output("1.8.4", "sync_ok").display_name == "ChatOutput"


def test_a_lone_named_part_is_unwrapped():
    output = recorded_output("1.8.4", "out_t_Frame")
    assert (output.kind, output.type) == (OutputKind.TABLE, "dataframe")
    assert output.value[1] == {"id": 1, "name": "n1", "v": 1.5}


def test_data_loses_its_envelope_and_a_list_of_rows_is_also_a_table():
    assert recorded_output("1.8.4", "out_t_DictData").value["nested"] == {"b": [1, 2, 3]}
    output = recorded_output("1.8.4", "out_t_ListData")
    assert output.value == [{"i": 0}, {"i": 1}, {"i": 2}]
    assert [extra.kind for extra in output.extras] == [OutputKind.TABLE]


def test_a_table_without_content_has_no_value():
    """From 1.10 on, a table's content is null."""
    output = recorded_output("1.10.3", "out_t_Frame")
    assert (output.kind, output.value) == (OutputKind.TABLE, None)


def test_a_written_file_has_its_name_but_not_the_servers_path():
    output = recorded_output("1.10.3", "save_to_file_bg")
    assert output.kind is OutputKind.FILE
    assert output.value == FileRef("deepout.json", media_type="application/json")


def test_a_message_that_is_a_markdown_table_is_also_a_table():
    output = recorded_output("1.13.0", "out_tc_Frame")
    assert output.kind is OutputKind.MESSAGE
    assert output.extras[0].value[1] == {"id": 1, "name": "n1", "v": 1.5}


def test_a_message_that_is_an_image_is_also_an_image():
    (extra,) = recorded_output("1.13.0", "out_tc_ImgMsg").extras
    assert extra.kind is OutputKind.IMAGE
    assert extra.value.startswith(b"\x89PNG")


def test_a_message_that_is_json_is_also_data_and_the_image_in_it():
    kinds = [extra.kind for extra in recorded_output("1.13.0", "out_tc_ImgData").extras]
    assert kinds == [OutputKind.DATA, OutputKind.IMAGE]


def test_a_message_of_several_json_blocks_is_also_a_list_and_a_table():
    output = recorded_output("1.13.0", "out_tc_ListData")
    assert output.extras[0].value == [{"i": 0}, {"i": 1}, {"i": 2}]
    assert output.extras[1].kind is OutputKind.TABLE


@pytest.mark.parametrize("text", ["Look: ![x](data:image/png;base64,AA==)", "a | b", "{not json"])
def test_a_message_with_other_text_around_is_only_a_message(text: str):
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
def test_an_image_is_its_bytes_or_its_address(content: Any, value: Any):
    output = read("image", content)
    assert (output.kind, output.value) == (OutputKind.IMAGE, value)


@pytest.mark.parametrize("content", ["not base64!", URI + "%%%", 5])
def test_an_unreadable_image_keeps_its_content(content: Any):
    output = read("image", content)
    assert (output.kind, output.value) == (OutputKind.UNKNOWN, content)


def test_sql_results_are_tables_wrapped_or_not():
    rows = [{"n": 1}]
    for content in (rows, {"run_sql_query": {"message": rows, "type": "array"}}, {"result": rows}):
        assert read("sql", content).value == rows


@pytest.mark.parametrize("name", ["result", "results"])
def test_data_in_a_lone_result_is_unwrapped(name: str):
    assert read("data", {name: {"a": 1}}).value == {"a": 1}


def test_several_outputs_are_parts_by_name_and_the_first_is_the_value():
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


def test_a_table_in_json_or_markdown_text_is_a_table():
    rows = [{"a": 1}]
    for text in ('[{"a": 1}]', "| a |\n|---|\n| 1 |"):
        output = read("dataframe", {"rows": {"message": text, "type": "text"}})
        assert (output.kind, output.value) == (OutputKind.TABLE, rows)


def test_an_error_part_is_an_error_with_its_reason():
    error = {"errorMessage": "It broke", "stackTrace": "..."}
    output = read("message", {"out": {"message": error, "type": "error"}})
    assert (output.kind, output.value) == (OutputKind.ERROR, "It broke")


def test_an_unknown_type_is_kept_with_its_value():
    output = read("hologram", {"x": [1]})
    assert (output.kind, output.type, output.value) == (OutputKind.UNKNOWN, "hologram", {"x": [1]})


def test_a_file_is_a_path_or_an_object():
    assert read("file", "a/b.csv").value == FileRef("b.csv", path="a/b.csv", media_type="text/csv")
    assert read("file", {"name": "b.csv", "id": "7", "size": 3}).value.size == 3


def test_a_failed_output_without_content_is_an_error():
    output = recorded_output("1.13.0", "bg_completed_with_failed_terminal")
    assert (output.kind, output.status) == (OutputKind.ERROR, "failed")
