"""Jobs against scripted responses: their status, and waiting for their end."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from lfclient import LangflowError, Run, RunStatus, ServerFault, Unreachable, Usage, WaitTimeout
from lfclient.api.operations.runs import WAIT_POLLING
from lfclient.api.requests import STATUS
from tests.support.clients import call_client
from tests.support.flows import chat_input, edge, flow, node
from tests.support.http_stand_in import OLD, Answer, EventLog, StandIn
from tests.support.recorded import DONE, FLOW, JOB, QUEUED, WORKFLOWS, flow_of, recorded

pytestmark = pytest.mark.usefixtures("no_pauses")


def test_a_completed_job_of_1_10_may_fail_for_a_moment():
    false = recorded("1.10.3", "status_transient_500_after_completion")
    server = StandIn(version=OLD).on("GET", STATUS, false, recorded("1.8.4", "bg_completed"))
    assert server.client().status(JOB, flow=FLOW).outputs["ChatOutput-xyz34"].value == "hello"


def test_a_job_of_1_10_without_build_records_is_completed_without_its_result():
    server = StandIn(version=OLD).on(
        "GET", STATUS, recorded("1.10.3", "status_transient_500_after_completion")
    )
    server.on("GET", "/api/v1/monitor/builds", (200, {"vertex_builds": {}}))
    run = server.client().status(JOB, flow=FLOW)
    assert run.status is RunStatus.COMPLETED
    assert "No longer available" in run.outputs["ChatOutput-xyz34"].note


def test_the_flow_of_an_ended_job_is_fetched_to_evaluate_its_outcome():
    flow = {"id": DONE[1]["flow_id"], "name": "Echo", "data": {"nodes": [], "edges": []}}
    server = StandIn().on("GET", STATUS, DONE).on("GET", f"/api/v1/flows/{flow['id']}", (200, flow))
    assert server.client().status(JOB).status is RunStatus.COMPLETED


def test_a_job_of_a_deleted_flow_keeps_its_outputs():
    path = f"/api/v1/flows/{DONE[1]['flow_id']}"
    server = (
        StandIn().on("GET", STATUS, DONE).on("GET", path, recorded("1.13.0", "flow_get_unknown"))
    )
    run = server.client().status(JOB)
    assert (run.status, run.outputs["ChatOutput-xyz34"].value) == (RunStatus.COMPLETED, "hello")


EMPTY = (200, {**DONE[1], "outputs": {}})


@pytest.mark.parametrize(
    ("fault", "error"), [(httpx.ReadTimeout("x"), Unreachable), ((503, {}), ServerFault)]
)
def test_a_job_without_its_evidence_raises_the_error(fault: Answer, error: type[LangflowError]):
    """Another attempt may help."""
    server = (
        StandIn()
        .on("GET", STATUS, EMPTY)
        .on("GET", f"{WORKFLOWS}/{DONE[1]['job_id']}/events", fault)
    )
    with pytest.raises(error):
        server.client().status(DONE[1]["job_id"], flow=FLOW)


def test_a_job_whose_events_are_deleted_keeps_its_status_with_a_warning():
    server = StandIn().on("GET", STATUS, EMPTY)
    run = server.client().status(DONE[1]["job_id"], flow=FLOW)
    assert (run.status, run.errors, run.not_run) == (RunStatus.COMPLETED, (), ())
    assert "could not be verified" in run.warnings[-1]


def test_a_failed_output_needs_no_further_evidence():
    server = StandIn().on("GET", STATUS, recorded("1.13.0", "bg_completed_with_failed_terminal"))
    run = server.client().status(JOB, flow=flow_of("TypeProbe-aaaaa"))
    assert run.status is RunStatus.FAILED


def test_a_sync_run_without_its_evidence_keeps_its_status_with_a_warning():
    """Its response can't be requested again."""
    answer = (200, {**recorded("1.13.0", "sync_ok")[1], "outputs": {}, "job_id": JOB})
    server = StandIn().on("POST", WORKFLOWS, answer)
    server.on("GET", "/api/v1/monitor/builds", (503, {"detail": "down for now"}))
    run = server.client().run(FLOW)
    assert (run.status, run.errors) == (RunStatus.COMPLETED, ())
    assert "could not be verified" in run.warnings[-1]
    assert "down for now" in run.warnings[-1]


