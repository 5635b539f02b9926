"""A stand-in for a Langflow server, with fixed answers."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
import pytest

from lfclient import LangflowClient
from lfclient.api.transports import AsyncCheckedTransport, CheckedTransport
from tests.support.recorded import sse
from tests.support.waiting import serve

URL = "http://langflow.test/base"
VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}
OLD = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
NODE = {
    "id": "ChatInput-a",
    "type": "genericNode",
    "data": {
        "id": "ChatInput-a",
        "type": "ChatInput",
        "node": {
            "display_name": "Chat Input",
            "template": {
                "_type": "Component",
                "input_value": {
                    "name": "input_value",
                    "display_name": "Input Text",
                    "type": "str",
                    "_input_type": "MultilineInput",
                    "show": True,
                    "value": "hello",
                },
            },
            "outputs": [{"name": "message", "types": ["Message"], "method": "m"}],
        },
    },
}


def flow(
    id: str, name: str, nodes: list[Any] | None = None, edges: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return a flow as Langflow returns it."""
    return {
        "id": id,
        "name": name,
        "description": f"About {name}",
        "endpoint_name": None,
        "data": {"nodes": [NODE] if nodes is None else nodes, "edges": [*edges]},
    }


# (status, body) or (status, body, headers). A body is JSON, bytes, or over a socket an iterator of
# bytes. An answer is also a response or transport error of httpx, a function of the request that
# returns or raises one of these, or a list of answers in turn, whose last one repeats.
Answer = Any


class StandIn:
    """Answers by request line, such as "GET /path", and records each request.

    It serves at `url` in a `with` block, where a transport error closes the connection. Without
    that block it is a handler for `httpx.MockTransport`, below `URL`.
    """

    _open: ClassVar[dict[str, StandIn]] = {}  # by URL

    def __init__(
        self,
        answers: dict[str, Answer] | None = None,
        *,
        version: dict[str, str] = VERSION,
        default: Answer = (404, {"detail": "Not Found"}),
        tls: ssl.SSLContext | None = None,
        keeps_alive: bool = False,
    ) -> None:
        self.answers: dict[str, Answer] = {
            "GET /api/v1/version": (200, version),
            "GET /api/v1/config": (200, {"serialization_max_text_length": 6000}),
            "GET /api/v1/flows/": (200, []),
            "GET /api/v1/variables/": (200, []),
            "GET /api/v1/auto_login": (403, {"detail": {"auto_login": False}}),
            **(answers or {}),
        }
        self.default = default  # the answer to any other request
        # seconds before the answer to "GET /path", unless it is released or the server closes
        self.delays: dict[str, float] = {}
        self.requests: list[httpx.Request] = []
        self.url = URL
        self._tls, self._keeps_alive = tls, keeps_alive
        self._lock = threading.Lock()
        self._released = threading.Event()

    @property
    def lines(self) -> list[str]:
        """The request lines, such as "GET /path", relative to `url`."""
        return [self._line(request) for request in self.requests]

    def sent(self, line: str) -> list[httpx.Request]:
        """Return the requests with this line."""
        return [request for request in self.requests if self._line(request) == line]

    def bodies(self, line: str) -> list[Any]:
        """Return the JSON bodies of the requests with this line."""
        return [json.loads(request.content) for request in self.sent(line)]

    def on(self, method: str, path: str, *answers: Answer) -> StandIn:
        """Set the answers to successive requests, and return the stand-in."""
        self.answers[f"{method} {path}"] = list(answers)
        return self

    def set_flows(self, *flows: dict[str, Any]) -> None:
        """Replace the flows of the server."""
        self.answers["GET /api/v1/flows/"] = (200, list(flows))
        for each in flows:
            self.answers[f"GET /api/v1/flows/{each['id']}"] = (200, each)

    def hold(self, *lines: str) -> None:
        """Answer no request such as "GET /path" until `release`."""
        self.delays |= dict.fromkeys(lines, 60.0)

    def release(self) -> None:
        """Send all delayed answers now, and delay no other."""
        self._released.set()

    def client(self, **options: Any) -> LangflowClient:
        """Return a client that needs no socket. It has no connections to close."""
        options.setdefault("api_key", "sk-key-123")
        http_client = httpx.Client(transport=httpx.MockTransport(self))
        return LangflowClient(self.url, http_client=http_client, **options)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request, and record it."""
        line = self._line(request)
        self.requests.append(request)
        if seconds := self.delays.get(line):
            self._released.wait(seconds)
        answer = self.answers.get(line, self.default)
        if isinstance(answer, list):
            with self._lock:
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else _response(*answer)

    def _line(self, request: httpx.Request) -> str:
        base = httpx.URL(self.url).path.rstrip("/")
        return f"{request.method} {request.url.path[len(base) :]}"

    def __enter__(self) -> StandIn:
        handler = type("Handler", (_Handler,), {"stand_in": self})
        if self._keeps_alive:
            handler.protocol_version, handler.timeout = "HTTP/1.1", 2
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self._server.server_port}"
        serve(self._server)
        self._open[self.url] = self
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuse connections from now on, as a server that is down."""
        self._released.set()
        if self._open.pop(self.url, None):
            self._server.shutdown()
            self._server.server_close()


