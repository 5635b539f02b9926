"""Requests in both dialects."""

from __future__ import annotations

from typing import Any

import pytest

from lfclient import Component, Flow, JobNotFound, Variable
from lfclient.api.payloads import run_request, session_parameter
from lfclient.api.requests import events_request, resume_request
from lfclient.wire.schemas import VersionResponse
from lfclient.wire.server_info import ServerInfo, build_server_info, parse_minor
from tests.support.recorded import flow_of

INPUTS = ServerInfo("1.10.3", "inputs")
MODES = build_server_info(
    VersionResponse(version="1.13.0", main_version="1.13.0", package="Langflow"), 13, "modes"
)
TEXT = {"type": "str", "_input_type": "MultilineInput", "show": True, "value": "stored"}
CHAT = Component("ChatInput-a", "ChatInput", "Chat Input", template={"input_value": TEXT})
FLOW = Flow("f", "Flow", (CHAT, Component("ChatOutput-b", "ChatOutput", "Chat Output")))


def body(server: ServerInfo, mode: str, flow: Flow = FLOW, **options: Any) -> dict[str, Any]:
    return run_request(server, flow, options.pop("overrides", {}), mode, **options).json


def test_inputs_dialect():
    """Before 1.11: flat overrides, and the session as the first of them."""
    sent = body(INPUTS, "background", overrides={"ChatInput-a.input_value": "hi"}, session_id="s")
    assert sent == {
        "flow_id": "f",
        "background": True,
        "stream": False,
        "inputs": {"ChatInput-a.session_id": "s", "ChatInput-a.input_value": "hi"},
    }
    assert next(iter(sent["inputs"])) == "ChatInput-a.session_id"


def test_modes_dialect_in_background():
    """From 1.11: the chat text at the top, not among the tweaks, where a session would empty it."""
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
def test_stored_chat_text_is_always_sent(mode: str):
    """Without an override the flow's own chat text goes out: servers would empty it."""
    assert body(MODES, mode)["input_value"] == "stored"


def test_several_chat_inputs():
    """With two chat inputs each text stays its own: the top-level one would go to both."""
    flow = Flow("f", "Flow", (CHAT, Component("ChatInput-b", "ChatInput", "Second")))
    sent = body(MODES, "sync", flow, overrides={"ChatInput-b.input_value": "x"})
    assert "input_value" not in sent
    assert sent["tweaks"] == {"ChatInput-b": {"input_value": "x"}}


def test_safe_to_repeat():
    """Only a background run with an idempotency key may be sent twice."""
    assert run_request(MODES, FLOW, {}, "background", None, "k").idempotent
    assert not run_request(MODES, FLOW, {}, "sync", None, "k").idempotent
    assert not run_request(INPUTS, FLOW, {}, "background", None, "k").idempotent
    assert run_request(MODES, FLOW, {}, "sync").new_connection


def test_unchecked_variable():
    """A variable on a parameter that the flow does not know is sent by name."""
    sent = body(MODES, "sync", overrides={"X-1.key": Variable("KEY")})
    assert sent["tweaks"]["X-1"]["key"] == {"value": "KEY", "load_from_db": True}


def test_session_place():
    """A session needs a component before 1.11, and none after."""
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
    ],
)
def test_versions(version: str, minor: int | None, shown: str):
    """langflow-base's 0.N is Langflow 1.N."""
    answer = VersionResponse(version=version, package="Langflow Base")
    assert parse_minor(answer) == minor
    assert build_server_info(answer, minor, "modes").version == shown


def test_warnings():
    """Releases with known holes, and those without the Workflow API, are told."""
    old = VersionResponse(version="1.7.3", package="Langflow")
    assert len(build_server_info(old, 7, "inputs").warnings) == 2
    assert not MODES.warnings


@pytest.mark.parametrize("id", ["../../v1/auto_login?", "..", "", "job-1", "00000000#"])
def test_a_jobs_id_leads_nowhere_else(id: str):
    """It is an answer's word, and goes into a path."""
    with pytest.raises(JobNotFound):
        events_request(id, None)
    with pytest.raises(JobNotFound):
        resume_request(id, "r", "approve")


def test_an_id_goes_into_a_path_in_its_usual_spelling():
    """There are others, with signs that no path may have."""
    asked = events_request("{00000000-0000-4000-8000-00000000000A}", None)
    assert asked.path == "/api/v2/workflows/00000000-0000-4000-8000-00000000000a/events"
