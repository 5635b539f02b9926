"""The runner when servers, keys, disks and consoles fail."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from lfclient.async_client import AsyncLangflowClient
from lfclient.console.runner import memory
from lfclient.console.runner import runner as runner_module
from lfclient.console.runner.runner import TooManyRuns
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.store import Store
from lfclient.errors import ResponseTooLarge
from lfclient.flows.field import Variable
from lfclient.runs.model import RunStatus, StopResult
from tests.support.databases import full_disk
from tests.support.runner_bench import (
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
from tests.support.waiting import wait_for, wait_for_record

ANOTHER_KEY = replace(CONNECTION, api_key=SecretStr("sk-another-key"))
WITH_SECRET = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"}


def start_job(bench, overrides=None):
    """Start a run that doesn't end and wait until its job's id is stored."""
    bench.server.seconds = 60
    run_id = bench.start(overrides)
    bench.wait_until_saved(run_id, lambda record: record.job_id)
    return run_id


def fill_disk(record, **options):
    """Stand in for `Store.update` on a full disk."""
    raise StoreError("the disk is full")


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


@pytest.mark.parametrize("mode", ["sync", "stream"])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
@pytest.mark.parametrize("body", [{"html": "<h1>Gateway</h1>"}, {"json": {"detail": "Busy"}}])
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
    bench.wait_until(run_id, lambda record: "looks for the run" in record.note)
    build = {"job_id": JOB, "timestamp": datetime.now(UTC).isoformat()}
    result = {"message": {"data": {"session_id": "session"}}}
    bench.server.builds["ChatInput-a"] = [build | {"data": {"results": result}}]
    record = bench.wait_for_end(run_id)
    assert (record.status, record.job_id) == (RunStatus.COMPLETED, JOB)
    assert bench.server.count("POST", SUBMIT) == 1


@both_dialects
def test_a_job_whose_result_is_too_large_to_be_read_ends(bench, monkeypatch):
    """Each further attempt would read 100 MB again."""
    run_id = start_job(bench)

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
    record = bench.wait_until(run_id, lambda record: record.note)
    assert record.status is RunStatus.IN_PROGRESS
    assert "keeps trying" in record.note
    bench.server.finish()
    bench.server.is_down = False
    record = bench.wait_for_end(run_id)
    assert (record.status, record.note) == (RunStatus.COMPLETED, "")


@both_dialects
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_run_that_ended_while_nobody_could_see_it_ended_when_the_server_says(
    bench, monkeypatch, is_restarted
):
    monkeypatch.setattr("lfclient.console.runner.job_follower._MAX_GAP_SECONDS", 0.0)
    bench.server.log = [RUN_STARTED]
    run_id = start_job(bench)
    bench.server.is_down = True
    if is_restarted:
        bench.restart()
        bench.runner.attach(CONNECTION)
    bench.wait_until(run_id, lambda record: record.note)
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
    record = bench.wait_until(run_id, lambda record: record.note)
    assert "API key" in record.note
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
def test_a_job_that_the_server_has_forgotten_has_an_unknown_outcome(bench):
    run_id = start_job(bench)
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
    record = bench.wait_until(bench.start(), lambda record: record.note)
    assert "sent no updates" in record.note
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


def test_a_run_beyond_the_limit_is_neither_sent_nor_recorded(bench, monkeypatch):
    monkeypatch.setattr(runner_module, "MAX_FOLLOWED_RUNS", 1)
    bench.server.hold_submits = True
    bench.start()
    with pytest.raises(TooManyRuns):
        bench.start()
    assert len(bench.runner.recent(bench.owner)) == 1


def test_a_run_that_cannot_be_recorded_is_not_sent(bench, monkeypatch):
    monkeypatch.setattr(bench.runner.store, "create", fill_disk)
    with pytest.raises(StoreError):
        bench.start()
    assert bench.server.jobs == {}


def test_a_recorded_run_whose_confirmation_was_lost_is_ended(bench):
    """Nothing is sent for it, even if the same button is pressed again."""
    bench.use_timings(maintenance_seconds=0.3)
    bench.lose_confirmation("create")
    with pytest.raises(StoreError):
        bench.start(submit_token="a press")
    record = bench.wait_for_end(bench.start(submit_token="a press"))
    assert record.status is RunStatus.FAILED
    assert "Not started" in record.problem.message
    assert bench.server.jobs == {}


def test_a_record_that_cannot_be_saved_is_saved_later(bench):
    """The run ends in memory, and in the store once there is room."""
    bench.use_timings(maintenance_seconds=0.1)
    update = bench.runner.store.update
    bench.runner.store.update = fill_disk
    record = bench.wait_for_end(bench.start())
    assert record.status is RunStatus.COMPLETED
    assert Store(bench.folder).get(record.id).status is RunStatus.QUEUED
    bench.runner.store.update = update
    assert bench.wait_until_saved(record.id, lambda stored: stored.ended).run == record.run


@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_result_of_20_mb_ends_its_run_on_a_full_disk(bench, mode):
    """In memory with its result, in the store without, until there is room; others are saved."""
    bench.use_timings(maintenance_seconds=0.1)
    bench.server.text = "x" * 20_000_000
    with full_disk(bench.runner.store, room_bytes=1_000_000):
        record = bench.wait_for_end(bench.start(mode=mode))
        assert record.status is RunStatus.COMPLETED
        assert record.run.outputs["ChatOutput-b"].value == bench.server.text
        stored = bench.wait_until_saved(record.id, lambda stored: stored.ended)
        assert stored.status is RunStatus.COMPLETED
        assert stored.stored_parts is StoredParts.NO_ROOM
        output = stored.run.outputs["ChatOutput-b"]
        assert (output.value, output.note) == (
            None,
            "Not stored: the disk of the console's database was full.",
        )
        assert "the disk is full" in bench.runner.unsaved_reason(record.id).message
        bench.server.text = "short"
        other = bench.wait_for_end(bench.start(mode=mode))
        assert bench.wait_until_saved(other.id, lambda stored: stored.ended).run == other.run
        assert bench.runner.unsaved_reason(other.id) is None
    whole = bench.wait_until_saved(
        record.id, lambda stored: stored.stored_parts is StoredParts.WHOLE
    )
    assert whole.run == record.run
    wait_for(lambda: bench.runner.unsaved_reason(record.id) is None)


def test_a_full_disk_loses_no_end_when_the_console_restarts(bench):
    """Without the end in the store, a call that nobody follows would seem to be interrupted."""
    bench.server.text = "x" * 20_000_000
    with full_disk(bench.runner.store, room_bytes=1_000_000):
        record = bench.wait_for_end(bench.start(mode="sync"))
        bench.wait_until_saved(record.id, lambda stored: stored.ended)
        bench.runner.close()
    bench.runner = bench.new_runner()
    assert bench.get(record.id).status is RunStatus.COMPLETED


def test_a_record_that_cannot_be_serialized_holds_up_no_other(bench, caplog):
    """The log names the error's type alone."""
    bench.use_timings(maintenance_seconds=0.05)
    update, unserializable, is_disk_full = bench.runner.store.update, [], [True]

    def fail(record, **options):
        if record.id in unserializable:
            raise TypeError("hunter2-hunter2")
        if is_disk_full[0]:
            raise StoreError("the disk is full")
        return update(record, **options)

    bench.runner.store.update = fail
    unserializable.append(bench.start())
    assert bench.wait_for_end(unserializable[0]).status is RunStatus.COMPLETED
    other = bench.wait_for_end(bench.start())
    is_disk_full[0] = False
    stored = bench.wait_until_saved(other.id, lambda stored: stored.ended)
    assert stored.status is RunStatus.COMPLETED
    assert "TypeError" in caplog.text
    assert "hunter2" not in caplog.text


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
    run_id = start_job(bench)
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