def test_wait_reports_each_new_status_once_and_times_out_with_the_run():
    running = (200, {**QUEUED[1], "status": "in_progress"})
    server = StandIn().on("GET", STATUS, QUEUED, running, running, DONE)
    seen: list[str] = []
    with server.client() as client:
        run = client.wait(JOB, on_change=lambda run: seen.append(run.status.value), flow=FLOW)
        assert run.status is RunStatus.COMPLETED
        server.on("GET", STATUS, running)
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
def test_wait_tolerates_a_failing_server_for_a_while(
    fault: Answer, monkeypatch: pytest.MonkeyPatch
):
    server = StandIn().on("GET", STATUS, QUEUED, fault, DONE)
    with server.client() as client:
        assert client.wait(JOB, flow=FLOW).status is RunStatus.COMPLETED
        monkeypatch.setattr("lfclient.api.operations.runs.MAX_UNAVAILABLE_SECONDS", 0.0)
        server.on("GET", STATUS, fault)
        with pytest.raises((ServerFault, Unreachable)):
            client.wait(JOB, timeout=20, flow=FLOW)


def test_wait_sends_few_requests():
    for seconds, max_requests in ((1.0, 5), (60.0, 25)):
        elapsed, requests, waits = 0.0, 1, replace(WAIT_POLLING, jitter=0).waits()
        while elapsed < seconds:
            elapsed += next(waits) * (1 - WAIT_POLLING.jitter)
            requests += 1
        assert requests <= max_requests


def test_stop_checks_the_status_first_before_1_11():
    """Stopping a finished job would erase its result."""
    server = StandIn(version=OLD).on("GET", STATUS, recorded("1.8.4", "bg_completed"))
    result = server.client().stop(JOB, flow=FLOW)
    assert result.stopped is False
    assert result.run.outputs["ChatOutput-xyz34"].value == "hello"
    assert "POST /api/v2/workflows/stop" not in server.lines


RUNNING = (200, {**recorded("1.8.4", "bg_submit")[1], "job_id": JOB})
CANCELLED = (200, {**recorded("1.8.4", "status_cancelled")[1], "job_id": JOB})
REFUSED = (429, {"detail": "Too many requests"})


@pytest.mark.parametrize(
    ("statuses", "is_known"), [([RUNNING, CANCELLED], True), ([REFUSED, REFUSED, CANCELLED], False)]
)
def test_a_result_erased_by_a_stop_is_recovered_from_build_records(statuses, is_known: bool):
    """The stop doesn't wait for a server that refuses all status requests around it."""
    outputs = {"message": {"message": "kept", "type": "text"}}
    build = {"valid": True, "job_id": JOB, "data": {"outputs": outputs}}
    server = StandIn(version=OLD).on("GET", STATUS, *statuses)
    server.on("POST", f"{WORKFLOWS}/stop", (200, {"message": "Job cancelled successfully."}))
    builds = {"vertex_builds": {"ChatOutput-xyz34": [build]}}
    server.on("GET", "/api/v1/monitor/builds", (200, builds))
    with server.client() as client:
        result = client.stop(JOB, flow=FLOW)
        run = client.status(JOB, flow=FLOW)
    assert result.stopped is (False if is_known else None)
    assert (result.run is not None) is is_known
    for ended in filter(None, (result.run, run)):
        assert ended.status is RunStatus.COMPLETED
        assert ended.outputs["ChatOutput-xyz34"].value == "kept"


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
    server = StandIn(version=OLD).on("GET", STATUS, done)
    answers = [(200, {"vertex_builds": one}) for one in (first, first, both)]
    server.on("GET", "/api/v1/monitor/builds", *answers)
    run = server.client().status(job, flow=flow)
    assert (run.status, run.not_run) == (RunStatus.COMPLETED, ())
    assert run.outputs["ChatOutput-late"].value == "there"


def server_with_message(content: str, message: dict) -> StandIn:
    """Return a server whose job is completed with this output and this one message event."""
    output = {**DONE[1]["outputs"]["ChatOutput-xyz34"], "content": content}
    body = {**DONE[1], "job_id": JOB, "outputs": {"ChatOutput-xyz34": output}}
    frames = [
        {"id": "1", "event": "add_message", "data": message},
        {"id": "2", "event": "end", "data": {}},
    ]
    server = StandIn().on("GET", STATUS, (200, body))
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
    server.on("GET", "/api/v1/monitor/messages", (200, stored))
    run = server.client().status(JOB, flow=flow_of("ChatOutput-xyz34"))
    assert run.outputs["ChatOutput-xyz34"].value == value
    assert not run.warnings


