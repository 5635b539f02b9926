"""Event streams over real sockets that break, stall and lie, for both clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lfclient import (
    InvalidKey,
    JobNotFound,
    KeepAlive,
    RunEnded,
    RunStatus,
    ServerInfo,
    Unreachable,
)
from lfclient.api.operations import event_streams
from lfclient.api.requests import STATUS
from lfclient.common.backoff import Backoff
from lfclient.wire.server_info import Capabilities
from tests.support.clients import collect_events
from tests.support.http_stand_in import EventLog, StandIn
from tests.support.proxy import Fault, Proxy, raw_response
from tests.support.recorded import DONE, FLOW, JOB, WORKFLOWS, events, recorded, sse
from tests.support.waiting import wait_for

EVENTS = f"{JOB}/events"
GOING_ON = (200, {**recorded("1.13.0", "bg_submit")[1], "job_id": JOB, "status": "in_progress"})
KNOWN = ServerInfo("1.13.0", "modes", capabilities=Capabilities(events=True, keep_alive=True))
LOG = events("1.13.0", "bg_events_live")
IDS = ["1", "3", "4", "5", "6", "7", "8", "9"]  # 2 says nothing, 10 is the end


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice silence and reconnect within moments."""
    monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(event_streams, "MAX_SILENCE_SECONDS", 60.0)
    monkeypatch.setattr(event_streams, "ENDED_SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(event_streams, "RECONNECTING", Backoff(0.01, 0.05))
    monkeypatch.setattr(event_streams, "STATUS_POLLING", Backoff(0.01, 0.05))


class Job:
    """A job behind a proxy, with a number of status responses before it has ended."""

    def __init__(self, log: list[dict[str, Any]]) -> None:
        self.log = EventLog(log)
        self.known = KNOWN
        self.server = StandIn().on("GET", f"{WORKFLOWS}/{EVENTS}", self.log)
        self.proxy = Proxy(self.server)
        self.set_status_responses(1)

    def set_status_responses(self, times: int, end: Any = DONE) -> None:
        self.server.on("GET", STATUS, *[GOING_ON] * times, end)

    def collect(self, kind: str = "sync", pause: float = 0.0) -> list[Any]:
        found = collect_events(
            kind,
            lambda client: client.events(JOB, flow=FLOW),
            f"{self.proxy.url}/base",
            pause=pause,
            server=self.known,
        )
        wait_for(lambda: self.proxy.open == 0)
        return found


@pytest.fixture
def job() -> Iterator[Callable[..., Job]]:
    """Create jobs."""
    made: list[Job] = []

    def make(log: list[dict[str, Any]] = LOG) -> Job:
        made.append(Job(log))
        return made[-1]

    yield make
    for one in made:
        one.proxy.__exit__()


def ids(found: list[Any]) -> list[str]:
    return [event.id for event in found if event.id and not isinstance(event, RunEnded)]


def warning(number: int, text: str) -> dict[str, Any]:
    return {"id": str(number), "event": "warning", "data": {"message": text}}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut=True, after=b'"event": "end_ver'),
        Fault(cut=True, after=0),
        Fault(drip=True),
        Fault(stall=0.6, after=b'"event": "end_ver'),
        Fault(stall=0.6, after=0),
        Fault(delay=0.4),
        Fault(raw=raw_response(500, b'{"detail": "x"}')),
        Fault(raw=raw_response(503, b"<html>", "text/html")),
        Fault(raw=raw_response(200, b"", "text/event-stream")),
    ],
    ids=lambda fault: ",".join(
        f"{name}={str(value)[:14]}" for name, value in vars(fault).items() if value
    ),
)
def test_a_broken_connection_loses_and_repeats_nothing(job: Any, fault: Fault):
    made = job()
    made.proxy.plan(EVENTS, fault)
    found = made.collect("async" if fault.drip else "sync")
    assert ids(found) == IDS
    assert (type(found[-1]), found[-1].status) == (RunEnded, RunStatus.COMPLETED)


