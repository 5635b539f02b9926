"""Chat sessions and messages against scripted responses: pages, odd rows, changes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from lfclient import (
    BadResponse,
    InvalidKey,
    InvalidRequest,
    Message,
    ServerFault,
    SessionNotFound,
    Unreachable,
)
from tests.support.http_stand_in import OLD, VERSION, StandIn

pytestmark = pytest.mark.usefixtures("no_pauses")

M = "/api/v1/monitor/messages"
OLDEST = {"version": "0.8.4", "main_version": "0.8.4", "package": "Langflow Base"}
FLOW = "00000000-0000-4000-8000-00000000000a"
OTHER = "00000000-0000-4000-8000-00000000000b"


def message_id(number: int) -> str:
    """Return a message id."""
    return f"00000000-0000-4000-8000-{number:012d}"


def row(number: int, **more: Any) -> dict[str, Any]:
    """Return a stored message."""
    return {
        "id": message_id(number),
        "flow_id": FLOW,
        "session_id": "s",
        "timestamp": f"2026-11-24 10:00:{number % 60:02d} UTC",
        "sender": "User",
        "sender_name": "User",
        "text": f"text {number}",
        "files": "[]",
        "category": "message",
        **more,
    }


def windows(rows: list[dict[str, Any]], max_size: int = 200):
    """Respond as 1.12 and later do, with a window counted from the newest message."""

    def answer(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        assert params["order"] == "DESC"
        start, size = int(params["offset"]), min(int(params["limit"]), max_size)
        return httpx.Response(200, json=rows[::-1][start : start + size])

    return answer


def sent(server: StandIn, method: str) -> list[tuple[str, Any]]:
    """Return the changes that were sent: path and body."""
    return [
        (request.url.path.removeprefix(f"/base{M}"), json.loads(request.content or b"null"))
        for request in server.requests
        if request.method == method
    ]


def test_all_pages_of_a_long_session_are_returned_oldest_first():
    """Servers from 1.12 on return at most 200 messages at once."""
    server = StandIn().on("GET", M, windows([row(number) for number in range(450)]))
    found = server.client().sessions.messages(FLOW, "s")
    assert [message.id for message in found] == [message_id(number) for number in range(450)]
    assert server.lines.count("GET /api/v1/monitor/messages") == 3


def test_a_limit_requests_only_the_latest_messages():
    server = StandIn().on("GET", M, windows([row(number) for number in range(450)]))
    found = server.client().sessions.messages(FLOW, "s", limit=3)
    assert [message.id for message in found] == [message_id(447), message_id(448), message_id(449)]
    assert server.lines.count("GET /api/v1/monitor/messages") == 1


def test_a_limit_is_applied_by_the_client_before_1_11():
    """These releases have no limit and always return the oldest first."""
    server = StandIn(version=OLD).on("GET", M, (200, [row(number) for number in range(250)]))
    with server.client() as client:
        assert [one.id for one in client.sessions.messages(FLOW, "s", limit=2)] == [
            message_id(248),
            message_id(249),
        ]
        assert client.sessions.messages(FLOW, "s", limit=0) == []
        assert len(client.sessions.messages(FLOW, "s")) == 250


def test_a_stored_message_has_its_files_and_its_component():
    """Files are JSON within a text."""
    machine = row(
        1,
        sender="Machine",
        sender_name="AI",
        files='["a/b.png", {"path": "c.txt"}]',
        properties={"source": {"id": "ChatOutput-b"}, "state": "complete"},
        session_metadata={"graph_run_id": "job-1"},
    )
    server = StandIn().on("GET", M, (200, [machine]))
    assert server.client().sessions.messages(FLOW, "s") == [
        Message(
            message_id(1),
            "text 1",
            "Machine",
            "AI",
            "s",
            "ChatOutput-b",
            timestamp="2026-11-24 10:00:01 UTC",
            files=("a/b.png", "c.txt"),
            job_id="job-1",
        )
    ]


def test_a_failure_without_a_text_takes_its_reason_from_the_blocks():
    blocks = [{"title": "Error", "contents": [{"type": "error", "reason": "no such key"}]}]
    failed = row(1, sender="Agent", category="error", text="", content_blocks=blocks)
    server = StandIn().on("GET", M, (200, [failed]))
    found = server.client().sessions.messages(FLOW, "s")[0]
    assert (found.category, found.sender, found.text) == ("error", "Agent", "no such key")
    assert found.blocks == tuple(blocks[0]["contents"])


def test_an_unfinished_message_is_incomplete():
    """Servers store it as partial and without its text, even after its run was stopped."""
    begun = row(1, sender="Machine", text="", properties={"state": "partial"})
    assert [
        one.complete
        for one in StandIn()
        .on("GET", M, (200, [begun, row(2)]))
        .client()
        .sessions.messages(FLOW, "s")
    ] == [True, False]


@pytest.mark.parametrize("files", [None, "", "not json", "{}", 5, '"one"'])
def test_malformed_files_do_not_hide_a_message(files: Any):
    server = StandIn().on("GET", M, (200, [row(1, files=files)]))
    found = server.client().sessions.messages(FLOW, "s")[0]
    assert (found.text, found.files) == ("text 1", ("not json",) if files == "not json" else ())


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((200, {"messages": []}), BadResponse),
        ((200, [{"id": 5}]), BadResponse),
        ((200, b"<html>"), BadResponse),
        ((403, {"detail": "Invalid API key"}), InvalidKey),
        ((500, {"detail": "broken"}), ServerFault),
        (httpx.ReadTimeout("slow"), Unreachable),
    ],
)
def test_a_malformed_list_of_messages_raises_an_error(reply: Any, error: type[Exception]):
    with pytest.raises(error):
        StandIn().on("GET", M, reply).client().sessions.messages(FLOW, "s")


def test_sessions_are_fetched_page_by_page():
    """1.13 has an offset; 1.12 repeats the first 200, and earlier releases return all at once."""
    ids = [f"s{number}" for number in range(450)]

    def paged(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return httpx.Response(200, json=ids[start : start + int(request.url.params["limit"])])

    for reply, known, requests in (
        (paged, 450, 3),
        ((200, ids[:200]), 200, 2),
        ((200, ids), 450, 1),
    ):
        server = StandIn().on("GET", f"{M}/sessions", reply)
        assert server.client().sessions.list(FLOW) == ids[:known]
        assert server.lines.count("GET /api/v1/monitor/messages/sessions") == requests


def test_a_session_id_is_encoded_twice():
    """Servers decode it twice."""
    server = StandIn().on("GET", M, (200, []))
    server.client().sessions.messages(FLOW, "50% of a/b")
    assert server.requests[-1].url.params["session_id"] == "50%25 of a/b"


def test_a_session_of_one_flow_is_renamed_by_one_request():
    server = StandIn().on("GET", M, windows([row(1), row(2)]))
    server.on("PATCH", f"{M}/session/s", (200, []))
    server.client().sessions.rename("s", "  Trip to Rome ", flow=FLOW)
    assert server.requests[-1].url.params["new_session_id"] == "Trip to Rome"
    assert sent(server, "PUT") == []


@pytest.mark.parametrize(
    ("version", "rows", "session"),
    [
        (VERSION, [row(1), row(2, flow_id=OTHER)], "s"),
        (OLDEST, [row(1)], "s"),
        (VERSION, [row(1)], "a/b"),
        (VERSION, [row(1)], ".."),
    ],
)
def test_only_messages_of_this_flow_are_changed(version: dict, rows: list, session: str):
    """They are changed one by one if other flows share the session, on 1.8, which forgets the user,
    and if the name can't be a path segment.
    """
    reply = windows(rows) if version is VERSION else (200, rows)
    server = StandIn(version=version).on("GET", M, reply).on("DELETE", M, (204, b""))
    server.on("PUT", f"{M}/{message_id(1)}", (200, {}))
    with server.client() as client:
        client.sessions.rename(session, "new", flow=FLOW)
        client.sessions.delete(session, flow=FLOW)
    assert sent(server, "PUT") == [(f"/{message_id(1)}", {"session_id": "new"})]
    assert sent(server, "DELETE") == [("", [message_id(1)])]
    assert sent(server, "PATCH") == []


def test_without_a_flow_a_session_is_changed_in_all_flows():
    server = StandIn().on("GET", M, windows([row(1), row(2, flow_id=OTHER)]))
    server.on("PATCH", f"{M}/session/s", (200, [])).on("DELETE", f"{M}/session/s", (204, b""))
    with server.client() as client:
        client.sessions.rename("s", "new")
        client.sessions.delete("s")
    assert sent(server, "PATCH") == [("/session/s", None)]
    assert sent(server, "DELETE") == [("/session/s", None)]


def test_a_large_session_is_deleted_in_batches():
    """A request with a thousand ids may be too large for a database."""
    server = StandIn(version=OLDEST).on("GET", M, (200, [row(number) for number in range(1200)]))
    server.on("DELETE", M, (204, b""))
    server.client().sessions.delete("s", flow=FLOW)
    parts = [ids for _, ids in sent(server, "DELETE")]
    assert [len(ids) for ids in parts] == [500, 500, 200]
    assert len({one for ids in parts for one in ids}) == 1200


def test_an_unknown_session_fails_to_rename_but_counts_as_deleted():
    with StandIn().on("GET", M, (200, [])).client() as client:
        with pytest.raises(SessionNotFound):
            client.sessions.rename("gone", "new", flow=FLOW)
        client.sessions.delete("gone", flow=FLOW)


def test_a_session_deleted_during_its_renaming_is_not_found():
    server = StandIn().on("GET", M, windows([row(1)]))
    server.on("PATCH", f"{M}/session/s", (404, {"detail": "No messages found"}))
    with pytest.raises(SessionNotFound):
        server.client().sessions.rename("s", "new")


def test_an_empty_session_name_is_rejected():
    server = StandIn()
    with pytest.raises(InvalidRequest):
        server.client().sessions.rename("s", "  ")
    assert server.requests == []


def test_a_message_id_must_be_a_uuid_to_become_part_of_a_path():
    away = row(1, id="../../users/whoami", session_id="a/b")
    server = StandIn().on("GET", M, windows([away]))
    with pytest.raises(BadResponse, match="without an id"):
        server.client().sessions.rename("a/b", "new", flow=FLOW)
    assert sent(server, "PUT") == []
