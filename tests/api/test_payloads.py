"""The run request in both dialects."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import Component, Flow, JobNotFound
from lfclient.api.payloads import run_request, session_parameter
from lfclient.api.requests import events_request
from lfclient.wire.schemas import VersionResponse
from lfclient.wire.server_info import ServerInfo, build_server_info, parse_minor
from tests.support.flows import chat_input, edge, entry, graph, node
from tests.support.http_stand_in import StandIn
from tests.support.recorded import flow_of

INPUTS = ServerInfo("1.10.3", "inputs")
MODES = build_server_info(VersionResponse(version="1.13.0", package="Langflow"))
TEXT = {"type": "str", "_input_type": "MultilineInput", "show": True, "value": "stored"}
CHAT = Component("ChatInput-a", "ChatInput", "Chat Input", template={"input_value": TEXT})
FLOW = Flow("f", "Flow", (CHAT, Component("ChatOutput-b", "ChatOutput", "Chat Output")))

STORED_FILE = entry("FileInput", "file", "", list=True, file_path=["x/theirs.txt"])
READS_FILE = Flow.from_json(
    graph(
        chat_input(),
        node("File-a", path=STORED_FILE),
        node("File-b", path=STORED_FILE),
        edges=[edge("ChatInput-a", "File-a", "text")],
    )
)


def body(server: ServerInfo, mode: str, flow: Flow = FLOW, **options: Any) -> dict[str, Any]:
    return run_request(server, flow, options.pop("overrides", {}), mode, **options).json


def test_inputs_dialect_has_flat_overrides_with_the_session_first():
    sent = body(INPUTS, "background", overrides={"ChatInput-a.input_value": "hi"}, session_id="s")
    assert sent == {
        "flow_id": "f",
        "background": True,
        "stream": False,
        "inputs": {"ChatInput-a.session_id": "s", "ChatInput-a.input_value": "hi"},
    }
    assert next(iter(sent["inputs"])) == "ChatInput-a.session_id"


def test_modes_dialect_has_the_chat_text_at_the_top():
    """A session would empty it among the tweaks."""
    overrides = {"ChatInput-a.input_value": "hi", "ChatOutput-b.x": 1}
    sent = body(MODES, "background", overrides=overrides, session_id="s", idempotency_key="k")
    assert sent == {
        "flow_id": "f",
        "mode": "background",
        "tweaks": {"ChatOutput-b": {"x": 1}},
        "input_value": "hi",
        "session_id": "s",
        "idempotency_key": "k",
    }


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_the_stored_chat_text_is_always_sent(mode: str):
    """Servers would empty it."""
    assert body(MODES, mode)["input_value"] == "stored"


@pytest.mark.parametrize(
    ("overrides", "sent"),
    [({"File-a.path": ["u/mine.txt"]}, [[], []]), ({}, [["x/theirs.txt"], []])],
)
def test_background_runs_bring_the_graph_without_files_that_they_do_not_read(
    overrides: dict[str, Any], sent: list[list[str]]
):
    """The server checks each stored path before it applies overrides."""
    nodes = body(MODES, "background", READS_FILE, overrides=overrides)["data"]["nodes"]
    files = [each["data"]["node"]["template"]["path"] for each in nodes[1:]]
    assert [file["file_path"] for file in files] == sent


def test_synchronous_runs_remove_the_files_that_they_do_not_read():
    sent = body(MODES, "sync", READS_FILE, overrides={"File-a.path": ["u/mine.txt"]})
    assert sent["tweaks"] == {"File-a": {"path": ["u/mine.txt"]}, "File-b": {"path": []}}
    assert "data" not in sent
    assert body(INPUTS, "sync", READS_FILE)["inputs"] == {}


def test_each_of_several_chat_inputs_keeps_its_text():
    """The text at the top would go to all of them."""
    flow = Flow("f", "Flow", (CHAT, Component("ChatInput-b", "ChatInput", "Second")))
    sent = body(MODES, "sync", flow, overrides={"ChatInput-b.input_value": "x"})
    assert "input_value" not in sent
    assert sent["tweaks"] == {"ChatInput-b": {"input_value": "x"}}


def test_only_a_background_run_with_an_idempotency_key_is_idempotent():
    assert run_request(MODES, FLOW, {}, "background", None, "k").idempotent
    assert not run_request(MODES, FLOW, {}, "sync", None, "k").idempotent
    assert not run_request(INPUTS, FLOW, {}, "background", None, "k").idempotent
    assert run_request(MODES, FLOW, {}, "sync").new_connection


def test_a_session_needs_a_component_only_before_1_11():
    bare = flow_of("Calc-c")
    memory = Flow("f", "F", (Component("Memory-m", "Memory", "M", template={"session_id": {}}),))
    assert session_parameter(MODES, bare) == "session_id"
    assert session_parameter(INPUTS, bare) is None
    assert session_parameter(INPUTS, FLOW) == "ChatInput-a.session_id"
    assert session_parameter(INPUTS, memory) == "Memory-m.session_id"


@pytest.mark.parametrize(
    ("version", "minor", "shown"),
    [
        ("0.8.4", 8, "1.8.4"),
        ("0.11.6", 11, "1.11.6"),
        ("1.13.0", 13, "1.13.0"),
        ("1.14.0.dev3", 14, "1.14.0.dev3"),
        ("nightly", None, "nightly"),
        ("1." + "9" * 5_000, None, "1." + "9" * 5_000),
    ],
)
def test_langflow_base_0_n_is_langflow_1_n(version: str, minor: int | None, shown: str):
    answer = VersionResponse(version=version, package="Langflow Base")
    assert parse_minor(version) == minor
    info = build_server_info(answer)
    assert (info.version, info.dialect) == (shown, "inputs" if minor == 8 else "modes")


def test_unsafe_releases_and_those_without_the_workflow_api_have_warnings():
    old = VersionResponse(version="1.7.3", package="Langflow")
    assert len(build_server_info(old).warnings) == 2
    assert not MODES.warnings


@pytest.mark.parametrize("id", ["../../v1/auto_login?", "..", "", "job-1", "00000000#"])
def test_a_job_id_must_be_a_uuid_to_become_part_of_a_path(id: str):
    with pytest.raises(JobNotFound, match="not a job id"):
        events_request(id, None)
    server = StandIn()
    with pytest.raises(JobNotFound, match="not a job id"):
        server.client().resume(id, "q", "approve")
    assert not any("workflows" in path for path in server.lines)


def test_an_id_is_normalized_in_a_path():
    asked = events_request("{00000000-0000-4000-8000-00000000000A}", None)
    assert asked.path == "/api/v2/workflows/00000000-0000-4000-8000-00000000000a/events"
