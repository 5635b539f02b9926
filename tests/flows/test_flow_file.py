"""Reading flows from files, and exporting them without secrets."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest

from lfclient.errors import FileRefused
from lfclient.flows import flow_file
from lfclient.flows.flow_file import export_content, newer_release, read_flows, upload_content
from lfclient.flows.model import Flow
from tests.support.flows import chat_input, entry, graph, group, node, text

KEY = "sk-proj-1234567890abcdef"


def named(name: str, **more: Any) -> dict[str, Any]:
    return {**graph(chat_input()), "name": name, **more}


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def names(data: Any) -> list[str]:
    return [flow.name for flow in read_flows(data)]


def exported(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return export_content(Flow.from_json({**graph(*nodes), **more}), "1.13.0")


def value_of(flow: dict[str, Any], parameter: str = "p") -> Any:
    return flow["data"]["nodes"][0]["data"]["node"]["template"][parameter]["value"]


def test_a_flow_is_read_from_bytes_text_or_parsed_json():
    one = named("One")
    text = json.dumps(one)
    for data in (one, text, text.encode(), b"\xef\xbb\xbf" + text.encode(), one["data"]):
        (flow,) = read_flows(data)
        assert [component.type for component in flow.components] == ["ChatInput"]


def test_several_flows_are_read_from_json_and_from_a_zip():
    two = {"flows": [named("A"), named("B")]}
    assert names(two) == names([named("A"), named("B")]) == ["A", "B"]
    files = {
        "project/A.json": json.dumps(named("A")).encode(),
        "project/B.JSON": json.dumps({"flows": [named("B")]}).encode(),
        "project/readme.txt": b"no JSON",
        "__MACOSX/project/._A.json": b"no JSON either",
    }
    assert names(zip_of(files)) == ["A", "B"]


def test_saved_components_and_empty_flows_are_left_out():
    flows = [named("A", is_component=True), named("Empty", data={"nodes": [], "edges": []})]
    assert names({"flows": [*flows, named("B")]}) == ["B"]
    with pytest.raises(FileRefused, match="“A” is a component"):
        read_flows(flows)


@pytest.mark.parametrize(
    "data",
    [
        {}, [], None, 5, {"flows": None}, {"flows": [1, "two", None]}, {"name": "X"}, {"data": []},
        {"data": {"nodes": 5}}, {"data": {"nodes": [{}, None]}}, zip_of({}),
        zip_of({"a.txt": b"{}"}),
    ],
)  # fmt: skip
def test_anything_without_a_flow_is_refused(data: Any):
    with pytest.raises(FileRefused, match="contains no flow") as caught:
        read_flows(data)
    assert "exported" in caught.value.hint


@pytest.mark.parametrize("data", ["", "<html>", "\ud800", b"\xff\xfe"])
def test_anything_but_json_is_refused(data: Any):
    with pytest.raises(FileRefused, match="neither JSON nor a ZIP"):
        read_flows(data)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ('{"name": ', "This is not valid JSON: Expecting value at line 1, column 10."),
        (
            '{"name": "',
            "This is not valid JSON: Unterminated string starting at line 1, column 10.",
        ),
        (
            '{"name": "Ünï"\n "data": {}}',
            "This is not valid JSON: Expecting ',' delimiter at line 2, column 2.",
        ),
        ('\ufeff {"ü": "é" "x"}', "Expecting ',' delimiter at line 1, column 12."),
        (b'{"name":\n"\xff"}', "This is not valid JSON: invalid unicode code point at line 2"),
        ("[" * 50_000, "This JSON is nested too deeply."),
        ("[" * 300 + "]" * 300, "recursion limit exceeded at line 1 column"),
        (zip_of({"b/a.json": b"<"}), "“b/a.json”: This is not valid JSON: Expecting value at line"),
    ],
)
def test_a_fault_in_json_is_named_with_its_place(data: Any, fault: str):
    with pytest.raises(FileRefused) as caught:
        read_flows(data)
    assert fault in caught.value.message
    assert caught.value.hint == "Correct it, or export the flow from Langflow again."


def test_code_in_lines_becomes_text():
    """As in a ZIP of 1.10 and later."""
    lines = graph(node("T-a", code=entry("CodeInput", "code", ["a = 1", "", "b = 2"])))
    (flow,) = read_flows(lines)
    assert value_of(flow.raw, "code") == "a = 1\n\nb = 2"
    assert value_of(lines, "code") == ["a = 1", "", "b = 2"]


def test_a_damaged_zip_is_refused():
    whole = zip_of({"a.json": json.dumps(named("A")).encode()})
    encrypted = whole.replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
    )
    assert encrypted != whole
    lzma = zip_of({"a.json": b"{}"}, zipfile.ZIP_LZMA)
    for content in (whole[:-30], b"PK", whole[:60] + b"\0" * 20 + whole[80:], encrypted, lzma):
        with pytest.raises(FileRefused, match="damaged or encrypted"):
            read_flows(content)


def test_a_file_of_more_than_50_mb_is_refused():
    with pytest.raises(FileRefused, match="larger than 50 MB"):
        read_flows(b" " * 50_000_001)


@pytest.mark.parametrize(
    ("part", "limit"),
    [(b"[],", "300,000 lists and objects"), (b'{"a":0},', "300,000 lists"), (b"0,", "1,200,000")],
)
def test_a_file_that_would_hold_up_the_process_is_refused_before_it_is_parsed(
    part: bytes, limit: str, monkeypatch: pytest.MonkeyPatch
):
    """Also if the files of a ZIP do so together. The parser holds the interpreter's lock."""
    monkeypatch.setattr(flow_file, "from_json", None)
    half = b"[" + part * (600_001 if limit.startswith("1") else 150_001) + b"0]"
    for content in (half + half, zip_of({"a.json": half, "b.json": half})):
        with pytest.raises(FileRefused, match=f"more than {limit}"):
            read_flows(content)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flow_file, "MAX_FILE_BYTES", 100_000)
    bomb = zip_of({"a.json": b" " * 60_000, "b.json": b" " * 60_000})
    assert len(bomb) < 1_000
    with pytest.raises(FileRefused, match="larger than 100 kB"):
        read_flows(bomb)
    with pytest.raises(FileRefused, match="more than 1,000 files"):
        read_flows(zip_of({f"{number}.txt": b"" for number in range(1_001)}, zipfile.ZIP_STORED))


