"""Event frames to typed events, on recorded streams."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lfclient import (
    ComponentFailed,
    ComponentFinished,
    ComponentSkipped,
    ComponentStarted,
    Decision,
    Event,
    HumanInputRequired,
    KeepAlive,
    LogLine,
    MessageAdded,
    MessageRemoved,
    OutputKind,
    OutputReady,
    RawEvent,
    RunStarted,
    Token,
    UnknownEvent,
    Usage,
    Warned,
)
from lfclient.common.redaction import Redactor
from lfclient.runs.event_parser import EventParser
from lfclient.wire.server_info import Limits
from lfclient.wire.sse import FrameParser
from tests.support.recorded import events, sse

VERSIONS = ["1.11.6", "1.12.8", "1.13.0"]


def read(frames: list[dict], reader: EventParser | None = None) -> list[Event]:
    reader = reader or EventParser()
    found = FrameParser(Redactor()).feed(sse(frames))
    return [event for frame in found for event in reader.parse(frame)]


def frame(name: str, data: object, id: str = "") -> dict:
    return {"event": name, "data": data, **({"id": id} if id else {})}


def of(kind: type, found: list[Event]) -> list:
    return [event for event in found if isinstance(event, kind)]


@pytest.mark.parametrize("version", VERSIONS)
def test_only_durable_events_of_a_run_have_ids(version: str):
    """Tokens and inferred events have none."""
    found = read(events(version, "bg_events_live"))
    assert found[0] == RunStarted(("ChatInput-abc12",), found[0].to_run, id="1")
    assert set(found[0].to_run) == {"ChatInput-abc12", "Streamer-aaaaa", "ChatOutput-xyz34"}
    started = of(ComponentStarted, found)
    assert [one.component_id for one in started] == [
        "ChatInput-abc12",
        "Streamer-aaaaa",
        "ChatOutput-xyz34",
    ]
    assert all(one.id is None and one.raw is None for one in started)
    assert [one.id for one in of(ComponentFinished, found)] == ["4", "5", "8"]
    assert [one.text for one in of(Token, found)] == [f"tok{n} " for n in range(8)]
    assert not any(one.gap or one.id for one in of(Token, found))
    (line,) = of(LogLine, found)
    assert (line.component_id, line.message, line.id) == ("Streamer-aaaaa", "a log line", None)
    (output,) = of(OutputReady, found)
    assert output.output.value.startswith("tok0 tok1 ")
    assert isinstance(found[-1], OutputReady)  # how it ended is asked for


@pytest.mark.parametrize("version", VERSIONS)
def test_a_finished_component_has_its_output_duration_and_end(version: str):
    done = of(ComponentFinished, read(events(version, "bg_events_live")))[-1]
    assert (done.display_name, done.output.kind) == ("Chat Output", OutputKind.MESSAGE)
    assert done.output.value == "tok0 tok1 tok2 tok3 tok4 tok5 tok6 tok7 "
    assert 1 < done.seconds < 2
    assert done.ended_at.utcoffset() == timedelta(0)
    assert done.raw.name == "end_vertex"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_failed_component_is_reported_once_with_reason_and_traceback(version: str):
    found = read(events(version, "bg_events_failed"))
    (failed,) = of(ComponentFailed, found)
    assert (failed.component_id, failed.error.message) == ("ChatOutput-xyz34", "boom mid-stream")
    assert "ValueError: boom mid-stream" in failed.error.traceback
    last = of(MessageAdded, found)[-1].message
    assert (last.category, last.component_id) == ("error", "ChatOutput-xyz34")
    assert of(OutputReady, found)[-1].output.kind is OutputKind.ERROR


@pytest.mark.parametrize("version", VERSIONS)
def test_an_approval_has_its_decisions_time_limit_and_skipped_branch(version: str):
    found = read(events(version, "hitl_events_approve"))
    (asked,) = of(HumanInputRequired, found)
    assert asked.id == "6"
    request = asked.request
    assert request.decisions == (Decision("approve", "Approve"), Decision("reject", "Reject"))
    assert (request.prompt, request.component_id) == ("Deploy? approve", "HumanInput-hhhhh")
    assert request.job_id
    assert request.expires_at.date() == datetime(2026, 11, 27, tzinfo=UTC).date()
    assert [one.component_id for one in of(ComponentSkipped, found)] == ["ChatOutput-rejec"]
    assert len(of(RunStarted, found)) == 2


def test_ids_of_a_streamed_call_are_ignored():
    """They number every frame and can't be resumed after."""
    found = read(events("1.13.0", "stream_langflow"), EventParser(durable=False))
    assert {event.id for event in found} == {None}
    assert len(of(Token, found)) == 5


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", ["bg_events_live", "bg_events_failed", "hitl_events_approve"])
def test_a_replay_repeats_no_durable_event(version: str, case: str):
    frames = events(version, case)
    whole = [event for event in read(frames) if event.id]
    for cut in range(len(frames)):
        reader = EventParser()
        found = read(frames[:cut], reader)
        reader.reset_after_reconnect()
        found += read([one for one in frames if one.get("event") not in ("token", "log")], reader)
        assert [event for event in found if event.id] == whole


