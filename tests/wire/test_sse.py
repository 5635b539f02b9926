"""Parsing of server-sent events."""

import json

import pytest

from lfclient.common.redaction import Redactor
from lfclient.errors import BadResponse
from lfclient.runs.event_parser import EventParser
from lfclient.wire.sse import FrameParser, RawEvent, check_event_stream
from tests.support.recorded import events, sse

KEEP_ALIVE_EVENT = RawEvent("keepalive")
BODY = (
    b"\xef\xbb\xbf: keepalive\n\n"
    b'data: {"event": "token", "data": {"chunk": "\xe2\x80\xa8 a\\n"}}\r\nid: 4\r\n\r\n'
    b'data: {"type": "cancelled"}\rid: 5\r\r'
    b'retry: 3\nid: 6\n\ndata: {"event":\ndata: "end", "data": 1}\nodd\n\n'
)
EVENTS = [
    KEEP_ALIVE_EVENT,
    RawEvent("token", {"chunk": "\u2028 a\n"}, "4"),
    RawEvent("cancelled", {}, "5"),
    RawEvent("end", {}, "6"),
]


def read(*chunks: bytes, secrets: tuple[str, ...] = ()) -> list[RawEvent]:
    reader = FrameParser(Redactor(secrets))
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


def test_a_stream_is_parsed_as_the_specification_says():
    """The stream has comments, all line ends, data over several lines, and an ID without data."""
    assert read(BODY) == EVENTS


def test_single_bytes_and_empty_chunks_give_the_same_events():
    chunks = [part for byte in BODY for part in (bytes([byte]), b"")]
    assert read(*chunks) == EVENTS


def test_the_replay_of_a_stopped_job_ends_with_its_final_event():
    frames = read(sse(events("1.13.0", "bg_events_stopped")))
    assert [frames[0].name, frames[-1].name] == ["vertices_sorted", "cancelled"]
    assert (frames[0].is_final, frames[-1].is_final) == (False, True)


def test_secrets_are_redacted_in_events_and_in_malformed_frames():
    body = f"data: {json.dumps({'event': 'log', 'data': {'message': 'key sk-secret'}})}\n\n"
    good, bad = read(body.encode(), b"data: {sk-secret\n\n", secrets=("sk-secret",))
    assert good.data == {"message": "key ••••"}
    assert bad.malformed_text == "{••••"


def test_an_unfinished_frame_gives_no_event():
    assert read(BODY, b'data: {"event": "en') == EVENTS


@pytest.mark.parametrize("body", [b"data: {oops\n\n", b"data: [1]\n\n", b"data: \xff\xfe\n\n"])
def test_a_frame_that_is_not_a_json_object_is_malformed(body: bytes):
    """A stored stream with a malformed frame is refused."""
    (frame,) = read(body)
    assert frame.malformed_text
    parser = EventParser()
    parser.parse(frame)
    with pytest.raises(BadResponse):
        parser.readable_evidence()


def test_a_page_instead_of_a_stream_is_refused():
    with pytest.raises(BadResponse):
        check_event_stream("text/html")


@pytest.mark.parametrize("odd", ["é", "4" * 101, "a\tb"])
def test_an_id_that_a_header_cannot_contain_is_dropped(odd: str):
    """Resuming sends the ID in a header."""
    assert read(f'data: {{"event": "log"}}\nid: {odd}\n\n'.encode())[0].id == ""


def test_a_malformed_frame_is_redacted_before_it_is_cut():
    text = "x" * 9_996 + "sk-secret-of-the-test"
    (frame,) = read(f"data: {text}\n\n".encode(), secrets=("sk-secret-of-the-test",))
    assert "sk-" not in frame.malformed_text


def test_data_that_is_not_an_object_is_kept():
    assert read(b'data: {"event": "from_the_future", "data": [1]}\n\n')[0].data == {"data": [1]}
