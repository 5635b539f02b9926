"""A flow with one step that a test holds and releases, and how often it ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from lfclient import Flow
from lfclient.console.samples.graph_builder import Link, Node, Sample
from tests.live.releases import Make
from tests.support.servers import LiveServer


class HeldFlow:
    """A flow with one step that the test holds; the step writes a line each time it begins.

    With `chat`, a chat input feeds the step.
    """

    def __init__(self, folder: Path, make: Make, *, chat: bool = False) -> None:
        self._folder = folder
        folder.mkdir()
        nodes = (Node("h", "HeldStep", {"folder": str(folder)}), Node("b", "ChatOutput"))
        links = (Link("h", "done", "b"),)
        if chat:
            nodes = (Node("a", "ChatInput", {"input_value": "stored"}), *nodes)
            links = (Link("a", "message", "h", "after"), *links)
        self.flow = make(Sample("held", "", nodes, links))

    def mark(self, name: str) -> None:
        (self._folder / name).touch()

    def begun(self) -> bool:
        return self.executions() > 0

    def executions(self) -> int:
        """How often the step has begun."""
        begun = self._folder / "begun"
        return len(begun.read_text().splitlines()) if begun.exists() else 0


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
