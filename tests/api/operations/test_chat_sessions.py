"""Sessions and messages against scripted answers: pages, odd rows, what is changed and how."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from lfclient import (
    AsyncLangflowClient,
    BadAnswer,
    InvalidKey,
    InvalidRequest,
    Message,
    ServerFault,
    SessionNotFound,
    Unreachable,
)
from tests.support.scripted import OLD, URL, VERSION, Server

pytestmark = pytest.mark.usefixtures("no_pauses")

M = "/base/api/v1/monitor/messages"
OLDEST = {"version": "0.8.4", "main_version": "0.8.4", "package": "Langflow Base"}
FLOW = "00000000-0000-4000-8000-00000000000a"
OTHER = "00000000-0000-4000-8000-00000000000b"


def mid(number: int) -> str:
    """A message's id."""
    return f"00000000-0000-4000-8000-{number:012d}"


def row(number: int, **more: Any) -> dict[str, Any]:
    """A stored message."""
    return {
        "id": mid(number),
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


def windows(rows: list[dict[str, Any]], most: int = 200):
    """Answers as 1.12 and later do: a window, counted from the newest."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        assert asked["order"] == "DESC"
        start, size = int(asked["offset"]), min(int(asked["limit"]), most)
        return httpx.Response(200, json=rows[::-1][start : start + size])

    return answer


def sent(server: Server, method: str) -> list[tuple[str, Any]]:
    """What was changed: path and body."""
    return [
        (request.url.path.removeprefix(M), json.loads(request.content or b"null"))
        for request in server.requests
        if request.method == method
    ]


def test_all_messages_of_a_long_session_come_oldest_first():
    """Newer servers give 200 at most: the others are asked for."""
    server = Server().on("GET", M, windows([row(number) for number in range(450)]))
    with server.client() as client:
        found = client.messages(FLOW, "s")
    assert [message.id for message in found] == [mid(number) for number in range(450)]
    assert server.paths().count("GET /api/v1/monitor/messages") == 3


def test_the_latest_messages_are_asked_for_alone():
    """A limit keeps the others at the server, where it can."""
    server = Server().on("GET", M, windows([row(number) for number in range(450)]))
    with server.client() as client:
        found = client.messages(FLOW, "s", limit=3)
    assert [message.id for message in found] == [mid(447), mid(448), mid(449)]
    assert server.paths().count("GET /api/v1/monitor/messages") == 1


def test_a_server_that_gives_all_is_cut_here():
    """Before 1.11 there is no limit, and the order is always the oldest first."""
    server = Server(OLD).on("GET", M, (200, [row(number) for number in range(250)]))
    with server.client() as client:
        assert [one.id for one in client.messages(FLOW, "s", limit=2)] == [mid(248), mid(249)]
        assert client.messages(FLOW, "s", limit=0) == []
        assert len(client.messages(FLOW, "s")) == 250


def test_a_message_that_comes_between_two_pages_moves_none_in_twice():
    """The window is counted from the newest, so a new one repeats the last."""
    rows = [row(number) for number in range(300)]

    def answer(request: httpx.Request) -> httpx.Response:
        found = windows(rows)(request)
        rows.append(row(len(rows)))
        return found

    server = Server().on("GET", M, answer)
    with server.client() as client:
        found = [message.id for message in client.messages(FLOW, "s")]
    assert found == [mid(number) for number in range(300)]


def test_what_a_message_holds():
    """Files are JSON within a text; the component is where the server says it came from."""
    machine = row(
        1,
        sender="Machine",
        sender_name="AI",
        files='["a/b.png", {"path": "c.txt"}]',
        properties={"source": {"id": "ChatOutput-b"}, "state": "complete"},
        session_metadata={"graph_run_id": "job-1"},
    )
    server = Server().on("GET", M, (200, [machine]))
    with server.client() as client:
        assert client.messages(FLOW, "s") == [
            Message(
                mid(1),
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


def test_a_failure_without_text_has_its_reason():
    """Error messages of some components hold it in their blocks only."""
    blocks = [{"title": "Error", "contents": [{"type": "error", "reason": "no such key"}]}]
    failed = row(1, sender="Agent", category="error", text="", content_blocks=blocks)
    server = Server().on("GET", M, (200, [failed]))
    with server.client() as client:
        found = client.messages(FLOW, "s")[0]
    assert (found.category, found.sender, found.text) == ("error", "Agent", "no such key")
    assert found.blocks == tuple(blocks[0]["contents"])


def test_a_message_that_was_never_written_to_its_end():
    """Servers keep it without its text, as partial, also once its run was stopped."""
    begun = row(1, sender="Machine", text="", properties={"state": "partial"})
    with Server().on("GET", M, (200, [begun, row(2)])).client() as client:
        assert [one.complete for one in client.messages(FLOW, "s")] == [True, False]


@pytest.mark.parametrize("files", [None, "", "not json", "{}", 5, '"one"'])
def test_odd_files_harm_nothing(files: Any):
    """A message is shown whatever stands in its files; no text is lost for that."""
    server = Server().on("GET", M, (200, [row(1, files=files)]))
    with server.client() as client:
        found = client.messages(FLOW, "s")[0]
    assert (found.text, found.files) == ("text 1", ("not json",) if files == "not json" else ())


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((200, {"messages": []}), BadAnswer),
        ((200, [{"id": 5}]), BadAnswer),
        ((200, b"<html>"), BadAnswer),
        ((403, {"detail": "Invalid API key"}), InvalidKey),
        ((500, {"detail": "broken"}), ServerFault),
        (httpx.ReadTimeout("slow"), Unreachable),
    ],
)
def test_what_is_no_list_of_messages_is_an_error(reply: Any, error: type[Exception]):
    """Never a raw fault, never an empty conversation."""
    with Server().on("GET", M, reply).client() as client, pytest.raises(error):
        client.messages(FLOW, "s")


def test_sessions_come_in_pages_where_there_are_pages():
    """1.13 has an offset; 1.12 answers the first 200 again, and older ones all at once."""
    ids = [f"s{number}" for number in range(450)]

    def paged(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return httpx.Response(200, json=ids[start : start + int(request.url.params["limit"])])

    for reply, known, asked in ((paged, 450, 3), ((200, ids[:200]), 200, 2), ((200, ids), 450, 1)):
        server = Server().on("GET", f"{M}/sessions", reply)
        with server.client() as client:
            assert client.sessions(FLOW) == ids[:known]
        assert server.paths().count("GET /api/v1/monitor/messages/sessions") == asked


def test_a_session_is_named_as_the_server_reads_it():
    """Servers decode the name once more than others do."""
    server = Server().on("GET", M, (200, []))
    with server.client() as client:
        client.messages(FLOW, "50% of a/b")
    assert server.requests[-1].url.params["session_id"] == "50%25 of a/b"


def test_a_session_of_one_flow_is_renamed_at_once():
    """One request, by the server's own endpoint."""
    server = Server().on("GET", M, windows([row(1), row(2)]))
    server.on("PATCH", f"{M}/session/s", (200, []))
    with server.client() as client:
        client.rename_session("s", "  Trip to Rome ", flow=FLOW)
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
def test_messages_of_others_are_left_alone(version: dict, rows: list, session: str):
    """Of a session that other flows have too, of 1.8, which forgets whose it is, and of a name
    that is no part of a path, each message of this flow is changed by itself.
    """
    reply = windows(rows) if version is VERSION else (200, rows)
    server = Server(version).on("GET", M, reply).on("PUT", f"{M}/{mid(1)}", (200, {}))
    server.on("DELETE", M, (204, b""))
    with server.client() as client:
        client.rename_session(session, "new", flow=FLOW)
        client.delete_session(session, flow=FLOW)
    assert sent(server, "PUT") == [(f"/{mid(1)}", {"session_id": "new"})]
    assert sent(server, "DELETE") == [("", [mid(1)])]
    assert sent(server, "PATCH") == []


def test_without_a_flow_a_session_is_changed_in_all_of_them():
    """As the server's own endpoints do it."""
    server = Server().on("GET", M, windows([row(1), row(2, flow_id=OTHER)]))
    server.on("PATCH", f"{M}/session/s", (200, [])).on("DELETE", f"{M}/session/s", (204, b""))
    with server.client() as client:
        client.rename_session("s", "new")
        client.delete_session("s")
    assert sent(server, "PATCH") == [("/session/s", None)]
    assert sent(server, "DELETE") == [("/session/s", None)]


def test_a_large_session_is_deleted_in_parts():
    """A request of a thousand ids may be too large for a database."""
    server = Server(OLDEST).on("GET", M, (200, [row(number) for number in range(1200)]))
    server.on("DELETE", M, (204, b""))
    with server.client() as client:
        client.delete_session("s", flow=FLOW)
    parts = [ids for _, ids in sent(server, "DELETE")]
    assert [len(ids) for ids in parts] == [500, 500, 200]
    assert len({one for ids in parts for one in ids}) == 1200


def test_an_unknown_session_cannot_be_renamed_and_is_already_deleted():
    """Renaming what is gone is an error, deleting it is none."""
    with Server().on("GET", M, (200, [])).client() as client:
        with pytest.raises(SessionNotFound):
            client.rename_session("gone", "new", flow=FLOW)
        client.delete_session("gone", flow=FLOW)


def test_a_session_that_goes_while_it_is_renamed_is_named():
    """Somebody deleted it between the look and the change."""
    server = Server().on("GET", M, windows([row(1)]))
    server.on("PATCH", f"{M}/session/s", (404, {"detail": "No messages found"}))
    with server.client() as client, pytest.raises(SessionNotFound):
        client.rename_session("s", "new")


def test_a_session_cannot_be_called_nothing():
    """Servers would take it, and nobody would find it again."""
    server = Server()
    with server.client() as client, pytest.raises(InvalidRequest):
        client.rename_session("s", "  ")
    assert server.requests == []


def test_the_async_client_does_the_same():
    """All four, by the same steps."""
    server = Server().on("GET", M, windows([row(1)])).on("GET", f"{M}/sessions", (200, ["s"]))
    server.on("PATCH", f"{M}/session/s", (200, [])).on("DELETE", f"{M}/session/s", (204, b""))

    async def work() -> tuple[list[str], list[Message]]:
        transport = httpx.MockTransport(server)
        async with AsyncLangflowClient(URL, "sk-key-123", transport=transport) as client:
            found = await client.sessions(FLOW), await client.messages(FLOW, "s")
            await client.rename_session("s", "new")
            await client.delete_session("s")
            return found

    sessions, messages = asyncio.run(work())
    assert (sessions, [message.id for message in messages]) == (["s"], [mid(1)])
    assert len(sent(server, "PATCH")) == len(sent(server, "DELETE")) == 1


def test_a_messages_id_leads_nowhere_else():
    """It is the server's word, and goes into a path."""
    away = row(1, id="../../users/whoami", session_id="a/b")
    server = Server().on("GET", M, windows([away]))
    with server.client() as client, pytest.raises(BadAnswer, match="without an id"):
        client.rename_session("a/b", "new", flow=FLOW)
    assert sent(server, "PUT") == []
