"""The base of the benchmarks' Langflow 1.13 stand-ins: they serve one flow."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}


class Request(BaseHTTPRequestHandler):
    """One request, which a `StandIn` answers."""

    server: _Server
    wbufsize = 65536

    def do_GET(self) -> None:
        self.server.stand_in.answer(self)

    do_POST = do_GET

    def body(self) -> Any:
        """The JSON body of the request."""
        return json.loads(self.rfile.read(int(self.headers["content-length"])))

    def reply(self, status: int, body: bytes) -> None:
        """Send a JSON response."""
        self.begin(status, "application/json", len(body))
        self.wfile.write(body)

    def begin(self, status: int, content_type: str, length: int | None = None) -> None:
        """Send the head of a response; without `length` its body ends with the connection."""
        self.send_response(status)
        self.send_header("content-type", content_type)
        if length is not None:
            self.send_header("content-length", str(length))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class StandIn:
    """Serves `flow` on a free loopback port while its block lasts.

    `requests` counts the requests by method and path. Subclasses answer those that run the flow.
    """

    def __init__(self, flow: dict[str, Any]) -> None:
        self.flow = flow
        self.requests: Counter[str] = Counter()
        summary = {"id": flow["id"], "name": flow["name"], "description": "", "is_component": False}
        self._known: dict[str, Any] = {
            "GET /api/v1/version": _VERSION,
            "GET /api/v1/config": {},
            "GET /api/v1/variables": [],
            "GET /api/v1/flows": [summary],
            f"GET /api/v1/flows/{flow['id']}": flow,
        }

    def __enter__(self) -> StandIn:
        self._server = _Server(("127.0.0.1", 0), Request)
        self._server.stand_in = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> None:
        """Answer a request; 404 for an unknown one."""
        what = f"{request.command} {urlsplit(request.path).path.rstrip('/')}"
        self.requests[what] += 1
        if not self.run(request, what):
            found = self._known.get(what)
            body = {"detail": "Not Found"} if found is None else found
            request.reply(404 if found is None else 200, json.dumps(body).encode())

    def run(self, request: Request, what: str) -> bool:
        """Answer a request about runs; `what` is method and path. Return False for any other."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stand_in: StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that stops listening to a stream is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