def test_a_flow_is_uploaded_without_what_belongs_to_its_server():
    raw = named("A", user_id="u", folder_id="f", locked=True, tags=["t", 5], endpoint_name="a-1")
    (sent,) = json.loads(upload_content([Flow.from_json(raw)]))["flows"]
    assert sent == {
        "name": "A",
        "description": "",
        "data": raw["data"],
        "tags": ["t"],
        "endpoint_name": "a-1",
    }


def test_an_endpoint_name_that_no_server_takes_is_not_sent():
    (sent,) = json.loads(upload_content(read_flows(named("A", endpoint_name="a b"))))["flows"]
    assert "endpoint_name" not in sent


def test_a_graph_alone_becomes_a_flow():
    data = graph(chat_input())["data"]
    (sent,) = json.loads(upload_content(read_flows(data)))["flows"]
    assert (sent["name"], sent["data"]) == ("Untitled flow", data)


def test_an_export_is_that_of_the_editor_without_an_id():
    made = exported(chat_input(value="Hello"), description="Says hello", endpoint_name="hello")
    assert {**made, "data": None} == {
        "name": "Test",
        "description": "Says hello",
        "data": None,
        "tags": [],
        "endpoint_name": "hello",
        "is_component": False,
        "last_tested_version": "1.13.0",
    }
    assert value_of(made, "input_value") == "Hello"
    assert names(made) == ["Test"]


@pytest.mark.parametrize(
    ("parameter", "left"),
    [
        (entry("SecretStrInput", "str", KEY, password=True), ""),
        (entry("SecretStrInput", "str", None, password=True), None),
        (entry("SecretStrInput", "str", "OPENAI_API_KEY", password=True, load_from_db=True),
         "OPENAI_API_KEY"),
        (entry("SecretStrInput", "str", KEY, password=True, load_from_db=True), ""),
        (text(f"Use {KEY}, please"), "Use , please"),
        (text("https://me:secret@host/path"), "https://host/path"),
        (text("curl -H 'Authorization: Bearer abcdef0123456789abcdef'"),
         "curl -H 'Authorization: '"),
        (text("curl -H 'x-api-key: abcdef0123456789abcdef'"), "curl -H 'x-api-key: '"),
        (text("The password: ask Ada, api_key=your_api_key_goes_here"),
         "The password: ask Ada, api_key=your_api_key_goes_here"),
        (entry("NestedDictInput", "NestedDict", {"token": "abc", "n": 1}), {"token": "", "n": 1}),
        (entry("TableInput", "table", [{"key": "Authorization", "value": "abc"}]),
         [{"key": "Authorization", "value": ""}]),
        (entry("McpInput", "mcp", {"name": "demo", "config": {"args": ["--key", "abc"]}}),
         {"name": "demo", "config": {}}),
        (entry("ModelInput", "model", [{"metadata": {"mapping": {"api_key": "api_key"}}}]),
         [{"metadata": {"mapping": {"api_key": "api_key"}}}]),
        (entry("CodeInput", "code", f"key = '{KEY}'"), f"key = '{KEY}'"),
    ],
)  # fmt: skip
def test_secrets_do_not_leave_with_an_export(parameter: dict[str, Any], left: Any):
    made = exported(node("T-a", p=parameter))
    assert value_of(made) == left


def test_an_export_has_no_secrets_in_groups_and_notes():
    note = {"id": "n", "type": "noteNode", "data": {"node": {"description": f"The key is {KEY}"}}}
    inner = node("T-a", token=text("abc-def"))
    made = exported(chat_input(), group("G-a", [inner], own=("T-a", "token")), note)
    assert not any(secret in json.dumps(made) for secret in (KEY, "abc-def"))


def test_the_exported_flow_itself_is_unchanged():
    flow = Flow.from_json(graph(node("T-a", p=entry("SecretStrInput", "str", KEY, password=True))))
    export_content(flow, "1.13.0")
    assert value_of(flow.raw) == KEY


@pytest.mark.parametrize(
    ("made_with", "server", "newer"),
    [
        ("1.14.0", "1.13.0", "1.14.0"),
        ("1.13.2", "1.13.0", ""),
        ("1.8.0", "1.13.0", ""),
        (None, "1.13.0", ""),
        ("tomorrow", "1.13.0", ""),
        ("1.14.0", "unknown", ""),
    ],
)
def test_a_flow_of_a_newer_release_is_recognized(made_with: Any, server: str, newer: str):
    (flow,) = read_flows(named("A", last_tested_version=made_with))
    assert newer_release(flow, server) == newer