@both_dialects
def test_a_restarted_console_follows_running_jobs_to_their_end(bench):
    run_id = start_job(bench)
    bench.restart()
    assert bench.get(run_id).status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    record = bench.wait_for_end(run_id)
    assert record.status is RunStatus.COMPLETED
    assert record.run.outputs["ChatOutput-b"].value == "echo"


def test_a_restart_forgets_the_secrets_and_so_saves_no_raw_response(bench):
    """They are not stored, so they can't be redacted."""
    run_id = start_job(bench, WITH_SECRET)
    bench.restart()
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    run = bench.wait_for_end(run_id).run
    assert run.raw == {}
    assert "restarted" in run.warnings[-1]
    assert "secrets" in run.warnings[-1]


def test_another_key_forgets_the_secrets_without_claiming_a_restart(bench):
    run_id = start_job(bench, WITH_SECRET)
    bench.runner.attach(ANOTHER_KEY)
    bench.server.finish()
    run = bench.wait_for_end(run_id).run
    assert run.raw == {}
    assert "another API key" in run.warnings[-1]
    assert "restarted" not in run.warnings[-1]


def test_a_sync_run_has_an_unknown_outcome_after_a_restart(bench):
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    bench.restart()
    record = bench.get(run_id)
    assert record.status is RunStatus.OUTCOME_UNKNOWN
    assert "restarted" in record.problem.message
    assert record.problem.hint
    (listed,) = bench.runner.history.page([bench.owner], RunFilter(text="restarted")).runs
    assert listed.output_summary == record.problem.message


