"""A Langflow 1.13 stand-in whose jobs send the events of a script at its times.

Send times are by the machine's clock, which the browser shares.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import httpx

from lfclient.api.requests import STATUS
from tests.support.fake_langflow import node
from tests.support.flows import edge
from tests.support.http_stand_in import Answer, StandIn
from tests.support.recorded import WORKFLOWS

MESSAGE = "00000000-0000-0000-0000-00000000000a"
_PASSING = ("token", "log")  # these repeat the id of the previous event
_MAX_BATCH = 65_536  # bytes
_DONE = {"object": "response", "inputs": {}, "outputs": {}, "errors": [], "has_errors": False}


@dataclass(frozen=True)
class Line:
    """An event, sent `pause` seconds after the previous one and not before `gate` is set.

    `mark` names its send time.
    """

    event: str
    data: dict[str, Any] = field(default_factory=dict)
    pause: float = 0.0
    mark: str = ""
    gate: threading.Event | None = None


@dataclass
class ScriptedJob:
    """A job: its events, their send times, and whether it has ended."""

    frames: list[tuple[Line, bytes]]
    sent: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)


class ScriptedLangflow(StandIn):
    """Serves one flow; each job plays the script once its events are requested."""

    def __init__(self, flow: dict[str, Any], script: Sequence[Line]) -> None:
        super().__init__(
            {
                "GET /api/v1/config": (200, {}),
                f"POST {WORKFLOWS}": self._start,
                f"GET {STATUS}": self._status,
            }
        )
        self.set_flows(flow)
        self.flow = flow
        self.jobs: dict[str, ScriptedJob] = {}
        self.play(script)

    def play(self, script: Sequence[Line]) -> None:
        """Set the script of the jobs that are started from now on."""
        self._frames = list(_frames(script))

    def _start(self, _: httpx.Request) -> Answer:
        job_id = f"00000000-0000-4000-8000-{len(self.jobs) + 1:012}"
        job = self.jobs[job_id] = ScriptedJob(self._frames)
        self.answers[f"GET {WORKFLOWS}/{job_id}/events"] = partial(_events, job)
        return 200, self._state(job_id)

    def _status(self, request: httpx.Request) -> Answer:
        return 200, self._state(request.url.params["job_id"])

    def _state(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        status = "completed" if job.ended.is_set() else "in_progress" if job.sent else "queued"
        common = {"job_id": job_id, "flow_id": self.flow["id"], "object": "job", "errors": []}
        done = {**_DONE, "outputs": _outputs(job)} if job.ended.is_set() else {}
        return {**common, "status": status, **done}


def _outputs(job: ScriptedJob) -> dict[str, Any]:
    events = (line.data for line, _ in job.frames if line.event == "output")
    return {data["component_id"]: data for data in events}


def _events(job: ScriptedJob, request: httpx.Request) -> Answer:
    after = int(request.headers.get("last-event-id") or 0)
    return 200, _play(job, after), {"content-type": "text/event-stream; charset=utf-8"}


def _play(job: ScriptedJob, after: int) -> Iterator[bytes]:
    """Live for the first listener, and complete for later ones.

    Events without a pause between them are sent together.
    """
    live = not job.ended.is_set()
    number, batch = 0, b""
    for line, frame in job.frames:
        number += line.event not in _PASSING
        if number <= after or (line.event in _PASSING and not live):
            continue
        if live:
            if line.pause:
                yield batch
                batch = b""
                time.sleep(line.pause)
            if line.gate:
                line.gate.wait()
            job.sent.setdefault(line.mark or line.event, time.time())
        batch += frame
        if (live and line.pause) or len(batch) > _MAX_BATCH:
            yield batch
            batch = b""
    yield batch
    job.ended.set()


def _frames(script: Iterable[Line]) -> Iterable[tuple[Line, bytes]]:
    number = 0
    for line in script:
        number += line.event not in _PASSING
        payload = json.dumps({"event": line.event, "data": line.data})
        yield line, f"data: {payload}\nid: {number}\n\n".encode()


def chain(count: int) -> dict[str, Any]:
    """A flow of `count` components in a row."""
    ids = [f"Step-{number:02}" for number in range(1, count + 1)]
    nodes = [node(name, "TextInput", input_value="MessageTextInput") for name in ids]
    for place, one in enumerate(nodes):
        one["position"] = {"x": 350 * (place % 6), "y": 250 * (place // 6)}
    edges = [edge(*pair) for pair in pairwise(ids)]
    return {
        "id": "11111111-2222-3333-4444-000000000003",
        "name": "Chain",
        "description": "",
        "endpoint_name": None,
        "updated_at": "2026-11-24T00:00:00",
        "data": {"nodes": nodes, "edges": edges, "viewport": {}},
    }


def chain_script(flow: dict[str, Any], words: int, pause: float, hold: float = 0.0) -> list[Line]:
    """The script of a chain's run: this many words while each component runs.

    The first one is held back for `hold` seconds.
    """
    ids = [one["id"] for one in flow["data"]["nodes"]]
    message = {
        "id": MESSAGE,
        "text": "",
        "sender": "Machine",
        "sender_name": "AI",
        "properties": {"source": {"id": ids[0]}, "state": "partial"},
    }
    lines = [
        Line("vertices_sorted", {"ids": ids[:1], "to_run": ids}, 1.0),
        Line("build_start"),
        Line("add_message", message, pause + hold),
    ]
    for place, name in enumerate(ids):
        for number in range(place * words, (place + 1) * words):
            chunk = {"chunk": f"word{number} ", "id": MESSAGE}
            lines.append(Line("token", chunk, pause, f"word {number}"))
        lines.append(
            Line("end_vertex", _done(name, ids[place + 1 :][:1]), pause, f"done {place + 1}")
        )
    text = "".join(line.data["chunk"] for line in lines if line.event == "token")
    whole = {**message, "text": text, "properties": {"source": {"id": ids[0]}}}
    output = {
        "component_id": ids[-1],
        "type": "message",
        "status": "completed",
        "display_name": ids[-1],
        "content": "That is all.",
        "metadata": {},
    }
    return [*lines, Line("add_message", whole, 0.5), Line("output", output), Line("end")]


def _done(component_id: str, next_ids: list[str]) -> dict[str, Any]:
    build = {
        "id": component_id,
        "valid": True,
        "params": "",
        "next_vertices_ids": next_ids,
        "inactivated_vertices": [],
        "data": {
            "outputs": {"message": {"message": f"What {component_id} says.", "type": "text"}},
            "timedelta": 0.8,
        },
        "timestamp": "2026-11-24T14:36:30.951985Z",
    }
    return {"build_data": build, "output_meta": {"display_name": component_id}}
