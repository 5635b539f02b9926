"""MCP servers in choices and runs: Langflow gets names, never a configuration."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest

from lfclient import FieldOption, InvalidRequest
from tests.support.flows import entry, graph, group, node
from tests.support.http_stand_in import StandIn

UPDATE = "/api/v1/custom_component/update"
CODE = entry("CodeInput", "code", "class Op: ...")
MCP = graph(
    node(
        "MCPTools-m",
        code=CODE,
        mcp_server=entry("McpInput", "mcp", {}, real_time_refresh=True),
        tool=entry("DropdownInput", "str", "", options=[], real_time_refresh=True),
    )
)
FLOW = f"/api/v1/flows/{MCP['id']}"
CONFIGURED = {"name": "x", "config": {"command": "npx", "args": ["x"]}}


@pytest.fixture
def mcp() -> StandIn:
    """A server that knows the MCP server "listed", and fails the test if it is asked of another."""

    def look_up(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert body["template"]["mcp_server"]["value"] in ({}, {"name": "listed", "config": {}})
        return httpx.Response(200, json={"template": body["template"]})

    job = {"job_id": "00000000-0000-4000-8000-000000000001", "status": "queued"}
    server = StandIn().on("GET", FLOW, (200, MCP)).on("POST", UPDATE, look_up)
    server.on("GET", "/api/v2/mcp/servers", (200, [{"name": "listed"}]))
    return server.on("POST", "/api/v2/workflows", (200, job))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (CONFIGURED, "Enter text"),
        ({"config": {"url": "http://127.0.0.1:9"}}, "Enter text"),
        ([CONFIGURED], "Enter text"),
        ("other", "no MCP server named “other”"),
        (json.dumps(CONFIGURED), "no MCP server named"),
    ],
)
def test_an_mcp_server_is_chosen_by_its_name_in_the_servers_list(
    mcp: StandIn, value: Any, message: str
):
    with mcp.client() as client:
        flow = client.refresh(MCP["id"], {"MCPTools-m.mcp_server": value})
        assert message in flow.refreshed.errors["MCPTools-m.mcp_server"].message
        assert "POST /api/v1/custom_component/update" not in mcp.lines
        flow = client.refresh(flow, {"MCPTools-m.mcp_server": "listed"})
    assert flow.fields_by_key["MCPTools-m.mcp_server"].default == "listed"


@pytest.mark.parametrize("call", ["run", "submit"])
def test_a_run_with_the_configuration_of_an_mcp_server_is_not_sent(mcp: StandIn, call: str):
    overrides = {"MCPTools-m.mcp_server": CONFIGURED}
    with mcp.client() as client:
        for more in ({}, {"MCPTools-m.a": 1}):
            with pytest.raises(InvalidRequest, match="Enter text"):
                getattr(client, call)(MCP["id"], overrides | more)
    assert not [path for path in mcp.lines if path.startswith("POST")]


@pytest.mark.parametrize("show", [True, False])
def test_a_run_that_is_not_checked_names_the_mcp_server_only(mcp: StandIn, show: bool):
    raw = deepcopy(MCP)
    raw["data"]["nodes"][0]["data"]["node"]["template"]["mcp_server"]["show"] = show
    mcp.on("GET", FLOW, (200, raw))
    mcp.client().submit(MCP["id"], {"MCPTools-m.mcp_server": CONFIGURED}, check=False)
    sent = json.loads(mcp.requests[-1].content)
    assert sent["tweaks"]["MCPTools-m"]["mcp_server"] == {"name": "x", "config": {}}


def test_the_options_of_a_tool_are_asked_for_without_the_stored_configuration():
    stored = {"name": "listed", "config": {"command": "npx"}}
    raw = deepcopy(MCP)
    raw["data"]["nodes"][0]["data"]["node"]["template"]["mcp_server"]["value"] = stored
    server = StandIn().on("GET", FLOW, (200, raw)).on("POST", UPDATE, (200, {"template": {}}))
    server.client().options(raw["id"], "MCPTools-m.tool")
    sent = json.loads(server.requests[-1].content)
    assert sent["template"]["mcp_server"]["value"] == {"name": "listed", "config": {}}


def test_a_run_that_is_not_checked_names_the_mcp_server_of_a_component_inside_a_group(mcp: StandIn):
    inner = MCP["data"]["nodes"]
    raw = {**MCP, "data": {"nodes": [group("Group-g", inner)], "edges": []}}
    mcp.on("GET", FLOW, (200, raw))
    mcp.client().submit(raw["id"], {"MCPTools-m.mcp_server": CONFIGURED}, check=False)
    sent = json.loads(mcp.requests[-1].content)
    assert sent["tweaks"]["MCPTools-m"]["mcp_server"] == {"name": "x", "config": {}}


def test_the_options_of_an_mcp_server_are_the_servers_of_the_user():
    raw = graph(node("MCPTools-m", mcp_server=entry("McpInput", "mcp", {})))
    server = StandIn().on("GET", FLOW, (200, raw))
    server.on("GET", "/api/v2/mcp/servers", (200, [{"name": "b"}, {"name": "a"}]))
    found = server.client().options(raw["id"], "MCPTools-m.mcp_server")
    assert found == [FieldOption("a", {}), FieldOption("b", {})]
