"""The choice of a knowledge base or memory base in Setup."""

from __future__ import annotations

from typing import Any

from lfclient.resources.server_resources import (
    KnowledgeBase,
    McpServer,
    MemoryBase,
    ServerResources,
)
from pages._ui.connection.request_cache import StillLoading
from tests.support.flows import entry, graph, node
from tests.ui.support.forms import URL, Form, form, form_server

FLOW_ID = graph()["id"]


def knowledge_node(parameter: str = "knowledge_base") -> dict:
    options = entry("DropdownInput", "str", "", options=[], required=True, refresh_button=True)
    return node("Knowledge-a", **{parameter: options})


def links(found: Form) -> dict[str, str]:
    """Return the addresses of the links by their labels."""
    return {each.proto.label: each.proto.url for each in found.at.get("link_button")}


def pick(node: dict, server: Any = None, **bases) -> Form:
    server = server or form_server()
    return form(node, resources=ServerResources(**bases), **{"server-of-files": server})


def test_a_knowledge_base_is_chosen_by_its_name_and_sent_by_its_folder():
    """The server's reason for a failed one is under Details."""
    reason = "HTTPSConnectionPool(host='models', port=443): Max retries exceeded"
    failed = KnowledgeBase("B", "b", "failed", failure=reason)
    bases = (KnowledgeBase("My notes", "my_notes", "ready", 1), failed)
    found = pick(knowledge_node(), knowledge_bases=bases)
    box = found.find("selectbox", "Knowledge-a.knowledge_base")
    assert box.options == ["My notes · 1 chunk", "B (failed)"]
    found.set("selectbox", "Knowledge-a.knowledge_base", "my_notes")
    assert found.overrides == {"Knowledge-a.knowledge_base": "my_notes"}
    assert "Ready" in found.text()
    found.set("selectbox", "Knowledge-a.knowledge_base", "b")
    assert "“B” couldn't add its files" in found.text()
    assert not [caption for caption in found.at.caption if "HTTPSConnectionPool" in caption.value]
    assert [code.value for code in found.at.code] == [reason]


def test_a_knowledge_base_is_made_in_langflow_where_the_release_adds_no_files():
    bases = ServerResources(knowledge_bases=())
    session = {"resources": bases, "server-of-files": form_server()}
    found = form(knowledge_node(), version="1.8.4", **session)
    assert not [one for one in found.at.button if one.label == "New knowledge base"]
    assert "Langflow 1.8.4 can't add files from here." in found.text()
    newer = form(knowledge_node(), version="1.10.3", **session)
    assert [one for one in newer.at.button if one.label == "New knowledge base"]


def test_a_memory_base_is_chosen_among_those_of_the_flow():
    bases = (MemoryBase("1", "mine", FLOW_ID), MemoryBase("2", "of another flow", "2"))
    found = pick(knowledge_node("memory_base"), memory_bases=bases)
    assert "1 to do" in found.text()
    assert found.find("selectbox", "Knowledge-a.memory_base").options == ["mine"]
    assert not [one for one in found.at.button if one.label == "New knowledge base"]
    found.set("selectbox", "Knowledge-a.memory_base", "mine")
    assert found.overrides == {"Knowledge-a.memory_base": "mine"}
    assert "Ready" in found.text()


def test_a_flow_without_memory_bases_says_where_to_add_one():
    found = pick(knowledge_node("memory_base"), memory_bases=(MemoryBase("2", "theirs", "2"),))
    assert "Add one in Langflow's editor, under Memories." in found.text()
    assert links(found) == {"Edit in Langflow": f"{URL}/flow/{FLOW_ID}"}
    has_one = pick(knowledge_node("memory_base"), memory_bases=(MemoryBase("1", "mine", FLOW_ID),))
    assert "under Memories" not in has_one.text()
    assert links(has_one) == {}


def test_setup_asks_for_the_memory_base_of_a_tool_and_is_ready_without_it():
    tool = knowledge_node("memory_base")
    tool["data"]["node"]["tool_mode"] = True
    found = pick(tool, memory_bases=())
    assert list(found.at.selectbox) == [found.find("selectbox", "Knowledge-a.memory_base")]
    shown = found.text()
    assert "Ready" in shown
    assert "Optional. The agent runs without one, but this tool fails if it is called." in shown
    assert "This flow has none. Add one in Langflow's editor, under Memories." in shown
    assert links(found) == {"Edit in Langflow": f"{URL}/flow/{FLOW_ID}"}


