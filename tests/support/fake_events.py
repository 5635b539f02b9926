"""What a job of the fake Langflow reports: events, messages, questions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

FLOW_ID = "11111111-2222-3333-4444-555555555555"


def question(job_id: str) -> dict[str, Any]:
    """Return a job's question, for an event or the list of waiting runs."""
    return {
        "job_id": job_id,
        "request_id": f"HumanInput-h:{job_id}",
        "prompt": "May it go on?",
        "options": [{"action_id": name, "label": name.title()} for name in ("approve", "reject")],
        "allowed_decisions": ["approve", "reject"],
    }


def event(name: str, **data: Any) -> dict[str, Any]:
    """Return an event of a job's log."""
    return {"event": name, "data": data}


def message(id: str, text: str, state: str = "complete") -> dict[str, Any]:
    """Return the event of a message with this text so far."""
    properties = {"state": state, "source": {"id": "ChatOutput-b"}}
    return event("add_message", id=id, text=text, sender="Machine", properties=properties)


def stored_message(
    job_id: str, text: str, source: str | None, *, sender: str = "Machine", **values: Any
) -> dict[str, Any]:
    """Return a job's message in the list of messages.

    `source` is the component that feeds the chat output, or that failed.
    """
    return {
        "id": f"{job_id}-{source}-{text}",
        "flow_id": FLOW_ID,
        "session_id": "session",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f UTC}",
        "text": text,
        "sender": sender,
        "category": "message",
        "properties": {"state": "complete", "source": {"id": source}},
        "session_metadata": {"graph_run_id": job_id},
        **values,
    }


def output(id: str, text: str) -> dict[str, Any]:
    """Return the output event of a terminal component."""
    return event("output", component_id=id, type="message", status="completed", content=text)


def component_done(
    id: str, text: str, *following: str, at: datetime | None = None
) -> dict[str, Any]:
    """Return the event of a component that returned a text, and starts the `following`."""
    output = {"message": {"message": text, "type": "text"}}
    build = {"id": id, "valid": True, "data": {"outputs": output}}
    build["timestamp"] = at.isoformat() if at else None
    return event("end_vertex", build_data={**build, "next_vertices_ids": list(following)})


# the events of a call that writes "one two "
CALL_LOG = [
    event("vertices_sorted", ids=["ChatInput-a"], to_run=["ChatInput-a", "ChatOutput-b"]),
    component_done("ChatInput-a", "hi", "ChatOutput-b"),
    message("m", "one ", "partial"),
    event("token", id="m", chunk="one "),
    event("token", id="m", chunk="two "),
    message("m", "one two "),
    component_done("ChatOutput-b", "one two "),
    output("ChatOutput-b", "one two "),
    event("end", build_duration=0.1),
]
