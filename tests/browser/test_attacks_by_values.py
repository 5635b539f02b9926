"""Attacks by values from outside: what a link makes a real Langflow start or call.

Other ways into the form are in `tests/ui/form/test_values_from_outside.py`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lfclient import LangflowClient
from lfclient.console.samples import graph_builder
from lfclient.console.samples.graph_builder import Node, Sample
from tests.browser.attack_tools import site
from tests.browser.visitor import Visitor
from tests.support.console_process import Console
from tests.support.http_stand_in import StandIn
from tests.support.servers import LiveServer, delete_flow

# an MCP server that leaves a trace and ends
LEAVES_TRACE = "open({!r}, 'a').write('started')"
SERVER, URL = "MCPTools-m.mcp_server", "SearXNGTool-s.url"


@dataclass
class TracedFlow:
    """A flow with components that start a program and call a URL, and the traces of both."""

    console: Console
    flow_id: str
    script: Path
    trace: Path
    site: StandIn

    def open(self, visitor: Visitor, values: dict[str, Any]) -> str:
        """Open a link with these values; return what is drawn, after all requests for it."""
        return visitor.open(flow=self.flow_id, values=json.dumps(values))

    def was_reached(self) -> bool:
        """Return whether the program was started or the URL called."""
        return self.trace.exists() or bool(self.site.requests)


@pytest.fixture(scope="module")
def traced(
    console: Console, own_langflow: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TracedFlow]:
    folder = tmp_path_factory.mktemp("traced")
    script, trace = folder / "server.py", folder / "trace"
    script.write_text(LEAVES_TRACE.format(str(trace)))
    nodes = (Node("m", "MCPTools"), Node("s", "SearXNGTool"))
    with (
        LangflowClient(own_langflow.url, own_langflow.api_key, timeout=120) as api,
        site(b"{}") as other,
    ):
        graph = graph_builder.build_graph(Sample("traced", "", nodes), api.editor.catalogue())
        made = api.editor.create_flow(f"(TracedFlow) {uuid.uuid4().hex[:8]}", graph)
        yield TracedFlow(console, made.id, script, trace, other)
        delete_flow(api, made.id)


@pytest.fixture(autouse=True)
def clear_traces(traced: TracedFlow) -> None:
    traced.trace.unlink(missing_ok=True)
    traced.site.requests.clear()


def configurations(traced: TracedFlow) -> dict[str, Any]:
    """Return values that configure an MCP server or hide a configuration."""
    args = [str(traced.script)]
    command = {"command": "python3", "args": args}
    return {
        "command": {"name": "new", "config": command},
        "another name each time": {"name": uuid.uuid4().hex, "config": command},
        "npx": {"name": "new", "config": {"command": "npx", "args": args}},
        "environment": {"name": "new", "config": {**command, "env": {"PATH": str(traced.trace)}}},
        "url": {"name": "new", "config": {"url": traced.site.url}},
        "nested": {"name": {"name": "new", "config": command}, "config": command},
        "list": [{"name": "new", "config": command}],
        "attributes": {"value": {"name": "new", "config": command}, "load_from_db": False},
        "text": json.dumps({"name": "new", "config": command}),
        "unlisted name": "new",
    }


def test_no_link_configures_an_mcp_server(traced: TracedFlow):
    for case, value in configurations(traced).items():
        with Visitor(traced.console) as visitor:
            shown = traced.open(visitor, {SERVER: value})
            assert not traced.was_reached(), case
            assert "0 of 1 fit" in shown or visitor.is_offered("offer-fill"), case
            if visitor.is_offered("offer-fill"):
                visitor.press("offer-fill")
                assert not traced.was_reached(), case
            visitor.press("run")
            assert not traced.was_reached(), case


def test_the_url_in_a_link_is_called_once_a_person_accepts_it(traced: TracedFlow):
    for answer in ("offer-ignore", "offer-fill"):
        with Visitor(traced.console) as visitor:
            assert "Fill the form with 1 value" in traced.open(visitor, {URL: traced.site.url})
            visitor.open(flow=traced.flow_id)
            assert not traced.was_reached()
            visitor.press(answer)
            assert traced.was_reached() == (answer == "offer-fill")
