"""How many requests the console makes to learn that a job has ended: fewer is better."""

from __future__ import annotations

import threading
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class CountingProxy:
    """Passes requests on to a Langflow and counts them by method and path; loopback only."""

    def __init__(self, url: str) -> None:
        self.counts: Counter[str] = Counter()
        target, counts = urlsplit(url), self.counts

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                counts[f"{self.command} {urlsplit(self.path).path}"] += 1
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else None
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                upstream = HTTPConnection(target.hostname or "", target.port, timeout=300)
                try:
                    upstream.request(self.command, self.path, body=body, headers=headers)
                    answer = upstream.getresponse()
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in HOP_BY_HOP:
                            self.send_header(name, value)
                    self.send_header("connection", "close")
                    self.end_headers()
                    self.close_connection = True
                    while chunk := answer.read1(65536):
                        self.wfile.write(chunk)
                        self.wfile.flush()
                except OSError:
                    # either side went away: what a stopped stream looks like from the middle
                    self.close_connection = True
                finally:
                    upstream.close()

            do_GET = do_POST = do_DELETE = do_PATCH = _pass_on  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Quiet: the counts say it all."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> CountingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def status_requests(self) -> int:
        """Requests for a job's status or its events."""
        return sum(
            n
            for what, n in self.counts.items()
            if what == "GET /api/v2/workflows" or what.endswith("/events")
        )
