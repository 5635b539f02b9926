"""Knowledge bases, memory bases and MCP servers, on real servers."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from lfclient import InvalidRequest, LangflowClient, ModelOption, NeedKind, RunStatus
from lfclient.console.samples.graph_builder import Node, Sample
from tests.live.releases import Make, oldest_and_newest, on, run_to_end, with_events
from tests.support.model_server import ModelServer
from tests.support.servers import LiveServer


@pytest.fixture
def embedding(client: LangflowClient, ollama: ModelServer) -> ModelOption:
    """A model that works without access to the internet, while the test lasts."""
    return next(one for one in client.models("embedding") if one.provider == "Ollama")


@on("1.10.3", "1.13.0")  # 1.8 can't fill one
def test_a_knowledge_base_is_made_from_files(client: LangflowClient, embedding: ModelOption):
    name = f"Docs {uuid4().hex[:8]}"
    base = client.knowledge.create(name, embedding)
    assert (base.name, base.status, base.chunks) == (name, "empty", 0)
    assert base.dir_name == name.replace(" ", "_")
    with pytest.raises(InvalidRequest, match="already exists"):
        client.knowledge.create(name, embedding)
    files = {"a.txt": b"The sky is blue. " * 100, "b.md": b"Grass is green."}
    ended = client.knowledge.ingest(base, files, chunk_size=500, chunk_overlap=0, timeout=60)
    assert (ended.status, ended.failure) == ("ready", "")
    assert ended.chunks >= 4
    more = client.knowledge.ingest(base, {"c.txt": b"Roses are red."}, timeout=60)
    assert more.chunks == ended.chunks + 1
    assert more in client.knowledge_bases()
    client.knowledge.delete(base)
    assert base.dir_name not in [one.dir_name for one in client.knowledge_bases()]


@oldest_and_newest
def test_files_for_a_model_without_a_key_end_as_failed(client: LangflowClient):
    model = next(one for one in client.models("embedding") if one.provider == "OpenAI")
    base = client.knowledge.create(f"Docs {uuid4().hex[:8]}", model)
    ended = client.knowledge.ingest(base, {"a.txt": b"The sky is blue."}, timeout=60)
    client.knowledge.delete(base)
    assert ended.status == "failed"
    # 1.8 doesn't say why
    assert "API key" in ended.failure or client.server.info().version.startswith("1.8.")


@on("1.8.4", "1.10.3", "1.13.0")
def test_memory_bases_are_those_of_flows_from_1_10_on(
    client: LangflowClient, api: httpx.Client, make, embedding: ModelOption
):
    flow = make("Echo chat")
    body = {"name": "notes", "flow_id": flow.id, "threshold": 5, "auto_capture": True}
    body |= {"embedding_model": embedding.name, "embedding_provider": embedding.provider}
    response = api.post("/api/v1/memories", json=body)
    if client.server.info().version.startswith("1.8."):
        assert response.status_code in (404, 405)  # the latter with the editor
        assert client.knowledge.memory_bases() == []
        return
    created = response.raise_for_status().json()
    found = [one for one in client.knowledge.memory_bases() if one.flow_id == flow.id]
    assert [(one.id, one.name) for one in found] == [(created["id"], "notes")]
    api.delete(f"/api/v1/memories/{created['id']}").raise_for_status()


@with_events
def test_a_run_searches_the_memory_base_of_its_flow(
    client: LangflowClient, api: httpx.Client, make: Make, embedding: ModelOption
):
    """It finds nothing: the flow has had no conversation. 1.10 wants a key of OpenAI for Ollama."""
    flow = make(Sample("memory", "", (Node("m", "MemoryBase"),)))
    body = {"name": "notes", "flow_id": flow.id, "threshold": 5, "auto_capture": True}
    body |= {"embedding_model": embedding.name, "embedding_provider": embedding.provider}
    created = api.post("/api/v1/memories", json=body).raise_for_status().json()
    (need,) = client.needs(flow)
    assert (need.kind, need.is_met) == (NeedKind.MEMORY_BASE, False)
    query = {"MemoryBase-m.search_query": "Lisbon"}
    chosen = {**query, "MemoryBase-m.memory_base": "notes"}
    assert all(need.is_met for need in client.needs(flow, chosen))
    for mode in ("sync", "background"):
        ended = run_to_end(client, flow, mode, chosen)
        assert (ended.status, ended.errors) == (RunStatus.COMPLETED, ()), mode
        assert ended.outputs["MemoryBase-m"].value == [], mode
    lost = run_to_end(client, flow, "sync", {**query, "MemoryBase-m.memory_base": "other"})
    assert "is not attached to this flow" in lost.errors[0].message
    api.delete(f"/api/v1/memories/{created['id']}").raise_for_status()


@oldest_and_newest
def test_mcp_servers_tell_their_tools_or_why_they_have_none(
    client: LangflowClient, api: httpx.Client, langflow: LiveServer
):
    api.post("/api/v2/mcp/servers/lost", json={"url": "http://127.0.0.1:9/mcp"}).raise_for_status()
    try:
        (lost,) = [one for one in client.settings.mcp_servers() if one.name == "lost"]
        assert (lost.tools, lost.error) == (None, "")
        (lost,) = [
            one for one in client.settings.mcp_servers(count_tools=True) if one.name == "lost"
        ]
        assert lost.tools is None
        assert lost.error
    finally:
        api.delete("/api/v2/mcp/servers/lost")
