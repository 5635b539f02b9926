"""The number of requests that the console needs to learn that a job has ended."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from bench.figures import Figure
from lfclient import LangflowClient
from lfclient.api import requests
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.runner import Runner
from lfclient.console.samples.graph_builder import Sample, build_graph
from tests.support.proxy import Proxy
from tests.support.sample_flows import SLOW


def count(url: str, api_key: str, flow_id: str) -> int:
    """Run a flow like the console does, through the proxy; return the number of status requests."""
    with tempfile.TemporaryDirectory() as folder, Proxy(url) as proxy:
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
            permissions=Permissions(other_servers=True, install=True),
        )
        record = runner.get(run_id, owner_fingerprint(connection, Path(folder)))
        until = time.monotonic() + 120
        while record and not record.ended and time.monotonic() < until:
            record = runner.wait_for_change(run_id, record.version, 10)
        runner.close()
        assert record is not None
        assert record.status.value == "completed", record
        return proxy.count(requests.STATUS) + proxy.count("/events")


def sleeping(seconds: int) -> Sample:
    """The slow flow, taking this many seconds."""
    work, *rest = SLOW.nodes
    code = f"for second in range({seconds}):\n    time.sleep(1)\n"
    work = replace(work, values={**work.values, "python_code": code})
    return replace(SLOW, nodes=(work, *rest))


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
