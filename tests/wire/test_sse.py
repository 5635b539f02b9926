"""Server-sent events from bytes."""

import json

import pytest

from lfclient.api.requests import EVENT_STREAM
from lfclient.common.redaction import Redactor
from lfclient.errors import BadAnswer
from lfclient.wire.sse import FrameReader, RawEvent, parse_stream
from tests.support.recorded import events, sse

KEPT_ALIVE = RawEvent("keepalive")
BODY = (
    b"\xef\xbb\xbf: keepalive\n\n"
    b'data: {"event": "token", "data": {"chunk": "\xe2\x80\xa8 a\\n"}}\r\nid: 4\r\n\r\n'
    b'data: {"type": "cancelled"}\rid: 5\r\r'
    b'retry: 3\nid: 6\n\ndata: {"event":\ndata: "end", "data": 1}\nodd\n\n'
)
EVENTS = [
    KEPT_ALIVE,
    RawEvent("token", {"chunk": "\u2028 a\n"}, "4"),
    RawEvent("cancelled", {}, "5"),
    RawEvent("end", {}, "6"),
]


def read(*chunks: bytes, secrets: tuple[str, ...] = ()) -> list[RawEvent]:
    reader = FrameReader(Redactor(secrets))
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


def test_whole_stream():
    """Comments are keep-alives; line ends of all kinds, data over several lines, and an id alone
    are read as the specification has it.
    """
    assert read(BODY) == EVENTS


@pytest.mark.parametrize("place", range(1, len(BODY)))
def test_split_at_every_byte(place: int):
    """However the bytes come, also within a character, the events are the same."""
    assert read(BODY[:place], BODY[place:]) == EVENTS


def test_one_byte_at_a_time():
    """Empty chunks change nothing either."""
    chunks = [part for byte in BODY for part in (bytes([byte]), b"")]
    assert read(*chunks) == EVENTS


def test_recorded_stream():
    """A stopped job's replay ends with its last word."""
    frames = parse_stream(sse(events("1.13.0", "bg_events_stopped")), EVENT_STREAM, Redactor())
    assert [frames[0].name, frames[-1].name] == ["vertices_sorted", "cancelled"]
    assert (frames[0].is_final, frames[-1].is_final) == (False, True)


def test_secrets_are_hidden():
    """A secret in an event is hidden, and in what cannot be read too."""
    body = f"data: {json.dumps({'event': 'log', 'data': {'message': 'key sk-secret'}})}\n\n"
    good, bad = read(body.encode(), b"data: {sk-secret\n\n", secrets=("sk-secret",))
    assert good.data == {"message": "key ••••"}
    assert bad.malformed_text == "{••••"


def test_unfinished_frame_is_left_out():
    """A frame that was cut off at the end is no event."""
    assert read(BODY, b'data: {"event": "en') == EVENTS


@pytest.mark.parametrize("body", [b"data: {oops\n\n", b"data: [1]\n\n", b"data: \xff\xfe\n\n"])
def test_broken_frame(body: bytes):
    """A frame that is no JSON object is told as what it is, and makes a whole stream no proof."""
    (frame,) = read(body)
    assert frame.malformed_text
    with pytest.raises(BadAnswer):
        parse_stream(body, EVENT_STREAM, Redactor())


def test_large_frame():
    """A frame of 10 MB comes whole out of many pieces."""
    text = "x" * 10_000_000
    body = sse([{"event": "log", "data": {"message": text}}])
    chunks = [body[start : start + 65_536] for start in range(0, len(body), 65_536)]
    assert read(*chunks)[0].data["message"] == text


def test_no_stream():
    """A page instead of a stream is a bad answer."""
    with pytest.raises(BadAnswer):
        parse_stream(b"<html>", "text/html", Redactor())


@pytest.mark.parametrize("odd", ["é", "4" * 101, "a\tb"])
def test_an_id_that_no_header_can_carry_is_none(odd: str):
    """It could not be asked for again."""
    assert read(f'data: {{"event": "log"}}\nid: {odd}\n\n'.encode())[0].id == ""


def test_no_part_of_a_secret_is_left_of_what_cannot_be_read():
    """Text that is too long is cut after the secrets in it are hidden."""
    text = "x" * 9_996 + "sk-secret-of-the-test"
    (frame,) = read(f"data: {text}\n\n".encode(), secrets=("sk-secret-of-the-test",))
    assert "sk-" not in frame.malformed_text


def test_content_of_an_unknown_shape_is_kept():
    """Other than an object."""
    assert read(b'data: {"event": "from_the_future", "data": [1]}\n\n')[0].data == {"data": [1]}