MODEL_FLOW = flow(
    chat_input("ChatInput-a"),
    node("Agent-m", model={"type": "model", "value": []}),
    node("ChatOutput-b"),
    edges=[edge("ChatInput-a", "Agent-m"), edge("Agent-m", "ChatOutput-b")],
)
BUILDS = "/api/v1/monitor/builds"
ANSWER = {
    "flow_id": MODEL_FLOW.id,
    "job_id": JOB,
    "status": "completed",
    "outputs": {"ChatOutput-b": {"type": "message", "status": "completed", "content": "Hi"}},
}


def builds(job_id: str) -> Answer:
    counts = {"input_tokens": 22, "output_tokens": 20, "total_tokens": 42}
    build = {"valid": True, "job_id": job_id, "data": {"outputs": {}}}
    asked = {**build, "data": {"outputs": {}, "token_usage": counts}}
    return (200, {"vertex_builds": {"Agent-m": [asked], "ChatOutput-b": [build]}})


def run_model_flow(server: StandIn, kind: str = "sync") -> Run:
    server.on("POST", WORKFLOWS, (200, ANSWER))
    return call_client(kind, lambda client: client.run(MODEL_FLOW), handler=server)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_run_that_asked_a_model_has_its_tokens(kind: str):
    server = StandIn().on("GET", BUILDS, builds(JOB))
    run = run_model_flow(server, kind)
    assert run.usage == run.components["Agent-m"].usage == Usage(22, 20, 42)
    assert server.lines.count("GET /api/v1/monitor/builds") == 1


@pytest.mark.parametrize(
    "reply", [builds("another job"), (500, {}), (403, {}), (200, []), httpx.ConnectError("gone")]
)
def test_without_its_own_records_a_run_has_no_tokens(reply: Answer):
    run = run_model_flow(StandIn().on("GET", BUILDS, reply))
    assert (run.status, run.usage) == (RunStatus.COMPLETED, None)
    assert run.outputs["ChatOutput-b"].value == "Hi"


def test_a_release_that_records_no_tokens_is_not_asked():
    server = StandIn(version={**OLD, "version": "0.8.4", "main_version": "0.8.4"})
    server.on("GET", BUILDS, builds(JOB))
    assert run_model_flow(server).usage is None
    assert "GET /api/v1/monitor/builds" not in server.lines


def test_a_job_that_asked_a_model_has_its_tokens_after_waiting():
    server = StandIn().on("GET", STATUS, (200, ANSWER)).on("GET", BUILDS, builds(JOB))
    assert server.client().wait(JOB, flow=MODEL_FLOW).usage == Usage(22, 20, 42)


def test_an_ended_run_is_returned_without_tokens_while_the_version_request_fails():
    server = StandIn().on("GET", BUILDS, builds(JOB)).on("GET", "/api/v1/version", (500, {}))
    ended = Run(MODEL_FLOW.id, "background", RunStatus.COMPLETED, job_id=JOB)
    assert server.client().wait(ended, flow=MODEL_FLOW) == ended
    assert "GET /api/v1/version" in server.lines


WEBHOOK_FLOW = flow(
    *(chat_input("ChatInput-a"), node("ChatOutput-a"), node("Webhook-w"), node("ChatOutput-w")),
    edges=[edge("ChatInput-a", "ChatOutput-a"), edge("Webhook-w", "ChatOutput-w")],
)


@pytest.mark.parametrize("output", ["ChatOutput-a", "ChatOutput-w"])
def test_a_run_that_starts_at_a_webhook_is_completed_by_what_follows_it(output: str):
    answer = {**ANSWER, "outputs": {output: ANSWER["outputs"]["ChatOutput-b"]}}
    server = StandIn().on("POST", WORKFLOWS, (200, answer))
    server.on("GET", BUILDS, (200, {"vertex_builds": {}}))
    is_completed = server.client().run(WEBHOOK_FLOW).status is RunStatus.COMPLETED
    assert is_completed is (output == "ChatOutput-w")


def test_a_job_of_1_10_whose_result_was_replaced_had_what_follows_the_webhook():
    missing = recorded("1.10.3", "status_transient_500_after_completion")
    server = StandIn(version=OLD).on("GET", STATUS, missing)
    server.on("GET", BUILDS, (200, {"vertex_builds": {}}))
    assert list(server.client().status(JOB, flow=WEBHOOK_FLOW).outputs) == ["ChatOutput-w"]
