"""Console processes that kill themselves at a point of a run, one for each point.

Reads one JSON object from standard input and prints the points at which a process was killed, one a
line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.runner import Runner
from lfclient.console.store.store import Store
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo

# by name: the mode, and the method after whose n-th call the process is killed
POINTS = {
    "row written": ("background", Store, "create", 1),
    "request sent": ("background", httpx.AsyncHTTPTransport, "handle_async_request", 1),
    "answer received": ("background", RunContext, "apply_response", 0),
    "job stored": ("background", Store, "update", 1),
    "event stored": ("background", Store, "update", 2),
    "call answered": ("sync", httpx.AsyncHTTPTransport, "handle_async_request", 1),
    # a long flow, once a component is running: a call that is cut while it starts or ends may leave
    # 1.13 locked
    "stream begun": ("stream", RunContext, "apply_event", 3),
}


def kill_after(holder: Any, name: str, times: int) -> None:
    """Kill this process after `times` calls of the method, or before the first if that is 0.

    Only requests that start a run count, once their response begins.
    """
    original: Callable[..., Any] = getattr(holder, name)
    left = times

    def counted(*args: Any) -> None:
        nonlocal left
        request = args[1] if len(args) > 1 else None
        left -= not isinstance(request, httpx.Request) or request.method == "POST"
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def awaited(*args: Any, **options: Any) -> Any:
        if times == 0:
            counted(*args)
        answer = await original(*args, **options)
        counted(*args)
        return answer

    def called(*args: Any, **options: Any) -> Any:
        answer = original(*args, **options)
        counted(*args)
        return answer

    setattr(holder, name, called if holder is Store else awaited)


def run(job: dict[str, Any], point: str, server: ServerInfo, flow: Flow) -> None:
    """Start a run in this process, which dies of it."""
    mode, holder, name, times = POINTS[point]
    runner = Runner(Path(job["folder"]) / point)
    connection = Connection("live", job["url"], SecretStr(job["key"]), "secrets")
    kill_after(holder, name, times)
    runner.start(
        connection, flow, [{}], mode=mode, session_ids=[job["sessions"][point]], server=server,
        submit_token=point,
        permissions=Permissions(other_servers=True, install=True),
    )  # fmt: skip
    time.sleep(30)


def main() -> None:
    job = json.load(sys.stdin)
    with LangflowClient(job["url"], job["key"]) as client:
        server = client.server.info()
        flows = {point: client.flow(flow_id) for point, flow_id in job["flows"].items()}
    children = {}
    for point, flow in flows.items():
        children[point] = os.fork()
        if not children[point]:
            run(job, point, server, flow)
            os._exit(0)
    for point, child in children.items():
        if os.waitpid(child, 0)[1] == signal.SIGKILL:
            print(point, flush=True)


if __name__ == "__main__":
    main()