def _response(status: int, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    if isinstance(body, Iterator):
        return httpx.Response(status, headers=headers, stream=body)
    is_json = not isinstance(body, bytes)
    data = json.dumps(body).encode() if is_json else body
    standard = {"content-length": str(len(data))}
    if is_json:
        standard["content-type"] = "application/json"
    # httpx would decode `content`
    return httpx.Response(status, headers=standard | (headers or {}), stream=BodyStream(data))


class _Handler(BaseHTTPRequestHandler):
    stand_in: ClassVar[StandIn]

    def respond(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        request = httpx.Request(
            self.command,
            httpx.URL(self.stand_in.url).join(self.path),
            headers=self.headers.items(),
            content=self.rfile.read(size),
            extensions={"client": self.client_address},
        )
        try:
            response = self.stand_in(request)
            self.send_response(response.status_code)
            for name, value in response.headers.multi_items():
                self.send_header(name, value)
            self.end_headers()
            for chunk in response.stream:
                self.wfile.write(chunk)
        except (httpx.TransportError, ConnectionError):  # or the client has gone
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class EventLog:
    """An answer with a job's events: those after `Last-Event-ID`, then the end of the stream.

    `cuts` are the bytes after which the first, second, … connection breaks; later ones do not.
    Missed tokens are never replayed.
    """

    def __init__(self, frames: list[dict[str, Any]], cuts: Iterable[int] = ()) -> None:
        self.frames = frames
        self.last_event_ids: list[str | None] = []
        self._cuts = iter(cuts)
        self._sent = 0  # the first frame that was never sent

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = request.headers.get("last-event-id")
        self.last_event_ids.append(after)
        start = 0 if after is None else int(after)
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


@contextmanager
def answer_without_sockets() -> Iterator[None]:
    """Let the clients of this process ask an open stand-in directly.

    A request over a connection of its own takes a sixth of the time of a page that is opened.
    """
    send, send_async = CheckedTransport.handle_request, AsyncCheckedTransport.handle_async_request

    def find(request: httpx.Request) -> StandIn | None:
        url = request.url
        found = StandIn._open.get(f"{url.scheme}://{url.host}:{url.port}")
        is_slow = found and f"{request.method} {url.path}" in found.delays
        return None if is_slow else found  # only a socket has time-outs

    def handle(transport: CheckedTransport, request: httpx.Request) -> httpx.Response:
        stand_in = find(request)
        if stand_in is None:
            return send(transport, request)
        request.read()
        return stand_in(request)

    async def handle_async(
        transport: AsyncCheckedTransport, request: httpx.Request
    ) -> httpx.Response:
        stand_in = find(request)
        if stand_in is None:
            return await send_async(transport, request)
        await request.aread()
        return await asyncio.to_thread(stand_in, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckedTransport, "handle_request", handle)
        patch.setattr(AsyncCheckedTransport, "handle_async_request", handle_async)
        yield
