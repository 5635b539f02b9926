"""Jobs against scripted answers: which status is believed, how it is waited for, and stopped."""

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
    Reply,
    Server,
)

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_transient_failure_is_not_believed():
    """A failed job without a reason is asked for again; what it becomes counts."""
    cancelled = recorded("1.13.0", "status_cancelled")
    server = Server().on("GET", WORKFLOWS, TRANSIENT, TRANSIENT, cancelled)
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).status is RunStatus.CANCELLED


def test_repeated_failure_is_believed():
    """A failure that stays for a second is one, and always has a reason in words."""
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "status_after_term"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    server.on("GET", "/base/api/v1/monitor/messages", (200, []))
    with server.client() as client:
        run = client.status(JOB, flow=FLOW)
    assert run.status is RunStatus.FAILED
    assert run.errors[0].message


def test_failure_with_a_reason_is_believed_at_once():
    """A failure that comes with its reason is not asked for again."""
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "status_failed"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).errors[0].message == "boom happened"
    assert server.paths().count("GET /api/v2/workflows") == 1


def test_transient_error_of_1_10():
    """A completed job of 1.10 answers 500 for a moment."""
    false = recorded("1.10.3", "status_transient_500_after_completion")
    server = Server(OLD).on("GET", WORKFLOWS, false, recorded("1.8.4", "bg_completed"))
    with server.client() as client:
        assert client.status(JOB, flow=FLOW).outputs["ChatOutput-xyz34"].value == "hello"


