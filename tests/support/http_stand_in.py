"""A stand-in for a Langflow server: an HTTP server on loopback with scripted answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import httpx
import pytest

from lfclient.api.transports import AsyncCheckedTransport, CheckedTransport
from tests.support.waiting import serve

VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}
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


def flow(id: str, name: str, nodes: list[Any] | None = None) -> dict[str, Any]:
    """Return a flow as Langflow returns it."""
    return {
        "id": id,
        "name": name,
        "description": f"About {name}",
        "endpoint_name": None,
        "data": {"nodes": [NODE] if nodes is None else nodes, "edges": []},
    }


class StandIn:
    """Answers by path and records each request.

    `answers` maps "GET /path" to a status and body, maybe with headers, or to a function that
    returns them for a query and body, or raises `ConnectionError` to close the connection without
    an answer. `requests` has a line such as "GET /path" for each request, `bodies` their bodies.
    """

    _open: ClassVar[dict[str, StandIn]] = {}  # by address

    def __init__(self, answers: dict[str, tuple[int, Any]] | None = None) -> None:
        self.answers = {
            "GET /api/v1/version": (200, VERSION),
            "GET /api/v1/config": (200, {"serialization_max_text_length": 6000}),
            "GET /api/v1/flows/": (200, []),
            "GET /api/v1/variables/": (200, []),
            "GET /api/v1/auto_login": (403, {"detail": {"auto_login": False}}),
            **(answers or {}),
        }
        # seconds before the answer to "GET /path", unless it is released or the server closes
        self.delays: dict[str, float] = {}
        self._released = threading.Event()
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                status, headers, data = outer.respond(
                    self.command, self.path, self.rfile.read(size).decode()
                )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def respond(
        self, method: str, target: str, request_body: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Return the status, headers and body of the answer to a request, and record it."""
        path, _, query = target.partition("?")
        line = f"{method} {path}"
        with self.lock:
            self.bodies.append(request_body)
            self.requests.append(line)
        if seconds := self.delays.get(line):
            self._released.wait(seconds)
        reply = self.answers.get(line, (404, {"detail": "no"}))
        if callable(reply):
            reply = reply(dict(parse_qsl(query)), json.loads(request_body or "null"))
        status, body, *headers = reply
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        other = "text/event-stream" if data.startswith(b"data:") else "text/html"
        kind = other if isinstance(body, bytes) else "application/json"
        standard = {"content-type": kind, "content-length": str(len(data))}
        return status, standard | (headers[0] if headers else {}), data

    def hold(self, *lines: str) -> None:
        """Answer no request such as "GET /path" until `release`."""
        self.delays |= dict.fromkeys(lines, 60.0)

    def release(self) -> None:
        """Send all delayed answers now, and delay no other."""
        self._released.set()

    def set_flows(self, *flows: dict[str, Any]) -> None:
        """Replace the flows of the server."""
        self.answers["GET /api/v1/flows/"] = (200, list(flows))
        for each in flows:
            self.answers[f"GET /api/v1/flows/{each['id']}"] = (200, each)

    def __enter__(self) -> StandIn:
        serve(self.server)
        self._open[self.url] = self
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuse connections from now on, as a server that is down."""
        self._released.set()
        if self._open.pop(self.url, None):
            self.server.shutdown()
            self.server.server_close()


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

    def respond(stand_in: StandIn, request: httpx.Request, body: bytes) -> httpx.Response:
        target = request.url.raw_path.decode()
        try:
            status, headers, data = stand_in.respond(request.method, target, body.decode())
        except ConnectionError:
            raise httpx.RemoteProtocolError("Server disconnected", request=request) from None
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(data))

    def handle(transport: CheckedTransport, request: httpx.Request) -> httpx.Response:
        stand_in = find(request)
        if stand_in is None:
            return send(transport, request)
        return respond(stand_in, request, request.read())

    async def handle_async(
        transport: AsyncCheckedTransport, request: httpx.Request
    ) -> httpx.Response:
        stand_in = find(request)
        if stand_in is None:
            return await send_async(transport, request)
        return await asyncio.to_thread(respond, stand_in, request, await request.aread())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckedTransport, "handle_request", handle)
        patch.setattr(AsyncCheckedTransport, "handle_async_request", handle_async)
        yield
