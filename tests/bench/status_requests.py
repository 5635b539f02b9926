"""How many requests the console makes to learn that a job has ended: fewer is better."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from lfclient import LangflowClient
from lfclient.ownership import fingerprint
from lfclient.runner import Runner
from lfclient.settings import Connection
from tests.bench.figures import Figure

SHORT, LONG = "Echo chat", "Takes half a minute"

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

            do_GET = do_POST = do_DELETE = do_PATCH = _pass_on

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


def count(url: str, api_key: str, flow_name: str, overrides: dict[str, Any]) -> int:
    """Runs a flow as the console does, through the proxy; how often it asked for the status."""
    with tempfile.TemporaryDirectory() as folder, CountingProxy(url) as proxy:
        connection = Connection("bench", proxy.url, SecretStr(api_key), "environment")
        with LangflowClient(proxy.url, api_key=api_key) as client:
            server = client.server()
            flow = client.flow(next(f.id for f in client.flows() if f.name == flow_name))
        runner = Runner(Path(folder))
        run_id = runner.start(
            connection,
            flow,
            overrides,
            mode="background",
            session_id=None,
            server=server,
            click=flow_name,
        )
        record = runner.get(run_id, fingerprint(connection, Path(folder)))
        until = time.monotonic() + 120
        while record and not record.ended and time.monotonic() < until:
            record = runner.wait_change(run_id, record.version, 10)
        runner.close()
        assert record is not None
        assert record.status.value == "completed", record
        return proxy.status_requests


def run(servers: dict[str, tuple[str, str]]) -> list[Figure]:
    """Of a short and of a long job, on each server: (url, api key) by release."""
    figures = []
    for version, (url, api_key) in servers.items():
        with LangflowClient(url, api_key=api_key) as client:
            names = {flow.name for flow in client.flows()}
        for name, seconds, limit in ((SHORT, "short", 5), (LONG, "25 s", 25)):
            if name in names:
                figure = count(url, api_key, name, {})
                what = f"Status requests of a {seconds} job, {version}"
                figures.append(Figure(what, figure, limit, "requests"))
    return figures
