"""Flows with outdated components on real servers: updated in place and as a copy."""

from __future__ import annotations

import json

import pytest

from lfclient import Flow, LangflowClient
from lfclient.errors import FlowChanged
from tests.live.releases import Make, dialects
from tests.support.servers import delete_flow

pytestmark = dialects
OLD = "# as in an older version\n"


@pytest.fixture
def old_echo(client: LangflowClient, make: Make) -> Flow:
    """A flow whose chat input and chat output have other code than the server's."""
    flow = make("Echo chat")
    data = json.loads(json.dumps(flow.raw["data"]))
    for node in data["nodes"]:
        if node["data"]["type"] in ("ChatInput", "ChatOutput"):
            node["data"]["node"]["template"]["code"]["value"] += OLD
    return client.editor.save_graph(flow, data)


def is_old(flow: Flow) -> bool:
    return any(OLD in leaf.template["code"]["value"] for leaf in flow.leaves)


def test_an_updated_copy_runs(client: LangflowClient, old_echo: Flow):
    assert [each.type for each in client.outdated(old_echo)] == ["ChatInput", "ChatOutput"]
    copy = client.update_flow(old_echo.id)
    try:
        flow = client.flow(copy.id)
        assert (copy.name, is_old(flow)) == (f"{old_echo.name} (updated)", False)
        assert client.outdated(flow) == []
        assert flow.chat_input
        run = client.run(flow, {f"{flow.chat_input.id}.input_value": "Hello"})
        assert [output.value for output in run.outputs.values()] == ["Hello"]
    finally:
        delete_flow(client, copy.id)
    assert is_old(client.flow(old_echo.id))


def test_an_update_in_place_is_undone(client: LangflowClient, old_echo: Flow):
    update = client.editor.prepare_update(old_echo.id)
    assert (update.losses, update.failures) == ((), {})
    changed = client.editor.save_graph(update.flow, update.data)
    assert not is_old(changed)
    with pytest.raises(FlowChanged):  # somebody else updates the flow, too
        client.editor.save_graph(update.flow, update.data)
    restored = client.editor.save_graph(changed, update.flow.raw["data"])
    assert restored.raw["data"] == old_echo.raw["data"]
