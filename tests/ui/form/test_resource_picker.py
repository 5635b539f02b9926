"""The choice of a knowledge base or memory base in Setup."""

from __future__ import annotations

import pytest

from lfclient.resources.knowledge import KnowledgeBase, MemoryBase
from lfclient.resources.server_resources import ServerResources
from tests.support.flows import entry, graph, node
from tests.ui.support.forms import Form, clear_drafts, form, form_server


@pytest.fixture(autouse=True)
def _no_drafts():
    clear_drafts()


def knowledge_node(parameter: str = "knowledge_base") -> dict:
    options = entry("DropdownInput", "str", "", options=[], required=True, refresh_button=True)
    return node("Knowledge-a", **{parameter: options})


def pick(node: dict, **bases) -> Form:
    return form(node, resources=ServerResources(**bases), **{"server-of-files": form_server()})


def test_a_knowledge_base_is_chosen_by_its_name_and_sent_by_its_folder():
    bases = (KnowledgeBase("My notes", "my_notes", "ready", 1), KnowledgeBase("B", "b", "failed"))
    found = pick(knowledge_node(), knowledge_bases=bases)
    box = found.find("selectbox", "Knowledge-a.knowledge_base")
    assert box.options == ["My notes · 1 chunk", "B (failed)"]
    found.set("selectbox", "Knowledge-a.knowledge_base", "my_notes")
    assert found.overrides == {"Knowledge-a.knowledge_base": "my_notes"}
    assert "Ready" in found.text()
    found.set("selectbox", "Knowledge-a.knowledge_base", "b")
    assert "“B” couldn't add its files" in found.text()


def test_the_servers_reason_for_a_failed_knowledge_base_is_under_details():
    reason = "HTTPSConnectionPool(host='models', port=443): Max retries exceeded"
    base = KnowledgeBase("B", "b", "failed", failure=reason)
    found = pick(knowledge_node(), knowledge_bases=(base,))
    found.set("selectbox", "Knowledge-a.knowledge_base", "b")
    assert not [caption for caption in found.at.caption if "HTTPSConnectionPool" in caption.value]
    assert [code.value for code in found.at.code] == [reason]


def test_a_knowledge_base_can_be_typed_if_none_can_be_listed():
    found = pick(knowledge_node())
    found.set("text_input", "Knowledge-a.knowledge_base", "my_notes")
    assert found.overrides == {"Knowledge-a.knowledge_base": "my_notes"}


def test_a_knowledge_base_is_made_in_langflow_where_the_release_adds_no_files():
    bases = ServerResources(knowledge_bases=())
    session = {"resources": bases, "server-of-files": form_server()}
    found = form(knowledge_node(), version="1.8.4", **session)
    assert not [one for one in found.at.button if one.label == "New knowledge base"]
    assert "Langflow 1.8.4 can't add files from here." in found.text()
    newer = form(knowledge_node(), version="1.10.3", **session)
    assert [one for one in newer.at.button if one.label == "New knowledge base"]


def test_a_memory_base_is_chosen_among_those_of_the_flow():
    flow_id = graph()["id"]
    bases = (MemoryBase("1", "mine", flow_id), MemoryBase("2", "of another flow", "2"))
    found = pick(knowledge_node("memory_base"), memory_bases=bases)
    assert "1 to do" in found.text()
    assert found.find("selectbox", "Knowledge-a.memory_base").options == ["mine"]
    assert not [one for one in found.at.button if one.label == "New knowledge base"]
    found.set("selectbox", "Knowledge-a.memory_base", "mine")
    assert found.overrides == {"Knowledge-a.memory_base": "mine"}
    assert "Ready" in found.text()


def test_a_memory_base_of_another_flow_is_refused_in_words():
    stored = knowledge_node("memory_base")
    stored["data"]["node"]["template"]["memory_base"]["value"] = "theirs"
    found = pick(stored, memory_bases=(MemoryBase("2", "theirs", "2"),))
    assert "1 to do" in found.text()
    assert "this flow has no “theirs”" in found.text()
