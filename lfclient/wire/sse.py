"""Parse a run's server-sent events (Langflow 1.11 and later) from bytes into frames."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lfclient.common.formatting import format_size
from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import Redactor
from lfclient.errors import BadResponse, ResponseTooLarge
from lfclient.wire.bodies import RUN, parse_json

# The `type` of frames without an `event` key, which show how the job ended. Only replays have them.
FINAL_EVENTS = frozenset({"end", "cancelled", "timed_out", "worker_lost"})
KEEP_ALIVE = "keepalive"  # the name of a comment, which an idle server sends

_MAX_TEXT_LENGTH = 10_000  # characters kept of a malformed frame
_MAX_FRAME_BYTES = RUN.max_bytes
_MAX_STREAM_BYTES = 5 * RUN.max_bytes  # of one connection
_MAX_ID_LENGTH = 100  # characters; IDs are sent back in a header
_BOM = b"\xef\xbb\xbf"


@dataclass
class RawEvent:
    """One frame. `name` is the server's `event`, or its `type` if the frame has none.

    `id` is the number to resume after. `data` is redacted. `malformed_text` is the start of a frame
    that is no JSON object, else "". The class is not frozen, like the events.
    """

    name: str
    data: JsonObject = field(default_factory=dict)
    id: str = ""
    malformed_text: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the job has ended. A stream may also close without such an event."""
        return self.name in FINAL_EVENTS


class FrameParser:
    """Parses an event stream from chunks of bytes, cut anywhere.

    httpx-sse is not used: it drops comments, which are the server's keep-alive, and decodes bytes
    to text before the JSON is parsed.
    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._size = 0  # bytes of all chunks so far
        self._frame_start = 0  # in bytes, of the current frame or at most of its chunk
        self._unfinished = bytearray()  # an incomplete line; a list could have millions of pieces
        self._after_cr = False
        self._started = False
        self._data: list[bytes] = []
        self._event = ""
        self._id = ""  # kept from frame to frame, as the specification says
        self._id_line = b""  # the ID's line; tokens repeat the previous event's line

    def feed(self, chunk: bytes) -> Iterator[RawEvent]:
        """Yield the frames that this chunk completes. Comments are yielded as `KEEP_ALIVE`.

        Raise `ResponseTooLarge` if a frame or the whole stream exceeds its limit. Exhaust the
        iterator before the next call. Frames are built on demand, so that only one frame of a large
        chunk is in the processor's cache.
        """
        chunk_start = self._size
        self._size += len(chunk)
        _check_size(self._size - self._frame_start, _MAX_FRAME_BYTES, "An event")
        _check_size(self._size, _MAX_STREAM_BYTES, "The stream of events")
        for line in self._lines(chunk):
            if line.startswith(b"data: "):  # the most frequent line by far
                self._data.append(line[6:])
            elif not line:
                self._frame_start = chunk_start
                frame = self._frame()
                if frame:
                    yield frame
            elif line == self._id_line:
                pass
            elif line.startswith(b":"):
                yield RawEvent(KEEP_ALIVE)
            else:
                self._field(line)

    def _lines(self, chunk: bytes) -> list[bytes]:
        """Return the complete lines, which end with LF, CR or both."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = chunk.split(b"\n")
        self._unfinished += first
        if not others:
            return []
        *complete, rest = others
        lines = [bytes(self._unfinished), *complete]
        self._unfinished = bytearray(rest)
        if not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(_BOM)
        return lines

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id, self._id_line = _parse_id(value), line

    def _frame(self) -> RawEvent | None:
        """Return the finished frame, or None for a frame without data, such as only an ID."""
        lines, event = self._data, self._event
        data = lines[0] if len(lines) == 1 else b"\n".join(lines)
        lines.clear()
        self._event = ""
        if not data:
            return None
        try:
            payload = parse_json(data, RUN, cache_strings="keys")
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            # redacted first: the cut could leave part of a secret
            text = self._redactor.redact_text(data.decode("utf-8", "replace"))[:_MAX_TEXT_LENGTH]
            return RawEvent(event, {}, self._id, text)
        if self._redactor.may_contain_secret(data):
            payload = self._redactor.redact_value(payload)
        name = str(payload.get("event") or payload.get("type") or event)
        inner = payload.get("data")
        if not isinstance(inner, dict):
            inner = {} if inner is None or name in FINAL_EVENTS else {"data": inner}
        return RawEvent(name, inner, self._id)


def _check_size(size: int, limit: int, name: str) -> None:
    if size > limit:
        limit_text = format_size(limit)
        raise ResponseTooLarge(f"{name} is larger than {limit_text}, the most that is read.")


def _parse_id(value: bytes) -> str:
    """Return the ID, or "" if a header can't contain it."""
    if value.isdigit() and len(value) <= _MAX_ID_LENGTH:  # the usual case
        return value.decode()
    text = value.decode("utf-8", "replace").strip()
    return text if text.isascii() and text.isprintable() and len(text) <= _MAX_ID_LENGTH else ""


def check_event_stream(content_type: str) -> None:
    """Raise `BadResponse` if the response is not an event stream."""
    if content_type.partition(";")[0].strip().lower() != "text/event-stream":
        raise BadResponse("Langflow sent something else instead of an event stream.")
