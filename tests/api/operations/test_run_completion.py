"""Jobs against scripted responses: their status, waiting, and stopping."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace

import httpx
import pytest

from lfclient import LangflowError, RunStatus, ServerFault, Unreachable, WaitTimeout
from lfclient.api.operations.runs import WAIT_POLLING
from tests.support.recorded import flow_of, recorded
from tests.support.scripted import (
    DONE,
    FLOW,
    JOB,
    OLD,
    QUEUED,
    TRANSIENT,
    VERSION,
    WORKFLOWS,
    EventLog,
    Reply,
    Server,
)

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_a_failure_without_a_reason_is_checked_again():
    cancelled = recorded("1.13.0", "status_cancelled")
    server = Server().on("GET", WORKFLOWS, TRANSIENT, TRANSIENT, cancelled)
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).status is RunStatus.CANCELLED


def test_a_failure_that_lasts_for_a_second_is_final():
    """It always has a reason in words."""
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "status_after_term"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    server.on("GET", "/base/api/v1/monitor/messages", (200, []))
    with server.client() as client:
        run = client.status(JOB, flow=FLOW)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message


def test_a_failure_with_a_reason_is_final_at_once():
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "status_failed"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).errors[0].message == "boom happened"
    assert server.paths().count("GET /api/v2/workflows") == 1


def test_a_completed_job_of_1_10_may_fail_for_a_moment():
    false = recorded("1.10.3", "status_transient_500_after_completion")
    server = Server(OLD).on("GET", WORKFLOWS, false, recorded("1.8.4", "bg_completed"))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).outputs["ChatOutput-xyz34"].value == "hello"


def test_a_job_of_1_10_without_build_records_is_completed_without_its_result():
    server = Server(OLD).on(
        "GET", WORKFLOWS, recorded("1.10.3", "status_transient_500_after_completion")
    )
    server.on("GET", "/base/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    with server.client() as client:
        run = client.status(JOB, flow=FLOW)
    assert run.status is RunStatus.COMPLETED
    assert "No longer available" in run.outputs["ChatOutput-xyz34"].note


def test_the_flow_of_an_ended_job_is_fetched_to_evaluate_its_outcome():
    flow = {"id": DONE[1]["flow_id"], "name": "Echo", "data": {"nodes": [], "edges": []}}
    server = (
        Server()
        .on("GET", WORKFLOWS, DONE)
        .on("GET", f"/base/api/v1/flows/{flow['id']}", (200, flow))
    )
    with server.client() as client:
        assert client.status(JOB).status is RunStatus.COMPLETED


def test_a_job_of_a_deleted_flow_keeps_its_outputs():
    path = f"/base/api/v1/flows/{DONE[1]['flow_id']}"
    server = (
        Server().on("GET", WORKFLOWS, DONE).on("GET", path, recorded("1.13.0", "flow_get_unknown"))
    )
    with server.client() as client:
        run = client.status(JOB)
    assert (run.status, run.outputs["ChatOutput-xyz34"].value) == (RunStatus.COMPLETED, "hello")


EMPTY = (200, {**DONE[1], "outputs": {}})


@pytest.mark.parametrize(
    ("fault", "error"), [(httpx.ReadTimeout("x"), Unreachable), ((503, {}), ServerFault)]
)
def test_a_job_without_its_evidence_raises_the_error(fault: Reply, error: type[LangflowError]):
    """Another attempt may help."""
    server = (
        Server()
        .on("GET", WORKFLOWS, EMPTY)
        .on("GET", f"{WORKFLOWS}/{DONE[1]['job_id']}/events", fault)
    )
    with server.client() as client, pytest.raises(error):
        client.status(DONE[1]["job_id"], flow=FLOW)


def test_a_job_whose_events_are_deleted_keeps_its_status_with_a_warning():
    server = Server().on("GET", WORKFLOWS, EMPTY)
    with server.client() as client:
        run = client.status(DONE[1]["job_id"], flow=FLOW)
    assert (run.status, run.errors, run.not_run) == (RunStatus.COMPLETED, (), ())
    assert "could not be verified" in run.warnings[-1]


def test_a_failed_output_needs_no_further_evidence():
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "bg_completed_with_failed_terminal"))
    with server.client() as client:
        run = client.status(JOB, flow=flow_of("TypeProbe-aaaaa"))
    assert run.status is RunStatus.FAILED


def test_a_sync_run_without_its_evidence_keeps_its_status_with_a_warning():
    """Its response can't be requested again."""
    answer = (200, {**recorded("1.13.0", "sync_ok")[1], "outputs": {}, "job_id": JOB})
    server = Server().on("POST", WORKFLOWS, answer)
    server.on("GET", "/base/api/v1/monitor/builds", (503, {"detail": "down for now"}))
    with server.client() as client:
        run = client.run(FLOW)
    assert (run.status, run.errors) == (RunStatus.COMPLETED, ())
    assert "could not be verified" in run.warnings[-1]
    assert "down for now" in run.warnings[-1]


