"""A flow with one step that a test holds and releases, and how often it ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from lfclient import Flow
from lfclient.console.samples.spec import Link, Node, Sample
from tests.support.servers import LiveServer

HELD = Sample(
    "held", "", (Node("h", "HeldStep"), Node("b", "ChatOutput")), (Link("h", "done", "b"),)
)


class HeldFlow:
    """A flow with one step that the test holds, and the server's record of it."""

    def __init__(self, folder: Path, flow: Flow, server: LiveServer) -> None:
        self.flow = flow
        self._folder, self._server = folder, server
        folder.mkdir()

    @property
    def values(self) -> dict[str, str]:
        return {"HeldStep-h.folder": str(self._folder)}

    def mark(self, name: str) -> None:
        (self._folder / name).touch()

    def begun(self) -> bool:
        return (self._folder / "begun").exists()

    def executions(self) -> int:
        return executions(self._server, self.flow, "HeldStep-h")


Hold = Callable[[str], HeldFlow]


def executions(server: LiveServer, flow: Flow, component: str) -> int:
    """How often a component ran, by the server's record."""
    answer = httpx.get(
        f"{server.url}/api/v1/monitor/transactions",
        params={"flow_id": flow.id, "size": "100"},
        headers={"x-api-key": server.api_key},
        timeout=60,
    ).raise_for_status()
    return sum(line["vertex_id"] == component for line in answer.json()["items"])
