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
    ANOTHER_KEY,
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


@both_dialects
@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_server_that_is_down_at_the_start_fails_the_run_with_a_hint(bench, mode):
    """Nothing was sent, so it may be started again."""
    bench.server.is_down = True
    record = bench.wait_for_end(bench.start(mode=mode))
    assert record.status is RunStatus.FAILED
    assert record.problem.message
    assert record.problem.hint


@both_dialects
def test_a_sync_call_whose_response_is_lost_has_an_unknown_outcome(bench):
    """It is not sent again: it may have run. From 1.12 on it is searched for."""
    bench.use_timings(search_seconds=0.3, min_search_seconds=0.3, searching=OFTEN)
    bench.server.lose_responses = 1
    record = bench.wait_for_end(bench.start(mode="sync"))
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert len(bench.server.jobs) == 1
    assert record.problem.hint


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
@pytest.mark.parametrize(
    ("mode", "body"),
    [("sync", {"html": "<h1>Gateway</h1>"}), ("stream", {"json": {"detail": "Busy"}})],
)
def test_a_call_that_a_proxy_gives_up_has_an_unknown_outcome(
    bench, monkeypatch, mode, status, body
):
    """The server behind it may have run the flow."""
    bench.use_timings(search_seconds=0.1, min_search_seconds=0.1, searching=OFTEN)
    bench.server.refusal = httpx.Response(status, **body)
    record = bench.wait_for_end(bench.start(mode=mode))
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "It may have run anyway" in record.problem.hint
    assert bench.server.count("POST", SUBMIT) == 1


@pytest.mark.parametrize("mode", ["sync", "stream"])
def test_a_call_that_fails_in_langflow_itself_has_failed(bench, mode):
    detail = {"code": "INTERNAL_SERVER_ERROR", "message": "No."}
    bench.server.refusal = httpx.Response(500, json={"detail": detail})
    record = bench.wait_for_end(bench.start(mode=mode))
    assert record.status is RunStatus.FAILED
    assert "No" in record.problem.message


def test_a_sync_call_whose_response_is_lost_is_found_by_its_session(bench):
    bench.server.lose_responses = 1
    run_id = bench.start(mode="sync")
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.SEARCHING))
    build = {"job_id": JOB, "timestamp": datetime.now(UTC).isoformat()}
    result = {"message": {"data": {"session_id": "session"}}}
    bench.server.builds["ChatInput-a"] = [build | {"data": {"results": result}}]
    record = bench.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, JOB)
    assert bench.server.count("POST", SUBMIT) == 1


@both_dialects
def test_a_job_whose_result_is_too_large_to_be_read_ends(bench, monkeypatch):
    """Each further attempt would read 100 MB again."""
    run_id = bench.start_job()

    async def refuse(self, *args, **options):
        raise ResponseTooLarge("The response is larger than 100 MB.")

    monkeypatch.setattr(AsyncLangflowClient, "status", refuse)
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert record.problem.message == "The response is larger than 100 MB."
    assert "let the flow return less" in record.problem.hint


