"""Recorded event streams, cut within and after each frame: nothing is lost or repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lfclient import Event, Run, RunEnded, RunStatus
from lfclient.api.requests import STATUS
from lfclient.runs.reducer import apply
from tests.support.clients import collect_events
from tests.support.http_stand_in import EventLog, StandIn
from tests.support.recorded import JOB, WORKFLOWS, events, flow_of, recorded, sse

pytestmark = pytest.mark.usefixtures("no_pauses")

VERSION = "1.13.0"
FLOW = flow_of("ChatInput-abc12", "Streamer-aaaaa", "ChatOutput-xyz34")
ENDS = {
    "bg_events_live": "bg_completed",
    "bg_events_failed": "status_failed",
    "bg_events_stopped": "status_cancelled",
    "hitl_events_approve": "bg_completed",
    "hitl_events_reject": "bg_completed",
}
# both clients drive the same generator, so one case shows the async client
CASES = [*((case, "sync") for case in ENDS), ("bg_events_live", "async")]
PLACES_WITHIN = 4  # a frame is cut at one of them
GOING_ON = (200, {**recorded(VERSION, "bg_submit")[1], "job_id": JOB, "status": "in_progress"})


def ended_status(case: str) -> tuple[int, dict[str, Any]]:
    """Return the recorded status of an ended job, with the id of this job."""
    status, body = recorded("1.13.0", ENDS[case])
    job_id = body.get("job_id") or body["detail"].get("job_id")
    return status, json.loads(json.dumps(body).replace(job_id, JOB))


def follow(kind: str, log: EventLog, case: str, looks: int = 0) -> list[Event]:
    """Return all events of a job that is still running at the first `looks` status requests."""
    server = StandIn().on("GET", STATUS, *[GOING_ON] * looks, ended_status(case))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", log)
    server.on("GET", "/api/v1/monitor/messages", (200, []))
    found = collect_events(kind, lambda client: client.events(JOB, flow=FLOW), handler=server)
    assert isinstance(found[-1], RunEnded)
    return found


def durable(found: list[Event]) -> list[Event]:
    """Return the events that a job stores, without its end."""
    return [event for event in found if event.id and not isinstance(event, RunEnded)]


def applied(found: list[Event]) -> Run:
    """Return the run after these events, without its tokens and log lines."""
    run = Run("f", "background", RunStatus.QUEUED, job_id=JOB)
    for event in found:
        run = apply(run, event)
    return replace(
        run,
        components={name: replace(one, log=()) for name, one in run.components.items()},
        messages={name: replace(one, streamed="") for name, one in run.messages.items()},
    )


def places(frames: list[dict]) -> list[int]:
    """Return two byte offsets to cut at for each frame: within it, and at its end.

    Within, four places take turns: after one byte, in the data, in the id, and after its line.
    """
    found, start = [], 0
    for number, frame in enumerate(frames):
        size = len(sse([frame]))
        within = (1, size // 3, size - 2, size - 1)[number % PLACES_WITHIN]
        found += [start + within, start + size]
        start += size
    return found


@pytest.mark.parametrize(("case", "kind"), CASES)
def test_a_cut_within_or_after_a_frame_loses_nothing(case: str, kind: str):
    """By then the job has ended, or it is still running: eight frames try each place with both."""
    frames = events(VERSION, case)
    uncut = follow(kind, EventLog(frames), case)
    whole, run = durable(uncut), applied(uncut)
    assert [int(event.id) for event in whole] == sorted({int(event.id) for event in whole})
    for number, cut in enumerate(places(frames)):
        frame, is_after = divmod(number, 2)
        # alternates with each round of the places, and between a cut within a frame and after it
        looks = (frame // PLACES_WITHIN + is_after) % 2
        found = follow(kind, EventLog(frames, [cut]), case, looks)
        assert durable(found) == whole, cut
        assert applied(found) == run, cut


@pytest.mark.parametrize(("after", "requests"), [(None, [None]), ("1", ["1", None])])
def test_events_read_from_the_first_one_are_not_fetched_again_as_evidence(
    after: str | None, requests: list[str | None]
):
    """The outcome of a failed run needs all its events; a client that resumed has only some."""
    log = EventLog(events("1.13.0", "bg_events_failed"))
    server = StandIn().on("GET", STATUS, recorded("1.13.0", "status_failed"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", log)
    found = list(server.client().events(JOB, after, FLOW))
    assert found[-1].status is RunStatus.FAILED
    assert found[-1].run.errors[0].component_id
    assert log.last_event_ids == requests
