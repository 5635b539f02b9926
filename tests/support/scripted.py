"""A server with scripted responses for the clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import httpx

from lfclient import AsyncLangflowClient, Event, LangflowClient
from lfclient.api import requests
from tests.support.recorded import flow_of, recorded, sse

URL = "http://langflow.test/base"
WORKFLOWS = "/base/api/v2/workflows"
STATUS = f"/base{requests.STATUS}"
VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}
OLD = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
FLOW = flow_of(
    "ChatInput-abc12", "ChatOutput-xyz34", edges=(("ChatInput-abc12", "ChatOutput-xyz34"),)
)
QUEUED = recorded("1.13.0", "bg_submit")
DONE = recorded("1.13.0", "bg_completed")
TRANSIENT = recorded("1.13.0", "status_transient_500_after_stop")
JOB = "00000000-0000-4000-8000-000000000001"

Reply = Any  # (status, body), an exception, or a function of the request


class Server:
    """Responds to each path with its replies in turn, repeating the last; to others with 404."""

    def __init__(self, version: dict[str, str] = VERSION) -> None:
        self.requests: list[httpx.Request] = []
        self.replies: dict[str, Iterator[Reply]] = {}
        self.on("GET", "/base/api/v1/version", (200, version))
        self.on("GET", "/base/api/v1/config", (200, {}))

    def on(self, method: str, path: str, *replies: Reply) -> Server:
        self.replies[f"{method} {path}"] = _repeating(replies)
        return self

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        replies = self.replies.get(f"{request.method} {request.url.path}")
        reply = next(replies) if replies else (404, {"detail": "Not Found"})
        if isinstance(reply, Exception):
            raise reply
        if callable(reply):
            return reply(request)
        status, body = reply
        if isinstance(body, bytes):
            return httpx.Response(status, content=body)
        return httpx.Response(status, json=body)

    def paths(self) -> list[str]:
        return [f"{one.method} {one.url.path.removeprefix('/base')}" for one in self.requests]

    def client(self, **options: Any) -> LangflowClient:
        """Return a client of the server. It has no connections to close."""
        options.setdefault("api_key", "sk-key-123")
        return LangflowClient(URL, http_client=mock_client("sync", self), **options)


def _repeating(replies: tuple[Reply, ...]) -> Iterator[Reply]:
    yield from replies
    while True:
        yield replies[-1]


class EventLog:
    """A reply with a job's events: those after `Last-Event-ID`, then the end of the stream.

    `cuts` are the bytes after which the first, second, … connection breaks; later ones do not.
    `replays_all` ignores `Last-Event-ID`. Missed tokens are never replayed.
    """

    def __init__(
        self, frames: list[dict[str, Any]], cuts: Iterable[int] = (), *, replays_all: bool = False
    ) -> None:
        self.frames, self.replays_all = frames, replays_all
        self.last_event_ids: list[str | None] = []
        self._cuts = iter(cuts)
        self._sent = 0  # the first frame that was never sent

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = request.headers.get("last-event-id")
        self.last_event_ids.append(after)
        start = 0 if self.replays_all or after is None else int(after)
        body, cut = b"", next(self._cuts, None)
        for place, frame in enumerate(self.frames):
            is_transient = frame.get("event") in ("token", "log")
            if place < self._sent if is_transient else int(frame["id"]) <= start:
                continue
            body += sse([frame])
            if cut is None or len(body) <= cut:
                self._sent = max(self._sent, place + 1)
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx.Response(200, headers=headers, stream=BodyStream(body, cut))


class BodyStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response body for both clients, broken after `cut` bytes."""

    def __init__(self, body: bytes, cut: int | None = None) -> None:
        self.body, self.cut = body, cut

    def __iter__(self) -> Iterator[bytes]:
        yield self.body if self.cut is None else self.body[: self.cut]
        if self.cut is not None:
            raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


def mock_client(kind: str, handler: Callable[[httpx.Request], Any]) -> Any:
    """Return a client of httpx, "sync" or "async", whose requests go to a handler."""
    transport = httpx.MockTransport(handler)
    return {"sync": httpx.Client, "async": httpx.AsyncClient}[kind](transport=transport)


def call_client(
    kind: str,
    call: Callable[[Any], Any],
    url: str = URL,
    *,
    handler: Callable[[httpx.Request], Any] | None = None,
    **options: Any,
) -> Any:
    """Return the result of a call to the sync or the async client.

    A `handler` responds to its requests in place of the network.
    """
    options.setdefault("api_key", "sk-key-123")
    if handler:
        options["http_client"] = mock_client(kind, handler)
    if kind == "sync":
        with LangflowClient(url, **options) as client:
            return call(client)

    async def call_async() -> Any:
        async with AsyncLangflowClient(url, **options) as client:
            return await call(client)

    return asyncio.run(call_async())


def collect_events(
    kind: str, call: Callable[[Any], Any], url: str = URL, *, pause: float = 0.0, **options: Any
) -> list[Event]:
    """Return the events of a call to the sync or the async client.

    The reader pauses for `pause` seconds after each event. The options are those of `call_client`.
    """
    found: list[Event] = []

    def read(client: LangflowClient) -> None:
        for event in call(client):
            found.append(event)
            time.sleep(pause)

    async def read_async(client: AsyncLangflowClient) -> None:
        async with asyncio.timeout(30):
            async for event in call(client):
                found.append(event)
                await asyncio.sleep(pause)

    call_client(kind, read if kind == "sync" else read_async, url, **options)
    return found