def test_parsing_starts_after_a_known_event():
    found = read(events("1.13.0", "bg_events_live"), EventParser(after="7"))
    assert [event.id for event in found if event.id] == ["8", "9"]


def test_a_token_after_missed_ones_marks_a_gap():
    partial = {"id": "m", "text": "tok0 ", "properties": {"state": "partial"}}
    token = [frame("token", {"chunk": f"tok{n} ", "id": "m"}, "6") for n in range(6)]
    late = read([frame("add_message", partial, "6"), token[4], token[5]])
    assert [one.gap for one in of(Token, late)] == [True, False]
    reader = EventParser()
    read([frame("add_message", partial, "6"), token[0]], reader)
    reader.reset_after_reconnect()
    assert [one.gap for one in of(Token, read([token[4], token[5]], reader))] == [True, False]


def test_warnings_removed_messages_and_keep_alives_are_parsed():
    found = read(
        [
            frame("warning", {"message": "old component"}, "1"),
            frame("remove_message", {"id": "m"}, "2"),
            frame("error", {"error": "Workflow execution timed out."}, "3"),
        ]
    )
    assert found == [
        Warned("old component", id="1"),
        MessageRemoved("m", id="2"),
        Warned("Workflow execution timed out.", id="3"),
    ]
    assert EventParser().parse(RawEvent("keepalive")) == [KeepAlive()]


@pytest.mark.parametrize(
    "odd",
    [
        frame("from_the_future", {"a": 1}, "1"),
        frame("end_vertex", {"build_data": None}, "1"),
        frame("end_vertex", {"build_data": {"id": "A", "valid": "perhaps"}}, "1"),
        frame("token", {"id": "m"}, "1"),
        frame("output", {"type": 5, "component_id": "A"}, "1"),
        frame("human_input_required", {"request_id": 7}, "1"),
        frame("add_message", {"text": "no id"}, "1"),
        frame("error", {}, "1"),
    ],
)
def test_malformed_events_become_unknown_events(odd: dict):
    (event,) = read([odd])
    assert isinstance(event, UnknownEvent)
    assert event.name == odd["event"]
    assert event.raw.name == odd["event"]


@pytest.mark.parametrize(
    ("odd", "is_complete"),
    [
        (frame("add_message", {"text": "no id"}, "1"), False),
        (frame("end_vertex", {"build_data": {"valid": True}}, "1"), False),
        (frame("output", {"type": "message", "status": "completed"}, "1"), False),
        (frame("error", {"text": "boom"}, "1"), True),  # its reason is recorded all the same
        (frame("token", {"id": "m"}, "1"), True),
    ],
)
def test_evidence_is_incomplete_without_a_malformed_event_of_it(odd: dict, is_complete: bool):
    reader = EventParser()
    (event,) = read([odd, frame("end", {}, "2")], reader)
    assert isinstance(event, UnknownEvent)
    assert (reader.complete_evidence is not None) == is_complete
    assert len(reader.evidence.errors) == (odd["event"] == "error")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_has_its_job(version: str):
    messages = [one.message for one in of(MessageAdded, read(events(version, "bg_events_live")))]
    (job_id,) = {message.job_id for message in messages}
    assert job_id


@pytest.mark.parametrize("is_grouped", [True, False])
def test_a_message_has_the_steps_of_its_agent(is_grouped: bool):
    """1.13 groups them at the end only."""
    step = {"type": "tool_use", "name": "add", "tool_input": {"a": 1}, "contents": []}
    blocks = [{"type": "group", "title": "Steps", "contents": [step]}] if is_grouped else [step]
    data = {"id": "m", "text": "2", "content_blocks": blocks}
    (added,) = of(MessageAdded, read([frame("add_message", {"data": data, "id": "m"}, "1")]))
    assert added.message.blocks == (step,)