def test_wait_reports_each_new_status_once_and_times_out_with_the_run():
    running = (200, {**QUEUED[1], "status": "in_progress"})
    server = Server().on("GET", WORKFLOWS, QUEUED, running, running, DONE)
    seen: list[str] = []
    with server.client() as client:
        run = client.wait(JOB, on_change=lambda run: seen.append(run.status.value), flow=FLOW)
        assert run.status is RunStatus.COMPLETED
        server.on("GET", WORKFLOWS, running)
        with pytest.raises(WaitTimeout) as caught:
            client.wait(JOB, timeout=0.01, flow=FLOW)
    assert seen == ["queued", "in_progress", "completed"]
    assert caught.value.run.status is RunStatus.IN_PROGRESS


@pytest.mark.parametrize(
    "fault",
    [
        (403, {"detail": "API key authentication failed"}),
        (503, {"detail": "Failed to fetch flow. Please try again."}),
        httpx.ConnectError("gone"),
    ],
)
def test_wait_tolerates_a_failing_server_for_a_while(fault: Reply, monkeypatch: pytest.MonkeyPatch):
    """Such as one with a locked database."""
    server = Server().on("GET", WORKFLOWS, QUEUED, fault, DONE)
    with server.client() as client:
        assert client.wait(JOB, flow=FLOW).status is RunStatus.COMPLETED
        monkeypatch.setattr("lfclient.api.operations.runs.MAX_UNAVAILABLE_SECONDS", 0.0)
        server.on("GET", WORKFLOWS, fault)
        with pytest.raises((ServerFault, Unreachable)):
            client.wait(JOB, timeout=20, flow=FLOW)


def test_wait_sends_few_requests():
    """At most 5 for a job of 1 s, and 25 for one of 60 s."""
    for seconds, max_requests in ((1.0, 5), (60.0, 25)):
        elapsed, requests, waits = 0.0, 1, replace(WAIT_POLLING, jitter=0).waits()
        while elapsed < seconds:
            elapsed += next(waits) * (1 - WAIT_POLLING.jitter)
            requests += 1
        assert requests <= max_requests


def test_stop_checks_the_status_first_before_1_11():
    """Stopping a finished job would erase its result."""
    server = Server(OLD).on("GET", WORKFLOWS, recorded("1.8.4", "bg_completed"))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert result.run.outputs["ChatOutput-xyz34"].value == "hello"
    assert "POST /api/v2/workflows/stop" not in server.paths()


def test_a_result_erased_by_a_stop_is_recovered_from_build_records():
    running = (200, {**recorded("1.8.4", "bg_submit")[1], "job_id": JOB})
    builds = {
        "ChatOutput-xyz34": [
            {
                "valid": True,
                "job_id": JOB,
                "data": {"outputs": {"message": {"message": "kept", "type": "text"}}},
            }
        ]
    }
    server = Server(OLD).on("GET", WORKFLOWS, running, recorded("1.8.4", "status_cancelled"))
    server.on("POST", f"{WORKFLOWS}/stop", (200, {"message": "Job cancelled successfully."}))
    server.on("GET", "/base/api/v1/monitor/builds", (200, {"vertex_builds": builds}))
    with server.client() as client:
        client.status(JOB, flow=FLOW)
        job = client.status(JOB, flow=FLOW)
    server.on(
        "GET",
        WORKFLOWS,
        running,
        (200, {**recorded("1.8.4", "status_cancelled")[1], "job_id": JOB}),
    )
    with server.client() as client:
        result = client.stop(job.job_id or JOB, flow=FLOW)
    assert (result.stopped, result.run.status) == (False, RunStatus.COMPLETED)
    assert result.run.outputs["ChatOutput-xyz34"].value == "kept"


def test_a_late_build_record_is_awaited():
    """1.10 reports "completed" before it has written the build records."""
    flow = flow_of("ChatOutput-xyz34", "ChatOutput-late")
    done = recorded("1.8.4", "bg_completed")
    job = done[1]["job_id"]

    def built(text: str) -> list[dict]:
        outputs = {"message": {"message": text, "type": "text"}}
        return [{"valid": True, "job_id": job, "data": {"outputs": outputs}}]

    first = {"ChatOutput-xyz34": built("hello")}
    both = {**first, "ChatOutput-late": built("there")}
    server = Server(OLD).on("GET", WORKFLOWS, done)
    answers = [(200, {"vertex_builds": one}) for one in (first, first, both)]
    server.on("GET", "/base/api/v1/monitor/builds", *answers)
    with server.client() as client:
        run = client.status(job, flow=flow)
    assert (run.status, run.not_run) == (RunStatus.COMPLETED, ())
    assert run.outputs["ChatOutput-late"].value == "there"


def status_of(word: str) -> tuple[int, dict[str, str]]:
    """Return the response for a running job."""
    return (200, {**QUEUED[1], "status": word})


def status_requests_before_stop(server: Server) -> int:
    """Return the number of status requests before the stop."""
    paths = server.paths()
    before = paths[: paths.index("POST /api/v2/workflows/stop")]
    return before.count("GET /api/v2/workflows")


