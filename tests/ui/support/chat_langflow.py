"""A stand-in for Langflow 1.10 with a chat flow and its stored messages."""

from __future__ import annotations

import copy
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from lfclient.api.operations.chat_sessions import read_stored_message
from lfclient.wire.schemas import MessageItem
from tests.support.flows import edge, entry, node
from tests.support.http_stand_in import NODE, OLD, StandIn, flow
from tests.ui.support.whole_pages import ONE

MESSAGES = "/api/v1/monitor/messages"
RUN = "POST /api/v2/workflows"


def chat_flow(id: str = ONE, name: str = "Talker") -> dict[str, Any]:
    """Return a flow with a chat input, and a chat output with a parameter."""
    chat_input = copy.deepcopy(NODE)
    chat_output = node("ChatOutput-b", tone=entry("StrInput", "str", "kind", api_editable=True))
    return flow(id, name, [chat_input, chat_output], [edge("ChatInput-a", "ChatOutput-b")])


def row(text, sender="User", **more):
    """Return a stored message."""
    name = "AI" if sender == "Machine" else sender
    return {"text": text, "sender": sender, "sender_name": name, "category": "message", **more}


def read_messages(*rows):
    """Return the messages of these rows; their ids are m0, m1 and so on."""
    items = [MessageItem(id=f"m{number}", **each) for number, each in enumerate(rows)]
    return [read_stored_message(item) for item in items]


class ChatLangflow:
    """Adds a chat flow to a stand-in. `rows` are its messages, oldest first.

    `reply` returns the answer to a text. `failure` is the response to a run instead, if set.
    `sent` has the inputs of each run.
    """

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.rows: list[dict[str, Any]] = []
        self.failure: tuple[int, Any] | None = None
        self.reply = lambda text: f"echo of {text}"
        self.sent: list[dict[str, Any]] = []
        server.set_flows(chat_flow())
        server.answers |= {
            "GET /api/v1/version": (200, OLD),
            f"GET {MESSAGES}": self._messages,
            f"GET {MESSAGES}/sessions": self._sessions,
            RUN: self._run,
        }

    def store_message(
        self, session: str, text: str, sender: str = "User", **more: Any
    ) -> dict[str, Any]:
        """Store a message."""
        place = {
            "id": uuid.uuid4().hex,
            "flow_id": ONE,
            "session_id": session,
            "timestamp": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
            "files": "[]",
        }
        stored = row(text, sender, **(place | more))
        self.rows.append(stored)
        return stored

    def _messages(self, request: httpx.Request) -> tuple[int, Any]:
        session = request.url.params.get("session_id")
        return 200, [each for each in self.rows if session in (None, each["session_id"])]

    def _sessions(self, _: httpx.Request) -> tuple[int, Any]:
        return 200, list(dict.fromkeys(each["session_id"] for each in self.rows))

    def _run(self, request: httpx.Request) -> tuple[int, Any]:
        body = json.loads(request.content)
        self.sent.append(body["inputs"])
        if self.failure:
            return self.failure
        session, text = (body["inputs"][f"ChatInput-a.{k}"] for k in ("session_id", "input_value"))
        job = str(uuid.uuid4())
        answer = self.reply(text)
        for sender, content in (("User", text), ("Machine", answer)):
            place = {"flow_id": body["flow_id"], "session_metadata": {"graph_run_id": job}}
            self.store_message(session, content, sender, **place)
        output = {
            "type": "message",
            "status": "completed",
            "content": answer,
            "metadata": {"component_type": "ChatOutput"},
        }
        return 200, {
            "flow_id": body["flow_id"],
            "job_id": job,
            "object": "response",
            "status": "completed",
            "errors": [],
            "inputs": {},
            "outputs": {"ChatOutput-b": output},
        }
