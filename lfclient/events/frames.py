"""Server-sent events of a run (Langflow 1.11 and later), from bytes to typed raw events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError
from pydantic_core import from_json

from lfclient.errors import BadAnswer
from lfclient.redact import Redactor

# Frames without an `event` key, which only a replay has; their `type` says how the job ended.
LAST_WORDS = frozenset({"end", "cancelled", "timed_out", "worker_lost"})


@dataclass(frozen=True)
class RawEvent:
    """One frame. `name` is the server's `event`, or its `type` for a job's last word.

    `id` is the number to resume after. `data` is redacted.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str = ""

    @property
    def last(self) -> bool:
        """Whether the job has ended; the stream may also just close, without such an event."""
        return self.name in LAST_WORDS


def parse_stream(body: bytes, redactor: Redactor) -> list[RawEvent]:
    """All events of a stream that has been read to its end.

    Raises `BadAnswer` if it is no event stream or a frame is not JSON.
    """
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    response = httpx.Response(200, headers=headers, content=body)
    return list(iter_events(response, redactor))


def iter_events(response: httpx.Response, redactor: Redactor) -> Iterator[RawEvent]:
    """The events of a response, as they come."""
    try:
        for frame in EventSource(response).iter_sse():
            event = _event(frame, redactor)
            if event:
                yield event
    except SSEError as error:
        raise BadAnswer("An event stream was expected, but something else came.") from error


async def aiter_events(
    response: httpx.Response, redactor: Redactor
) -> AsyncGenerator[RawEvent, None]:
    """The events of a response, as they come."""
    frames = EventSource(response).aiter_sse()
    try:
        async for frame in frames:
            event = _event(frame, redactor)
            if event:
                yield event
    except SSEError as error:
        raise BadAnswer("An event stream was expected, but something else came.") from error
    finally:
        await frames.aclose()


def _event(frame: ServerSentEvent, redactor: Redactor) -> RawEvent | None:
    """None for a frame without data: a keep-alive, or an id alone."""
    if not frame.data:
        return None
    try:
        payload = from_json(frame.data)
    except ValueError as error:
        raise BadAnswer("An event of the stream is not JSON, or was cut off.") from error
    if not isinstance(payload, dict):
        raise BadAnswer("An event of the stream is not an object.")
    payload = redactor.value(payload)
    name = payload.get("event") or payload.get("type") or frame.event
    data = payload.get("data")
    return RawEvent(str(name), data if isinstance(data, dict) else {}, frame.id)
