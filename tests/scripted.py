"""A server of scripted answers, for the clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from lfclient import LangflowClient
from tests.recorded import flow_of, recorded

URL = "http://langflow.test/base"
W = "/base/api/v2/workflows"
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
