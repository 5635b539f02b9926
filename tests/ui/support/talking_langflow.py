"""A Langflow 1.10 that talks: a flow that answers, and the messages that it keeps."""

from __future__ import annotations

import copy
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.support.flows import edge, entry, node
from tests.ui.support.http_stand_in import NODE, StandIn, flow
from tests.ui.support.whole_pages import ONE

OLD = {"version": "0.10.3", "main_version": "0.10.3", "package": "Langflow Base"}
MESSAGES = "/api/v1/monitor/messages"
RUN = "POST /api/v2/workflows"


def chat_flow(id: str = ONE, name: str = "Talker") -> dict[str, Any]:
    """A chat input, and a chat output with a parameter."""
    taker = copy.deepcopy(NODE)
    answer = node("ChatOutput-b", tone=entry("StrInput", "str", "kind", api_editable=True))
    found = flow(id, name, nodes=[taker, answer])
    found["data"]["edges"] = [edge("ChatInput-a", "ChatOutput-b")]
    return found


class Talking:
    """The server's side of conversations; `rows` are the messages, oldest first.

    `reply` makes an answer of a text; `fails` is what the server says instead.
    """

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.rows: list[dict[str, Any]] = []
        self.fails: tuple[int, Any] | None = None
        self.reply = lambda text: f"echo of {text}"
        self.sent: list[dict[str, Any]] = []
        server.add(chat_flow())
        server.answers |= {
            "GET /api/v1/version": (200, OLD),
            f"GET {MESSAGES}": self._messages,
            f"GET {MESSAGES}/sessions": self._sessions,
            RUN: self._run,
        }

    def say(self, session: str, text: str, sender: str = "User", **more: Any) -> dict[str, Any]:
        """Keep a message."""
        row = {
            "id": uuid.uuid4().hex,
            "flow_id": ONE,
            "session_id": session,
            "timestamp": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
            "sender": sender,
            "sender_name": "AI" if sender == "Machine" else sender,
            "text": text,
            "files": "[]",
            "category": "message",
            **more,
        }
        self.rows.append(row)
        return row

    def _messages(self, query: dict[str, str], _: Any) -> tuple[int, Any]:
        session = query.get("session_id")
        return 200, [row for row in self.rows if session in (None, row["session_id"])]

    def _sessions(self, query: dict[str, str], _: Any) -> tuple[int, Any]:
        return 200, list(dict.fromkeys(row["session_id"] for row in self.rows))

    def _run(self, _: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        self.sent.append(body["inputs"])
        if self.fails:
            return self.fails
        session, text = (body["inputs"][f"ChatInput-a.{k}"] for k in ("session_id", "input_value"))
        job = str(uuid.uuid4())
        answer = self.reply(text)
        for sender, said in (("User", text), ("Machine", answer)):
            self.say(session, said, sender, session_metadata={"graph_run_id": job})
        output = {
            "type": "message",
            "status": "completed",
            "content": answer,
            "metadata": {"component_type": "ChatOutput"},
        }
        return 200, {
            "flow_id": ONE,
            "job_id": job,
            "object": "response",
            "status": "completed",
            "errors": [],
            "inputs": {},
            "outputs": {"ChatOutput-b": output},
        }
