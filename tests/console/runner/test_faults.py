"""The runner when servers, keys, disks and consoles fail."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.wording.run_notes import describe_notes
from lfclient.errors import ResponseTooLarge
from lfclient.flows.field import Variable
from lfclient.runs.model import RunStatus, StopResult
from tests.support.runner_harness import (
    CONNECTION,
    JOB,
    OFTEN,
    RUN_STARTED,
    STOP,
    SUBMIT,
    both_dialects,
    report_end,
    without_events,
)
from tests.support.waiting import wait_for


@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_server_that_is_down_at_the_start_fails_the_run_with_a_hint(harness, mode):
    """Nothing was sent, so it may be started again."""
    harness.server.is_down = True
    record = harness.wait_for_end(harness.start(mode=mode))
    assert record.status is RunStatus.FAILED
    assert record.problem.message
    assert record.problem.hint


@both_dialects
def test_a_sync_call_whose_response_is_lost_has_an_unknown_outcome(harness):
    """It is not sent again: it may have run. From 1.12 on it is searched for."""
    harness.use_timings(search_seconds=0.3, min_search_seconds=0.3, searching=OFTEN)
    harness.server.lose_responses = 1
    record = harness.wait_for_end(harness.start(mode="sync"))
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert len(harness.server.jobs) == 1
    assert record.problem.hint


@pytest.mark.parametrize(
    ("mode", "status", "body"),
    [
        ("sync", 408, {"html": "<h1>Gateway</h1>"}),
        ("sync", 500, {"html": "<h1>Gateway</h1>"}),
        ("sync", 503, {"json": {"detail": "Busy"}}),
        ("stream", 504, {"html": "<h1>Gateway</h1>"}),
        ("stream", 524, {"json": {"detail": "Busy"}}),
    ],
)
def test_a_call_that_a_proxy_gives_up_has_an_unknown_outcome(
    harness, monkeypatch, mode, status, body
):
    """The server behind it may have run the flow."""
    harness.use_timings(search_seconds=0.1, min_search_seconds=0.1, searching=OFTEN)
    harness.server.refusal = httpx.Response(status, **body)
    record = harness.wait_for_end(harness.start(mode=mode))
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "It may have run anyway" in record.problem.hint
    assert harness.server.count("POST", SUBMIT) == 1


@pytest.mark.parametrize("mode", ["sync", "stream"])
def test_a_call_that_fails_in_langflow_itself_has_failed(harness, mode):
    detail = {"code": "INTERNAL_SERVER_ERROR", "message": "No."}
    harness.server.refusal = httpx.Response(500, json={"detail": detail})
    record = harness.wait_for_end(harness.start(mode=mode))
    assert record.status is RunStatus.FAILED
    assert "No" in record.problem.message


def test_a_sync_call_whose_response_is_lost_is_found_by_its_session(harness):
    harness.server.lose_responses = 1
    run_id = harness.start(mode="sync")
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.SEARCHING))
    build = {"job_id": JOB, "timestamp": datetime.now(UTC).isoformat()}
    result = {"message": {"data": {"session_id": "session"}}}
    harness.server.builds["ChatInput-a"] = [build | {"data": {"results": result}}]
    record = harness.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, JOB)
    assert harness.server.count("POST", SUBMIT) == 1


@both_dialects
def test_a_job_whose_result_is_too_large_to_be_read_ends(harness, monkeypatch):
    """Each further attempt would read 100 MB again."""
    run_id = harness.start_job()

    async def refuse(self, *args, **options):
        raise ResponseTooLarge("The response is larger than 100 MB.")

    monkeypatch.setattr(AsyncLangflowClient, "status", refuse)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert record.problem.message == "The response is larger than 100 MB."
    assert "let the flow return less" in record.problem.hint


@both_dialects
def test_a_run_survives_a_server_that_goes_away(harness):
    """The record keeps its status with a note, and recovers."""
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    harness.server.is_down = True
    record = harness.wait_until(run_id, lambda record: record.notes)
    assert record.status is RunStatus.IN_PROGRESS
    assert re.fullmatch(r"No response since [0-9:]{8} UTC. Retrying.", describe_notes(record.notes))
    harness.server.finish()
    harness.server.is_down = False
    record = harness.wait_for_end(run_id)
    assert (record.status, record.notes) == (RunStatus.COMPLETED, ())


@both_dialects
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_run_that_ended_while_nobody_could_see_it_ended_when_the_server_says(
    harness, monkeypatch, is_restarted
):
    monkeypatch.setattr("lfclient.console.runner.job_follower._MAX_GAP_SECONDS", 0.0)
    harness.use_timings(listening=OFTEN)
    harness.server.log = [RUN_STARTED]
    run_id = harness.start_job()
    harness.server.is_down = True
    if is_restarted:
        harness.restart()
        harness.runner.attach(CONNECTION)
    harness.wait_until(run_id, lambda record: record.notes)
    ended_at = datetime.now(UTC)
    report_end(harness, ended_at)
    harness.server.is_down = False
    assert harness.wait_for_end(run_id).ended_at == ended_at


@without_events
def test_a_job_that_the_server_shows_a_moment_later_is_followed(harness):
    """A server may respond to a submit before it has committed the job."""
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.job_id)
    job = harness.server.jobs.pop(JOB)
    harness.wait_for_polls(2)
    harness.server.jobs[JOB] = job
    harness.server.finish()
    assert harness.wait_for_end(run_id).status is RunStatus.COMPLETED


@both_dialects
@pytest.mark.usefixtures("forgotten_at_once")
def test_a_job_that_the_server_has_forgotten_has_an_unknown_outcome(harness):
    run_id = harness.start_job()
    harness.restart()
    harness.server.jobs.clear()
    harness.runner.attach(CONNECTION)
    record = harness.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "no longer lists" in record.problem.message


def test_a_value_that_cannot_be_encoded_fails_the_run_with_its_field(harness):
    record = harness.wait_for_end(harness.start({"ChatInput-a.key": Variable("KEY")}))
    assert record.status is RunStatus.FAILED
    assert "ChatInput-a.key" in record.problem.message
    assert harness.server.jobs == {}


def test_overrides_are_not_validated_again(harness):
    """The form has done so, with the same flow."""
    harness.start({"ChatInput-a.nonsense": "x"})
    wait_for(lambda: harness.server.submitted)
    assert harness.server.submitted[0]["tweaks"] == {"ChatInput-a": {"nonsense": "x"}}


def test_a_stop_does_not_wait_for_a_pending_status_response(harness):
    harness.server.silent_stream, harness.server.seconds = True, 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    harness.server.hold_status = True
    harness.wait_for_polls()
    harness.runner.stop(run_id, CONNECTION)
    wait_for(lambda: harness.server.count("POST", STOP))
    assert harness.server.hold_status
    harness.server.hold_status = harness.server.silent_stream = False
    assert harness.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_an_error_after_the_end_does_not_change_the_outcome(harness, monkeypatch):
    async def fail(listener):
        raise RuntimeError

    monkeypatch.setattr("lfclient.console.runner.event_listener.EventListener.close", fail)
    record = harness.wait_for_end(harness.start())
    harness.wait_until_released(record.id)
    assert harness.get(record.id) == record


def test_a_job_whose_flow_was_deleted_is_followed(harness):
    run_id = harness.start_job()
    harness.restart()
    harness.server.is_flow_deleted = True
    harness.runner.attach(CONNECTION)
    harness.server.finish()
    assert harness.wait_for_end(run_id).run.outputs["ChatOutput-b"].value == "echo"


@pytest.mark.usefixtures("forgotten_at_once")
def test_a_server_at_another_address_that_does_not_know_the_job_does_not_end_the_run(harness):
    run_id = harness.start_job()
    harness.restart()
    harness.server.jobs.clear()
    harness.runner.attach(replace(CONNECTION, url="http://elsewhere.test"))
    record = harness.wait_until(run_id, lambda record: record.notes)
    assert record.notes == (Note(NoteCode.OTHER_SERVER, CONNECTION.url),)
    assert not record.ended


def test_a_stop_that_the_server_refuses_says_so_until_the_next_one(harness):
    """A proxy in front of Langflow may do so, for this request alone."""
    harness.server.seconds = 60
    harness.server.stop_refusal = httpx.Response(403, json={"detail": "Only for admins"})
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.job_id)
    harness.runner.stop(run_id, CONNECTION)
    harness.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    harness.wait_until(run_id, lambda record: not record.notes)
    record = harness.get(run_id)
    assert has_code(record.stop_result, NoteCode.STOP_REFUSED)
    assert "Only for admins" in describe_notes(record.stop_result)
    assert record.stop_requested_at is None
    harness.server.stop_refusal = None
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_for_end(run_id)
    assert (record.status, record.stop_result) == (RunStatus.CANCELLED, (Note(NoteCode.STOPPED),))


def test_stop_is_offered_again_if_the_server_did_not_stop_the_run(harness, monkeypatch):
    """The record shows the server's response to the first stop."""
    stops = []

    async def stop(self, job, flow=None):
        stops.append(job)
        return StopResult(False, "cancel requested")

    monkeypatch.setattr(AsyncLangflowClient, "stop", stop)
    harness.server.seconds = 60
    run_id = harness.start()
    harness.wait_until(run_id, lambda record: record.job_id)
    harness.runner.stop(run_id, CONNECTION)
    record = harness.wait_until(run_id, lambda record: record.stop_result)
    assert not record.ended
    assert "cancel requested" in describe_notes(record.stop_result)
    harness.runner.stop(run_id, CONNECTION)
    wait_for(lambda: len(stops) == 2)