def test_result_that_is_gone():
    """If 1.10 goes on saying so, the job is completed and its result no longer there."""
    server = Server(OLD).on(
        "GET", WORKFLOWS, recorded("1.10.3", "status_transient_500_after_completion")
    )
    server.on("GET", "/base/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    with server.client() as client:
        run = client.status(JOB, flow=FLOW)
    assert run.status is RunStatus.COMPLETED
    assert "No longer available" in run.outputs["ChatOutput-xyz34"].note


def test_status_without_the_flow():
    """The flow of an ended job is fetched, so that its success can be judged."""
    flow = {"id": DONE[1]["flow_id"], "name": "Echo", "data": {"nodes": [], "edges": []}}
    server = (
        Server()
        .on("GET", WORKFLOWS, DONE)
        .on("GET", f"/base/api/v1/flows/{flow['id']}", (200, flow))
    )
    with server.client() as client:
        assert client.status(JOB).status is RunStatus.COMPLETED


def test_flow_deleted_meanwhile():
    """A job whose flow is gone still has its outputs."""
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
def test_job_whose_proof_does_not_come(fault: Reply, error: type[LangflowError]):
    """A job is not judged by what could not be fetched: it can be asked for again."""
    server = (
        Server()
        .on("GET", WORKFLOWS, EMPTY)
        .on("GET", f"{WORKFLOWS}/{DONE[1]['job_id']}/events", fault)
    )
    with server.client() as client, pytest.raises(error):
        client.status(DONE[1]["job_id"], flow=FLOW)


def test_job_whose_proof_is_gone():
    """Events that the server no longer has leave its own word, with a warning."""
    server = Server().on("GET", WORKFLOWS, EMPTY)
    with server.client() as client:
        run = client.status(DONE[1]["job_id"], flow=FLOW)
    assert (run.status, run.errors, run.not_run) == (RunStatus.COMPLETED, (), ())
    assert "could not be verified" in run.warnings[-1]


def test_job_refused_by_its_own_answer():
    """An output that the answer calls failed needs no further proof."""
    server = Server().on("GET", WORKFLOWS, recorded("1.13.0", "bg_completed_with_failed_terminal"))
    with server.client() as client:
        run = client.status(JOB, flow=flow_of("TypeProbe-aaaaa"))
    assert run.status is RunStatus.FAILED


def test_sync_run_whose_proof_does_not_come():
    """Its answer is at hand once only, so it stays as the server calls it, with the reason."""
    answer = (200, {**recorded("1.13.0", "sync_ok")[1], "outputs": {}, "job_id": JOB})
    server = Server().on("POST", WORKFLOWS, answer)
    server.on("GET", "/base/api/v1/monitor/builds", (503, {"detail": "down for now"}))
    with server.client() as client:
        run = client.run(FLOW)
    assert (run.status, run.errors) == (RunStatus.COMPLETED, ())
    assert "could not be verified" in run.warnings[-1]
    assert "down for now" in run.warnings[-1]


def test_wait_tells_changes_and_gives_up():
    """Each new status is told once; a timeout carries the run."""
    going = (200, {**QUEUED[1], "status": "in_progress"})
    server = Server().on("GET", WORKFLOWS, QUEUED, going, going, DONE)
    seen: list[str] = []
    with server.client() as client:
        run = client.wait(JOB, on_change=lambda run: seen.append(run.status.value), flow=FLOW)
        assert run.status is RunStatus.COMPLETED
        server.on("GET", WORKFLOWS, going)
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
def test_wait_bears_a_server_that_fails_for_a_while(fault: Reply, monkeypatch: pytest.MonkeyPatch):
    """As one whose database is locked; not for ever."""
    server = Server().on("GET", WORKFLOWS, QUEUED, fault, DONE)
    with server.client() as client:
        assert client.wait(JOB, flow=FLOW).status is RunStatus.COMPLETED
        monkeypatch.setattr("lfclient.api.operations.runs.MAX_UNAVAILABLE_SECONDS", 0.0)
        server.on("GET", WORKFLOWS, fault)
        with pytest.raises((ServerFault, Unreachable)):
            client.wait(JOB, timeout=20, flow=FLOW)


def test_wait_asks_seldom():
    """Waiting for a job of 1 s takes at most 5 requests, of 60 s at most 25."""
    for seconds, max_requests in ((1.0, 5), (60.0, 25)):
        elapsed, requests, waits = 0.0, 1, replace(WAIT_POLLING, jitter=0).waits()
        while elapsed < seconds:
            elapsed += next(waits) * (1 - WAIT_POLLING.jitter)
            requests += 1
        assert requests <= max_requests


def test_stop_before_1_11_looks_first():
    """A finished job of 1.10 is not stopped, since that would erase its result."""
    server = Server(OLD).on("GET", WORKFLOWS, recorded("1.8.4", "bg_completed"))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert result.run.outputs["ChatOutput-xyz34"].value == "hello"
    assert "POST /api/v2/workflows/stop" not in server.paths()


def test_stop_that_erased_the_result():
    """A stop of 1.10 that met the end is undone from the build records."""
    going = (200, {**recorded("1.8.4", "bg_submit")[1], "job_id": JOB})
    builds = {
        "ChatOutput-xyz34": [
            {
                "valid": True,
                "job_id": JOB,
                "data": {"outputs": {"message": {"message": "kept", "type": "text"}}},
            }
        ]
    }
    server = Server(OLD).on("GET", WORKFLOWS, going, recorded("1.8.4", "status_cancelled"))
    server.on("POST", f"{WORKFLOWS}/stop", (200, {"message": "Job cancelled successfully."}))
    server.on("GET", "/base/api/v1/monitor/builds", (200, {"vertex_builds": builds}))
    with server.client() as client:
        client.status(JOB, flow=FLOW)
        job = client.status(JOB, flow=FLOW)
    server.on(
        "GET", WORKFLOWS, going, (200, {**recorded("1.8.4", "status_cancelled")[1], "job_id": JOB})
    )
    with server.client() as client:
        result = client.stop(job.job_id or JOB, flow=FLOW)
    assert (result.stopped, result.run.status) == (False, RunStatus.COMPLETED)
    assert result.run.outputs["ChatOutput-xyz34"].value == "kept"


def test_an_output_whose_record_comes_late_is_waited_for():
    """1.10 says "completed", and gives the outputs, from build records that it writes after."""
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
    """An answer of a job that has not ended."""
    return (200, {**QUEUED[1], "status": word})


def looks_before_the_stop(server: Server) -> int:
    """How often the job was looked at before it was stopped."""
    paths = server.paths()
    before = paths[: paths.index("POST /api/v2/workflows/stop")]
    return before.count("GET /api/v2/workflows")


STOPPED = (200, {"message": "Job cancelled successfully."})


@pytest.mark.parametrize("known", [True, False], ids=["submitted", "by its id"])
def test_stop_waits_until_the_job_has_begun(known: bool):
    """A stop that meets its beginning would leave the SQLite of 1.13 locked for minutes."""
    server = Server().on("POST", f"{WORKFLOWS}/stop", STOPPED).on("POST", WORKFLOWS, QUEUED)
    looks = [status_of("queued"), status_of("queued"), status_of("in_progress")]
    server.on("GET", WORKFLOWS, *looks, recorded("1.13.0", "status_cancelled"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        job = client.submit(FLOW) if known else JOB
        assert client.stop(job, flow=FLOW).stopped is True
    assert looks_before_the_stop(server) == 3


class Looks:
    """Answers looks at a job with one answer until it is stopped."""

    def __init__(self, look: Reply, version: dict[str, str] = VERSION) -> None:
        self.server = (
            Server(version)
            .on("POST", f"{WORKFLOWS}/stop", self._stop)
            .on("GET", WORKFLOWS, self._look)
        )
        self.server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
        self._told, self._stopped = look, False

    def _look(self, request: httpx.Request) -> httpx.Response:
        status, body = recorded("1.13.0", "status_cancelled") if self._stopped else self._told
        if isinstance(body, Exception):
            raise body
        return httpx.Response(status, json=body)

    def _stop(self, request: httpx.Request) -> httpx.Response:
        self._stopped = True
        return httpx.Response(STOPPED[0], json=STOPPED[1])


@pytest.mark.parametrize(
    ("look", "looks"),
    [
        (status_of("queued"), 5),
        ((0, httpx.ReadTimeout("slow")), 1),
        ((0, httpx.ConnectError("gone")), 1),
        ((0, httpx.DecodingError("broken")), 1),
        ((403, {"detail": "API key authentication failed"}), 1),
        (recorded("1.13.0", "bg_completed"), 1),
    ],
)
def test_stop_waits_for_the_beginning_only_so_long(look: Reply, looks: int):
    """A job may be queued for hours, and a server may tell of none."""
    said = Looks(look)
    with said.server.client() as client:
        assert client.stop(JOB, flow=FLOW).stopped is True
    assert looks_before_the_stop(said.server) == looks
    first = next(one for one in said.server.requests if one.url.path == WORKFLOWS)
    assert all(seconds <= 1 for seconds in first.extensions["timeout"].values())


def test_stop_looks_at_nothing_first_where_it_may_meet_the_beginning():
    """1.11 and 1.12 are not locked by it."""
    said = Looks(status_of("queued"), {**VERSION, "version": "1.12.8", "main_version": "1.12.8"})
    with said.server.client() as client:
        assert client.stop(JOB, flow=FLOW).stopped is True
    assert looks_before_the_stop(said.server) == 0


@pytest.mark.parametrize("lost", [False, True])
def test_stop_right_after_a_decision_waits_until_the_job_goes_on(
    monkeypatch: pytest.MonkeyPatch, lost: bool
):
    """It begins a second time then, and is "in progress" already."""
    monkeypatch.setattr("lfclient.api.operations.stopping.RESUME_SECONDS", 0.4)
    said = Looks(status_of("in_progress"))
    answer = httpx.ReadError("lost") if lost else (200, {"status": "resuming"})
    said.server.on("POST", f"{WORKFLOWS}/{JOB}/resume", answer)
    with said.server.client() as client:
        with pytest.raises(Unreachable) if lost else nullcontext():
            client.resume(JOB, "request", "approve")
        begun = time.monotonic()
        assert client.stop(JOB, flow=FLOW).stopped is True
        assert time.monotonic() - begun > 0.3
        assert looks_before_the_stop(said.server) == 0


def test_stop_of_a_job_that_is_known_to_go_on_looks_at_nothing_first():
    """It is sent at once."""
    server = Server().on("POST", f"{WORKFLOWS}/stop", STOPPED)
    server.on("GET", WORKFLOWS, status_of("in_progress"), recorded("1.13.0", "status_cancelled"))
    server.on("GET", f"{WORKFLOWS}/{JOB}/events", (200, b""))
    with server.client() as client:
        job = client.status(JOB, flow=FLOW)
        server.requests.clear()
        assert client.stop(job, flow=FLOW).stopped is True
    assert looks_before_the_stop(server) == 0


def test_stop_that_is_not_possible():
    """A run that can't be stopped is told with the server's reason."""
    server = Server().on("POST", f"{WORKFLOWS}/stop", recorded("1.13.0", "stop_sync_job"))
    server.on("GET", WORKFLOWS, (200, {**QUEUED[1], "status": "in_progress"}))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert "background" in result.message
