"""The number of requests that the console needs to learn that a job has ended."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from bench.figures import Figure
from lfclient import LangflowClient
from lfclient.api import requests
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.runner import Runner
from lfclient.console.samples.builtin import SAMPLES
from lfclient.console.samples.graph_builder import build_graph
from lfclient.console.samples.spec import Sample

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class CountingProxy:
    """Forwards requests to a Langflow and counts them by method and path; loopback only.

    Requests answered with 500 do not count: a job's failure that may be temporary has to be
    requested again (contract, rule 5).
    """

    def __init__(self, url: str) -> None:
        self.counts: Counter[str] = Counter()
        target, counts = urlsplit(url), self.counts

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else None
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                upstream = HTTPConnection(target.hostname or "", target.port, timeout=300)
                try:
                    upstream.request(self.command, self.path, body=body, headers=headers)
                    answer = upstream.getresponse()
                    if answer.status != 500:
                        counts[f"{self.command} {urlsplit(self.path).path}"] += 1
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
                    # either side closed: a stopped stream
                    self.close_connection = True
                finally:
                    upstream.close()

            do_GET = do_POST = do_DELETE = do_PATCH = _pass_on

            def log_message(self, *_: object) -> None:
                """Log nothing."""

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
            if what == f"GET {requests.STATUS}" or what.endswith("/events")
        )


def count(url: str, api_key: str, flow_id: str) -> int:
    """Run a flow like the console does, through the proxy; return the number of status requests."""
    with tempfile.TemporaryDirectory() as folder, CountingProxy(url) as proxy:
        connection = Connection("bench", proxy.url, SecretStr(api_key), "environment")
        with LangflowClient(proxy.url, api_key=api_key) as client:
            server = client.server.info()
            flow = client.flow(flow_id)
        runner = Runner(Path(folder))
        [run_id] = runner.start(
            connection,
            flow,
            [{}],
            mode="background",
            session_ids=[None],
            server=server,
            submit_token=flow_id,
        )
        record = runner.get(run_id, owner_fingerprint(connection, Path(folder)))
        until = time.monotonic() + 120
        while record and not record.ended and time.monotonic() < until:
            record = runner.wait_for_change(run_id, record.version, 10)
        runner.close()
        assert record is not None
        assert record.status.value == "completed", record
        return proxy.status_requests


def sleeping(seconds: int) -> Sample:
    """The slow sample flow, taking this many seconds."""
    sample = next(one for one in SAMPLES if one.name == "Takes half a minute")
    work, *rest = sample.nodes
    code = f"for second in range({seconds}):\n    time.sleep(1)\n"
    work = replace(work, values={**work.values, "python_code": code})
    return replace(sample, nodes=(work, *rest))


def run(servers: dict[str, tuple[str, str]]) -> list[Figure]:
    """For a 1 s and a 60 s job on each server: (url, api key) by release."""
    figures = []
    for version, (url, api_key) in servers.items():
        for seconds, limit in ((1, 5), (60, 25)):
            with LangflowClient(url, api_key=api_key, timeout=60) as client:
                data = build_graph(sleeping(seconds), client.editor.catalogue())
                made = client.editor.create_flow(f"bench {seconds} s", data)
                try:
                    if seconds == 1:
                        # the first job loads its modules and takes longer than a second
                        count(url, api_key, made.id)
                    requests = count(url, api_key, made.id)
                finally:
                    client.editor.delete_flow(made.id)
            name = f"Status requests of a {seconds} s job, {version}"
            figures.append(Figure(name, requests, limit, "requests"))
    return figures
