"""Server-sent events of a run (Langflow 1.11 and later), from bytes to the frames of the wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from lfclient.common.redaction import Redactor
from lfclient.errors import BadAnswer

# Frames without an `event` key, which only a replay has; their `type` says how the job ended.
FINAL_EVENTS = frozenset({"end", "cancelled", "timed_out", "worker_lost"})
# A comment, which a server sends to show that it is still there.
KEEP_ALIVE = "keepalive"

_MAX_TEXT_LENGTH = 10_000  # characters that are kept of a frame that cannot be read
_MAX_ID_LENGTH = 100  # digits and other characters that can be sent back in a header
_BOM = b"\xef\xbb\xbf"


@dataclass
class RawEvent:
    """One frame. `name` is the server's `event`, or its `type` for a job's last word.

    `id` is the number to resume after. `data` is redacted. `malformed_text` is the start of a frame
    that is no JSON object, else "". Not frozen, like the events.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    malformed_text: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the job has ended; the stream may also just close, without such an event."""
        return self.name in FINAL_EVENTS


class FrameReader:
    """Frames from the bytes of an event stream, however these are cut.

    httpx-sse would do, but it drops the comments by which a server shows that it is there, and
    decodes to text what JSON is then read from.
    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._unfinished: list[bytes] = []  # the pieces of a line whose end has not come
        self._after_cr = False
        self._started = False
        self._data: list[bytes] = []
        self._event = ""
        self._id = ""  # kept from frame to frame, as the specification has it
        self._id_line = b""  # that it came with; words repeat that of what came before them

    def feed(self, chunk: bytes) -> Iterator[RawEvent]:
        """The frames that are whole with these bytes; comments count as `keepalive`.

        To be read to their end. Each is made when it is asked for, so that of many that come at
        once the processor has one at hand at a time.
        """
        for line in self._lines(chunk):
            if line.startswith(b"data: "):  # the most by far
                self._data.append(line[6:])
            elif not line:
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
        """Lines end with LF, CR or both, and with nothing else that splits text."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = chunk.split(b"\n")
        self._unfinished.append(first)
        if not others:
            return []
        *whole, rest = others
        lines = [b"".join(self._unfinished), *whole]
        self._unfinished = [rest]
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
        """None for a frame without data: an id alone."""
        lines, event = self._data, self._event
        data = lines[0] if len(lines) == 1 else b"\n".join(lines)
        lines.clear()
        self._event = ""
        if not data:
            return None
        try:
            payload = from_json(data, cache_strings="keys")
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            # redacted before it is cut, which might leave a part of a secret
            text = self._redactor.redact_text(data.decode("utf-8", "replace"))[:_MAX_TEXT_LENGTH]
            return RawEvent(event, {}, self._id, text)
        if self._redactor.may_contain_secret(data):
            payload = self._redactor.redact_value(payload)
        name = str(payload.get("event") or payload.get("type") or event)
        inner = payload.get("data")
        if not isinstance(inner, dict):
            inner = {} if inner is None or name in FINAL_EVENTS else {"data": inner}
        return RawEvent(name, inner, self._id)


def _parse_id(value: bytes) -> str:
    """None that no header could carry."""
    if value.isdigit() and len(value) <= _MAX_ID_LENGTH:  # as servers number their events
        return value.decode()
    text = value.decode("utf-8", "replace").strip()
    return text if text.isascii() and text.isprintable() and len(text) <= _MAX_ID_LENGTH else ""


def is_event_stream(content_type: str) -> bool:
    """Whether an answer is a stream of events."""
    return content_type.partition(";")[0].strip().lower() == "text/event-stream"


def event_stream_error() -> BadAnswer:
    """What is wrong with an answer that is none."""
    return BadAnswer("An event stream was expected, but something else came.")


def parse_stream(body: bytes, content_type: str, redactor: Redactor) -> list[RawEvent]:
    """All events of a stream that has been read to its end, without the keep-alives.

    Raises `BadAnswer` if it is no event stream or a frame cannot be read.
    """
    if not is_event_stream(content_type):
        raise event_stream_error()
    frames = [frame for frame in FrameReader(redactor).feed(body) if frame.name != KEEP_ALIVE]
    if any(frame.malformed_text for frame in frames):
        raise BadAnswer("An event of the stream is not a JSON object.")
    return frames
