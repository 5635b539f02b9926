"""Server-sent events from bytes."""

import json

import httpx
import pytest

from lfclient.errors import BadAnswer
from lfclient.events import RawEvent, iter_events, parse_stream
from lfclient.redact import Redactor
from tests.recorded import recorded, sse

BODY = (
    b": keepalive\n\n"
    b'data: {"event": "token", "data": {"chunk": "\xe2\x80\xa8 a\\n"}}\r\nid: 4\r\n\r\n'
    b'data: {"type": "cancelled"}\nid: 5\n\n'
)
EVENTS = [RawEvent("token", {"chunk": "\u2028 a\n"}, "4"), RawEvent("cancelled", {}, "5")]


class Chunks(httpx.SyncByteStream):
    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks

    def __iter__(self):
        return iter(self.chunks)


def test_whole_stream():
    """Comments are left out; line ends of both kinds and line separators within text are right."""
    assert parse_stream(BODY, Redactor()) == EVENTS


@pytest.mark.parametrize("place", range(1, len(BODY)))
def test_split_at_every_byte(place: int):
    """However the bytes come, the events are the same."""
    headers = {"content-type": "text/event-stream"}
    stream = Chunks(BODY[:place], BODY[place:])
    response = httpx.Response(200, headers=headers, stream=stream)
    assert list(iter_events(response, Redactor())) == EVENTS


def test_recorded_stream():
    """A stopped job's replay ends with its last word."""
    events = parse_stream(sse(recorded("1.13.0", "bg_events_stopped")[1]), Redactor())
    assert [events[0].name, events[-1].name] == ["vertices_sorted", "cancelled"]
    assert (events[0].last, events[-1].last) == (False, True)


def test_secrets_are_hidden():
    """A secret in an event is hidden."""
    body = f"data: {json.dumps({'event': 'log', 'data': {'message': 'key sk-secret'}})}\n\n"
    assert parse_stream(body.encode(), Redactor(["sk-secret"]))[0].data == {"message": "key ••••"}


def test_unfinished_frame_is_left_out():
    """A frame that was cut off at the end is no event."""
    assert parse_stream(BODY + b'data: {"event": "en', Redactor()) == EVENTS


@pytest.mark.parametrize("body", [b"data: {oops\n\n", b"data: [1]\n\n"])
def test_broken_frame(body: bytes):
    """A frame that is not a JSON object is a bad answer."""
    with pytest.raises(BadAnswer):
        parse_stream(body, Redactor())


def test_no_stream():
    """A page instead of a stream is a bad answer."""
    response = httpx.Response(200, headers={"content-type": "text/html"}, content=b"<html>")
    with pytest.raises(BadAnswer):
        list(iter_events(response, Redactor()))