def test_an_empty_message_is_no_evidence_of_a_text():
    reader = EventParser()
    messages = [{"id": "m", "text": None, "session_id": "s"}, {"id": "n", "text": "whole"}]
    read([frame("add_message", data, id) for id, data in zip("12", messages, strict=True)], reader)
    assert (reader.evidence.texts, reader.evidence.session_id) == (["whole"], "s")


def test_broken_json_becomes_an_unknown_event_with_its_text():
    (event,) = EventParser().parse(RawEvent("", {}, "3", "{oops"))
    assert (event.name, event.data, event.id) == ("unreadable", "{oops", "3")


def test_an_unknown_event_that_repeats_an_id_is_transient():
    done = frame("warning", {"message": "w"}, "4")
    passing = frame("from_the_future", {"a": 1}, "4")
    found = read([done, passing, done, passing])
    assert [type(event) for event in found] == [Warned, UnknownEvent, UnknownEvent]
    assert [event.id for event in found] == ["4", None, None]


def test_skipped_events_are_requested_again():
    """A server skips events for a slow reader; its log has them."""
    log = [frame("warning", {"message": str(number)}, str(number)) for number in range(1, 7)]
    reader = EventParser()
    found = read([log[0], log[3], frame("token", {"id": "m", "chunk": "t"}, "4"), log[4]], reader)
    assert reader.has_missed_events
    assert [event.id for event in found] == ["1"]
    reader.reset_after_reconnect()
    assert [event.id for event in read(log[1:], reader)] == ["2", "3", "4", "5", "6"]


def test_a_gap_in_the_log_is_accepted_after_one_retry():
    log = [frame("warning", {"message": str(number)}, str(number)) for number in (1, 4, 5)]
    reader = EventParser()
    read(log, reader)
    reader.reset_after_reconnect()
    assert [event.id for event in read(log[1:], reader)] == ["4", "5"]
    assert not reader.has_missed_events


@pytest.mark.parametrize("seconds", [1e300, 10**400, float("inf"), float("nan")])
def test_a_time_limit_beyond_the_calendar_is_ignored(seconds: float):
    asked = {"request_id": "H:1", "paused_at": "2026-11-24T12:00:00Z", "timeout_seconds": seconds}
    (event,) = EventParser().parse(RawEvent("human_input_required", asked, "1"))
    assert (type(event), event.request.expires_at) == (HumanInputRequired, None)


def test_truncated_outputs_are_marked():
    """Missing rows are counted, and the server's own mark is not a row."""
    rows = [{"a": 1}, {"a": 2}, "... [truncated 98 items]"]
    build = {
        "id": "T",
        "valid": True,
        "data": {"outputs": {"t": {"message": rows, "type": "array"}}},
    }
    meta = {"output_types": ["Table"], "display_name": "Rows", "vertex_type": "Rows"}
    reader = EventParser(limits=Limits(max_items=2))
    (done,) = read([frame("end_vertex", {"build_data": build, "output_meta": meta}, "1")], reader)
    assert (done.output.kind, len(done.output.value)) == (OutputKind.TABLE, 2)
    assert (done.output.truncated, done.output.missing) == (True, 98)
    assert "LANGFLOW_MAX_ITEMS_LENGTH" in done.output.note


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        ({"input_tokens": 22, "output_tokens": 20, "total_tokens": 42}, Usage(22, 20, 42)),
        (None, None),
        ({"input_tokens": 22}, None),
        ({"input_tokens": "22", "output_tokens": 20, "total_tokens": 42}, None),
        ({"input_tokens": -1, "output_tokens": 20, "total_tokens": 19}, None),
        ({"input_tokens": True, "output_tokens": 0, "total_tokens": 1}, None),
        ({"input_tokens": 10**30, "output_tokens": 0, "total_tokens": 10**30}, None),
        ([22, 20, 42], None),
    ],
)
def test_a_finished_component_has_the_tokens_that_the_server_reports(reported, usage):
    build_data = {"id": "A-1", "valid": True, "data": {"outputs": {}, "token_usage": reported}}
    (finished,) = read([frame("end_vertex", {"build_data": build_data})])
    assert finished.usage == usage