def test_a_run_that_a_visitor_attaches_during_a_check_stays_followed(bench, monkeypatch):
    """The check's list, in which the run belongs to a dead process, is out of date."""
    run_id = start_job(bench)
    bench.restart()
    store = bench.runner.store
    unfinished = store.unfinished

    def attach_after_reading(*args, **options):
        records = unfinished(*args, **options)
        monkeypatch.setattr(store, "unfinished", unfinished)
        bench.runner.attach(CONNECTION)
        return records

    monkeypatch.setattr(store, "unfinished", attach_after_reading)
    bench.runner._takeover.check(report_missing_keys=False)
    bench.wait_until(run_id, lambda record: record.run)
    assert bench.runner.is_followed(run_id)


def test_a_second_console_watches_a_run_that_a_living_one_follows(bench):
    bench.server.seconds = 60
    run_id = bench.start(mode="sync")
    other = bench.new_runner()
    other.attach(CONNECTION)
    assert not other.get(run_id, bench.owner).ended
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    bench.server.finish()
    record = wait_for_record(other, run_id, bench.owner, lambda record: record.ended, 15)
    assert record.status is RunStatus.COMPLETED


@pytest.mark.parametrize("mode", ["background", "sync"])
def test_a_second_console_can_stop_a_run_that_a_living_one_follows(bench, mode):
    """Only the following console has the connection of a call."""
    bench.server.seconds = 60
    run_id = bench.start(mode=mode)
    bench.wait_until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    other = bench.new_runner()
    other.stop(run_id, CONNECTION)
    assert other.get(run_id, bench.owner).stop_requested_at
    assert bench.wait_for_end(run_id).status is RunStatus.CANCELLED


def test_a_job_whose_flow_was_deleted_is_followed(bench):
    run_id = start_job(bench)
    bench.restart()
    bench.server.is_flow_deleted = True
    bench.runner.attach(CONNECTION)
    bench.server.finish()
    assert bench.wait_for_end(run_id).run.outputs["ChatOutput-b"].value == "echo"


def test_a_server_at_another_address_that_does_not_know_the_job_does_not_end_the_run(bench):
    run_id = start_job(bench)
    bench.restart()
    bench.server.jobs.clear()
    bench.runner.attach(replace(CONNECTION, url="http://elsewhere.test"))
    record = bench.wait_until(run_id, lambda record: record.note)
    assert CONNECTION.url in record.note
    assert not record.ended


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
    assert "cancel requested" in record.stop_result
    bench.runner.stop(run_id, CONNECTION)
    wait_for(lambda: len(stops) == 2)


def test_unsaved_records_are_saved_although_memory_cannot_be_released(bench, monkeypatch, caplog):
    bench.use_timings(maintenance_seconds=0.05)

    def fail():
        raise RuntimeError("hunter2-hunter2")

    monkeypatch.setattr(memory, "release", fail)
    bench.runner.release_memory()
    wait_for(lambda: "RuntimeError" in caplog.text)
    update = bench.runner.store.update
    bench.runner.store.update = fill_disk
    record = bench.wait_for_end(bench.start())
    bench.runner.store.update = update
    assert bench.wait_until_saved(record.id, lambda stored: stored.ended).run == record.run
    assert "hunter2" not in caplog.text