@both_dialects
def test_a_run_survives_a_server_that_goes_away(bench):
    """The record keeps its status with a note, and recovers."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.is_down = True
    record = bench.wait_until(run_id, lambda record: record.notes)
    assert record.status is RunStatus.IN_PROGRESS
    assert re.fullmatch(r"No response since [0-9:]{8} UTC. Retrying.", describe_notes(record.notes))
    bench.server.finish()
    bench.server.is_down = False
    record = bench.wait_for_end(run_id)
    assert (record.status, record.notes) == (RunStatus.COMPLETED, ())


@both_dialects
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_run_that_ended_while_nobody_could_see_it_ended_when_the_server_says(
    bench, monkeypatch, is_restarted
):
    monkeypatch.setattr("lfclient.console.runner.job_follower._MAX_GAP_SECONDS", 0.0)
    bench.use_timings(listening=OFTEN)
    bench.server.log = [RUN_STARTED]
    run_id = bench.start_job()
    bench.server.is_down = True
    if is_restarted:
        bench.restart()
        bench.runner.attach(CONNECTION)
    bench.wait_until(run_id, lambda record: record.notes)
    ended_at = datetime.now(UTC)
    report_end(bench, ended_at)
    bench.server.is_down = False
    assert bench.wait_for_end(run_id).ended_at == ended_at


@without_events
def test_a_key_that_is_revoked_during_a_run_is_reported(bench):
    """The run is not ended; with a valid key it is followed again."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    bench.server.refuse_key = True
    record = bench.wait_until(run_id, lambda record: record.notes)
    assert "API key" in describe_notes(record.notes)
    assert not record.ended
    bench.server.finish()
    bench.server.refuse_key = False
    bench.runner.attach(ANOTHER_KEY)
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED


@without_events
def test_a_job_that_the_server_shows_a_moment_later_is_followed(bench):
    """A server may respond to a submit before it has committed the job."""
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    job = bench.server.jobs.pop(JOB)
    bench.wait_for_polls(2)
    bench.server.jobs[JOB] = job
    bench.server.finish()
    assert bench.wait_for_end(run_id).status is RunStatus.COMPLETED


@both_dialects
@pytest.mark.usefixtures("forgotten_at_once")
def test_a_job_that_the_server_has_forgotten_has_an_unknown_outcome(bench):
    run_id = bench.start_job()
    bench.restart()
    bench.server.jobs.clear()
    bench.runner.attach(CONNECTION)
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "no longer knows" in record.problem.message


def test_a_value_that_cannot_be_encoded_fails_the_run_with_its_field(bench):
    record = bench.wait_for_end(bench.start({"ChatInput-a.key": Variable("KEY")}))
    assert record.status is RunStatus.FAILED
    assert "ChatInput-a.key" in record.problem.message
    assert bench.server.jobs == {}


@pytest.mark.parametrize("mode", ["background", "sync", "stream"])
def test_overrides_are_not_validated_again(bench, mode):
    """The form has done so, with the same flow."""
    bench.start({"ChatInput-a.nonsense": "x"}, mode=mode)
    wait_for(lambda: bench.server.submitted)
    assert bench.server.submitted[0]["tweaks"] == {"ChatInput-a": {"nonsense": "x"}}


def test_long_silence_is_reported_and_does_not_end_the_run(bench):
    """A server that was restarted can leave a job in progress forever."""
    bench.use_timings(silence_seconds=0.3)
    bench.server.dialect = "inputs"
    bench.server.seconds = 60
    record = bench.wait_until(bench.start(), lambda record: record.notes)
    assert has_code(record.notes, NoteCode.RUNNING_SILENTLY)
    assert not record.ended


def test_a_stop_does_not_wait_for_a_pending_status_response(bench):
    bench.server.silent_stream, bench.server.seconds = True, 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.hold_status = True
    bench.wait_for_polls()
    bench.runner.stop(run_id, CONNECTION)
    wait_for(lambda: bench.server.count("POST", STOP))
    assert bench.server.hold_status
    bench.server.hold_status = bench.server.silent_stream = False
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_failing_maintenance_job_holds_up_no_other_and_is_logged_once(bench, caplog):
    """The error's text may contain anything, and is not logged."""
    bench.use_timings(maintenance_seconds=0.02)
    calls = []

    def fail():
        calls.append("failing")
        raise LookupError("a word of somebody's")

    bench.runner._maintenance_thread.jobs[:] = [fail, lambda: calls.append("next")]
    wait_for(lambda: calls.count("next") >= 3)
    assert caplog.text.count("maintenance failed (LookupError)") == 1
    assert "a word" not in caplog.text


