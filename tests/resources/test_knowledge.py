"""Knowledge bases, memory bases and MCP servers are read from the server's lists."""

from __future__ import annotations

import pytest

from lfclient.resources.server_resources import (
    KnowledgeBase,
    McpServer,
    MemoryBase,
    parse_knowledge_base,
    parse_mcp_server,
    parse_memory_base,
)

BASE = {
    "id": "1",
    "dir_name": "My_docs",
    "name": "My docs",
    "status": "ready",
    "chunks": 9,
    "words": 602,
    "size": 49152,
    "embedding_provider": "Ollama",
    "embedding_model": "nomic-embed-text:latest",
    "failure_reason": None,
    "last_job_id": "7",
}


def test_a_knowledge_base_has_a_name_to_see_and_one_to_send():
    base = parse_knowledge_base(BASE)
    assert base == KnowledgeBase(
        "My docs", "My_docs", "ready", 9, 602, 49152, "Ollama", "nomic-embed-text:latest", "", "7"
    )
    assert base.is_ready


@pytest.mark.parametrize(("status", "failure"), [("failed", "No key."), ("ingesting", "")])
def test_a_reason_is_given_only_for_what_has_failed(status: str, failure: str):
    """1.11 still lists the reason of the failure before."""
    base = parse_knowledge_base({**BASE, "status": status, "failure_reason": "No key."})
    assert base
    assert (base.failure, base.is_ready) == (failure, False)


def test_an_mcp_server_has_a_count_of_tools_or_an_error():
    assert parse_mcp_server({"name": "a", "mode": "stdio", "toolsCount": 2}) == McpServer("a", 2)
    failed = {"name": "b", "toolsCount": None, "error": "Connection closed"}
    assert parse_mcp_server(failed) == McpServer("b", None, "Connection closed")


def test_entries_of_the_wrong_shape_are_omitted_or_read_as_empty():
    for parse in (parse_knowledge_base, parse_memory_base, parse_mcp_server):
        assert [parse(item) for item in ({}, {"name": 5}, {"name": ""})] == [None] * 3
    base = parse_knowledge_base({"name": "a", "chunks": "9", "size": True, "status": None})
    assert base == KnowledgeBase("a", "a", "")
    assert parse_memory_base({"name": "m", "id": 5}) == MemoryBase("", "m", "")
    assert parse_mcp_server({"name": "m", "toolsCount": True, "error": 5}) == McpServer("m")