def server_with_message(content: str, message: dict) -> Server:
    """Return a server whose job is completed with this output and this one message event."""
    output = {**DONE[1]["outputs"]["ChatOutput-xyz34"], "content": content}
    body = {**DONE[1], "job_id": JOB, "outputs": {"ChatOutput-xyz34": output}}
    frames = [
        {"id": "1", "event": "add_message", "data": message},
        {"id": "2", "event": "end", "data": {}},
    ]
    server = Server().on("GET", WORKFLOWS, (200, body))
    return server.on("GET", f"{WORKFLOWS}/{JOB}/events", EventLog(frames))


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ({"id": "m", "text": None}, "long" * 2_000),
        ({"id": "m", "text": "long" * 1_999}, "long" * 1_999),
    ],
    ids=["no text in the events", "text in the events"],
)
def test_a_truncated_output_is_restored_from_the_events_or_the_sessions_messages(
    message: dict, value: str
):
    server = server_with_message("long" * 1_500 + "...", message)
    stored = [{"id": "m", "sender": "Machine", "text": "long" * 2_000}]
    server.on("GET", "/base/api/v1/monitor/messages", (200, stored))
    with server.client() as client:
        run = client.status(JOB, flow=flow_of("ChatOutput-xyz34"))
    assert run.outputs["ChatOutput-xyz34"].value == value
    assert not run.warnings


def test_a_run_with_a_malformed_message_event_is_not_verified():
    """Its text may be what completes an output."""
    server = server_with_message("long" * 1_500 + "...", {"text": "long" * 2_000})
    with server.client() as client:
        run = client.status(JOB, flow=flow_of("ChatOutput-xyz34"))
    assert run.status is RunStatus.COMPLETED
    assert any("An event `add_message` is malformed." in warning for warning in run.warnings)


STOPPED = (200, {"message": "Job cancelled successfully."})


@pytest.mark.parametrize("known", [True, False], ids=["submitted", "by its id"])
def test_stop_waits_until_the_job_has_started(known: bool):
    """Stopping it during its start would lock the SQLite database of 1.13 for minutes."""
    server = Server().on("POST", f"{WORKFLOWS}/stop", STOPPED).on("POST", WORKFLOWS, QUEUED)
    statuses = [status_of("queued"), status_of("queued"), status_of("in_progress")]
    server.on("GET", WORKFLOWS, *statuses, recorded("1.13.0", "status_cancelled"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        job = client.submit(FLOW) if known else JOB
        assert client.stop(job, flow=FLOW).stopped is True
    assert status_requests_before_stop(server) == 3


class ScriptedStatus:
    """Gives the same response to all status requests until the stop."""

    def __init__(self, response: Reply, version: dict[str, str] = VERSION) -> None:
        self.server = (
            Server(version)
            .on("POST", f"{WORKFLOWS}/stop", self._stop)
            .on("GET", WORKFLOWS, self._status)
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
        (status_of("queued"), 5),
        ((0, httpx.ReadTimeout("slow")), 1),
        ((0, httpx.ConnectError("gone")), 1),
        ((0, httpx.DecodingError("broken")), 1),
        ((403, {"detail": "API key authentication failed"}), 1),
        (recorded("1.13.0", "bg_completed"), 1),
    ],
)
def test_stop_limits_the_wait_for_the_start(response: Reply, requests: int):
    """A job may be queued for hours."""
    scripted = ScriptedStatus(response)
    with scripted.server.client() as client:
        assert client.stop(JOB, flow=FLOW).stopped is True
    assert status_requests_before_stop(scripted.server) == requests
    first = next(one for one in scripted.server.requests if one.url.path == WORKFLOWS)
    assert all(seconds <= 1 for seconds in first.extensions["timeout"].values())


def test_stop_is_sent_at_once_if_an_early_stop_is_safe():
    """As on 1.11 and 1.12."""
    scripted = ScriptedStatus(
        status_of("queued"), {**VERSION, "version": "1.12.8", "main_version": "1.12.8"}
    )
    with scripted.server.client() as client:
        assert client.stop(JOB, flow=FLOW).stopped is True
    assert status_requests_before_stop(scripted.server) == 0


@pytest.mark.parametrize("lost", [False, True])
def test_stop_right_after_a_decision_waits_until_the_job_has_resumed(
    monkeypatch: pytest.MonkeyPatch, lost: bool
):
    """It starts a second time then, with the status "in progress" already."""
    monkeypatch.setattr("lfclient.api.operations.stopping.RESUME_SECONDS", 0.4)
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
    server = Server().on("POST", f"{WORKFLOWS}/stop", STOPPED)
    server.on("GET", WORKFLOWS, status_of("in_progress"), recorded("1.13.0", "status_cancelled"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        job = client.status(JOB, flow=FLOW)
        server.requests.clear()
        assert client.stop(job, flow=FLOW).stopped is True
    assert status_requests_before_stop(server) == 0


def test_a_run_that_cannot_be_stopped_has_the_servers_reason():
    server = Server().on("POST", f"{WORKFLOWS}/stop", recorded("1.13.0", "stop_sync_job"))
    server.on("GET", WORKFLOWS, (200, {**QUEUED[1], "status": "in_progress"}))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert "background" in result.message