def test_an_error_after_the_end_does_not_change_the_outcome(bench, monkeypatch):
    async def fail(listener):
        raise RuntimeError

    monkeypatch.setattr("lfclient.console.runner.event_listener.EventListener.close", fail)
    record = bench.wait_for_end(bench.start())
    bench.wait_until_released(record.id)
    assert bench.get(record.id) == record


@without_events
def test_a_run_that_leaves_the_cache_is_abandoned_without_a_log_entry(bench, caplog):
    """As one that another process deletes."""
    run_id = bench.start_job()
    bench.runner._cache.remove(run_id)
    bench.wait_until_released(run_id)
    assert not caplog.records


def test_a_session_is_renamed_although_another_run_has_the_job_of_one(bench):
    """The record is still unsaved; it is then saved without its job."""
    ended = bench.wait_for_end(bench.start())
    other = replace(ended, id="other", submit_token="other")
    bench.wait_until_saved(ended.id, lambda record: record.ended)
    bench.runner._cache.put(replace(other, job_id=None, status=RunStatus.IN_PROGRESS))
    bench.runner.store.create(replace(other, job_id=None))
    bench.runner._cache.change("other", job_id=ended.job_id, status=ended.status)
    bench.runner.rename_session(CONNECTION, bench.flow.id, "session", "new")
    stored = bench.runner.store.get("other")
    assert (stored.session_id, stored.job_id) == ("new", None)


def test_a_job_whose_flow_was_deleted_is_followed(bench):
    run_id = bench.start_job()
    bench.restart()
    bench.server.is_flow_deleted = True
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    assert bench.wait_for_end(run_id).run.outputs["ChatOutput-b"].value == "echo"


@pytest.mark.usefixtures("forgotten_at_once")
def test_a_server_at_another_address_that_does_not_know_the_job_does_not_end_the_run(bench):
    run_id = bench.start_job()
    bench.restart()
    bench.server.jobs.clear()
    bench.runner.attach(replace(CONNECTION, url="http://elsewhere.test"))
    record = bench.wait_until(run_id, lambda record: record.notes)
    assert record.notes == (Note(NoteCode.OTHER_SERVER, CONNECTION.url),)
    assert not record.ended


def test_a_stop_that_the_server_refuses_says_so_until_the_next_one(bench):
    """A proxy in front of Langflow may do so, for this request alone."""
    bench.server.seconds = 60
    bench.server.stop_refusal = httpx.Response(403, json={"detail": "Only for admins"})
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    bench.runner.stop(run_id, CONNECTION)
    bench.wait_until(run_id, lambda record: has_code(record.notes, NoteCode.KEY_REJECTED))
    bench.wait_until(run_id, lambda record: not record.notes)
    record = bench.get(run_id)
    assert has_code(record.stop_result, NoteCode.STOP_REFUSED)
    assert "Only for admins" in describe_notes(record.stop_result)
    assert record.stop_requested_at is None
    bench.server.stop_refusal = None
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_for_end(run_id)
    assert (record.status, record.stop_result) == (RunStatus.CANCELLED, (Note(NoteCode.STOPPED),))


@pytest.mark.parametrize("stopped", [None, False])
def test_stop_is_offered_again_if_the_server_did_not_stop_the_run(bench, monkeypatch, stopped):
    """The record shows the server's response to the first stop."""
    stops = []

    async def stop(self, job, flow=None):
        stops.append(job)
        return StopResult(stopped, "cancel requested")

    monkeypatch.setattr(AsyncLangflowClient, "stop", stop)
    bench.server.seconds = 60
    run_id = bench.start()
    bench.wait_until(run_id, lambda record: record.job_id)
    bench.runner.stop(run_id, CONNECTION)
    record = bench.wait_until(run_id, lambda record: record.stop_result)
    assert not record.ended
    assert "cancel requested" in describe_notes(record.stop_result)
    bench.runner.stop(run_id, CONNECTION)
    wait_for(lambda: len(stops) == 2)
