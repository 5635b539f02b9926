"""What the page says about an update of a flow's components."""

from __future__ import annotations

from lfclient import FlowUpdate, UpdateLoss
from lfclient.console.wording.flow_updates import describe_drawbacks, describe_update
from tests.support.flows import flow


def test_lost_connections_come_first_and_values_are_named_by_component():
    losses = (
        UpdateLoss("URL", "Depth"),
        UpdateLoss("Agent", "Tools", "URL"),
        UpdateLoss("URL", "Separator"),
        UpdateLoss("File", "Path"),
    )
    update = FlowUpdate(flow(), {}, ("URL",), {"MCP Tools": "No module named mcp"}, losses)
    assert describe_drawbacks(update) == [
        "The connection from URL to Tools of Agent",
        "The values of URL: Depth, Separator",
        "The value of File: Path",
        "MCP Tools can't be updated: No module named mcp.",
    ]
    assert describe_update(update) == "Updated 1 component."


def test_a_long_list_of_drawbacks_ends_with_their_number():
    losses = tuple(UpdateLoss(f"C{number}", "x") for number in range(200))
    lines = describe_drawbacks(FlowUpdate(flow(), {}, (), {}, losses))
    assert (len(lines), lines[-1]) == (9, "192 more")
