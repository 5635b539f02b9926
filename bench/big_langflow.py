"""A Langflow stand-in whose answer is as large as the message asks for: "100000 rows".

A real server's limits would have to be raised for each size; only the console is measured here.
"""

from __future__ import annotations

import json
from typing import Any

from bench.stand_in import Request, StandIn
from tests.support.fake_langflow import FLOW, FLOW_ID

_PARAGRAPH = (
    "The quick brown fox jumps over the lazy dog, and then it does so again. " * 12 + "\n\n"
)


def answer(request: str) -> bytes:
    """The response to the message "<n> rows" or "<n> MB of text"."""
    number = int(request.split()[0])
    if "rows" in request:
        kind: str = "dataframe"
        rows = [{"id": i, "name": f"person {i}", "score": i * 0.5} for i in range(number)]
        content: Any = {"dataframe": {"message": rows, "type": "array"}}
    else:
        kind, content = "message", _PARAGRAPH * (number * 1_000_000 // len(_PARAGRAPH))
    output = {
        "type": kind,
        "status": "completed",
        "display_name": "Answer",
        "content": content,
        "metadata": {"component_type": "ChatOutput"},
    }
    whole = {
        "flow_id": FLOW_ID,
        "job_id": "00000000-0000-0000-0000-000000000001",
        "object": "response",
        "status": "completed",
        "errors": [],
        "inputs": {},
        "outputs": {"ChatOutput-b": output},
        "has_errors": False,
    }
    return json.dumps(whole).encode()


class BigLangflow(StandIn):
    """Serves one flow with an answer of the size that its message asks for."""

    def __init__(self) -> None:
        super().__init__({**FLOW, "name": "Big"})

    def run(self, request: Request, what: str) -> bool:
        """Answer a synchronous call."""
        if what != "POST /api/v2/workflows":
            return False
        request.reply(200, answer(request.body()["input_value"]))
        return True
