"""A Langflow behind `httpx.MockTransport`, for faults that a real one can't be made to have.

It answers the Workflow API of 1.10 ("inputs") or 1.13 ("modes") as those do, for one flow whose
jobs take as long as a test says.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from lfclient.api.requests import STATUS
from tests.support.fake_events import FLOW_ID, question

_ACTIVE = ("queued", "in_progress")
_TICK = 0.02  # seconds between two looks at what a test may change
_EVENT_STREAM = {"content-type": "text/event-stream; charset=utf-8"}
VERSIONS = {"inputs": "1.10.3", "modes": "1.13.0"}


def node(id: str, type: str, **values: Any) -> dict[str, Any]:
    template = {
        name: {"name": name, "type": "str", "_input_type": kind, "show": True, "value": ""}
        for name, kind in values.items()
    }
    output = {"name": "message", "types": ["Message"], "method": "m", "display_name": "Message"}
    return {
        "id": id,
        "type": "genericNode",
        "position": {"x": 0, "y": 0},
        "data": {
            "id": id,
            "type": type,
            "node": {
                "display_name": type,
                "description": "",
                "template": {"_type": "Component", **template},
                "outputs": [output],
                "field_order": list(values),
            },
        },
    }


FLOW = {
    "id": FLOW_ID,
    "name": "Echo",
    "description": "",
    "endpoint_name": None,
    "updated_at": "2026-11-24T00:00:00",
    "data": {
        "nodes": [
            node("ChatInput-a", "ChatInput", input_value="MultilineInput", key="SecretStrInput"),
            node("ChatOutput-b", "ChatOutput"),
        ],
        "edges": [
            {
                "source": "ChatInput-a",
                "target": "ChatOutput-b",
                "data": {
                    "sourceHandle": {"name": "message", "id": "ChatInput-a"},
                    "targetHandle": {"fieldName": "input_value", "id": "ChatOutput-b"},
                },
            }
        ],
        "viewport": {},
    },
}
FLOW["data"]["nodes"][0]["data"]["node"]["template"]["key"]["password"] = True


@dataclass
class Job:
    id: str
    ends_at: float
    text: str
    state: str = ""
    flow_id: str = FLOW_ID
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def status(self) -> str:
        if self.state:
            return self.state
        return "completed" if time.monotonic() >= self.ends_at else "in_progress"


@dataclass
class FakeLangflow:
    """A fake server. `seconds` is the duration of a job; a test may change all switches."""

    dialect: str = "modes"
    seconds: float = 0.02
    text: str = "echo"
    is_down: bool = False
    refuse_key: bool = False
    revoked: set[str] = field(default_factory=set)  # keys that are refused
    silent_stream: bool = False
    state: str = ""  # the state of new jobs, "" for one that runs
    keeps_alive: bool = False  # send comments in the streams of running jobs
    connect_timeouts: int = 0  # make no connection for this many submits
    hold_submits: bool = False  # respond to a submit only once this is False
    refusal: httpx.Response | None = None  # the response to all submits
    lose_responses: int = 0  # lose the responses of this many submits, whose requests arrive
    hold_responses: bool = False  # run a submit, but respond only once this is False
    breaks_calls: bool = False  # break a streamed call after its events so far; its run continues
    is_flow_deleted: bool = False
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id, in place of `FLOW`
    log: list[dict[str, Any]] | None = None  # the events of each job; more may be added
    hold_status: bool = False  # respond with a job's earlier status only once this is False
    ignore_stop: bool = False  # confirm a stop without stopping
    stop_refusal: httpx.Response | None = None  # the response to all stops
    hold_resume: bool = False  # accept a decision only once this is False
    lose_resume_response: bool = False  # accept a decision, but lose the response
    ignore_resume: bool = False  # accept a decision without resuming
    resume_refusal: httpx.Response | None = None  # the response to all decisions
    resume_fault: httpx.Response | None = None  # the response to a decision that was accepted
    decisions: list[str] = field(default_factory=list)
    builds: dict[str, list[dict[str, Any]]] | None = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    transactions: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    jobs_by_key: dict[str, Job] = field(default_factory=dict)  # by idempotency key
    requests: list[tuple[str, str]] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)  # the bodies of the run requests
    ended_at: float = 0.0
    clock_ahead: timedelta = timedelta()

    def count(self, method: str, path: str) -> int:
        """Return the number of these requests."""
        return self.requests.count((method, path))

    def finish(self) -> None:
        """End every job now, and later ones at once."""
        self.seconds = 0.0
        for job in self.jobs.values():
            job.ends_at = 0.0

    @property
    def status_requests(self) -> int:
        return self.count("GET", STATUS)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        self.requests.append((request.method, path))
        if self.is_down:
            raise httpx.ConnectError("connection refused", request=request)
        if path == "/api/v1/version":
            version = VERSIONS[self.dialect]
            names = {"version": version, "main_version": version, "package": "Langflow"}
            return httpx.Response(200, json=names)
        if path == "/api/v1/config":
            limits = {"serialization_max_text_length": 6000, "serialization_max_items_length": 1000}
            return httpx.Response(200, json=limits)
        if self.refuse_key or request.headers.get("x-api-key") in self.revoked:
            return httpx.Response(403, json={"detail": "Invalid API key"})
        if path == "/api/v2/workflows" and request.method == "POST":
            return await self._post(request)
        if path == STATUS:
            answer = self._status(request.url.params["job_id"])
            while self.hold_status:
                await asyncio.sleep(_TICK)
            return answer
        if path == "/api/v2/workflows/stop":
            return self._stop(json.loads(request.content)["job_id"])
        if path == "/api/v2/workflows/pending":
            waiting = [job for job in self.jobs.values() if job.status == "suspended"]
            return httpx.Response(200, json=[question(job.id) for job in waiting])
        if path.endswith("/events"):
            return self._events(path.split("/")[-2], request)
        if path.endswith("/resume"):
            while self.hold_resume:
                await asyncio.sleep(_TICK)
            return self._resume(self.jobs[path.split("/")[-2]], request)
        if path.startswith("/api/v1/flows/") and not self.is_flow_deleted:
            return self._flow(path.split("/")[-1])
        if path == "/api/v1/monitor/builds" and self.builds is not None:
            return httpx.Response(200, json={"vertex_builds": self.builds})
        if path == "/api/v1/monitor/messages":
            return httpx.Response(200, json=self.messages)
        if path == "/api/v1/monitor/traces":
            return httpx.Response(200, json={"traces": []})
        if path == "/api/v1/monitor/transactions":
            return httpx.Response(200, json={"items": self.transactions})
        return httpx.Response(404, json={"detail": "Flow not found"})

    def _flow(self, id: str) -> httpx.Response:
        if id == FLOW_ID or id in self.flows:
            return httpx.Response(200, json=self.flows.get(id, FLOW))
        return httpx.Response(404, json={"detail": "Flow not found"})

    async def _post(self, request: httpx.Request) -> httpx.Response:
        if self.connect_timeouts:
            self.connect_timeouts -= 1
            raise httpx.ConnectTimeout("timed out", request=request)
        body = json.loads(request.content)
        self.submitted.append(body)
        while self.hold_submits:
            await asyncio.sleep(_TICK)
        if self.refusal:
            return self.refusal
        key = body.get("idempotency_key")
        job = self.jobs_by_key.get(key)
        if job is None or job.status == "failed":
            job_id = f"00000000-0000-0000-0000-{len(self.jobs):012d}"
            ends_at = time.monotonic() + self.seconds
            job = Job(job_id, ends_at, self.text, self.state, body["flow_id"])
            self.jobs[job.id] = job
            if key:
                self.jobs_by_key[key] = job
        while self.hold_responses:
            await asyncio.sleep(_TICK)
        if self.lose_responses:
            self.lose_responses -= 1
            raise httpx.ReadError("connection reset", request=request)
        if body.get("background") or body.get("mode") == "background":
            return httpx.Response(200, json=self._active(job, "queued"))
        if body.get("mode") == "stream":
            return httpx.Response(200, headers=_EVENT_STREAM, stream=_CallStream(self, job))
        while job.status == "in_progress":
            await asyncio.sleep(_TICK)
        self.ended_at = time.monotonic()
        return httpx.Response(200, json=self._done(job))

    def _status(self, job_id: str) -> httpx.Response:
        job = self.jobs.get(job_id)
        if job is None:
            return _unknown_job(job_id)
        if job.status == "completed":
            return httpx.Response(200, json=self._done(job))
        return httpx.Response(200, json=self._active(job, job.status))

    def _stop(self, job_id: str) -> httpx.Response:
        if self.stop_refusal:
            return self.stop_refusal
        job = self.jobs.get(job_id)
        if job is None:
            return _unknown_job(job_id)
        if job.status == "completed":
            message = f"Job {job_id} already finished (completed)."
        else:
            job.state = job.state if self.ignore_stop else "cancelled"
            message = f"Job {job_id} cancelled successfully."
        return httpx.Response(200, json={"job_id": job_id, "message": message})

    def _resume(self, job: Job, request: httpx.Request) -> httpx.Response:
        if self.resume_refusal:
            return self.resume_refusal
        if job.status != "suspended":
            detail = {"code": "NOT_RESUMABLE", "message": "The job is not suspended."}
            return httpx.Response(409, json={"detail": detail})
        action = json.loads(request.content)["decision"]["action_id"]
        if action not in ("approve", "reject"):
            detail = {"code": "INVALID_DECISION", "message": "Not one of the decisions."}
            return httpx.Response(422, json={"detail": detail})
        self.decisions.append(action)
        if not self.ignore_resume:
            job.state, job.ends_at = "", time.monotonic() + self.seconds
        if self.lose_resume_response:
            raise httpx.ReadError("connection reset", request=request)
        if self.resume_fault:
            return self.resume_fault
        return httpx.Response(200, json={"job_id": job.id, "status": "resuming"})

    def _events(self, job_id: str, request: httpx.Request) -> httpx.Response:
        job = self.jobs.get(job_id)
        if job is None or self.dialect == "inputs":
            return _unknown_job(job_id)
        return httpx.Response(200, headers=_EVENT_STREAM, stream=_JobStream(self, job, request))

    def _active(self, job: Job, status: str) -> dict[str, Any]:
        return {
            "job_id": job.id,
            "flow_id": job.flow_id,
            "object": "job",
            "created_timestamp": (datetime.now(UTC) + self.clock_ahead).isoformat(),
            "status": status,
            "links": {},
            "errors": [],
        }

    def _done(self, job: Job) -> dict[str, Any]:
        output = {
            "type": "message",
            "component_id": "ChatOutput-b",
            "status": "completed",
            "content": job.text,
            "metadata": {"component_type": "ChatOutput"},
        }
        return {
            **self._active(job, "completed"),
            "object": "response",
            "inputs": {},
            "outputs": {"ChatOutput-b": output},
        }


class _CallStream(httpx.AsyncByteStream):
    """The body of a streamed call, whose run ends with its connection."""

    def __init__(self, server: FakeLangflow, job: Job) -> None:
        self._server, self._job = server, job

    async def __aiter__(self) -> AsyncIterator[bytes]:
        sent = 0
        try:
            while not self._job.state:
                for frame in (self._server.log or [])[sent:]:
                    yield _frame(sent, frame["event"], frame["data"])
                    sent += 1
                    if frame["event"] == "end":
                        self._job.state = "completed"
                if self._server.breaks_calls and not self._job.state:
                    raise httpx.ReadError("connection reset")
                await asyncio.sleep(_TICK)
        finally:
            if not self._server.breaks_calls:
                self._job.state = self._job.state or "cancelled"


class _JobStream(httpx.AsyncByteStream):
    def __init__(self, server: FakeLangflow, job: Job, request: httpx.Request) -> None:
        self._server, self._job = server, job
        self._sent = int(request.headers.get("last-event-id") or 0)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._server.log is not None:
            while self._sent < len(self._server.log) or self._job.status in _ACTIVE:
                for frame in self._server.log[self._sent :]:
                    if self._job.status == "queued":
                        break
                    self._sent += 1
                    yield _frame(self._sent, frame["event"], frame["data"])
                if self._server.keeps_alive:
                    yield b": keepalive\n\n"
                await asyncio.sleep(_TICK)
            return
        if not self._server.silent_stream:
            yield _frame(1, "build_start", {})
        while self._job.status == "in_progress" or self._server.silent_stream:
            await asyncio.sleep(_TICK)
        if self._job.status == "completed":
            output = {"message": {"message": self._job.text, "type": "text"}}
            build = {"id": "ChatOutput-b", "valid": True, "data": {"outputs": output}}
            yield _frame(2, "end_vertex", {"build_data": build})
            yield _frame(3, "end", {"build_duration": 0.1})


def _frame(id: int, event: str, data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps({'event': event, 'data': data})}\nid: {id}\n\n".encode()


def _unknown_job(job_id: str) -> httpx.Response:
    detail = {"error": "Job not found", "code": "JOB_NOT_FOUND", "message": f"Job {job_id} unknown"}
    return httpx.Response(404, json={"detail": detail})
