"""Console processes that kill themselves at a point of a run, one for each point.

Reads one JSON object from standard input. Prints the names of the points at which a process was
killed, one a line.
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
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.runner import Runner
from lfclient.console.store.store import Store
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo

# by name: the mode, and behind which call of what the process is killed
POINTS = {
    "row written": ("background", Store, "create", 1),
    "request sent": ("background", httpx.AsyncHTTPTransport, "handle_async_request", 1),
    "answer received": ("background", RunContext, "apply_response", 0),
    "job stored": ("background", Store, "update", 1),
    "event stored": ("background", Store, "update", 2),
    "call answered": ("sync", httpx.AsyncHTTPTransport, "handle_async_request", 1),
    # of a flow that takes long, and once a component is at work: a call that is cut while it begins
    # or ends may leave 1.13 locked
    "stream begun": ("stream", RunContext, "apply_event", 3),
}


def kill_behind(holder: Any, name: str, times: int) -> None:
    """End this process behind the call of so many, before the first if that is 0.

    Of requests those count that begin a run, once their answer begins.
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


def run(told: dict[str, Any], point: str, server: ServerInfo, flow: Flow) -> None:
    """Start a run, and die of it."""
    mode, holder, name, times = POINTS[point]
    runner = Runner(Path(told["folder"]) / point)
    connection = Connection("live", told["url"], SecretStr(told["key"]), "secrets")
    kill_behind(holder, name, times)
    runner.start(
        connection, flow, {}, mode=mode, session_id=told["sessions"][point], server=server,
        submit_token=point,
    )  # fmt: skip
    time.sleep(30)


def main() -> None:
    told = json.load(sys.stdin)
    with LangflowClient(told["url"], told["key"]) as client:
        server = client.server()
        flows = {point: client.flow(flow_id) for point, flow_id in told["flows"].items()}
    children = {}
    for point, flow in flows.items():
        children[point] = os.fork()
        if not children[point]:
            run(told, point, server, flow)
            os._exit(0)
    for point, child in children.items():
        if os.waitpid(child, 0)[1] == signal.SIGKILL:
            print(point, flush=True)


if __name__ == "__main__":
    main()
