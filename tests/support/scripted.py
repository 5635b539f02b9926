"""A server of scripted answers, for the clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import httpx

from lfclient import AsyncLangflowClient, Event, LangflowClient
from tests.support.recorded import flow_of, recorded, sse

URL = "http://langflow.test/base"
WORKFLOWS = "/base/api/v2/workflows"
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
    """Answers each path with its replies in turn, the last one for ever; other paths with 404."""

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
        options.setdefault("api_key", "sk-key-123")
        return LangflowClient(URL, transport=httpx.MockTransport(self), **options)


def _repeating(replies: tuple[Reply, ...]) -> Iterator[Reply]:
    yield from replies
    while True:
        yield replies[-1]


class EventLog:
    """A job's events as a reply: those behind `Last-Event-ID`, then the end of the stream.

    `cuts` says after how many bytes the first, second, … connection breaks; later ones are whole.
    `deaf`: it replays all, whatever was asked for. Words that went by are not told again.
    """

    def __init__(
        self, frames: list[dict[str, Any]], cuts: Iterable[int] = (), *, deaf: bool = False
    ) -> None:
        self.frames, self.deaf = frames, deaf
        self.asked: list[str | None] = []
        self._cuts = iter(cuts)
        self._sent = 0  # the first frame that was never sent

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = request.headers.get("last-event-id")
        self.asked.append(after)
        start = 0 if self.deaf or after is None else int(after)
        body, cut = b"", next(self._cuts, None)
        for place, frame in enumerate(self.frames):
            passing = frame.get("event") in ("token", "log")
            if place < self._sent if passing else int(frame["id"]) <= start:
                continue
            body += sse([frame])
            if cut is None or len(body) <= cut:
                self._sent = max(self._sent, place + 1)
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx.Response(200, headers=headers, stream=BodyStream(body, cut))


class BodyStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body, for both clients; broken off after `cut` bytes."""

    def __init__(self, body: bytes, cut: int | None = None) -> None:
        self.body, self.cut = body, cut

    def __iter__(self) -> Iterator[bytes]:
        whole = self.cut is None
        yield self.body if whole else self.body[: self.cut]
        if not whole:
            raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


def collect_events(kind: str, server: Any, job: str, **options: Any) -> list[Event]:
    """What the sync or the async client tells of a job at a scripted server."""
    collector = EventCollector(kind, URL, transport=httpx.MockTransport(server))
    return collector.collect(lambda client: client.events(job, **options))


class EventCollector:
    """The events that a call of the sync or of the async client tells.

    `pause` is how long whoever reads them takes for each.
    """

    def __init__(self, kind: str, url: str, *, pause: float = 0.0, **options: Any) -> None:
        self._kind, self._url, self._pause = kind, url, pause
        self._options = {"api_key": "sk-key-123", **options}

    def collect(self, call: Callable[[Any], Any], within: float = 30.0) -> list[Event]:
        """All of them; fails if they take longer than that."""
        return asyncio.run(asyncio.wait_for(self._walk(call), within))

    async def _walk(self, call: Callable[[Any], Any]) -> list[Event]:
        found = []
        if self._kind == "async":
            async with AsyncLangflowClient(self._url, **self._options) as client:
                async for event in call(client):
                    found.append(event)
                    await asyncio.sleep(self._pause)
            return found

        def walk() -> None:
            with LangflowClient(self._url, **self._options) as client:
                for event in call(client):
                    found.append(event)
                    time.sleep(self._pause)

        await asyncio.to_thread(walk)
        return found