def mcp_node(server: dict) -> dict:
    return node("MCPTools-m", mcp_server=entry("McpInput", "mcp", server))


def test_an_mcp_server_that_the_server_lacks_is_added_there_or_another_is_chosen():
    found = pick(mcp_node({"name": "demo"}), mcp_servers=frozenset({"other"}))
    assert "1 to do" in found.text()
    advice = "Add it in Langflow under Settings, MCP Servers, or choose another."
    assert f"the server has no MCP server “demo”. {advice}" in found.text()
    assert links(found) == {"Open Langflow": URL}
    box = found.find("selectbox", "MCPTools-m.mcp_server")
    assert box.options == ["other", "demo (not on this server)"]
    found.set("selectbox", "MCPTools-m.mcp_server", "other")
    assert "Ready" in found.text()
    assert found.overrides == {"MCPTools-m.mcp_server": "other"}
    assert links(found) == {}


def test_a_server_without_mcp_servers_says_where_to_add_one():
    found = pick(mcp_node({}), mcp_servers=frozenset())
    assert "Add one in Langflow under Settings, MCP Servers." in found.text()
    assert links(found) == {"Open Langflow": URL}
    unlisted = pick(mcp_node({}))
    assert "Add one in Langflow" not in unlisted.text()
    unlisted.set("text_input", "MCPTools-m.mcp_server", "typed")
    assert unlisted.overrides == {"MCPTools-m.mcp_server": "typed"}


def test_mcp_servers_tell_their_tools_or_that_langflow_can_not_connect():
    counted = [
        McpServer("adding", 1),
        McpServer("lost", error="Connection failed: All connection attempts failed"),
        McpServer("unknown"),
    ]
    names = frozenset({"adding", "lost", "unknown"})
    found = pick(mcp_node({}), form_server(mcp_servers=lambda: counted), mcp_servers=names)
    box = found.find("selectbox", "MCPTools-m.mcp_server")
    assert box.options == ["adding · 1 tool", "lost (no connection)", "unknown"]
    found.set("selectbox", "MCPTools-m.mcp_server", "lost")
    assert "Langflow can't connect to “lost”." in found.text()
    assert [code.value for code in found.at.code] == [counted[1].error]
    found.set("selectbox", "MCPTools-m.mcp_server", "adding")
    assert "can't connect" not in found.text()
    assert found.overrides == {"MCPTools-m.mcp_server": "adding"}


def test_visitors_are_not_told_why_an_mcp_server_does_not_connect():
    """The reason may hold its address."""
    lost = McpServer("lost", error="Cannot connect to host mcp.internal:8000")
    server = form_server(mcp_servers=lambda: [lost], may_change=False)
    found = pick(mcp_node({"name": "lost"}), server, mcp_servers=frozenset({"lost"}))
    found.open("MCPTools-m")
    assert "Langflow can't connect to “lost”." in found.text()
    assert not found.at.code


def test_mcp_servers_can_be_chosen_before_and_after_their_tools_are_counted():
    is_counting = [True]

    def count():
        if is_counting:
            raise StillLoading("mcp tools")
        return [McpServer("adding", 2)]

    server = form_server(mcp_servers=count, seconds_waiting=lambda *_: 1.0 if is_counting else None)
    found = pick(mcp_node({}), server, mcp_servers=frozenset({"adding"}))
    assert found.find("selectbox", "MCPTools-m.mcp_server").options == ["adding"]
    found.set("selectbox", "MCPTools-m.mcp_server", "adding")
    assert found.overrides == {"MCPTools-m.mcp_server": "adding"}
    is_counting.clear()
    found.run()
    assert found.find("selectbox", "MCPTools-m.mcp_server").options == ["adding · 2 tools"]


def test_an_mcp_server_that_several_components_name_is_chosen_once():
    server = entry("McpInput", "mcp", {"name": "gone", "config": {}})
    nodes = [node(f"MCPTools-{id}", mcp_server=server) for id in "abc"]
    resources = ServerResources(mcp_servers=frozenset({"here"}))
    found = form(*nodes, resources=resources, **{"server-of-files": form_server()})
    assert "1 to do" in found.text()
    assert "· MCPTools 1, MCPTools 2, MCPTools 3" in found.text()
    found.set("selectbox", "MCPTools-a.mcp_server", "here")
    assert found.overrides == {f"MCPTools-{id}.mcp_server": "here" for id in "abc"}
    assert "Ready" in found.text()
    assert found.press("Reset").overrides == {}
