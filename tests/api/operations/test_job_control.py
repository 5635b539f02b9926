"""Stopping a job, against scripted responses."""

from __future__ import annotations

import time
from contextlib import nullcontext

import httpx
import pytest

from lfclient import Unreachable
from lfclient.api import requests
from lfclient.api.requests import STATUS
from tests.support.http_stand_in import VERSION, Answer, StandIn
from tests.support.recorded import FLOW, JOB, QUEUED, WORKFLOWS, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")


def status_of(word: str) -> tuple[int, dict[str, str]]:
    """Return the response for a running job."""
    return (200, {**QUEUED[1], "status": word})


def status_requests_before_stop(server: StandIn) -> int:
    """Return the number of status requests before the stop."""
    paths = server.lines
    before = paths[: paths.index("POST /api/v2/workflows/stop")]
    return before.count(f"GET {requests.STATUS}")


STOPPED = (200, {"message": "Job cancelled successfully."})


@pytest.mark.parametrize("known", [True, False], ids=["submitted", "by its id"])
def test_stop_waits_until_the_job_has_started(known: bool):
    """Stopping it during its start would lock the SQLite database of 1.13 for minutes."""
    server = StandIn().on("POST", f"{WORKFLOWS}/stop", STOPPED).on("POST", WORKFLOWS, QUEUED)
    statuses = [status_of("queued"), status_of("queued"), status_of("in_progress")]
    server.on("GET", STATUS, *statuses, recorded("1.13.0", "status_cancelled"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        job = client.submit(FLOW) if known else JOB
        assert client.stop(job, flow=FLOW).stopped is True
    assert status_requests_before_stop(server) == 3


class ScriptedStatus:
    """Gives the same response to all status requests until the stop."""

    def __init__(self, response: Answer, version: dict[str, str] = VERSION) -> None:
        self.server = (
            StandIn(version=version)
            .on("POST", f"{WORKFLOWS}/stop", self._stop)
            .on("GET", STATUS, self._status)
        )
        self.server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
        self._response, self._stopped = response, False

    def _status(self, request: httpx.Request) -> httpx.Response:
        status, body = recorded("1.13.0", "status_cancelled") if self._stopped else self._response
        if isinstance(body, Exception):
            raise body
        return httpx.Response(status, json=body)

    def _stop(self, request: httpx.Request) -> httpx.Response:
        self._stopped = True
        return httpx.Response(STOPPED[0], json=STOPPED[1])


@pytest.mark.parametrize(
    ("response", "requests"),
    [
        (status_of("queued"), 8),
        ((0, httpx.ReadTimeout("slow")), 1),
        ((0, httpx.ConnectError("gone")), 1),
        ((403, {"detail": "API key authentication failed"}), 1),
        (recorded("1.13.0", "bg_completed"), 1),
    ],
)
def test_stop_limits_the_wait_for_the_start(response: Answer, requests: int):
    """A job may be queued for hours."""
    scripted = ScriptedStatus(response)
    assert scripted.server.client().stop(JOB, flow=FLOW).stopped is True
    assert status_requests_before_stop(scripted.server) == requests
    first = scripted.server.sent(f"GET {STATUS}")[0]
    assert all(seconds <= 4 for seconds in first.extensions["timeout"].values())


def test_stop_is_sent_at_once_if_an_early_stop_is_safe():
    """As on 1.11 and 1.12."""
    scripted = ScriptedStatus(
        status_of("queued"), {**VERSION, "version": "1.12.8", "main_version": "1.12.8"}
    )
    assert scripted.server.client().stop(JOB, flow=FLOW).stopped is True
    assert status_requests_before_stop(scripted.server) == 0


@pytest.mark.parametrize("lost", [False, True])
def test_stop_right_after_a_decision_waits_until_the_job_has_resumed(
    monkeypatch: pytest.MonkeyPatch, lost: bool
):
    """It starts a second time then, with the status "in progress" already."""
    monkeypatch.setattr("lfclient.api.operations.job_control.RESUME_SECONDS", 0.4)
    scripted = ScriptedStatus(status_of("in_progress"))
    answer = httpx.ReadError("lost") if lost else (200, {"status": "resuming"})
    scripted.server.on("POST", f"{WORKFLOWS}/{JOB}/resume", answer)
    with scripted.server.client() as client:
        with pytest.raises(Unreachable) if lost else nullcontext():
            client.resume(JOB, "request", "approve")
        begun = time.monotonic()
        assert client.stop(JOB, flow=FLOW).stopped is True
        assert time.monotonic() - begun > 0.3
        assert status_requests_before_stop(scripted.server) == 0


def test_stop_of_a_running_job_is_sent_at_once():
    server = StandIn().on("POST", f"{WORKFLOWS}/stop", STOPPED)
    server.on("GET", STATUS, status_of("in_progress"), recorded("1.13.0", "status_cancelled"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        job = client.status(JOB, flow=FLOW)
        server.requests.clear()
        assert client.stop(job, flow=FLOW).stopped is True
    assert status_requests_before_stop(server) == 0


def test_a_run_that_cannot_be_stopped_has_the_servers_reason():
    server = StandIn().on("POST", f"{WORKFLOWS}/stop", recorded("1.13.0", "stop_sync_job"))
    server.on("GET", STATUS, (200, {**QUEUED[1], "status": "in_progress"}))
    result = server.client().stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert "background" in result.message


@pytest.mark.parametrize(
    ("name", "is_stopped"), [("status_cancelled", True), ("bg_completed", False)]
)
def test_a_stop_of_an_ended_run_before_1_11_tells_whether_it_was_stopped(
    name: str, is_stopped: bool
):
    """An earlier stop may have done that. No other is sent, which would overwrite the status."""
    classic = {**VERSION, "version": "1.10.3", "main_version": "1.10.3"}
    server = StandIn(version=classic).on("GET", STATUS, recorded("1.13.0", name))
    server.on("GET", "/api/v1/monitor/builds", (200, {}))
    result = server.client().stop(JOB, flow=FLOW)
    assert (result.stopped, result.message) == (is_stopped, "")
    assert "POST /api/v2/workflows/stop" not in server.lines
