"""The requests for knowledge bases, memory bases and MCP servers, and what servers answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lfclient import InvalidRequest, LangflowError, ModelOption, ServerFault
from tests.support.http_stand_in import StandIn

BASES = "/api/v1/knowledge_bases"
INGEST = f"{BASES}/My_docs/ingest"
MEMORIES = "/api/v1/memories"
MCP = "/api/v2/mcp/servers"
MODEL = ModelOption("nomic-embed-text", "Ollama", True, None, {})


def base(status: str, job: str | None = "job-2", **more: Any) -> dict[str, Any]:
    return {"name": "My docs", "dir_name": "My_docs", "status": status, "last_job_id": job, **more}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lfclient.api.driver.time.sleep", lambda seconds: None)


def test_knowledge_bases_are_listed_by_name():
    names = ({"name": "b"}, {"name": "A"}, {}, {"name": "c"})
    server = StandIn().on("GET", BASES, (200, list(names)))
    assert [one.name for one in server.client().knowledge_bases()] == ["A", "b", "c"]


def test_a_knowledge_base_is_created_for_a_model():
    server = StandIn().on("POST", BASES, (201, base("empty", None)))
    created = server.client().knowledge.create("My docs", MODEL)
    assert (created.dir_name, created.status) == ("My_docs", "empty")
    assert json.loads(server.requests[-1].content) == {
        "name": "My docs",
        "embedding_provider": "Ollama",
        "embedding_model": "nomic-embed-text",
        "column_config": [],
    }


def test_a_name_that_is_taken_is_refused_as_it_was_entered():
    """Langflow names the folder."""
    taken = (409, {"detail": "Knowledge base 'My_docs' already exists"})
    server = StandIn().on("POST", BASES, taken)
    with pytest.raises(InvalidRequest) as caught:
        server.client().knowledge.create("My docs", MODEL)
    assert str(caught.value) == "A knowledge base named “My docs” already exists."
    assert "another name" in caught.value.hint


def test_a_server_whose_database_is_locked_says_how_to_set_it_up():
    """Measured for 1.8 to 1.12 with SQLite, which count the use of API keys meanwhile."""
    locked = (500, {"detail": "Failed to persist knowledge base 'My_docs'. Please retry."})
    server = StandIn().on("POST", BASES, locked).on("POST", INGEST, locked)
    with server.client() as client:
        for call in (
            lambda: client.knowledge.create("My docs", MODEL),
            lambda: client.knowledge.ingest("My_docs", {"a.txt": b"a"}),
        ):
            with pytest.raises(ServerFault) as caught:
                call()
            assert "LANGFLOW_DISABLE_TRACK_APIKEY_USAGE" in caught.value.hint


def test_files_are_added_and_their_progress_told_to_the_end():
    lists = [
        [base("ready", "job-1", chunks=9)],  # the end of the job before
        [base("ingesting", chunks=9)],
        [base("ingesting", chunks=9)],
        [base("ready", chunks=18)],
    ]
    server = StandIn().on("POST", INGEST, (200, {"id": "job-2"}))
    server.on("GET", BASES, *((200, one) for one in lists))
    states = []
    ended = server.client().knowledge.ingest(
        "My_docs", {"a.txt": b"first", "b.md": b"second"}, 500, 50, on_change=states.append
    )
    assert (ended.status, ended.chunks) == ("ready", 18)
    assert [one.status for one in states] == ["ingesting", "ready"]
    sent = server.requests[0].read().decode()
    assert sent.count('name="files"; filename=') == 2
    for part in ('name="chunk_size"\r\n\r\n500', 'name="chunk_overlap"\r\n\r\n50', "first"):
        assert part in sent


def test_the_end_of_another_job_never_counts_as_that_of_the_files(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lfclient.api.operations.knowledge._START_SECONDS", -1.0)
    monkeypatch.setattr("lfclient.api.operations.knowledge._MAX_START_SECONDS", 0.01)
    server = StandIn().on("POST", INGEST, (200, {"id": "job-2"}))
    server.on("GET", BASES, (200, [base("ready", "job-3")]))
    states = []
    with pytest.raises(LangflowError, match="does not say whether"):
        server.client().knowledge.ingest("My_docs", {"a.txt": b"a"}, on_change=states.append)
    assert states == []


def test_a_list_that_names_no_job_counts_after_a_while(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lfclient.api.operations.knowledge._START_SECONDS", -1.0)
    server = StandIn().on("POST", INGEST, (200, {"id": "job-2"}))
    server.on("GET", BASES, (200, [base("ready", None)]))
    assert server.client().knowledge.ingest("My_docs", {"a.txt": b"a"}).status == "ready"


def test_files_that_the_server_cannot_process_end_as_failed_with_its_reason():
    failed = base("failed", failure_reason="Could not import 'langchain_ollama'.")
    server = StandIn().on("POST", INGEST, (200, {"id": "job-2"})).on("GET", BASES, (200, [failed]))
    assert (
        server.client().knowledge.ingest("My_docs", {"a.txt": b"a"}).failure
        == failed["failure_reason"]
    )


def test_a_knowledge_base_that_is_deleted_meanwhile_is_named():
    server = StandIn().on("POST", INGEST, (200, {"id": "job-2"}), (404, {"detail": "not found"}))
    server.on("GET", BASES, (200, []))
    with server.client() as client:
        for _ in range(2):
            with pytest.raises(LangflowError, match="no knowledge base “My_docs”"):
                client.knowledge.ingest("My_docs", {"a.txt": b"a"})


def test_files_that_take_too_long_are_left_to_the_server():
    server = StandIn().on("POST", INGEST, (200, {"id": "job-2"}))
    server.on("GET", BASES, (200, [base("ingesting")]))
    with pytest.raises(LangflowError, match="within 0 seconds") as error:
        server.client().knowledge.ingest("My_docs", {"a.txt": b"a"}, timeout=0)
    assert "goes on" in error.value.hint


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_leads_elsewhere_is_never_requested(name: str):
    server = StandIn()
    with server.client() as client:
        for call in (
            lambda: client.knowledge.delete(name),
            lambda: client.knowledge.ingest(name, {"a.txt": b"a"}),
        ):
            with pytest.raises(LangflowError, match="no knowledge base"):
                call()
    assert server.requests == []


def test_a_name_stays_one_part_of_the_address():
    """1.8.4 creates knowledge bases of such names."""
    server = StandIn()
    server.on("DELETE", f"{BASES}/../x/ü", (200, {}))
    server.client().knowledge.delete("../x/ü")
    assert server.requests[-1].url.raw_path == b"/base/api/v1/knowledge_bases/..%2Fx%2F%C3%BC"


def test_nothing_to_add_is_refused_unsent():
    server = StandIn()
    with pytest.raises(InvalidRequest, match="no file"):
        server.client().knowledge.ingest("My_docs", {})
    assert server.requests == []


def test_a_knowledge_base_that_is_gone_counts_as_deleted():
    server = StandIn().on("DELETE", f"{BASES}/My_docs", (200, {}), (404, {"detail": "not found"}))
    with server.client() as client:
        client.knowledge.delete("My_docs")
        client.knowledge.delete("My_docs")


def test_all_pages_of_memory_bases_are_listed():
    pages = [{"items": [{"name": name, "flow_id": "f"}], "pages": 2} for name in "ba"]
    server = StandIn().on("GET", MEMORIES, *((200, page) for page in pages))
    assert [one.name for one in server.client().knowledge.memory_bases()] == ["a", "b"]
    assert [dict(one.url.params) for one in server.requests] == [{"page": "1"}, {"page": "2"}]


def test_a_server_without_memory_bases_has_none():
    server = StandIn()
    assert server.client().knowledge.memory_bases() == []


def test_mcp_servers_are_connected_to_only_if_their_tools_are_counted():
    server = StandIn().on("GET", MCP, (200, [{"name": "demo", "toolsCount": 2}, {"name": "a"}]))
    with server.client() as client:
        assert [(one.name, one.tools) for one in client.settings.mcp_servers()] == [
            ("a", None),
            ("demo", 2),
        ]
        client.settings.mcp_servers(count_tools=True)
    assert [dict(one.url.params) for one in server.requests] == [{}, {"action_count": "true"}]
