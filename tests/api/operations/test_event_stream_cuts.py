"""Recorded streams, broken off wherever they can be: nothing is lost, nothing is told twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lfclient import Event, Run, RunEnded, RunStatus
from lfclient.runs.reducer import apply
from tests.support.recorded import events, flow_of, recorded, sse
from tests.support.scripted import JOB, WORKFLOWS, EventLog, Server, collect_events

pytestmark = pytest.mark.usefixtures("no_pauses")

CASES = [
    (version, case)
    for version in ("1.11.6", "1.12.8", "1.13.0")
    for case in (
        "bg_events_live",
        "bg_events_failed",
        "bg_events_stopped",
        "hitl_events_approve",
        "hitl_events_reject",
    )
]
FLOW = flow_of("ChatInput-abc12", "Streamer-aaaaa", "ChatOutput-xyz34")
ENDS = {
    "bg_events_live": "bg_completed",
    "bg_events_failed": "status_failed",
    "bg_events_stopped": "status_cancelled",
    "hitl_events_approve": "bg_completed",
    "hitl_events_reject": "bg_completed",
}
GOING_ON = (200, {**recorded("1.13.0", "bg_submit")[1], "job_id": JOB, "status": "in_progress"})
both_clients = pytest.mark.parametrize("kind", ["sync", "async"])


def ended_status(case: str) -> tuple[int, dict[str, Any]]:
    """The recorded status of an ended job, with the id of this one."""
    status, body = recorded("1.13.0", ENDS[case])
    job_id = body.get("job_id") or body["detail"].get("job_id")
    return status, json.loads(json.dumps(body).replace(job_id, JOB))


def follow(kind: str, log: EventLog, case: str, looks: int = 0) -> list[Event]:
    """All events of a job that is still going on at the first `looks` at its status."""
    server = Server().on("GET", WORKFLOWS, *[GOING_ON] * looks, ended_status(case))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", log)
    server.on("GET", "/base/api/v1/monitor/messages", (200, []))
    found = collect_events(kind, server, JOB, flow=FLOW)
    assert isinstance(found[-1], RunEnded)
    return found


def durable(found: list[Event]) -> list[Event]:
    """Those that a job keeps, without how its end was told."""
    return [event for event in found if event.id and not isinstance(event, RunEnded)]


def applied(found: list[Event]) -> Run:
    """The run that they make, without what only passes by: words and log lines."""
    run = Run("f", "background", RunStatus.QUEUED, job_id=JOB)
    for event in found:
        run = apply(run, event)
    return replace(
        run,
        components={name: replace(one, log=()) for name, one in run.components.items()},
        messages={name: replace(one, streamed="") for name, one in run.messages.items()},
    )


def places(frames: list[dict]) -> list[int]:
    """Byte counts to cut after: at each frame's end, and at four places within it."""
    found, start = [], 0
    for frame in frames:
        size = len(sse([frame]))
        found += [start + part for part in (1, size // 3, size - 2, size - 1, size)]
        start += size
    return found


@both_clients
@pytest.mark.parametrize("looks", [0, 1], ids=["ended", "going on"])
@pytest.mark.parametrize(("version", "case"), CASES)
def test_a_cut_anywhere_loses_nothing(version: str, case: str, looks: int, kind: str):
    """However a connection breaks, whether the job has ended by then or goes on."""
    frames = events(version, case)
    uncut = follow(kind, EventLog(frames), case)
    whole, run = durable(uncut), applied(uncut)
    assert [int(event.id) for event in whole] == sorted({int(event.id) for event in whole})
    for cut in places(frames)[:: 1 if kind == "sync" else 5]:
        found = follow(kind, EventLog(frames, [cut]), case, looks)
        assert durable(found) == whole, cut
        assert applied(found) == run, cut


@both_clients
@pytest.mark.parametrize(("version", "case"), CASES)
def test_cut_after_each_frame(version: str, case: str, kind: str):
    """A connection that brings one frame each time brings all of them, in order."""
    frames = events(version, case)
    uncut = follow(kind, EventLog(frames), case)
    cuts = [len(sse([frame])) for frame in frames]
    log = EventLog(frames, cuts)
    found = follow(kind, log, case, looks=len(cuts))
    assert durable(found) == durable(uncut)
    assert applied(found) == applied(uncut)
    assert log.asked[1] == "1"


@both_clients
@pytest.mark.parametrize(("version", "case"), CASES)
def test_a_server_that_replays_all_tells_nothing_twice(version: str, case: str, kind: str):
    """One that does not heed what was asked for, or a proxy that swallowed the header."""
    frames = events(version, case)
    uncut = follow(kind, EventLog(frames), case)
    for cut in places(frames)[4::5]:
        found = follow(kind, EventLog(frames, [cut], deaf=True), case, looks=1)
        assert durable(found) == durable(uncut)
        assert applied(found) == applied(uncut)


@both_clients
@pytest.mark.parametrize(("after", "requests"), [(None, [None]), ("1", ["1", None])])
def test_events_read_from_the_first_one_are_not_fetched_again_as_evidence(
    kind: str, after: str | None, requests: list[str | None]
):
    """A failed run needs all its events to tell why; a client that resumed has only some."""
    log = EventLog(events("1.13.0", "bg_events_failed"))
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "status_failed"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", log)
    found = collect_events(kind, server, JOB, after=after, flow=FLOW)
    assert found[-1].status is RunStatus.FAILED
    assert found[-1].run.errors[0].component_id
    assert log.asked == requests