@pytest.mark.parametrize("status", [204, 404, 410])
def test_deleted_events_leave_polling_the_status(job: Any, status: int):
    """The second connection finds them deleted; there is no third."""
    made = job()
    made.set_status_responses(4)
    gone = raw_response(status) if status == 204 else raw_response(status, b'{"detail": "gone"}')
    made.proxy.plan(EVENTS, Fault(cut=True, after=b"id: 4\n\n"), Fault(raw=gone))
    found = made.collect()
    assert made.proxy.count(EVENTS) == 2
    assert ids(found) == ["1", "3", "4"]
    assert found[-1].status is RunStatus.COMPLETED


def test_a_deleted_job_raises_an_error(job: Any):
    made = job()
    made.set_status_responses(0, recorded("1.13.0", "status_unknown"))
    made.proxy.plan(EVENTS, Fault(raw=raw_response(404, b'{"detail": "gone"}')))
    with pytest.raises(JobNotFound):
        made.collect()


def test_a_key_revoked_before_a_reconnect_raises_an_error(job: Any):
    made = job()
    refused = raw_response(403, b'{"detail": "Invalid or missing API key"}')
    made.proxy.plan(EVENTS, Fault(cut=True, after=b"id: 4\n\n"), Fault(raw=refused))
    with pytest.raises(InvalidKey):
        made.collect()
    wait_for(lambda: made.proxy.open == 0)


def test_a_server_that_is_down_for_a_while_is_tolerated(job: Any):
    made = job()
    made.proxy.refuse()
    threading.Timer(0.2, made.proxy.accept).start()
    assert ids(made.collect()) == IDS


def test_a_server_that_stays_down_raises_an_error_after_a_while(job: Any, monkeypatch: Any):
    monkeypatch.setattr(event_streams, "MAX_UNAVAILABLE_SECONDS", 0.3)
    made = job()
    made.proxy.refuse()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        made.collect()
    assert time.monotonic() - began > 0.3


@pytest.mark.parametrize("has_keep_alives", [True, False])
def test_silence_leads_to_a_status_request_and_a_reconnect(
    job: Any, monkeypatch: pytest.MonkeyPatch, has_keep_alives: bool
):
    """Langflow 1.11 and 1.12 send no keep-alives and may be silent while a component works."""
    if not has_keep_alives:
        monkeypatch.setattr(event_streams, "KEEP_ALIVE_SILENCE_SECONDS", 60.0)
        monkeypatch.setattr(event_streams, "MAX_SILENCE_SECONDS", 0.2)
    made = job()
    if not has_keep_alives:
        made.known = ServerInfo("1.12.8", "modes", capabilities=Capabilities(events=True))
    made.set_status_responses(3)
    made.proxy.plan(EVENTS, Fault(stall=30, after=b"id: 4\n\n"), Fault(stall=30))
    assert ids(made.collect()) == IDS
    assert made.proxy.count(EVENTS) >= 3
    assert made.proxy.count(f"GET /base{STATUS}") >= 2


def test_keep_alives_keep_the_connection_open(job: Any):
    made = job()
    made.set_status_responses(0)
    body = b": keepalive\n\n" * 3 + sse(LOG)
    made.proxy.plan(EVENTS, Fault(raw=raw_response(200, body, "text/event-stream")))
    found = made.collect()
    assert [type(event) for event in found[:3]] == [KeepAlive] * 3
    assert made.proxy.count(EVENTS) == 1


def test_an_ended_job_with_a_stalled_stream_still_ends(job: Any):
    made = job()
    made.set_status_responses(0)
    made.proxy.plan(EVENTS, *[Fault(stall=30.0)] * 9)
    found = made.collect()
    assert [type(event) for event in found] == [RunEnded]
    assert found[-1].status is RunStatus.COMPLETED
