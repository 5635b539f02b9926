"""What a flow lacks on a real server is told before a run, and is what the run fails with."""

from __future__ import annotations

import httpx

from lfclient import LangflowClient, LangflowError
from lfclient.console.samples.spec import Node, Sample
from lfclient.flows.needs import NeedKind
from lfclient.resources.packages import package_for
from lfclient.runs.error_causes import explain_error
from tests.live.releases import Make, with_events
from tests.support import servers
from tests.support.servers import LiveServer, delete_flow

NAMED = "named-by-a-flow"
TOOLS = Sample("mcp", "", (Node("m", "MCPTools", {"mcp_server": {"name": NAMED, "config": {}}}),))


def test_an_mcp_server_is_needed_until_the_server_has_it(
    client: LangflowClient, make: Make, api: httpx.Client
):
    flow = make(TOOLS)
    (need,) = client.needs(flow, {})
    assert (need.kind, need.keys, need.is_met) == (
        NeedKind.MCP_SERVER,
        ("MCPTools-m.mcp_server",),
        False,
    )
    address = {"url": "http://127.0.0.1:9/mcp"}
    api.post(f"/api/v2/mcp/servers/{NAMED}", json=address).raise_for_status()
    try:
        assert client.needs(flow, {}) == []
    finally:
        api.delete(f"/api/v2/mcp/servers/{NAMED}")


@with_events
def test_a_package_that_the_server_lacks_is_named_before_the_run_fails(
    client: LangflowClient, langflow: LiveServer
):
    """Releases before 1.11 list components whose packages they lack."""
    projects = servers.starter_projects(langflow.version)
    file = next(project for project in projects if project.stem == "Hybrid Search RAG")
    flow = client.flow(client.import_flow(file.read_bytes())[0].id)
    try:
        (package,) = [one.package for one in client.needs(flow, {}) if one.package]
        try:
            errors = [error.message for error in client.run(flow, {}, check=False).errors]
        except LangflowError as refused:
            errors = [refused.message]
    finally:
        delete_flow(client, flow.id)
    causes = [cause for cause in map(explain_error, errors) if cause]
    assert package.name == "lfx-datastax"
    assert [package_for(cause.package) for cause in causes] == [package]
