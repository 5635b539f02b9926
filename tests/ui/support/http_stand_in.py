"""A stand-in for a Langflow server: an HTTP server on loopback with scripted answers."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

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
    returns them for a query and body. `requests` has a line such as "GET /path" for each request,
    `bodies` their bodies.
    """

    def __init__(self, answers: dict[str, tuple[int, Any]] | None = None) -> None:
        self.answers = {
            "GET /api/v1/version": (200, VERSION),
            "GET /api/v1/config": (200, {"serialization_max_text_length": 6000}),
            "GET /api/v1/flows/": (200, []),
            "GET /api/v1/variables/": (200, []),
            "GET /api/v1/auto_login": (403, {"detail": {"auto_login": False}}),
            **(answers or {}),
        }
        self.delays: dict[str, float] = {}  # seconds before the answer to "GET /path"
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                path = self.path.partition("?")[0]
                size = int(self.headers.get("content-length") or 0)
                request_body = self.rfile.read(size).decode()
                with outer.lock:
                    outer.bodies.append(request_body)
                    outer.requests.append(f"{self.command} {path}")
                time.sleep(outer.delays.get(f"{self.command} {path}", 0))
                reply = outer.answers.get(f"{self.command} {path}", (404, {"detail": "no"}))
                if callable(reply):
                    query = dict(parse_qsl(self.path.partition("?")[2]))
                    reply = reply(query, json.loads(request_body or "null"))
                status, body, *headers = reply
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                other = "text/event-stream" if data.startswith(b"data:") else "text/html"
                kind = other if isinstance(body, bytes) else "application/json"
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def set_flows(self, *flows: dict[str, Any]) -> None:
        """Replace the flows of the server."""
        self.answers["GET /api/v1/flows/"] = (200, list(flows))
        for each in flows:
            self.answers[f"GET /api/v1/flows/{each['id']}"] = (200, each)

    def __enter__(self) -> StandIn:
        serve(self.server)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
