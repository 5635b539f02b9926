"""A stand-in for a Langflow that answers with as much as the message asks for: "100000 rows".

A real server's limits would have to be lifted for each size; only the console is measured here.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fake_langflow import FLOW, FLOW_ID

_PARAGRAPH = (
    "The quick brown fox jumps over the lazy dog, and then it does so again. " * 12 + "\n\n"
)


def answer(wanted: str) -> bytes:
    """The sync answer to the message "<n> rows" or "<n> MB of text"."""
    number = int(wanted.split()[0])
    if "rows" in wanted:
        kind: str = "dataframe"
        rows = [{"id": i, "name": f"person {i}", "score": i * 0.5} for i in range(number)]
        content: Any = {"dataframe": {"message": rows, "type": "array"}}
    else:
        kind, content = "message", _PARAGRAPH * (number * 1_000_000 // len(_PARAGRAPH))
    output = {
        "type": kind,
        "status": "completed",
        "display_name": "Answer",
        "content": content,
        "metadata": {"component_type": "ChatOutput"},
    }
    return _json(
        {
            "flow_id": FLOW_ID,
            "job_id": "00000000-0000-0000-0000-000000000001",
            "object": "response",
            "status": "completed",
            "errors": [],
            "inputs": {},
            "outputs": {"ChatOutput-b": output},
            "has_errors": False,
        }
    )


class BigLangflow:
    """Serves on a free port of the loopback address while its block lasts."""

    def __enter__(self) -> BigLangflow:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


_ANSWERS: dict[str, Any] = {
    "/api/v1/version": {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"},
    "/api/v1/config": {},
    "/api/v1/variables": [],
    "/api/v1/flows": [{"id": FLOW_ID, "name": "Big", "description": "", "is_component": False}],
    f"/api/v1/flows/{FLOW_ID}": FLOW,
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = _ANSWERS.get(self.path.partition("?")[0].rstrip("/"))
        self._send(200 if found is not None else 404, _json(found or {"detail": "Not Found"}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._send(200, answer(body["input_value"]))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
